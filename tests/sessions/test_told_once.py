"""A charge that a car told once, or tells no more, is counted on from by the energy since."""

import pytest
from msgspec.structs import replace

from tests.network import AStation
from tests.sessions.telling import Line, minute, reading, started, updated
from tests.sessions.test_time_to_done import (  # noqa: F401 - fixtures are among them
    AC_W,
    PER_PERCENT,
    PER_PERCENT_AC,
    POWER_W,
    ac,
    at,
    comes,
    done,
    drives,
    here,
    line,
    soc_after,
    untold_for,
)
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.sessions import targets
from voltway.vehicles.model import Source


async def told_until(told_by: Line, clock: JumpingClock, minutes: int, soc: int, last: int) -> None:
    """By AC the car tells its charge up to the minute ``last``, and no more after that."""
    await told_by.tell(started("tx", 0, 120, 0))
    for each in range(1, minutes + 1):
        clock.jump_to(minute(120 + each))
        wh = AC_W * each // 60
        risen = int(soc + wh / PER_PERCENT_AC) if each <= last else None
        told = replace(reading(120 + each, wh, power_w=AC_W), soc_percent=risen)
        await told_by.tell(replace(updated("tx", each, 120 + each, wh), readings=(told,)))
        await targets.look(told_by.begin)


@pytest.mark.parametrize("last", [1, 60])
async def test_from_a_charge_told_once_or_no_more_it_is_counted_on(
    ac: tuple[Line, AStation],  # noqa: F811
    begin: BeginWork,
    clock: JumpingClock,
    last: int,
) -> None:
    told_by, station = ac
    await comes(begin, station, None)
    await told_until(told_by, clock, 120, soc=20, last=last)

    said = await done(begin, told_by)

    assert said is not None
    left_wh = 60 * PER_PERCENT_AC - AC_W * 2
    assert (said.target, said.told_last is not None) == (80, True)
    assert said.time.source is Source.COUNTED, "it is less certain than a charge told now"
    assert said.time.seconds == pytest.approx(left_wh / AC_W * 3600, rel=0.06)
    assert said.time.soonest_s < said.time.seconds < said.time.latest_s


async def test_of_a_charge_told_just_before_the_energy_since_counts_and_it_stays_sure(
    ac: tuple[Line, AStation],  # noqa: F811
    begin: BeginWork,
    clock: JumpingClock,
) -> None:
    told_by, station = ac
    await comes(begin, station, None)
    await told_until(told_by, clock, 10, soc=20, last=1)

    said = await done(begin, told_by)

    assert said is not None
    assert (said.told_last, said.time.source) == (None, Source.POWER)
    left_wh = 59.5 * PER_PERCENT_AC - AC_W / 60 * 9
    assert said.time.seconds == pytest.approx(left_wh / AC_W * 3600, rel=0.02)


async def test_who_drives_a_car_that_told_its_charge_once_hears_that_it_is_soon_done(
    ac: tuple[Line, AStation],  # noqa: F811
    begin: BeginWork,
    clock: JumpingClock,
) -> None:
    told_by, station = ac
    await comes(begin, station, None)
    lasts = int(15 * PER_PERCENT_AC / AC_W * 60)
    await told_until(told_by, clock, lasts - 30, soc=65, last=1)
    assert "SessionSoonDone" not in await told_by.facts()

    for each in range(lasts - 29, lasts):
        await untold_for(told_by, clock, each, since=each - 1)
        await targets.look(begin)

    assert (await told_by.facts()).count("SessionSoonDone") == 1


async def test_by_dc_an_old_charge_is_counted_on_along_the_curve(
    line: Line,  # noqa: F811
    begin: BeginWork,
    here: AStation,  # noqa: F811
    clock: JumpingClock,
) -> None:
    await drives(begin, here)
    await line.tell(started("tx", 0, 120, 0))
    for each in range(1, 13):
        clock.jump_to(minute(120 + each))
        told = at(each, soc_after(each))
        bare = tuple(replace(one, soc_percent=None) for one in told.readings)
        await line.tell(told if each <= 2 else replace(told, readings=bare))

    said = await done(begin, line)

    assert said is not None
    left_wh = (80 - soc_after(12)) * PER_PERCENT
    assert (said.told_last, said.time.source) == (int(soc_after(2)), Source.COUNTED)
    assert said.time.seconds == pytest.approx(left_wh / POWER_W * 3600, rel=0.1)
