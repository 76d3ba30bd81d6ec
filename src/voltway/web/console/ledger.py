"""The ledger in the console: balances at any moment, entries, months, the nightly check."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response

from voltway.billing import checking
from voltway.billing.exporting import datev_archive
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EntryId, PartyId
from voltway.ledger import actions as ledger
from voltway.ledger import exporting
from voltway.ledger.model import AsOf
from voltway.ledger.rules_chart import type_of
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Job
from voltway.web.appearance import Form
from voltway.web.console import ledger_views
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other

ENTRIES_SHOWN: Final = 200
REASON_MAX: Final = 300
_CHECKS: Final = "/console/books"


@dataclass(eq=False)
class NoSuchEntry(Refusal):
    """There is no entry {entry} in the books."""

    kind: ClassVar[Kind] = Kind.ABSENT

    entry: UUID


@get("/ledger", include_in_schema=False)
async def balances(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    under: FromQuery[str] = "",
    at: FromQuery[str] = "",
    known: FromQuery[str] = "",
) -> Response[str]:
    """The trial balance, now or at the end of a day, as it was known then or is known now; and the
    newest entries. The sums are zero, or we are wrong."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, PartyId(actor.party))
        zone = ZoneInfo(party.time_zone)
        as_of = AsOf(_end_of(at, zone), _end_of(known, zone))
        balance = await ledger.trial_balance(
            work, as_of, party=party.id, under=under.strip()[:200] or None
        )
        entries = await work.all(
            "SELECT * FROM entry_view ORDER BY place DESC, number LIMIT $1", ENTRIES_SHOWN
        )
    return await console_page(
        request,
        house,
        actor,
        "console/ledger.html",
        place="money",
        balance=balance,
        types={line.account: type_of(line.account) for line in balance.lines},
        entries=entries,
        asked={"under": under.strip()[:200], "at": at[:10], "known": known[:10]},
        is_part=bool(under.strip()),
    )


def _end_of(text: str, zone: ZoneInfo) -> datetime | None:
    """The end of a day that a form names; what is no day is none."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day + timedelta(days=1), time(), zone) if day.year < 9999 else None


@get("/ledger/entries/{entry:uuid}", include_in_schema=False)
async def entry(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    entry: FromPath[UUID],
) -> Response[str]:
    """One entry: why, its postings, what shows it, and its link in the chain."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        found = await ledger_views.entry_page(work, EntryId(entry))
    if found is None:
        raise NoSuchEntry(entry)
    return await console_page(
        request, house, actor, "console/ledger_entry.html", place="money", one=found
    )


@get("/books", include_in_schema=False)
async def books(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    """The nightly check and what it found; the months, and the heads of the chain."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, PartyId(actor.party))
        seen = await ledger_views.books_page(work, party)
    return await console_page(
        request,
        house,
        actor,
        "console/books.html",
        place="money",
        seen=seen,
        reason_max=REASON_MAX,
        may_close=actor.may(Permission.CLOSE_BOOKS),
        may_judge=actor.may(Permission.MOVE_MONEY),
    )


@post("/books/check", include_in_schema=False)
async def check_now(house: NamedDependency[House], actor: NamedDependency[Actor]) -> Redirect:
    """Check everything there is, as a job: it may take a while."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        party = PartyId(actor.party)
        await work.enqueue(
            Job(
                kind=checking.JOB,
                key=f"{checking.JOB}:{party}",
                body={"party": str(party), "by": actor.name},
                party=party,
            )
        )
    return see_other(_CHECKS)


@post("/books/findings/{finding:uuid}/close", include_in_schema=False)
async def close_finding(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    finding: FromPath[UUID],
    data: Form,
) -> Redirect:
    """Say why nothing more is to be done about a finding."""
    actor.must(Permission.MOVE_MONEY)
    why = data.get("reason", "")[:REASON_MAX]
    async with house.begin(actor.party) as work:
        await checking.close_finding(work, finding, by=actor.name, why=why)
        await parties.audit(work, actor, "closed a finding", f"finding:{finding}", {"why": why})
    return see_other(_CHECKS)


@post("/books/close", include_in_schema=False)
async def close_month(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Redirect:
    """Close a month for good."""
    actor.must(Permission.CLOSE_BOOKS)
    month = ledger.month_named(data.get("month", ""))
    async with house.begin(actor.party) as work:
        party = await parties.party(work, PartyId(actor.party))
        period = await ledger.close_month(
            work, party.id, ZoneInfo(party.time_zone), month, by=actor.name
        )
        await parties.audit(work, actor, "closed a month of the books", f"month:{period.name}")
    return see_other(_CHECKS)


@get("/books/months/{month:str}/csv", include_in_schema=False)
async def month_csv(
    house: NamedDependency[House], actor: NamedDependency[Actor], month: FromPath[str]
) -> Response[bytes]:
    """A month of the books, a line for each posting."""
    actor.must(Permission.SEE_MONEY)
    wanted = ledger.month_named(month)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, PartyId(actor.party))
        span = exporting.month_of(wanted, ZoneInfo(party.time_zone))
        parts = [part async for part in exporting.csv_lines(work, party.id, *span)]
    return _file("".join(parts).encode(), f"books-{month}.csv", "text/csv; charset=utf-8")


@get("/books/months/{month:str}/datev", include_in_schema=False)
async def month_datev(
    house: NamedDependency[House], actor: NamedDependency[Actor], month: FromPath[str]
) -> Response[bytes]:
    """A month of the books as DATEV Buchungsstapel: a file, or several in an archive."""
    actor.must(Permission.SEE_MONEY)
    wanted = ledger.month_named(month)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, PartyId(actor.party))
        name, content = await datev_archive(work, party, wanted)
    kind = "application/zip" if name.endswith(".zip") else "text/csv; charset=windows-1252"
    return _file(content, name, kind)


@get("/books/heads.csv", include_in_schema=False)
async def heads_csv(
    house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """The heads of the chain by day. Kept elsewhere, they prove the books."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, PartyId(actor.party))
        found = await ledger.heads(work, party.id)
    name = f"{party.country_code}*{party.ident}"
    text = ledger.heads_csv(name, found)
    return _file(text.encode(), "heads.csv", "text/csv; charset=utf-8")


def _file(content: bytes, name: str, kind: str) -> Response[bytes]:
    return Response(
        content,
        media_type=kind,
        headers={
            "content-disposition": f'attachment; filename="{name}"',
            "cache-control": "no-store",
        },
    )
