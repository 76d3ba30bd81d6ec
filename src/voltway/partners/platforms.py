"""What platforms of stand-alone terminals are told: sessions as they move, CDRs, what became of
commands, and which bays a terminal serves (OCPI 2.3.0, the CPO's side of a direct payment).

Only a platform whose address is known is told; any can read. What is told is a row, written in the
work that makes it true (``platform_lines`` brings it there).
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, ClassVar, Final
from urllib.parse import quote, urlsplit
from uuid import UUID

from voltway.billing import actions as billing
from voltway.billing import ocpi_cdr
from voltway.billing.model import CdrIssued
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import EvseId, OrderId, PartyId, PaymentId, SessionId
from voltway.parties import actions as parties
from voltway.partners import rules, shapes, store_platforms
from voltway.partners.store_platforms import Line
from voltway.payments import actions as payments
from voltway.payments import kiosks
from voltway.payments.kiosks import Platform
from voltway.payments.model import Payment
from voltway.runtime.work import BeginWork, Row, Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import SessionFact, SessionStarted
from voltway.stations.model import OrderEnded
from voltway.stations.orders import OrderState
from voltway.tariffs.model import Cost
from voltway.tariffs.ocpi_write import OcpiVersion, written
from voltway.waiting import starting

#: How often a running session is told.
EVERY: Final = timedelta(minutes=1)
#: How long what was heard is kept to be looked at.
KEPT: Final = timedelta(days=30)
TOKEN_MAX: Final = 300
REFERENCE_MAX: Final = 36

#: What a station did with an order, in OCPI's words (2.3.0, CommandResultType).
RESULTS: Final[Mapping[OrderState, str]] = {
    OrderState.DONE: "ACCEPTED",
    OrderState.REFUSED: "REJECTED",
    OrderState.SILENT: "TIMEOUT",
    OrderState.EXPIRED: "TIMEOUT",
    OrderState.WITHOUT_EFFECT: "FAILED",
    OrderState.CANCELLED: "FAILED",
}


class NotAToken(Refusal):
    """The token that the platform gave has 1 to 300 letters, digits or signs, and no blanks."""

    kind: ClassVar[Kind] = Kind.INVALID


class NoLine(Refusal):
    """This platform cannot be told anything: its address is not set."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class NotItsReference(Refusal):
    """A terminal is activated by the reference that its maker gave, of 1 to 36 characters."""

    kind: ClassVar[Kind] = Kind.INVALID


class NoSuchPush(Refusal):
    """There is nothing like this that waits or was laid aside; what was heard is not told again."""

    kind: ClassVar[Kind] = Kind.ABSENT


class NoSuchSession(Refusal):
    """None of your terminals pays a session with this id."""

    kind: ClassVar[Kind] = Kind.ABSENT


async def set_line(work: Work, party: PartyId, platform: UUID, url: str, token: str) -> None:
    """From now on a platform is told, at this address and with the token that it gave for that."""
    await _must_be_let_in(work, party, platform)
    if not 0 < len(token) <= TOKEN_MAX or not token.isascii() or not token.isprintable():
        raise NotAToken
    if " " in token:
        raise NotAToken
    await store_platforms.set_line(work, platform, party, rules.address(url), token)


async def drop_line(work: Work, party: PartyId, platform: UUID) -> None:
    """Tell a platform no more; what waits for it is forgotten. It can read as before."""
    await _must_be_let_in(work, party, platform)
    await store_platforms.drop_line(work, platform)


async def _must_be_let_in(work: Work, party: PartyId, platform: UUID) -> None:
    row = await work.one(
        "SELECT 1 FROM terminal_provider_view"
        " WHERE id = $1 AND party_id = $2 AND revoked_at IS NULL",
        platform,
        party,
    )
    if row is None:
        raise kiosks.NoSuchPlatform


async def start(work: Work, platform: Platform, evse: EvseId | None, reference: str) -> Payment:
    """Start a bay for a card that a terminal holds (``kiosks.start``), where it is kept for nobody
    else and no other start is under way."""
    return await kiosks.start(work, platform, evse, reference, starting.may_start_now)


async def assign(
    work: Work, party: PartyId, platform: UUID, terminal: str, evses: Collection[EvseId]
) -> None:
    """Let these bays, and no others, be paid for at a terminal, and tell its platform."""
    await kiosks.assign(work, party, platform, terminal, evses)
    if line := await store_platforms.line(work, platform):
        said = {
            "evse_uids": [str(evse) for evse in dict.fromkeys(evses)],
            "location_ids": [],
            "last_updated": shapes.moment(work.now),
        }
        await store_platforms.tell(
            work,
            line,
            kind="terminal",
            method="PATCH",
            path=f"/payments/terminals/{quote(terminal, safe='')}",
            subject=f"terminal:{terminal}",
            body=written(said),
        )


async def activate(
    work: Work, party: PartyId, platform: UUID, reference: str, evses: Collection[EvseId]
) -> None:
    """Ask a platform to begin with a terminal that its maker calls so (a serial number, say). It
    tells of the terminal then, and the bays are assigned to that. Raises ``NoLine``."""
    reference = reference.strip()
    if not 0 < len(reference) <= REFERENCE_MAX or not reference.isprintable():
        raise NotItsReference
    line = await _line(work, party, platform)
    us = await parties.party(work, party)
    said = {
        "reference": reference,
        "country_code": us.country_code,
        "party_id": us.ident,
        "evse_uids": [str(evse) for evse in dict.fromkeys(evses)],
        "last_updated": shapes.moment(work.now),
    }
    await store_platforms.tell(
        work,
        line,
        kind="activate",
        method="POST",
        path="/payments/terminals/activate",
        subject=f"terminal:{reference}",
        body=written(said),
        once=f"activate:{reference}",
    )


async def deactivate(work: Work, party: PartyId, platform: UUID, terminal: str) -> None:
    """A terminal serves no bay any more, and its platform is asked to switch it off. What charges
    goes on and is settled. Raises ``NoLine``."""
    line = await _line(work, party, platform)
    await kiosks.assign(work, party, platform, terminal, ())
    await store_platforms.tell(
        work,
        line,
        kind="deactivate",
        method="POST",
        path=f"/payments/terminals/{quote(terminal, safe='')}/deactivate",
        subject=f"terminal:{terminal}",
        body="{}",
    )


async def _line(work: Work, party: PartyId, platform: UUID) -> Line:
    await _must_be_let_in(work, party, platform)
    line = await store_platforms.line(work, platform)
    if line is None:
        raise NoLine
    return line


async def stop(work: Work, platform: Platform, session: UUID | None) -> OrderId:
    """Ask for the end of a session that a terminal of this platform pays; asked twice, its station
    is asked once. Raises ``NoSuchSession``, and ``SessionOver``."""
    if session is None or not await store_platforms.is_own_session(work, platform.id, session):
        raise NoSuchSession
    asked = await store_platforms.stop_asked(work, session)
    return asked or await sessions.stop(work, SessionId(session), by="terminal")


async def answer_to(work: Work, platform: Platform, order: OrderId, url: str) -> None:
    """Tell a platform at this address what becomes of an order, as soon as that is known. It is
    told nowhere but where it is known to hear us: an address of anybody else is no address."""
    line = await store_platforms.line(work, platform.id)
    if line is None or not is_below(line.url, url):
        return
    await store_platforms.await_order(work, line, order, url)
    row = await work.one("SELECT state FROM order_view WHERE id = $1", order)
    if row is not None and row["state"] in RESULTS:
        await _tell_results(work, {order: OrderState(row["state"])})


def is_below(base: str, url: str) -> bool:
    """Whether an address is of the same server as this one, and plain."""
    try:
        here, there = urlsplit(base), urlsplit(url)
        same = (here.scheme, here.hostname, here.port) == (there.scheme, there.hostname, there.port)
    except ValueError:
        return False
    is_plain = url.isascii() and url.isprintable() and " " not in url
    return same and is_plain and there.username is None and len(url) <= 255  # URL of OCPI


async def hears_orders(work: Work, facts: Sequence[Fact]) -> None:
    """Orders ended: platforms that wait for theirs are told what came of them."""
    await _tell_results(
        work, {fact.order: fact.state for fact in facts if isinstance(fact, OrderEnded)}
    )


async def _tell_results(work: Work, ended: Mapping[OrderId, OrderState]) -> None:
    for row in await store_platforms.commands(work, ended):
        line = await store_platforms.line(work, row["provider_id"])
        result = RESULTS.get(ended[row["order_id"]])
        if line is None or result is None:
            continue
        await store_platforms.tell(
            work,
            line,
            kind="command",
            method="POST",
            path=row["url"],
            subject=f"order:{row['order_id']}",
            body=written({"result": result}),
        )


async def hears_sessions(work: Work, facts: Sequence[Fact]) -> None:
    """Sessions began, ended, went on or were corrected: those that terminals pay are told."""
    about = [fact for fact in facts if isinstance(fact, SessionFact)]
    started = {fact.session for fact in about if isinstance(fact, SessionStarted) and fact.token}
    if started:
        await store_platforms.claim(work, started)
    await tell_sessions(work, {fact.session for fact in about})


async def hears_cdrs(work: Work, facts: Sequence[Fact]) -> None:
    """Sessions were priced: their CDRs are frozen now, if they were not yet, and told."""
    if any(isinstance(fact, CdrIssued) for fact in facts):
        await billing.freezes_cdrs(work, facts)
        await _tell_cdrs(work)


async def tell_sessions(work: Work, ids: Collection[SessionId]) -> int:
    """Tell these sessions as they stand now, as far as platforms' terminals pay them; how many."""
    rows = await store_platforms.sessions(work, ids)
    for row in rows:
        line = await store_platforms.line(work, row["provider_id"])
        if line is None:
            continue
        us = await parties.party(work, line.party)
        cost: Cost | None = None
        with suppress(Refusal):
            _, cost = await sessions.cost_so_far(work, row["id"])
        said = shapes.session(row, us, None, cost, shapes.moment(work.now))
        said["cdr_token"] |= {"type": "AD_HOC_USER"}
        said |= {"auth_method": "COMMAND", "authorization_reference": row["psp_ref"]}
        await store_platforms.tell(
            work,
            line,
            kind="session",
            method="PUT",
            path=f"/sessions/{us.country_code}/{us.ident}/{row['id']}",
            subject=f"session:{row['id']}",
            body=written(said),
        )
    if rows:
        told = {SessionId(row["id"]): bool(row["running"]) for row in rows}
        await store_platforms.note_told(work, told)
    return len(rows)


async def _tell_cdrs(work: Work) -> None:
    rows = await store_platforms.untold_cdrs(work)
    keys = await payments.payments(work, [PaymentId(row["payment_id"]) for row in rows])
    for row in rows:
        line = await store_platforms.line(work, row["provider_id"])
        if line is not None:
            await store_platforms.tell(
                work,
                line,
                kind="cdr",
                method="POST",
                path="/cdrs",
                subject=f"session:{row['session_id']}",
                body=written(cdr_said(row, keys[row["payment_id"]].visit_key)),
                once=f"cdr:{row['id']}",
            )


def cdr_said(row: Row, visit_key: str) -> dict[str, Any]:
    """A CDR as it was frozen, with the platform's own reference, and the one that leads to the
    bill."""
    frozen = ocpi_cdr.document(billing.kept_cdr(row).record, OcpiVersion.V230)
    return {
        **frozen,
        "authorization_reference": row["psp_ref"],
        "invoice_reference_id": visit_key,
    }


async def tell_running(begin: BeginWork) -> int:
    """Sweep: tell what runs, a minute after it was told; and CDRs that corrections made."""
    async with begin() as work:
        due = await store_platforms.running(work, work.now - EVERY)
        await tell_sessions(work, due)
        await _tell_cdrs(work)
    return len(due)


async def tell_again(work: Work, party: PartyId, platform: UUID, push: UUID) -> None:
    """Tell a platform what waits or was laid aside, now. Raises ``NoSuchPush``."""
    await _must_be_let_in(work, party, platform)
    if not await store_platforms.again(work, platform, push):
        raise NoSuchPush


async def forget_old(begin: BeginWork) -> int:
    """Sweep: what was heard long ago need not be kept."""
    async with begin() as work:
        return await store_platforms.forget(work, work.now - KEPT)
