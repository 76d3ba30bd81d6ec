"""What Regulation (EU) 2023/1804 (AFIR), art. 5, does not allow in a price for ad hoc charging.

At 50 kW and more the price is per kWh; an occupancy fee per minute may be added, and nothing
else (par. 4). Below, every component is allowed, and they are shown in a given order (par. 5).
"""

from collections.abc import Iterator

from voltway.kernel.units import PowerW
from voltway.tariffs.model import Dimension, PriceComponent, Restrictions, Tariff

#: Recharging points of this power and more are bound to a price per kWh.
FAST_W = PowerW(50_000)
MINUTE_S = 60


def lint_afir(tariff: Tariff, power_w: PowerW) -> tuple[str, ...]:
    """What forbids this tariff for ad hoc charging at this power, as sentences; none is well."""
    found: list[str] = []
    free = all(
        component.price == 0
        for element in tariff.elements
        for component in element.price_components
    )
    if power_w >= FAST_W and not free:
        found += _fast(tariff)
    return tuple(dict.fromkeys(found))


def _fast(tariff: Tariff) -> Iterator[str]:
    charged = [each for each in tariff.elements if each.restrictions.reservation is None]
    if not any(element.component(Dimension.ENERGY) for element in charged):
        yield "At 50 kW and more the price must be per kWh: add a price for energy."
    for element in charged:
        for component in element.price_components:
            yield from _component(component, element.restrictions)
    if tariff.min_price is not None:
        yield "At 50 kW and more there may be no minimum price: a session costs what it used."


def _component(component: PriceComponent, restrictions: Restrictions) -> Iterator[str]:
    if component.price == 0:
        return
    match component.dimension:
        case Dimension.FLAT:
            yield "At 50 kW and more there may be no price per session: remove the flat fee."
        case Dimension.TIME if not restrictions.min_duration_s:
            yield (
                "At 50 kW and more charging time may not be priced from the first minute: price "
                "parking time, or time after a minimum duration, as an occupancy fee."
            )
        case Dimension.TIME | Dimension.PARKING_TIME if component.step_size > MINUTE_S:
            yield "At 50 kW and more the occupancy fee must be per minute: make its step 60 s."
        case _:
            return
