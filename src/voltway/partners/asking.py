"""Asking a partner, while a driver waits at a station, whether a contract may charge now.

No transaction is open while we wait, and no other station waits with this one. A partner that does
not answer in time, or not with its signature, is silent; what a contract may then do was agreed
when it was registered (``model.Whitelist``).
"""

from contextlib import suppress
from typing import Annotated, Any, Final
from uuid import UUID, uuid4

import msgspec
import structlog

from voltway.kernel.ids import SessionId, StationId, TokenId
from voltway.kernel.money import Money
from voltway.partners import rules, shapes, signing, store, store_events, wire
from voltway.partners.model import Allowed, Answer, Asked
from voltway.runtime.work import BeginWork, Work
from voltway.sessions import actions as sessions

log = structlog.get_logger("voltway.partners")

#: A driver waits at the station meanwhile (OCPP leaves 30 s), and most partners need a tenth.
WITHIN_S: Final = 2.0

_Whole = Annotated[int, msgspec.Meta(ge=0, le=10**12)]


class _Said(msgspec.Struct):
    """A partner's answer, after OCPI 2.2.1, AuthorizationInfo. ``request`` names the question, so
    that an answer for another contract cannot be shown again."""

    request: UUID
    allowed: Allowed
    limit_minor: _Whole | None = None
    limit_wh: _Whole | None = None


class AnswerNotBelieved(wire.PartnerSilent):
    """The answer of {partner} is not believed: {why}."""


async def ask(begin: BeginWork, token: TokenId, station: StationId, *, begun: bool) -> str:
    """May this token, which stands well with us, charge? In the words of ``Decision.token``.

    A session that has ``begun`` and may not go on is asked to end.
    """
    async with begin() as work:
        asked = await store.asked(work, token)
        word = "accepted" if asked is None else rules.known(asked, work.now)
    if asked is None:
        return "accepted"
    asks = word is None
    if word is None:
        word = await _ask(begin, asked, station)
    if begun and (asks or word != "accepted"):
        async with begin() as work:
            await _applies(work, token, station, word)
    return word


async def _ask(begin: BeginWork, asked: Asked, station: StationId) -> str:
    try:
        answer = await _said(asked, station)
    except wire.PartnerSilent as trouble:
        log.warning("partner_silent", partner=asked.partner.name, why=trouble.why)
        async with begin() as work:
            await store.note_heard(work, asked.partner.id, trouble.why)
        return rules.in_silence(asked.whitelist)
    async with begin() as work:
        await store.note_answer(work, asked.token, answer)
        await store.note_heard(work, asked.partner.id, "")
    return rules.WORDS[answer.allowed]


async def _said(asked: Asked, station: StationId) -> Answer:
    """What the partner says. Raises ``PartnerSilent``, also for what is not believed."""
    partner, request = asked.partner, uuid4()
    question: dict[str, Any] = {
        "request": request,
        "token": shapes.cdr_token(
            partner, {"kind": asked.kind.value, "contract": asked.contract}, asked.uid
        ),
        "station_id": station,
    }
    body = msgspec.json.encode(question)
    reply = await wire.post(partner, "/authorize", body, within_s=WITHIN_S)
    if reply.status != 200:
        raise wire.PartnerSilent(partner.name, f"status {reply.status}")
    if not signing.is_signed(partner.secret, reply.body, reply.signature):
        raise AnswerNotBelieved(partner.name, "the signature of its answer is wrong")
    try:
        said = msgspec.json.decode(reply.body, type=_Said)
    except msgspec.DecodeError:
        raise AnswerNotBelieved(partner.name, "its answer cannot be read") from None
    if said.request != request:
        raise AnswerNotBelieved(partner.name, "its answer is to another question")
    return Answer(allowed=said.allowed, limit_minor=said.limit_minor, limit_wh=said.limit_wh)


async def allowed_by_partner(work: Work, token: TokenId, limit: Money | None = None) -> None:
    """The partner itself begins a session with it, and so need not be asked."""
    minor = limit.minor if limit else None
    await store.note_answer(work, token, Answer(allowed=Allowed.ALLOWED, limit_minor=minor))


async def _applies(work: Work, token: TokenId, station: StationId, word: str) -> None:
    """To a session that began before the partner was asked, its word applies now."""
    limits = await store.limits(work, token)
    for id in await store.running_at(work, token, station):
        if word == "accepted":
            await store_events.limit(work, id, limit_minor=limits[0], limit_wh=limits[1])
        else:
            with suppress(sessions.SessionOver):
                await sessions.stop(work, SessionId(id), by="partner")
