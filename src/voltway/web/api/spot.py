"""What markets ask: price series keyed in UTC, imported as a list or as CSV."""

from datetime import datetime
from typing import Annotated, Final

from litestar import Router
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from voltway.kernel.money import Currency
from voltway.parties.model import Permission
from voltway.runtime.work import Row
from voltway.tariffs import actions_spot as spot
from voltway.tariffs import rules_series
from voltway.tariffs.model import SpotPrice
from voltway.tariffs.model_spot import Imported
from voltway.web.api.caller import Calling
from voltway.web.api.operations import adds, reads
from voltway.web.api.shapes import NO_NUL, Given, Moment, Shown, utc

SHOWN_MAX: Final = 3000

Series = Annotated[str, Meta(min_length=1, max_length=64, pattern=NO_NUL, examples=["NP-FI"])]
Price = Annotated[
    str,
    Meta(
        max_length=30,
        pattern=NO_NUL,
        description="As a text, so that no digit is lost.",
        examples=["0.0823"],
    ),
]


class GivenPrice(Given):
    """What a market asks from a moment on."""

    begins: Annotated[str, Meta(max_length=40, pattern=NO_NUL, examples=["2026-03-02T12:15:00Z"])]
    price: Price


class GivenPrices(Given):
    """Prices of a series: a list, or the text of a CSV with the columns begins and price."""

    series: Series
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", examples=["EUR"])]
    prices: Annotated[tuple[GivenPrice, ...], Meta(max_length=rules_series.PRICES_MAX)] = ()
    csv: Annotated[str, Meta(max_length=4_000_000, pattern=NO_NUL)] | None = None
    minutes: Annotated[int, Meta(description="How long each holds: 15 or 60.")] = 15
    unit: Annotated[str, Meta(max_length=8, description="kWh or MWh.")] = "kWh"
    correct: Annotated[
        bool, Meta(description="Whether another price for a known time corrects it.")
    ] = False


class ImportedPrices(Shown):
    """What came of it."""

    series: str
    added: int
    known: Annotated[int, Meta(description="The same prices were known already.")]
    corrected: int
    begins: Moment
    ends: Moment
    says: Annotated[str, Meta(description="In sentences, with what is missing before it.")]


class SpotSeries(Shown):
    """A series, and how far it is known."""

    series: str
    currency: str
    begins: Moment
    ends: Moment
    prices: int
    told_at: Moment


class SpotPriceShown(Shown):
    """A price of a market, and when it was told."""

    series: str
    begins: Moment
    ends: Moment
    price: Price
    told_at: Moment


class SpotPrices(Shown):
    """The prices of a series, in their order; of a corrected one, each that was told."""

    items: list[SpotPriceShown]


class SpotSeriesList(Shown):
    """All series of the party."""

    items: list[SpotSeries]


@adds("/spot-prices", "Add prices of a market", Permission.EDIT_TARIFFS)
async def add_spot_prices(caller: Calling, data: JSONBody[GivenPrices]) -> ImportedPrices:
    """Given again, nothing changes. A hole or a moment given twice is refused; all of it is kept
    or nothing. Another price for a known time is refused unless it is said to be a correction."""
    prices = prices_of(data)
    async with caller.begin() as work:
        came = await spot.import_prices(
            work,
            caller.actor.party,
            data.series,
            Currency(data.currency),
            prices,
            correct=data.correct,
        )
        await caller.audit(work, "imported prices of a market", f"spot:{came.series}")
    return _told(came)


def prices_of(data: GivenPrices) -> list[SpotPrice]:
    if data.csv is not None:
        return rules_series.read_csv(data.csv, minutes=data.minutes, unit=data.unit)
    told = [(f"prices[{place}]", each.begins, each.price) for place, each in enumerate(data.prices)]
    return rules_series.read_prices(told, minutes=data.minutes, unit=data.unit)


@reads("/spot-series", "List the price series of markets")
async def list_spot_series(caller: Calling) -> SpotSeriesList:
    async with caller.begin() as work:
        rows = await work.all("SELECT * FROM spot_series_view ORDER BY series LIMIT 1000")
    return SpotSeriesList(
        items=[
            SpotSeries(
                series=row["series"],
                currency=row["currency"],
                begins=row["begins"],
                ends=row["ends"],
                prices=row["prices"],
                told_at=row["told_at"],
            )
            for row in rows
        ]
    )


@reads("/spot-prices", "Read the prices of a market")
async def read_spot_prices(
    caller: Calling,
    series: Annotated[str | None, QueryParameter(max_length=64, pattern=NO_NUL)] = None,
    since: Annotated[
        datetime | None, QueryParameter(name="from", description="From then on; without, from now.")
    ] = None,
) -> SpotPrices:
    async with caller.begin() as work:
        rows = await work.all(
            """
            SELECT * FROM spot_price_view
             WHERE ($1::text IS NULL OR series = $1) AND ends > $2
             ORDER BY series, begins, told_at LIMIT $3
            """,
            series,
            work.now if since is None else utc(since),
            SHOWN_MAX,
        )
    return SpotPrices(items=[_price(row) for row in rows])


def _price(row: Row) -> SpotPriceShown:
    return SpotPriceShown(
        series=row["series"],
        begins=row["begins"],
        ends=row["ends"],
        price=f"{row['price']:f}",
        told_at=row["told_at"],
    )


def _told(came: Imported) -> ImportedPrices:
    return ImportedPrices(
        series=came.series,
        added=came.added,
        known=came.known,
        corrected=came.corrected,
        begins=came.begins,
        ends=came.ends,
        says=came.words,
    )


ROUTER = Router(
    "/",
    tags=["spot prices"],
    route_handlers=[add_spot_prices, list_spot_series, read_spot_prices],
)
