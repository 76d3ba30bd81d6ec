"""What our tariffs say beyond OCPI, beside OCPI's own fields: idle terms and prices of a market.

Two fields whose names are ours stand where no version of OCPI has one:

- ``voltway_idle`` on an element: ``grace`` (seconds that each stop is free after charging ended)
  and ``cap`` (the most that the element costs a session);
- ``voltway_spot`` on a price component: ``series``, ``percent``, ``markup``, ``floor``, ``mode``
  (``frozen`` or ``dynamic``), and ``curve`` where the prices are already known.

Whoever does not know them reads a price that is never less than ours: parking time without its
grace and its cap, energy at the most that it can cost. See decision 15. A field of ours that we do
not know is refused, for a word with a slip in it would be a wrong price.
"""

from decimal import Decimal
from typing import Any

from voltway.tariffs import ocpi_wire as wire
from voltway.tariffs.documents import BadField, moment
from voltway.tariffs.model import (
    Dimension,
    IdleTerms,
    PriceComponent,
    Spot,
    SpotMode,
    SpotPrice,
)

WHAT = "tariff"
SERIES_MAX = 64
CURVE_MAX = 10_000
DAY_S = 24 * 3600


def idle_of(told: wire.Idle | None, at: str, parts: tuple[PriceComponent, ...]) -> IdleTerms | None:
    if told is None:
        return None
    for place, part in enumerate(parts):
        if part.dimension is not Dimension.PARKING_TIME:
            where = f"{at}.price_components[{place}].type"
            raise BadField(WHAT, where, "an element with voltway_idle prices PARKING_TIME alone")
    at = f"{at}.voltway_idle"
    if not 0 <= told.grace <= DAY_S or told.grace != told.grace.to_integral_value():
        raise BadField(WHAT, f"{at}.grace", f"it must be a whole number from 0 to {DAY_S} seconds")
    if told.cap is not None and told.cap < 0:
        raise BadField(WHAT, f"{at}.cap", "it must not be negative")
    return IdleTerms(int(told.grace), told.cap)


def spot_of(told: wire.Spot | None, at: str, dimension: Dimension, most: Decimal) -> Spot | None:
    if told is None:
        return None
    if dimension is not Dimension.ENERGY:
        raise BadField(WHAT, f"{at}.type", "only ENERGY can follow a market")
    at = f"{at}.voltway_spot"
    if not 1 <= len(told.series) <= SERIES_MAX or not told.series.isprintable():
        raise BadField(WHAT, f"{at}.series", f"it must have 1 to {SERIES_MAX} characters")
    if not -100 <= told.percent <= 1000:
        raise BadField(WHAT, f"{at}.percent", "it must be from -100 to 1000")
    if not 0 <= told.floor <= most:
        why = "it must be neither negative nor more than the price, which is the most it can be"
        raise BadField(WHAT, f"{at}.floor", why)
    try:
        mode = SpotMode(told.mode)
    except ValueError as error:
        why = f"{told.mode[:40]!r} is none of frozen, dynamic"
        raise BadField(WHAT, f"{at}.mode", why) from error
    return Spot(
        series=told.series,
        percent=told.percent,
        markup=told.markup,
        floor=told.floor,
        mode=mode,
        curve=None if told.curve is None else _curve(told.curve, f"{at}.curve"),
    )


def _curve(told: list[wire.SpotPrice], at: str) -> tuple[SpotPrice, ...]:
    if len(told) > CURVE_MAX:
        raise BadField(WHAT, at, f"there may be at most {CURVE_MAX} prices")
    prices: list[SpotPrice] = []
    for place, each in enumerate(told):
        begins = moment(each.begins, WHAT, f"{at}[{place}].begins")
        ends = moment(each.ends, WHAT, f"{at}[{place}].ends")
        if ends <= begins or (prices and begins < prices[-1].ends):
            raise BadField(WHAT, f"{at}[{place}]", "it must follow the one before it, and last")
        prices.append(SpotPrice(begins, ends, each.price))
    return tuple(prices)


def idle_told(idle: IdleTerms | None) -> dict[str, Any]:
    if idle is None:
        return {}
    said: dict[str, Any] = {"grace": idle.grace_s}
    if idle.cap is not None:
        said["cap"] = idle.cap
    return {"voltway_idle": said}


def spot_told(spot: Spot | None) -> dict[str, Any]:
    if spot is None:
        return {}
    said: dict[str, Any] = {
        "series": spot.series,
        "percent": spot.percent,
        "markup": spot.markup,
        "floor": spot.floor,
        "mode": spot.mode,
    }
    if spot.curve is not None:
        said["curve"] = [
            {
                "begins": f"{each.begins.isoformat()}",
                "ends": f"{each.ends.isoformat()}",
                "price": each.price,
            }
            for each in spot.curve
        ]
    return {"voltway_spot": said}
