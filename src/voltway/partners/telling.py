"""What partners are told: their sessions as they move, their CDRs, their statements.

An event is written in the work that makes it true, holds the whole of its subject as it then stood,
and has an id of its own: heard twice, it changes nothing (``delivering``).
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from voltway.billing import actions as billing
from voltway.billing import ocpi_cdr
from voltway.billing.documents_cdr import charge_record
from voltway.billing.documents_statement import STATEMENT, StatementDocument, statement
from voltway.billing.model import CdrIssued, DocumentIssued
from voltway.drivers import actions as drivers
from voltway.kernel.errors import Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId, SessionId
from voltway.partners import credit, shapes, store, store_events
from voltway.partners.model import Partner
from voltway.partners.store_events import Told
from voltway.runtime.work import BeginWork, Row, Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import (
    SessionCorrected,
    SessionEnded,
    SessionFact,
    SessionResumed,
    SessionStarted,
)
from voltway.tariffs.model import Cost
from voltway.tariffs.ocpi_write import OcpiVersion, written

SESSION: Final = "session.updated"
CDR: Final = "cdr.issued"
STATEMENT_ISSUED: Final = "statement.issued"

#: What moves a session, in facts.
SESSION_FACTS: Final = [SessionStarted, SessionEnded, SessionResumed, SessionCorrected]

#: How often a running session is told.
EVERY: Final = timedelta(minutes=1)
#: How long delivered events are kept to be looked at.
KEPT: Final = timedelta(days=30)


async def hears_sessions(work: Work, facts: Sequence[Fact]) -> None:
    """Sessions began, ended, went on or were corrected: partners' own are told as they stand."""
    about = [fact for fact in facts if isinstance(fact, SessionFact)]
    started = [fact for fact in about if isinstance(fact, SessionStarted) and fact.token]
    shown = {fact.session: (fact.party, fact.token) for fact in started if fact.token}
    tokens = await drivers.tokens_of(work, set(shown.values()))
    known = {session: tokens[key].id for session, key in shown.items() if key in tokens}
    if known:
        await store_events.claim(work, known)
    await tell_sessions(work, {fact.session for fact in about})


async def hears_cdrs(work: Work, facts: Sequence[Fact]) -> None:
    """Sessions were priced: their CDRs are frozen now, if they were not yet, and told."""
    await billing.freezes_cdrs(work, facts)
    if any(isinstance(fact, CdrIssued) for fact in facts):
        await _tell_cdrs(work)


async def hears_documents(work: Work, facts: Sequence[Fact]) -> None:
    """A statement of a partner was written."""
    for fact in facts:
        if isinstance(fact, DocumentIssued) and fact.kind == STATEMENT:
            row = await work.one("SELECT * FROM statement_view WHERE id = $1", fact.invoice)
            found = await store.of_customer(work, [row["customer_id"]]) if row else {}
            for partner in found.values():
                invoice = await billing.invoice(work, fact.invoice)
                await store_events.tell(
                    work,
                    partner.id,
                    partner.party,
                    kind=STATEMENT_ISSUED,
                    subject=f"statement:{fact.invoice}",
                    body=written(statement_said(fact.invoice, statement(invoice.document))),
                    once=f"statement:{fact.invoice}",
                )


async def tell_sessions(work: Work, ids: Collection[SessionId]) -> int:
    """Tell these sessions as they stand now, as far as they are partners'; how many."""
    rows = await store_events.sessions(work, ids)
    partners = await store.by_id(work, {row["partner_id"] for row in rows})
    told: dict[SessionId, Told] = {}
    for row in rows:
        partner = partners[row["partner_id"]]
        cost = await _cost(work, row)
        await store_events.tell(
            work,
            partner.id,
            partner.party,
            kind=SESSION,
            subject=f"session:{row['id']}",
            body=written(shapes.session(row, partner, row, cost, shapes.moment(work.now))),
        )
        told[SessionId(row["id"])] = Told(row["running"], cost.payable.minor if cost else 0)
    if rows:
        await store_events.note_told(work, told)
    return len(rows)


async def session_said(work: Work, row: Row, partner: Partner) -> dict[str, Any]:
    """A session as OCPI has it, with what it costs so far."""
    return shapes.session(row, partner, row, await _cost(work, row), shapes.moment(work.now))


async def _cost(work: Work, row: Row) -> Cost | None:
    with suppress(Refusal):
        _, cost = await sessions.cost_so_far(work, row["id"])
        return cost
    return None


async def tell_running(begin: BeginWork) -> int:
    """Sweep: tell what runs, a minute after it was told; and CDRs that corrections made."""
    async with begin() as work:
        due = await store_events.running(work, work.now - EVERY)
        await tell_sessions(work, [each.session for each in due])
        await _tell_cdrs(work)
    return len(due)


async def stop_at_limits(begin: BeginWork) -> int:
    """Sweep: end sessions that reached what their partner allowed; how many."""
    async with begin() as work:
        limited = await store_events.limited(work)
    stopped = 0
    for each in limited:
        async with begin() as work:
            so_far, cost = await sessions.cost_so_far(work, each.session)
            over_wh = each.limit_wh is not None and so_far.energy_wh >= each.limit_wh
            over = each.limit_minor is not None and cost.payable.minor >= each.limit_minor
            if over_wh or over:
                with suppress(sessions.SessionOver):
                    await sessions.stop(work, each.session, by="partner's limit")
                await store_events.note_stopped(work, each.session)
                stopped += 1
    return stopped


async def forget_old(begin: BeginWork) -> int:
    """Sweep: what was heard long ago need not be kept."""
    async with begin() as work:
        return await store_events.forget(work, work.now - KEPT)


async def _tell_cdrs(work: Work) -> None:
    rows = await store_events.untold_cdrs(work)
    partners = await store.by_id(work, {row["partner_id"] for row in rows})
    for row in rows:
        await store_events.tell(
            work,
            row["partner_id"],
            PartyId(row["party_id"]),
            kind=CDR,
            subject=f"session:{row['session_id']}",
            body=written(
                cdr_said(
                    row["document"], row["contract"], partners[row["partner_id"]], OcpiVersion.V230
                )
            ),
            once=f"cdr:{row['id']}",
        )
    for partner in partners:
        await credit.look(work, partner)


def cdr_said(
    record: str, contract: str | None, partner: Partner, version: OcpiVersion
) -> dict[str, Any]:
    """A CDR in OCPI's words. Its token is the partner's, and called as the partner calls it."""
    said = ocpi_cdr.document(charge_record(record), version)
    token = said["cdr_token"]
    return said | {
        "cdr_token": token
        | {
            "country_code": partner.country_code,
            "party_id": partner.ident,
            "contract_id": contract or token["contract_id"],
        }
    }


def statement_said(id: UUID, made: StatementDocument) -> dict[str, Any]:
    """A statement as partners are given it: each line names the session whose CDR it is of.

    ``rounding_minor`` is what the whole has more than its lines: on an invoice between companies
    net leads, and the tax is rounded once for each rate.
    """
    return {
        "id": str(id),
        "number": made.number,
        "month": made.month,
        "currency": made.currency,
        "net_minor": made.net_minor,
        "tax_minor": made.tax_minor,
        "total_minor": made.total_minor,
        "rounding_minor": made.total_minor - sum(line.gross_minor for line in made.charges),
        "issued_at": made.issued_at,
        "due_on": made.due_on,
        "lines": [
            {
                "session_id": line.session,
                "number": line.number,
                "at": line.at,
                "energy_wh": line.energy_wh,
                "net_minor": line.net_minor,
                "total_minor": line.gross_minor,
                "corrects": line.corrects,
            }
            for line in made.charges
        ],
    }


def json_of(said: dict[str, Any]) -> msgspec.Raw:
    """As JSON with all digits of its numbers."""
    return msgspec.Raw(written(said).encode())
