"""``voltway documents``: write the documents of a month, and take them out as one zip."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from voltway.billing import runs
from voltway.billing.model_runs import Run, RunKind
from voltway.billing.rules_statements import month as month_named
from voltway.billing.words import SPOKEN
from voltway.cli.admin_desk import Data, OfParty, chosen, opened
from voltway.kernel.errors import Misconfigured, Refusal
from voltway.parties.model import Party
from voltway.runtime.database import Database

documents = typer.Typer(
    help="Write the documents of a month, and take them out as one zip.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

BY: Final = "voltway documents"
Month = Annotated[str, typer.Option(help="Such as 2026-10, in the party's own time zone.")]


class NoSuchLanguage(Misconfigured):
    """We speak no such language. Choose one of: en, de, fr, es, nl, fi."""


class FileThere(Misconfigured):
    """There is a file of this name already. Name another, or take that one away."""


@documents.command("write")
def write(
    month: Month,
    hosts: Annotated[
        bool, typer.Option("--hosts", help="Settlements with hosts instead of statements.")
    ] = False,
    data: Data = None,
    party: OfParty = None,
) -> None:
    """Write the statements of a month that is over. Written twice, each stands there once."""
    kind = RunKind.SETTLEMENTS if hosts else RunKind.STATEMENTS

    async def go(database: Database, owner: Party, moved: Callable[[Run], None]) -> Run:
        async with database.begin(owner.id) as work:
            run = await runs.ask(
                work, owner, kind, month_named(month, owner.time_zone), locale="en", by=BY
            )
        return await runs.write(database.begin, {"run": str(run.id)}, moved)

    run = _with_bar(data, party, str(kind), go)
    typer.echo(f"{run.total} {kind} for {month}: all are written.")


@documents.command("export")
def export(
    month: Month,
    to: Annotated[Path, typer.Option(help="The zip to write; it must not be there yet.")],
    language: Annotated[str, typer.Option(help="Of the PDFs: en, de, fr, es, nl or fi.")] = "en",
    data: Data = None,
    party: OfParty = None,
) -> None:
    """Put all documents of a month into one zip: PDF and data of each, and an index with hashes."""
    if language not in SPOKEN:
        raise NoSuchLanguage
    if to.exists():
        raise FileThere

    async def go(database: Database, owner: Party, moved: Callable[[Run], None]) -> Run:
        async with database.begin(owner.id) as work:
            run = await runs.ask(
                work,
                owner,
                RunKind.ARCHIVE,
                month_named(month, owner.time_zone),
                locale=language,
                by=BY,
            )
        chunks = await runs.download(database.begin, owner.id, run.id, moved)
        part = to.with_name(f"{to.name}.part")
        with part.open("wb") as file:
            async for chunk in chunks:
                file.write(chunk)
        part.rename(to)
        async with database.begin(owner.id) as work:
            return await runs.found(work, run.id)

    run = _with_bar(data, party, "documents", go)
    typer.echo(f"{run.done} documents of {month} are in {to}.")


def _with_bar(
    data: Path | None,
    party: str | None,
    what: str,
    go: Callable[[Database, Party, Callable[[Run], None]], Awaitable[Run]],
) -> Run:
    """Do this with a bar on the error stream that says how far it is."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )

    async def inside() -> Run:
        async with opened(data) as database:
            async with database.begin() as work:
                owner = await chosen(work, party)
            with bar:
                task = bar.add_task(what, total=None)

                def moved(run: Run) -> None:
                    bar.update(task, total=run.total, completed=run.done)

                return await go(database, owner, moved)

    try:
        return asyncio.run(inside())
    except OSError as reason:
        raise FileNotWritten(reason.strerror or "it cannot be written") from None


class FileNotWritten(Refusal):
    """The zip cannot be written: {why}."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why
