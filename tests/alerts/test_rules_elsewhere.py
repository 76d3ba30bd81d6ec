"""Which places somebody is sent to instead, and how sure it is that a bay is free then."""

from decimal import Decimal
from uuid import UUID

import pytest

from voltway.alerts.rules_elsewhere import Alternative, chance, ranked

HERE = UUID(int=1)


@pytest.mark.parametrize(
    ("free", "km", "came", "worked", "tries", "percent"),
    [
        (1, 0.0, 0, 0, 0, 90),  # nothing is known yet
        (1, 0.0, 0, 20, 20, 95),  # starts work there: nobody is told of certainty
        (1, 2.0, 168, 20, 20, 65),  # three cars an hour, and one bay
        (2, 2.0, 168, 20, 20, 90),  # and two
        (1, 20.0, 168, 20, 20, 10),  # far away they are gone by then
        (1, 0.0, 0, 0, 20, 30),  # nothing started there lately
    ],
)
def test_a_bay_is_as_sure_as_it_is_quiet_near_and_working(
    free: int, km: float, came: int, worked: int, tries: int, percent: int
) -> None:
    found = chance(free=free, km=km, came=came, in_hours=56, worked=worked, tries=tries)

    assert place(chance=found).percent == percent


def place(
    name: str = "Kamppi",
    km: float = 1,
    price: str | None = "0.49",
    *,
    chance: Decimal = Decimal("0.9"),
) -> Alternative:
    return Alternative(
        name=name,
        km=Decimal(str(km)),
        price=None if price is None else Decimal(price),
        currency="EUR",
        chance=chance,
        location=HERE,
        evse=HERE,
        number=1,
        connector_type="IEC_62196_T2",
        power_w=22_000,
    )


@pytest.mark.parametrize(
    ("found", "order"),
    [
        ([place("Far", 9), place("Near", 2)], ["Near", "Far"]),
        ([place("Taken soon", 2, chance=Decimal("0.2")), place("Sure", 4)], ["Sure", "Taken soon"]),
        ([place("Dear", 2, "0.98"), place("Cheap", 4, "0.49")], ["Cheap", "Dear"]),
        ([place("Dear", 2, "0.55"), place("Cheap", 9, "0.49")], ["Dear", "Cheap"]),
        ([place("Unpriced", 2, None), place("Priced", 4)], ["Priced", "Unpriced"]),
        ([place("B"), place("A")], ["A", "B"]),
        ([place(str(km), km) for km in (4, 3, 2, 1)], ["1", "2", "3"]),
    ],
)
def test_who_is_sent_elsewhere_is_sent_where_it_costs_them_least(
    found: list[Alternative], order: list[str]
) -> None:
    assert [each.name for each in ranked(found, 3)] == order


def test_places_without_any_price_are_ranked_by_the_way() -> None:
    found = [place("Far", 9, None), place("Near", 2, "0")]

    assert [each.name for each in ranked(found, 3)] == ["Near", "Far"]
