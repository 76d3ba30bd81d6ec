"""``voltway admin token | tariff``: what drivers show, and what charging costs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, ClassVar
from uuid import UUID

import typer

from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run_for, tell, tell_list
from voltway.drivers import actions as drivers
from voltway.drivers.model import Token, TokenKind
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import TokenUid
from voltway.kernel.units import PowerW
from voltway.parties.model import Party
from voltway.runtime.work import Row, Work
from voltway.tariffs import actions, rules
from voltway.tariffs.documents import BYTES_MAX
from voltway.tariffs.model_versions import TariffVersion
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.rules_lint import lint

token = typer.Typer(help="What drivers show: cards, apps, contracts.", no_args_is_help=True)
tariff = typer.Typer(help="What charging costs, and where.", no_args_is_help=True)

TariffFile = Annotated[Path, typer.Argument(help="An OCPI tariff (2.1.1, 2.2.1 or 2.3.0).")]


@dataclass(eq=False)
class NoTokenNamed(Refusal):
    """There is no token {uid}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    uid: str


@dataclass(eq=False)
class FileUnreadable(Refusal):
    """The file {file} cannot be read: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    file: str
    why: str


@token.command("add")
def token_add(
    uid: Annotated[str, typer.Argument(help="As a station reads it.")],
    label: Annotated[str, typer.Option(help="Whose or what it is.")] = "",
    kind: Annotated[TokenKind, typer.Option(help="What kind it is.")] = TokenKind.RFID,
    days: Annotated[
        int | None, typer.Option(help="How many days it holds; without, for ever.", min=1, max=3650)
    ] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Add a token."""

    async def do(work: Work, owner: Party) -> Token:
        until = None if days is None else work.now + timedelta(days=days)
        made = await drivers.add_token(
            work, owner.id, uid, kind=kind, label=label, valid_until=until
        )
        await note(work, owner, "added a token", f"token:{made.id}")
        return made

    made = run_for(data, of_party, do)
    tell(_told(made), f"Added the token {made.uid}.", as_json=as_json)


@token.command("list")
def token_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the tokens, those of guests left out."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(
            await work.all("SELECT * FROM token_view WHERE kind <> 'ad_hoc' ORDER BY id DESC")
        )

    columns = {
        "uid": "UID",
        "kind": "KIND",
        "label": "LABEL",
        "status": "STATUS",
        "valid_until": "HOLDS UNTIL",
    }
    tell_list(run_for(data, of_party, do), columns, "There is no token yet.", as_json=as_json)


@token.command("block")
def token_block(
    uid: Annotated[str, typer.Argument(help="As a station reads it.")],
    undo: Annotated[bool, typer.Option("--undo", help="Let it in again.")] = False,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Let a token open no station any more."""

    async def do(work: Work, owner: Party) -> Token:
        asked = (owner.id, TokenUid(uid))
        found = (await drivers.tokens_of(work, [asked])).get(asked)
        if found is None:
            raise NoTokenNamed(uid)
        become = drivers.unblock if undo else drivers.block
        after = await become(work, found.id)
        did = "let a token in again" if undo else "blocked a token"
        await note(work, owner, did, f"token:{found.id}")
        return after

    after = run_for(data, of_party, do)
    tell(_told(after), f"The token {after.uid} is now {after.status}.", as_json=as_json)


@tariff.command("add")
def tariff_add(
    file: TariffFile,
    valid_from: Annotated[
        datetime | None,
        typer.Option(help="From when it holds, UTC; only a first version may begin in the past."),
    ] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Add a tariff, or its next version, from a file."""
    document = content_of(file)

    async def do(work: Work, owner: Party) -> TariffVersion:
        made = await actions.add_version(work, owner.id, document, valid_from=_utc(valid_from))
        await note(work, owner, "added a version of a tariff", f"tariff:{made.ident}")
        return made

    made = run_for(data, of_party, do)
    told = {
        "id": made.id,
        "ident": made.ident,
        "version": made.version,
        "valid_from": made.valid_from,
    }
    sentence = (
        f"{made.ident} is kept as version {made.version}. Let it hold somewhere with: "
        f"voltway admin tariff assign {made.ident}"
    )
    tell(told, sentence, as_json=as_json)


@tariff.command("list")
def tariff_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the tariffs in their newest versions."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(
            await work.all("SELECT * FROM tariff_view WHERE newest ORDER BY tariff_ident, id")
        )

    columns = {
        "tariff_ident": "TARIFF",
        "version": "VERSION",
        "currency": "CURRENCY",
        "valid_from": "HOLDS FROM",
        "valid_until": "UNTIL",
    }
    tell_list(run_for(data, of_party, do), columns, "There is no tariff yet.", as_json=as_json)


@tariff.command("lint")
def tariff_lint(
    file: TariffFile,
    power_w: Annotated[int, typer.Option(help="For an EVSE of this power.", min=1)] = 150_000,
    as_json: AsJson = False,
) -> int:
    """Look a tariff over; exit 1 if the law (AFIR) forbids it for ad hoc charging, or if it says
    what cannot have been meant."""
    found = read_tariff(content_of(file))
    findings = rules.lint_afir(found, PowerW(power_w))
    flaws = lint(found, today=datetime.now(UTC).date())
    said = [*findings, *(each.says for each in flaws)]
    if not findings:
        said.insert(0, f"{found.id} may be charged at {power_w} W.")
    told = {
        "ident": found.id,
        "findings": list(findings),
        "flaws": [
            {
                "flaw": each.flaw,
                "wrong": each.is_wrong,
                "element": each.element,
                "dimension": each.dimension,
                "says": each.says,
            }
            for each in flaws
        ],
    }
    tell(told, "\n".join(said), as_json=as_json)
    return 1 if findings or any(each.is_wrong for each in flaws) else 0


def content_of(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(BYTES_MAX + 1)
    except OSError as error:
        why = (error.strerror or "it cannot be read").lower()
        raise FileUnreadable(str(file), why) from error


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)


def _told(made: Token) -> dict[str, UUID | str | datetime | None]:
    return {
        "id": made.id,
        "uid": made.uid,
        "kind": made.kind,
        "label": made.label,
        "status": made.status,
        "valid_until": made.valid_until,
    }
