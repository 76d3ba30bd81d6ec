"""Asks the issuers of contract certificates whether they took one back (OCSP, 2.0.1 part 2, C07).

No transaction is open while we wait, and only the station waits at which the car stands. What was
answered within the hour is not asked again; what was answered before counts where the responder is
silent now, until it says itself that it is old. Where nothing counts, ``refuses`` decides.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from cryptography import x509
from cryptography.x509 import verification

from voltway.drivers import rules_certificates, rules_ocsp, store_certificates
from voltway.drivers.rules import emaid_of
from voltway.drivers.rules_certificates import ACCEPTED, BROKEN, EXPIRED, REVOKED
from voltway.drivers.rules_ocsp import Answer, Key, NotBelieved, Question, Word
from voltway.drivers.store_certificates import Certificate, Kept
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import PartyId, StationId, TokenUid
from voltway.runtime import outside
from voltway.runtime.metrics import counter
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork, Work

log = structlog.get_logger("voltway.drivers")

SAID: Final = counter(
    "voltway_issuers_asked", "Certificates asked about, by what issuers said", "word"
)

#: A car waits 5 s for its station (ISO 15118-2 §8.7.2, PaymentDetailsReq), which waits for us.
WITHIN_S: Final = 3.0
ANEW_AFTER: Final = timedelta(hours=1)
ANSWER_BYTES_MAX: Final = 20_000
#: How long what nobody asked about, or what is over, is kept.
KEEP: Final = timedelta(days=90)
_HEADERS: Final = {
    "Content-Type": "application/ocsp-request",
    "Accept": "application/ocsp-response",
}
_UNREADABLE: Final = (ValueError, verification.VerificationError, *rules_certificates.UNREADABLE)


@dataclass(frozen=True, slots=True)
class Named:
    """A certificate as a station names it, and where it says that it can be asked about."""

    key: Key | None
    responder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a car showed of its contract: its certificates, or their names alone."""

    party: PartyId
    station: StationId
    token: TokenUid
    chain: str | None
    named: Sequence[Named] = ()


@dataclass(frozen=True, slots=True)
class _Asked:
    questions: list[Question]
    contract: Certificate | None = None
    authorities: Sequence[x509.Certificate] = ()


class Issuers:
    """``own`` are the responders of our own network that may be asked; ``refuses`` says whether a
    certificate of which nothing is to be had opens nothing."""

    def __init__(self, begin: BeginWork, *, own: Collection[str] = (), refuses: bool) -> None:
        self._begin = begin
        self._own = own
        self._refuses = refuses

    async def standing_of(self, shown: Shown) -> str:
        """How the certificate of a contract stands, in OCPP's words; the contract itself stands
        well, and its chain was checked, where there is one."""
        named = [each.key for each in shown.named if each.key is not None]
        if len(named) < len(shown.named):
            return BROKEN
        async with self._begin() as work:
            now = work.now
            roots = await store_certificates.anchors(work, shown.party)
            between = await store_certificates.authorities(work, shown.party)
            seen = await store_certificates.certificates(work, shown.party, named)
        if any(emaid != emaid_of(shown.token) for emaid, _ in seen.values()):
            return BROKEN  # the certificate of another contract
        if any(until < now for _, until in seen.values()):
            return EXPIRED
        try:
            asked = await asyncio.to_thread(_asked, shown, roots, between, now)
        except _UNREADABLE:
            return BROKEN
        words = await self._words(shown.party, asked.questions, now)
        await self._note(shown, asked, words)
        return self._together(list(words.values()))

    async def answer_about(self, party: PartyId, named: Named) -> bytes | None:
        """What a responder says of a certificate, as it says it, for a station to show to cars
        (2.0.1 part 2, M06). Cars check who signed it; we do where we know the issuer."""
        if named.key is None:
            return None
        async with self._begin() as work:
            now = work.now
            known = [
                *await store_certificates.anchors(work, party),
                *await store_certificates.authorities(work, party),
            ]
            kept = (await store_certificates.answers(work, party, [named.key])).get(named.key)
        if kept is not None and _is_fresh(kept, now):
            return kept.answer.der
        issuer = await asyncio.to_thread(_issuer, named.key, rules_certificates.read(known))
        said = await self._ask(Question(named.key, named.responder, issuer), now)
        if said is None:
            return kept.answer.der if kept is not None and _is_good(kept, now) else None
        if issuer is not None:
            async with self._begin() as work:
                await store_certificates.keep_answers(work, party, [said])
        return said.der

    async def _words(
        self, party: PartyId, questions: Sequence[Question], now: datetime
    ) -> dict[Key, Word | None]:
        """What issuers say of these certificates; ``None``: nothing that counts."""
        keys = [each.key for each in questions]
        async with self._begin() as work:
            kept = await store_certificates.answers(work, party, keys)
        anew = [
            each for each in questions if each.key not in kept or not _is_fresh(kept[each.key], now)
        ]
        said = [each for each in await asyncio.gather(*(self._ask(q, now) for q in anew)) if each]
        if said:
            async with self._begin() as work:
                await store_certificates.keep_answers(work, party, said)
                kept = await store_certificates.answers(work, party, keys)
        fresh = {each.key for each in said}
        return {
            key: kept[key].answer.word
            if key in kept and (key in fresh or _counts(kept[key], now))
            else None
            for key in keys
        }

    async def _ask(self, question: Question, now: datetime) -> Answer | None:
        """Ask a responder. Never raises: one that is silent, or not believed, said nothing."""
        if not question.responder:
            return None
        try:
            der = await outside.post_for_signed(
                question.responder,
                rules_ocsp.request(question.key),
                _HEADERS,
                own=self._own,
                within_s=WITHIN_S,
                bytes_max=ANSWER_BYTES_MAX,
            )
            said = await asyncio.to_thread(rules_ocsp.read_answer, der, question, now)
        except (outside.NoAnswer, Refusal, NotBelieved) as trouble:
            log.warning("responder_silent", url=question.responder[:200], why=str(trouble))
            SAID.labels("nothing").inc()
            return None
        SAID.labels(said.word.value).inc()
        return said

    def _together(self, words: Sequence[Word | None]) -> str:
        if Word.REVOKED in words:
            return REVOKED
        if Word.UNKNOWN in words or (None in words and self._refuses):
            return BROKEN
        return ACCEPTED

    async def _note(self, shown: Shown, asked: _Asked, words: dict[Key, Word | None]) -> None:
        said = {key: word for key, word in words.items() if word is not None}
        async with self._begin() as work:
            if asked.contract is not None:
                await store_certificates.note_authorities(work, shown.party, asked.authorities)
                await store_certificates.note_certificate(
                    work, shown.party, shown.station, asked.contract
                )
            await store_certificates.note_words(work, shown.party, said)


async def forget_old(work: Work) -> int:
    """Forget what nobody asked about for long, and what is over."""
    return await store_certificates.forget(work, KEEP)


def issuers_of(begin: BeginWork, settings: Settings) -> Issuers:
    return Issuers(
        begin,
        own=settings.hook_hosts.split(),
        refuses=settings.contract_unchecked == "refuse",
    )


def _is_fresh(kept: Kept, now: datetime) -> bool:
    """Whether it need not be asked again."""
    return kept.asked_at > now - ANEW_AFTER and (kept.answer.until or now) >= now


def _counts(kept: Kept, now: datetime) -> bool:
    """Whether it counts while nothing newer is to be had: what was taken back stays so."""
    return kept.answer.word is Word.REVOKED or _is_fresh(kept, now) or _is_good(kept, now)


def _is_good(kept: Kept, now: datetime) -> bool:
    """Whether it says itself that it counts still."""
    return kept.answer.until is not None and kept.answer.until > now


def _asked(shown: Shown, roots: Sequence[str], between: Sequence[str], now: datetime) -> _Asked:
    """What is to be asked of a contract. Raises one of ``_UNREADABLE`` for a chain that does not
    hold, or issuers that we do not know."""
    trusted = rules_certificates.read(roots)
    if shown.chain is not None:
        leaf, *rest = x509.load_pem_x509_certificates(shown.chain.encode())
        chain = rules_certificates.verified(leaf, rest, trusted, now)
        questions = rules_ocsp.questions_of(chain)
        contract = Certificate(
            questions[0].key,
            emaid_of(shown.token) or "",
            leaf.issuer.rfc4514_string(),
            leaf.not_valid_after_utc,
        )
        return _Asked(questions, contract, chain[1:-1])
    known = rules_certificates.read(between)
    found: dict[Key, Question] = {}
    for each in shown.named:
        assert each.key is not None
        issuer = _issuer(each.key, [*trusted, *known])
        if issuer is None:
            raise ValueError("nobody that we trust made it")
        found[each.key] = Question(each.key, each.responder, issuer)
        others = [other for other in known if other != issuer]
        for more in rules_ocsp.questions_of(
            rules_certificates.verified(issuer, others, trusted, now)
        ):
            found.setdefault(more.key, more)
    return _Asked(list(found.values()))


def _issuer(key: Key, known: Sequence[x509.Certificate]) -> x509.Certificate | None:
    return next((each for each in known if rules_ocsp.is_by(key, each)), None)
