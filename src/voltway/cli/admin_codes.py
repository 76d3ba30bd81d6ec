"""``voltway admin codes``: promotion codes, which drivers type before they start."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run_for, tell, tell_list
from voltway.parties.model import Party
from voltway.runtime.work import Row, Work
from voltway.tariffs import promotions
from voltway.tariffs.model_promotions import GrantKind, Promotion

codes = typer.Typer(help="Promotion codes: what each takes off.", no_args_is_help=True)


@codes.command("add")
def code_add(
    code: Annotated[str, typer.Argument(help="3 to 24 letters, digits or hyphens.")],
    kind: Annotated[GrantKind, typer.Argument(help="What it takes off.")],
    value: Annotated[
        str, typer.Argument(help="How much: money with tax, percent, or the first kWh.")
    ],
    since: Annotated[datetime | None, typer.Option(help="From when, UTC; without, now.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Until when, UTC.")] = None,
    uses: Annotated[int | None, typer.Option(help="How often in all; without, any.")] = None,
    per_driver: Annotated[
        int | None, typer.Option(help="How often one driver; counted by e-mail.")
    ] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Make a code. It never changes; make another where it was wrong."""

    async def do(work: Work, owner: Party) -> Promotion:
        made = await promotions.add(
            work,
            owner.id,
            code,
            kind,
            _number(value),
            since=_utc(since),
            until=_utc(until),
            uses_max=uses,
            per_driver_max=per_driver,
        )
        await note(work, owner, "made a promotion code", f"promotion:{made.code}")
        return made

    made = run_for(data, of_party, do)
    told = {
        "id": made.id,
        "code": made.code,
        "kind": made.kind,
        "value": f"{made.value:f}",
        "currency": made.currency,
        "since": made.since,
        "until": made.until,
    }
    end = f" until {made.until:%Y-%m-%d %H:%M} UTC" if made.until else ""
    sentence = f"The code {made.code} holds from {made.since:%Y-%m-%d %H:%M} UTC{end}."
    tell(told, sentence, as_json=as_json)


@codes.command("list")
def code_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the codes, and how often each was used."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(await work.all("SELECT * FROM promotion_view ORDER BY id DESC"))

    columns = {
        "code": "CODE",
        "kind": "KIND",
        "value": "VALUE",
        "used": "USED",
        "held": "HELD",
        "uses_max": "AT MOST",
        "since": "FROM",
        "until": "UNTIL",
    }
    tell_list(run_for(data, of_party, do), columns, "There is no code yet.", as_json=as_json)


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise typer.BadParameter(f"{text} is no number, such as 20.") from error
    if not number.is_finite():
        raise typer.BadParameter(f"{text} is no number, such as 20.")
    return number


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
