"""What is drawn of a battery: never an old charge as if it were that of now."""

import pytest

from voltway.vehicles.model import Point
from voltway.vehicles.rules_level import FRESH_S, LITTLE_WH, NOT_FULL, Level, level

PER = 700.0  # Wh


def flows(watts: float, minutes: int, *socs: int | None) -> list[Point]:
    """A reading a minute; the first ones tell these charges, the others none."""
    told = [*socs, *[None] * (minutes + 1 - len(socs))]
    return [Point(60.0 * n, watts * n / 60, told[n]) for n in range(minutes + 1)]


def seen(
    points: list[Point], *, late_s: float = 0, per: float | None = PER, charges: bool = True
) -> Level:
    """What is said so long after the last reading."""
    found = level(points, per, now_s=points[-1].at_s + late_s, charges=charges)
    assert found is not None
    return found


def test_where_none_was_told_none_is_said() -> None:
    assert level(flows(11_000, 9), PER, now_s=540, charges=True) is None
    assert level([], PER, now_s=0, charges=True) is None


@pytest.mark.parametrize("per", [PER, None])
def test_what_was_told_just_now_is_that_of_now(per: float | None) -> None:
    told = [Point(60.0 * n, 200.0 * n, 30 + n) for n in range(30)]

    assert seen(told, per=per) == Level(59, 59, 1740.0)
    assert seen(told, late_s=FRESH_S, per=per) == Level(59, 59, 1740.0)


def test_told_once_it_is_counted_on_and_an_estimate() -> None:
    early, late = seen(flows(11_000, 5, 35)), seen(flows(11_000, 30, 35))

    assert early == Level(35, 35, 0.0)
    assert late == Level(35 + int(0.5 + 5_500 / PER), 35, 0.0, is_counted=True)


def test_a_fast_charge_is_counted_on_before_the_minutes_are_over() -> None:
    assert seen(flows(150_000, 1, 35)).percent == 35
    assert seen(flows(150_000, 2, 35)) == Level(35 + int(0.5 + 5_000 / PER), 35, 0.0, True)


def test_told_once_by_a_car_that_nobody_knows_it_is_a_charge_of_then() -> None:
    assert seen(flows(11_000, 30, 35), per=None) == Level(35, 35, 0.0, was_at_s=0.0)


@pytest.mark.parametrize("socs", [(35,), tuple(range(35, 66))])
def test_while_nothing_is_heard_of_a_charge_that_goes_on_it_is_that_of_then(
    socs: tuple[int, ...],
) -> None:
    points = flows(11_000, 30, *socs)

    old = seen(points, late_s=FRESH_S + 1)

    assert old.was_at_s == points[-1].at_s
    assert old.is_counted == (len(socs) == 1)


def test_a_car_that_stands_and_took_nothing_since_has_what_it_told() -> None:
    stands = [*flows(11_000, 2, 60, 61, 62), Point(9_000.0, 11_000 / 30, None)]

    assert seen(stands, late_s=9_000, charges=False) == Level(62, 62, 120.0)
    assert seen(stands, late_s=9_000, per=None, charges=False) == Level(62, 62, 120.0)


def test_a_car_that_stands_and_took_more_than_it_told_has_more() -> None:
    stands = flows(11_000, 60, 60)

    assert seen(stands, charges=False) == Level(76, 60, 0.0, is_counted=True)
    assert seen(stands, per=None, charges=False).was_at_s == 0.0


def test_where_a_charge_goes_on_but_nothing_flows_what_was_told_stays_true() -> None:
    waits = flows(LITTLE_WH, 30, 35)

    assert seen(waits) == Level(35, 35, 0.0)
    assert seen(waits, per=None) == Level(35, 35, 0.0)


def test_who_charges_is_not_full_and_who_has_stopped_may_be() -> None:
    long = flows(11_000, 600, 35)

    assert seen(long).percent == NOT_FULL
    assert seen(long, charges=False).percent == 100
