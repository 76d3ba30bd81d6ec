"""``voltway admin tax``: electricity's reduced rates, declared by a law or ruling."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run_for, tell, tell_list
from voltway.parties.model import Party
from voltway.runtime.work import Row, Work
from voltway.tariffs import taxes
from voltway.tariffs.model_taxes import TaxDeclaration

tax = typer.Typer(help="Reduced rates of electricity, where they are law.", no_args_is_help=True)


@tax.command("declare")
def tax_declare(
    country: Annotated[str, typer.Argument(help="ISO 3166 code, such as IE.")],
    basis: Annotated[str, typer.Option(help="The law or ruling, with its date.")],
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="The standard rate holds again.")
    ] = False,
    since: Annotated[datetime | None, typer.Option(help="From when, UTC; without, now.")] = None,
    until: Annotated[datetime | None, typer.Option(help="Until when, UTC.")] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Declare that charging in a country takes electricity's reduced rate, by this law."""

    async def do(work: Work, owner: Party) -> TaxDeclaration:
        made = await taxes.declare(
            work,
            owner.id,
            country,
            applies=not withdraw,
            legal_basis=basis,
            by="voltway admin",
            since=_utc(since),
            until=_utc(until),
        )
        did = "declared a reduced tax rate" if made.applies else "withdrew a reduced tax rate"
        await note(work, owner, did, f"tax:{made.country}")
        return made

    made = run_for(data, of_party, do)
    told = {
        "id": made.id,
        "country": made.country,
        "applies": made.applies,
        "since": made.since,
        "until": made.until,
        "legal_basis": made.legal_basis,
    }
    rate = "electricity's reduced rate" if made.applies else "the standard rate"
    end = f" until {made.until:%Y-%m-%d %H:%M} UTC" if made.until else ""
    sentence = (
        f"Charging in {made.country} takes {rate} from {made.since:%Y-%m-%d %H:%M} UTC{end}, where"
        " tariffs leave the tax to the place."
    )
    tell(told, sentence, as_json=as_json)


@tax.command("list")
def tax_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List what was declared, the newest first."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(await work.all("SELECT * FROM tax_declaration_view ORDER BY id DESC"))

    columns = {
        "country": "COUNTRY",
        "applies": "REDUCED",
        "since": "FROM",
        "until": "UNTIL",
        "legal_basis": "LEGAL BASIS",
        "made_by": "BY",
    }
    nothing = "Nothing is declared: charging takes the standard rate."
    tell_list(run_for(data, of_party, do), columns, nothing, as_json=as_json)


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.replace(tzinfo=UTC)
