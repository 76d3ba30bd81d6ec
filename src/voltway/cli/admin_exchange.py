"""``voltway admin tariff import | export`` and ``voltway admin market``: documents in and out."""

from pathlib import Path
from typing import Annotated

import typer

from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run_for, tell, tell_list
from voltway.cli.admin_prices import TariffFile, content_of, tariff
from voltway.kernel.money import Currency
from voltway.parties.model import Party
from voltway.runtime.work import Row, Work
from voltway.tariffs import actions_exchange as exchange
from voltway.tariffs import actions_spot as spot
from voltway.tariffs import rules_series
from voltway.tariffs.actions_exchange import OcpiVersion
from voltway.tariffs.model_spot import Imported
from voltway.tariffs.model_versions import TariffVersion
from voltway.tariffs.ocpi import read_tariff

market = typer.Typer(help="What markets ask, for tariffs that follow them.", no_args_is_help=True)

TARIFFS_MAX = 1000


@tariff.command("import")
def tariff_import(
    file: TariffFile, data: Data = None, of_party: OfParty = None, as_json: AsJson = False
) -> None:
    """Add the tariffs of a file, one or a list of them: all, or none."""
    given = exchange.given(content_of(file))

    async def do(work: Work, owner: Party) -> list[tuple[TariffVersion, list[str]]]:
        added = await exchange.add_all(work, owner.id, given)
        looked = []
        for each in added:
            await note(work, owner, "imported a version of a tariff", f"tariff:{each.ident}")
            flaws = await exchange.looked_over(work, owner.id, each.tariff)
            looked.append((each, [flaw.says for flaw in flaws]))
        return looked

    made = run_for(data, of_party, do)
    told = [
        {"id": each.id, "ident": each.ident, "version": each.version, "flaws": flaws}
        for each, flaws in made
    ]
    said = [
        "\n".join([f"{each.ident} is kept as version {each.version}.", *flaws])
        for each, flaws in made
    ]
    tell({"tariffs": told}, "\n".join(said), as_json=as_json)


@tariff.command("export")
def tariff_export(
    ident: Annotated[str | None, typer.Argument(help="Only this tariff.")] = None,
    ocpi: Annotated[OcpiVersion, typer.Option(help="OCPI's version.")] = OcpiVersion.V221,
    plain: Annotated[
        bool, typer.Option("--plain", help="Refuse what needs fields beside OCPI's own.")
    ] = False,
    data: Data = None,
    of_party: OfParty = None,
) -> None:
    """Print the newest tariffs as a list of OCPI objects."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(
            await work.all(
                """
                SELECT document FROM tariff_view
                 WHERE newest AND ($1::text IS NULL OR tariff_ident = $1)
                 ORDER BY tariff_ident LIMIT $2
                """,
                ident,
                TARIFFS_MAX,
            )
        )

    rows = run_for(data, of_party, do)
    typer.echo(exchange.exported([read_tariff(row["document"]) for row in rows], ocpi, plain=plain))


@market.command("import")
def market_import(
    series: Annotated[str, typer.Argument(help="The name of the series.")],
    file: Annotated[Path, typer.Argument(help="A CSV with the columns begins and price.")],
    minutes: Annotated[int, typer.Option(help="How long each holds: 15 or 60.")] = 15,
    unit: Annotated[str, typer.Option(help="What the prices are for: kWh or MWh.")] = "kWh",
    correct: Annotated[
        bool, typer.Option("--correct", help="Another price for a known time corrects it.")
    ] = False,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Add what a market asks, in the party's currency. The same file again changes nothing."""
    text = content_of(file).decode("utf-8-sig", errors="replace")
    prices = rules_series.read_csv(text, minutes=minutes, unit=unit)

    async def do(work: Work, owner: Party) -> Imported:
        came = await spot.import_prices(
            work, owner.id, series, Currency(owner.currency), prices, correct=correct
        )
        await note(work, owner, "imported prices of a market", f"spot:{came.series}")
        return came

    came = run_for(data, of_party, do)
    told = {
        "series": came.series,
        "added": came.added,
        "known": came.known,
        "corrected": came.corrected,
        "begins": came.begins,
        "ends": came.ends,
    }
    tell(told, came.words, as_json=as_json)


@market.command("list")
def market_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the price series, and how far each is known."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(await work.all("SELECT * FROM spot_series_view ORDER BY series"))

    columns = {
        "series": "SERIES",
        "currency": "CURRENCY",
        "prices": "PRICES",
        "begins": "KNOWN FROM",
        "ends": "UNTIL",
    }
    tell_list(run_for(data, of_party, do), columns, "There is no series yet.", as_json=as_json)
