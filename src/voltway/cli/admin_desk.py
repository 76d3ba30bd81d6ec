"""What every command of ``voltway admin`` needs: the database, the party, and how to answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, ClassVar, TypeVar
from uuid import UUID

import msgspec
import typer

from voltway.kernel.errors import Kind, Misconfigured, Refusal
from voltway.parties import actions as parties
from voltway.parties.model import Party, house
from voltway.runtime import settings as configuration
from voltway.runtime.database import Database, DataRefused, connect_owner, open_database
from voltway.runtime.migrate import migrate
from voltway.runtime.postgres import DataFolderInUse, EmbeddedPostgres
from voltway.runtime.postgres_running import address_of_running
from voltway.runtime.work import Row, Work

T = TypeVar("T")

Data = Annotated[
    Path | None,
    typer.Option(
        help="The data folder; a Voltway may be running on it. "
        "VOLTWAY_DATABASE_URL names a PostgreSQL of your own instead."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
OfParty = Annotated[
    str | None,
    typer.Option("--party", help="Such as FI*VLT; not needed where there is only one."),
]


@dataclass(eq=False)
class NoPartyYet(Refusal):
    """There is no party yet. Make one with: voltway admin party add NAME."""


@dataclass(eq=False)
class WhichParty(Refusal):
    """There are several parties: say which with --party ({names})."""

    names: str


@dataclass(eq=False)
class NoPartyNamed(Refusal):
    """There is no party {name}; there are {names}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    name: str
    names: str


class NotKeepable(Refusal):
    """What was given cannot be kept: it is no text in UTF-8, or a number is too large."""

    kind = Kind.INVALID


@dataclass(eq=False)
class VoltwayNotReady(Misconfigured):
    """A Voltway (process {process}) is just starting or stopping on {folder}. Try again shortly."""

    folder: str
    process: str


def run(data: Path | None, do: Callable[[Work], Awaitable[T]]) -> T:
    """Do this in one transaction of the whole house."""

    async def inside() -> T:
        async with opened(data) as database, database.begin() as work:
            return await do(work)

    return _done(inside())


def run_for(data: Path | None, party: str | None, do: Callable[[Work, Party], Awaitable[T]]) -> T:
    """Do this in one transaction that sees the rows of one party, and no others."""

    async def inside() -> T:
        async with opened(data) as database:
            async with database.begin() as work:
                owner = await chosen(work, party)
            async with database.begin(owner.id) as work:
                return await do(work, owner)

    return _done(inside())


def _done(doing: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(doing)
    except DataRefused:  # bytes that are no UTF-8, a number that no column holds
        raise NotKeepable from None


@asynccontextmanager
async def opened(data: Path | None) -> AsyncIterator[Database]:
    """The database that the settings name: one of your own, that of a Voltway which runs on the
    data folder, or the embedded one, started for this command."""
    given = {} if data is None else {"data": data}
    settings = configuration.load(given=given)
    if settings.database_url:
        await _migrate(settings.database_url)
        async with _open(settings.database_url) as database:
            yield database
        return
    postgres = EmbeddedPostgres(settings.data)
    try:
        url = postgres.start()
    except DataFolderInUse as used:
        running = address_of_running(settings.data)
        if running is None:
            raise VoltwayNotReady(used.folder, used.process) from None
        async with _open(running) as database:
            yield database
        return
    try:
        await _migrate(url)
        async with _open(url) as database:
            yield database
    finally:
        postgres.stop()


@asynccontextmanager
async def _open(url: str) -> AsyncIterator[Database]:
    database = await open_database(url, connections=2, connections_min=1)
    try:
        yield database
    finally:
        await database.close()


async def _migrate(url: str) -> None:
    owner = await connect_owner(url)
    try:
        await migrate(owner)
    finally:
        await owner.close()


async def chosen(work: Work, name: str | None) -> Party:
    """The party of this name, or the only one."""
    known = await parties.parties(work)
    if not known:
        raise NoPartyYet
    names = ", ".join(f"{each.country_code}*{each.ident}" for each in known)
    if name is None:
        if len(known) > 1:
            raise WhichParty(names)
        return known[0]
    wanted = name.upper().replace("*", "").replace("-", "")
    for each in known:
        if wanted == f"{each.country_code}{each.ident}":
            return each
    raise NoPartyNamed(name, names)


async def note(work: Work, party: Party, did: str, on: str) -> None:
    """Write down that the command line did this."""
    await parties.audit(work, house(party.id), did, on, {"by": "voltway admin"})


def tell(thing: Mapping[str, Any], sentence: str, *, as_json: bool) -> None:
    """What was done: the thing for programs, the sentence for people."""
    typer.echo(_json(thing) if as_json else sentence)


def tell_list(
    rows: Sequence[Row], columns: Mapping[str, str], nothing: str, *, as_json: bool
) -> None:
    """A list: whole for programs; for people, these columns under their headings."""
    if as_json:
        typer.echo(_json([dict(row) for row in rows]))
        return
    if not rows:
        typer.echo(nothing)
        return
    table = [list(columns.values())]
    table += [[_text(row[name]) for name in columns] for row in rows]
    widths = [max(len(line[place]) for line in table) for place in range(len(columns))]
    for line in table:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def _json(thing: object) -> str:
    return msgspec.json.format(msgspec.json.encode(thing), indent=2).decode()


def _text(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M} UTC"
        case Enum():
            return str(value.value)
        case UUID():
            return str(value)
        case _:
            # What came from outside must not steer the terminal.
            return "".join(sign if sign.isprintable() else "?" for sign in str(value))
