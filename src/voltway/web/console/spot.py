"""Markets: the price series that tariffs follow, how far each is known, and adding to them."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus
from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.money import Currency
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Row
from voltway.tariffs import actions_spot as spot
from voltway.tariffs import rules_series
from voltway.web.console.door import console_page
from voltway.web.console.tariff_exchange import Files, text_of
from voltway.web.formats import MINUS, Formats
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of
from voltway.web.problems import STATUS

AHEAD: Final = timedelta(hours=36)
HIGH: Final = 64
WIDE: Final = 4


class NotMinutes(Refusal):
    """A price holds for 15 or for 60 minutes."""

    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Quarter:
    """One price of the picture."""

    x: int
    y: int
    high: int


@dataclass(frozen=True, slots=True)
class SeriesLine:
    """A series: how far it is known, and what it asks from now on."""

    row: Row
    now: str
    is_over: bool
    quarters: tuple[Quarter, ...]
    wide: int
    words: str
    prices: tuple[tuple[str, str], ...]


@get("/tariffs/markets", include_in_schema=False)
async def markets(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _page(request, house, actor)


@post("/tariffs/markets", include_in_schema=False)
async def add_prices(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    data: Files,
) -> Response[str] | Redirect:
    """Add the prices of a CSV; what came of it is told."""
    actor.must(Permission.EDIT_TARIFFS)
    given = {name: str(data.get(name) or "") for name in ("series", "minutes", "unit", "text")}
    given["text"] = await text_of(data)
    try:
        if given["minutes"] not in ("15", "60"):
            raise NotMinutes
        prices = rules_series.read_csv(
            given["text"], minutes=int(given["minutes"]), unit=given["unit"]
        )
        async with house.begin(actor.party) as work:
            party = await parties.party(work, actor.party)
            came = await spot.import_prices(
                work,
                actor.party,
                given["series"].strip(),
                Currency(party.currency),
                prices,
                correct=data.get("correct") == "yes",
            )
            await parties.audit(work, actor, "imported prices of a market", f"spot:{came.series}")
    except Refusal as no:
        return await _page(
            request, house, actor, given=given, trouble=str(no), status=STATUS[no.kind]
        )
    return await _page(request, house, actor, came=came.words)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    given: dict[str, str] | None = None,
    came: str = "",
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    formats = formats_of(request, house)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, actor.party)
        series = await work.all("SELECT * FROM spot_series_view ORDER BY series LIMIT 200")
        prices = await work.all(
            """
            SELECT DISTINCT ON (series, begins) series, begins, ends, price
              FROM spot_price_view WHERE ends > $1 AND begins < $2
             ORDER BY series, begins, told_at DESC
            """,
            work.now,
            work.now + AHEAD,
        )
    lines = [
        _line(
            row,
            [each for each in prices if each["series"] == row["series"]],
            formats,
            party.time_zone,
        )
        for row in series
    ]
    return await console_page(
        request,
        house,
        actor,
        "console/markets.html",
        status=status,
        place="tariffs",
        series=lines,
        given=given or {},
        came=came,
        trouble=trouble,
        high=HIGH,
        bar=WIDE - 1,
        currency=party.currency,
        may_edit=actor.may(Permission.EDIT_TARIFFS),
    )


def _line(row: Row, prices: list[Row], formats: Formats, zone: str) -> SeriesLine:
    most = max((each["price"] for each in prices), default=Decimal(0))
    least = min((each["price"] for each in prices), default=Decimal(0))
    low, high = min(least, Decimal(0)), max(most, Decimal(0))
    span = high - low or Decimal(1)
    zero = int(HIGH * high / span)
    quarters = []
    for nth, each in enumerate(prices):
        tall = max(1, int(abs(each["price"]) * HIGH / span))
        y = zero - tall if each["price"] >= 0 else zero
        quarters.append(Quarter(nth * WIDE, y, tall))
    told = tuple(
        (
            formats.clocks(each["begins"], each["ends"], zone),
            _price(each["price"], row, formats),
        )
        for each in prices
    )
    words = ""
    if prices:
        words = (
            f"{row['series']} from {formats.moment(prices[0]['begins'], zone)} to "
            f"{formats.moment(prices[-1]['ends'], zone)}: from "
            f"{_price(least, row, formats)} to {_price(most, row, formats)} per kWh"
        )
    return SeriesLine(
        row=row,
        now=told[0][1] if prices and prices[0]["begins"] <= formats.now else "",
        is_over=row["ends"] <= formats.now,
        quarters=tuple(quarters),
        wide=max(1, len(quarters)) * WIDE,
        words=words,
        prices=told,
    )


def _price(price: Decimal, row: Row, formats: Formats) -> str:
    return formats.price(price, row["currency"]).replace("-", MINUS)
