"""``voltway books``: the books checked, closed, and given out."""

import asyncio
import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated, ClassVar, Final
from zoneinfo import ZoneInfo

import typer

from voltway.billing import checking
from voltway.billing.exporting import datev_files
from voltway.billing.model_checks import SAYS, BooksCheck
from voltway.cli.admin_desk import (
    AsJson,
    Data,
    OfParty,
    chosen,
    note,
    opened,
    run_for,
    tell,
    tell_list,
)
from voltway.kernel.errors import Kind, Misconfigured, Refusal
from voltway.kernel.ids import PartyId
from voltway.ledger import actions as ledger
from voltway.ledger import exporting, sealing
from voltway.ledger.exporting_datev import Bookkeeper, Mapped
from voltway.ledger.model import AsOf, Broken, Head, Period
from voltway.ledger.rules_chart import type_of
from voltway.ocpp.hearing import heard_again
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.runtime.database import Database
from voltway.runtime.work import Row, Work

books = typer.Typer(help="The books: checked, closed, given out.", no_args_is_help=True)

#: Findings that are printed of each invariant.
PRINTED_MAX: Final = 20

Month = Annotated[str, typer.Argument(help="Such as 2026-10.")]


@dataclass(eq=False)
class NoHeads(Misconfigured):
    """{file} holds no heads: {why}."""

    file: str
    why: str


@dataclass(eq=False)
class NoMoment(Refusal):
    """{text} is no moment, such as 2026-10-31 or 2026-10-31T12:00+01:00."""

    kind: ClassVar[Kind] = Kind.INVALID

    text: str


@books.command("check")
def check(
    heads: Annotated[
        Path | None, typer.Option(help="Heads that were kept elsewhere, to compare with.")
    ] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> int:
    """Recompute the whole chain, and check all that must always hold. Exits 1 if it does not."""
    kept = None if heads is None else _heads_in(heads)

    async def inside() -> int:
        async with opened(data) as database:
            async with database.begin() as work:
                wanted = (
                    await parties.parties(work)
                    if of_party is None
                    else [await chosen(work, of_party)]
                )
            return sum([await _check(database, each, kept, as_json=as_json) for each in wanted])

    return 1 if asyncio.run(inside()) else 0


async def _check(
    database: Database,
    party: Party,
    kept: Mapping[str, Mapping[int, tuple[str, str]]] | None,
    *,
    as_json: bool,
) -> int:
    """How much was found."""
    await sealing.seal(database.begin, seconds=float("inf"))
    came = await checking.check_books(
        database.begin, heard_again, party.id, asked_by="the command line", whole=True
    )
    name = f"{party.country_code}*{party.ident}"
    broken = [] if kept is None else await _compared(database, party.id, kept.get(name, {}))
    found = came.found + len(broken)
    if as_json:
        tell(_told(name, came, broken), "", as_json=True)
        return found
    typer.echo(f"{name}, {party.name}")
    for part in came.parts:
        what = f"{part.checked:,} checked" + (
            f", {part.unchecked:,} whose frames are not kept" if part.unchecked else ""
        )
        stands = f"{len(part.found)} found" if part.found else "holds"
        typer.echo(f"  {part.invariant:>5}  {stands:<10} {what}. {SAYS[part.invariant]}")
        for one in part.found[:PRINTED_MAX]:
            typer.echo(f"         {one.about}: {one.said}")
    if kept is not None:
        count = len(kept.get(name, {}))
        stands = f"{len(broken)} found" if broken else "holds"
        typer.echo(f"  heads  {stands:<10} {count:,} heads that were kept elsewhere.")
        for fault in broken[:PRINTED_MAX]:
            typer.echo(f"         link {fault.number}: {fault.why}")
    return found


def _told(name: str, came: BooksCheck, broken: list[Broken]) -> dict[str, object]:
    return {
        "party": name,
        "began_at": came.began_at,
        "found": came.found + len(broken),
        "invariants": [
            {
                "invariant": part.invariant,
                "says": SAYS[part.invariant],
                "checked": part.checked,
                "unchecked": part.unchecked,
                "found": [{"about": one.about, "said": one.said} for one in part.found],
            }
            for part in came.parts
        ],
        "heads": [{"link": fault.number, "said": fault.why} for fault in broken],
    }


async def _compared(
    database: Database, party: PartyId, kept: Mapping[int, tuple[str, str]]
) -> list[Broken]:
    async with database.begin(party) as work:
        links = await ledger.heads_here(work, party, sorted(kept))
    return ledger.compare_heads(party, kept, links)


def _heads_in(file: Path) -> dict[str, dict[int, tuple[str, str]]]:
    """The heads of each party in a file, by their links."""
    found: dict[str, dict[int, tuple[str, str]]] = {}
    try:
        with file.open(newline="", encoding="utf-8") as lines:
            rows = csv.DictReader(lines)
            if tuple(rows.fieldnames or ()) != ledger.HEADS:
                raise NoHeads(str(file), f"its columns are not {', '.join(ledger.HEADS)}")
            for row in rows:
                own = found.setdefault(row["party"], {})
                own[int(row["link"])] = (row["day"], row["head"])
    except (OSError, ValueError, csv.Error, TypeError) as reason:
        raise NoHeads(str(file), str(reason)) from None
    return found


@books.command("heads")
def heads(data: Data = None, of_party: OfParty = None) -> None:
    """Print the head of the chain of each day as CSV. Kept elsewhere, they prove the books."""

    async def do(work: Work, owner: Party) -> tuple[Party, list[Head]]:
        return owner, await ledger.heads(work, owner.id)

    owner, found = run_for(data, of_party, do)
    typer.echo(ledger.heads_csv(f"{owner.country_code}*{owner.ident}", found), nl=False)


@books.command("close")
def close(
    month: Month, data: Data = None, of_party: OfParty = None, as_json: AsJson = False
) -> None:
    """Close a month: nothing is ever dated into it again. It cannot be opened again."""
    wanted = ledger.month_named(month)

    async def do(work: Work, owner: Party) -> Period:
        zone = ZoneInfo(owner.time_zone)
        period = await ledger.close_month(work, owner.id, zone, wanted, by="the command line")
        await note(work, owner, "closed a month of the books", f"month:{period.name}")
        return period

    period = run_for(data, of_party, do)
    thing = {"month": period.name, "entries": period.entries, "ends": period.ends}
    sentence = (
        f"Closed {period.name}: {period.entries:,} entries, up to {period.ends:%Y-%m-%d %H:%M %Z}."
    )
    tell(thing, sentence, as_json=as_json)


@books.command("balances")
def balances(
    under: Annotated[str | None, typer.Argument(help="A path, such as revenue.")] = None,
    at: Annotated[str | None, typer.Option(help="Of entries dated before this.")] = None,
    known: Annotated[str | None, typer.Option(help="As the books were known then.")] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """What the accounts hold, now or at any moment; ids in paths are left out."""

    async def do(work: Work, owner: Party) -> list[Row]:
        zone = ZoneInfo(owner.time_zone)
        as_of = AsOf(_moment(at, zone), _moment(known, zone))
        found = await ledger.trial_balance(work, as_of, party=owner.id, under=under)
        return [
            {
                "account": line.account,
                "type": type_of(line.account) or "not in the chart",
                "currency": line.currency,
                "balance": str(line.balance.decimal),
            }
            for line in found.lines
        ]

    columns = {"account": "ACCOUNT", "type": "TYPE", "currency": "CURRENCY", "balance": "BALANCE"}
    tell_list(run_for(data, of_party, do), columns, "Nothing is booked.", as_json=as_json)


def _moment(text: str | None, zone: ZoneInfo) -> datetime | None:
    """A moment; a date alone is its end, and without an offset it is in the party's zone."""
    if text is None:
        return None
    try:
        if len(text) == len("2026-10-31"):
            return datetime.combine(date.fromisoformat(text), time.max, zone).astimezone(UTC)
        told = datetime.fromisoformat(text)
    except ValueError:
        raise NoMoment(text[:40]) from None
    return told if told.tzinfo else told.replace(tzinfo=zone)


@books.command("csv")
def to_csv(
    month: Month,
    out: Annotated[Path, typer.Option(help="The file to write.")],
    data: Data = None,
    of_party: OfParty = None,
) -> None:
    """Write a month of the books as CSV, a line for each posting."""
    wanted = ledger.month_named(month)

    async def do(work: Work, owner: Party) -> str:
        span = exporting.month_of(wanted, ZoneInfo(owner.time_zone))
        parts = [part async for part in exporting.csv_lines(work, owner.id, *span)]
        return "".join(parts)

    out.write_text(run_for(data, of_party, do), encoding="utf-8", newline="")
    typer.echo(f"Wrote {out}.")


@books.command("datev")
def to_datev(
    month: Month,
    out: Annotated[Path, typer.Option(help="The folder to write into.")],
    data: Data = None,
    of_party: OfParty = None,
) -> None:
    """Write a month of the books as DATEV Buchungsstapel, one file or several."""
    wanted = ledger.month_named(month)

    async def do(work: Work, owner: Party) -> list[bytes]:
        return await datev_files(work, owner, wanted)

    files = run_for(data, of_party, do)
    out.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(files, start=1):
        file = out / exporting.datev_name(wanted, number, len(files))
        file.write_bytes(content)
        typer.echo(f"Wrote {file}.")


@books.command("bookkeeper")
def bookkeeper(
    consultant: Annotated[int, typer.Option(help="DATEV: Beraternummer.")],
    client: Annotated[int, typer.Option(help="DATEV: Mandantennummer.")],
    chart: Annotated[str, typer.Option(help="SKR03 or SKR04, for a mapping to begin with.")] = "",
    account_length: Annotated[int, typer.Option(help="Digits of an account.")] = 4,
    year_begins: Annotated[int, typer.Option(help="The month in which a year begins.")] = 1,
    map_to: Annotated[
        list[str] | None,
        typer.Option("--map", help="PATH=ACCOUNT or PATH=ACCOUNT:KEY; the rest stays."),
    ] = None,
    data: Data = None,
    of_party: OfParty = None,
) -> None:
    """Set how the bookkeeper knows a party, and which accounts ours are there."""

    async def do(work: Work, owner: Party) -> int:
        known = await exporting.mapping(work, owner.id)
        if chart:
            if chart.upper() not in exporting.CHARTS:
                raise exporting.BadBookkeeper("chart", "SKR03 or SKR04 is needed")
            known = dict(exporting.CHARTS[chart.upper()])
        for each in map_to or ():
            path, _, to = each.partition("=")
            account, _, key = to.partition(":")
            known[path] = Mapped(account, key)
        code = chart[-2:] if chart else "04"
        settings = Bookkeeper(consultant, client, account_length, year_begins, code)
        await exporting.set_bookkeeper(work, owner.id, settings)
        await exporting.set_mapping(work, owner.id, known)
        await note(work, owner, "set the bookkeeper", f"client:{client}")
        return len(known)

    typer.echo(f"Set. {run_for(data, of_party, do)} paths are mapped.")
