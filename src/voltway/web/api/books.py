"""The books at any moment, their months, their chain, and what the nightly check found."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Response
from msgspec import Meta

from voltway.billing import checking
from voltway.billing.exporting import datev_archive
from voltway.billing.model_checks import SAYS, Invariant
from voltway.kernel.ids import PartyId
from voltway.ledger import actions, exporting
from voltway.ledger.model import AsOf, Head, Period
from voltway.ledger.rules_chart import type_of
from voltway.parties import actions as parties
from voltway.parties.model import Party, Permission
from voltway.runtime.work import Work
from voltway.web.api.caller import Calling
from voltway.web.api.ledger import AccountPath
from voltway.web.api.operations import GIVES, adds, asks, reads
from voltway.web.api.shapes import Amount, Given, LongText, Moment, Shown, utc

Month = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}$", examples=["2026-10"])]


class Balance(Shown):
    """What a group of accounts held in one currency. Ids in paths are left out."""

    account: Annotated[str, Meta(examples=["driver:*:receivable"])]
    type: Annotated[
        str | None, Meta(description="asset, liability, income, expense or tax; null: not known.")
    ]
    debit: Amount
    credit: Amount
    balance: Annotated[Amount, Meta(description="Debits less credits.")]


class Balances(Shown):
    """What the accounts held at a moment, as the books were known at another."""

    at: Moment | None
    known: Moment | None
    lines: list[Balance]


class ChainHead(Shown):
    """The last link of the chain at the end of a day (UTC). Kept elsewhere, it proves the books."""

    day: date
    link: int
    head: Annotated[str, Meta(description="SHA-256, hexadecimal.")]
    sealed_at: Moment


class ClosedMonth(Shown):
    """A month into which nothing is dated any more."""

    month: Month
    begins: Moment
    ends: Moment
    closed_at: Moment
    closed_by: str
    entries: int
    link: Annotated[int, Meta(description="The last link of the chain when it was closed.")]


class MonthToClose(Given):
    """Which month. It must be over, and the months before it closed."""

    month: Month


class CheckPart(Shown):
    """What a check came to for one thing that must always hold."""

    invariant: str
    says: str
    checked: int
    unchecked: Annotated[int, Meta(description="Bills whose raw frames are not kept any more.")]
    found: int


class BooksCheck(Shown):
    """The newest check of bills and books."""

    began_at: Moment
    ended_at: Moment
    asked_by: str
    whole: Annotated[bool, Meta(description="Of everything there is, or of what is recent.")]
    parts: list[CheckPart]


class Finding(Shown):
    """Something that does not hold, until somebody closes it."""

    id: UUID
    invariant: str
    about: Annotated[str, Meta(examples=["session:019cae6b-6600-783a-9bbc-8bfc7ce2345f"])]
    said: str
    first_at: Moment
    last_at: Moment


class Why(Given):
    """Why nothing more is to be done."""

    reason: LongText


async def _party(work: Work, caller: Calling) -> Party:
    return await parties.party(work, PartyId(caller.actor.party))


@reads("/ledger/balances", "Read what accounts held at a moment", Permission.SEE_MONEY)
async def read_balances(
    caller: Calling,
    under: Annotated[
        str | None,
        QueryParameter(pattern=AccountPath, description="This account and those under its path."),
    ] = None,
    at: Annotated[
        datetime | None, QueryParameter(description="Of entries dated before this.")
    ] = None,
    known: Annotated[
        datetime | None, QueryParameter(description="As the books were known then.")
    ] = None,
) -> Balances:
    as_of = AsOf(at and utc(at), known and utc(known))
    async with caller.begin() as work:
        party = await _party(work, caller)
        found = await actions.trial_balance(work, as_of, party=party.id, under=under)
    return Balances(
        at=as_of.at,
        known=as_of.known,
        lines=[
            Balance(
                account=line.account,
                type=type_of(line.account),
                debit=Amount.of(line.debit_minor, line.currency),
                credit=Amount.of(line.credit_minor, line.currency),
                balance=Amount.of(line.balance.minor, line.currency),
            )
            for line in found.lines
        ],
    )


@reads("/ledger/heads", "List the heads of the chain by day", Permission.SEE_MONEY)
async def list_heads(caller: Calling) -> list[ChainHead]:
    async with caller.begin() as work:
        party = await _party(work, caller)
        return [_head(each) for each in await actions.heads(work, party.id)]


def _head(head: Head) -> ChainHead:
    return ChainHead(day=head.day, link=head.number, head=head.head, sealed_at=head.sealed_at)


@reads("/ledger/months", "List the closed months", Permission.SEE_MONEY)
async def list_months(caller: Calling) -> list[ClosedMonth]:
    async with caller.begin() as work:
        party = await _party(work, caller)
        return [_month(each) for each in await actions.periods(work, party.id)]


@adds("/ledger/months", "Close a month for good", Permission.CLOSE_BOOKS)
async def close_month(caller: Calling, data: JSONBody[MonthToClose]) -> ClosedMonth:
    """Nothing is ever dated into it again; what comes later is posted later."""
    month = actions.month_named(data.month)
    async with caller.begin() as work:
        party = await _party(work, caller)
        period = await actions.close_month(
            work, party.id, ZoneInfo(party.time_zone), month, by=caller.name
        )
        await caller.audit(work, "closed a month of the books", f"month:{period.name}")
    return _month(period)


def _month(period: Period) -> ClosedMonth:
    return ClosedMonth(
        month=period.name,
        begins=period.begins,
        ends=period.ends,
        closed_at=period.closed_at,
        closed_by=period.closed_by,
        entries=period.entries,
        link=period.number,
    )


@reads(
    "/ledger/months/{month:str}/csv",
    "Read a month of the books as CSV",
    Permission.SEE_MONEY,
    opt={GIVES: "text/csv"},
)
async def read_month_csv(caller: Calling, month: FromPath[str]) -> Response[bytes]:
    """A line for each posting; docs/operating/books.md has the columns."""
    wanted = actions.month_named(month)
    async with caller.begin() as work:
        party = await _party(work, caller)
        span = exporting.month_of(wanted, ZoneInfo(party.time_zone))
        parts = [part async for part in exporting.csv_lines(work, party.id, *span)]
    return Response("".join(parts).encode(), media_type="text/csv; charset=utf-8")


@reads(
    "/ledger/months/{month:str}/datev",
    "Read a month of the books as DATEV Buchungsstapel",
    Permission.SEE_MONEY,
    opt={GIVES: "text/csv"},
)
async def read_month_datev(caller: Calling, month: FromPath[str]) -> Response[bytes]:
    """One file, or an archive of several where the month is long."""
    wanted = actions.month_named(month)
    async with caller.begin() as work:
        name, content = await datev_archive(work, await _party(work, caller), wanted)
    kind = "application/zip" if name.endswith(".zip") else "text/csv; charset=windows-1252"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


@reads("/ledger/check", "Read the newest check of the books", Permission.SEE_MONEY)
async def read_check(caller: Calling) -> BooksCheck | None:
    async with caller.begin() as work:
        last, parts = await checking.last_check(work, PartyId(caller.actor.party))
    if last is None:
        return None
    return BooksCheck(
        began_at=last["began_at"],
        ended_at=last["ended_at"],
        asked_by=last["asked_by"],
        whole=last["whole"],
        parts=[
            CheckPart(
                invariant=row["invariant"],
                says=SAYS[Invariant(row["invariant"])],
                checked=row["checked"],
                unchecked=row["unchecked"],
                found=row["found"],
            )
            for row in parts
        ],
    )


@reads("/ledger/findings", "List what the checks found and nobody closed", Permission.SEE_MONEY)
async def list_findings(caller: Calling) -> list[Finding]:
    return await _open(caller)


async def _open(caller: Calling) -> list[Finding]:
    async with caller.begin() as work:
        found = await checking.open_findings(work, PartyId(caller.actor.party))
    return [
        Finding(
            id=one.id,
            invariant=one.invariant,
            about=one.about,
            said=one.said,
            first_at=one.first_at,
            last_at=one.last_at,
        )
        for one in found
    ]


@asks("/ledger/findings/{finding_id:uuid}/close", "Close a finding", Permission.MOVE_MONEY)
async def close_finding(
    caller: Calling, finding_id: FromPath[UUID], data: JSONBody[Why]
) -> list[Finding]:
    """Say why nothing more is to be done; what is still open is answered."""
    async with caller.begin() as work:
        await checking.close_finding(work, finding_id, by=caller.name, why=data.reason)
        await caller.audit(work, "closed a finding", f"finding:{finding_id}", why=data.reason)
    return await _open(caller)


ROUTER = Router(
    "/",
    tags=["ledger"],
    route_handlers=[
        read_balances,
        list_heads,
        list_months,
        close_month,
        read_month_csv,
        read_month_datev,
        read_check,
        list_findings,
        close_finding,
    ],
)
