"""What a place is like: opening hours read and asked, and what cannot be."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from tests.stations.floor import a_station
from voltway.runtime.work import BeginWork
from voltway.stations import features
from voltway.stations.actions_network import NoSuchLocation, NotUsable
from voltway.stations.model_features import Features
from voltway.stations.rules_hours import NoHours, hours_of

WEEK = "Mon-Fri 08:00-20:00\nSat, Sun 10:00-14:00, 22:00-02:00\n2026-12-24 closed"

#: By the clock of Vienna, in a week without a change of the clock, and on Christmas Eve.
MOMENTS = [
    ("2026-12-14 07:59", False),  # a Monday
    ("2026-12-14 08:00", True),
    ("2026-12-18 19:59", True),
    ("2026-12-18 20:00", False),
    ("2026-12-19 14:30", False),
    ("2026-12-19 23:30", True),
    ("2026-12-20 01:59", True),  # of the night before
    ("2026-12-21 01:30", True),  # Sunday's night goes into Monday
    ("2026-12-21 02:00", False),
    ("2026-12-24 12:00", False),
]


async def test_a_place_is_open_by_its_own_clock(begin: BeginWork) -> None:
    hours = hours_of(WEEK)
    assert hours is not None

    async with begin() as work:
        for text, is_open in MOMENTS:
            at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Vienna"))
            row = await work.one(
                "SELECT is_open($1, 'Europe/Vienna', $2) AS said", hours.as_json(), at
            )
            assert row is not None
            assert row["said"] is is_open, text


async def test_hours_that_nobody_told_are_neither_open_nor_closed(begin: BeginWork) -> None:
    async with begin() as work:
        row = await work.one("SELECT is_open(NULL, 'Europe/Vienna', $1) AS said", work.now)

    assert hours_of(" ;\n") is None
    assert row is not None
    assert row["said"] is None


def test_always_is_every_minute_and_days_may_wrap_around_the_week() -> None:
    always, weekend = hours_of("24/7"), hours_of("Sat-Mon 09:00-10:00")

    assert always is not None
    assert weekend is not None
    assert set(always.week) == {((0, 1440),)}
    assert [bool(day) for day in weekend.week] == [True, False, False, False, False, True, True]


@pytest.mark.parametrize(
    "text",
    [
        "sometimes",
        "Mon 8-20",
        "Mon 25:00-26:00",
        "Mon 08:60-09:00",
        "Mon 08:00-08:00",
        "Mon 08:00-24:30",
        "Xyz 08:00-09:00",
        "2026-02-30 closed",
        "2026-12-31 22:00-02:00",
        "Mon",
        ";".join(["Mon 08:00-09:00"] * 101),
    ],
)
def test_what_says_no_hours_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(NoHours, match="Write Mon-Fri 08:00-20:00"):
        hours_of(text)


async def test_what_is_said_of_a_place_replaces_what_was(begin: BeginWork) -> None:
    async with begin() as work:
        place = (await a_station(work)).location
        assert await features.told_of(work, place) == Features()
        first = Features(step_free=True, lit=False, bay_width_cm=350, hours_words="always")
        await features.describe(work, place, first, by="Olga")
        assert await features.told_of(work, place) == first
        second = Features(facilities=("CAFE",), help_phone="+43 1 234567")
        await features.describe(work, place, second, by="Olga")
        assert await features.told_of(work, place) == second


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (Features(bay_width_cm=99), "width of the bay"),
        (Features(screen_height_cm=301), "height of the screen"),
        (Features(help_phone="call me"), "phone for help"),
        (Features(facilities=("POOL",)), "facility"),
    ],
)
async def test_what_cannot_be_of_a_place_is_refused(
    begin: BeginWork, told: Features, says: str
) -> None:
    async with begin() as work:
        place = (await a_station(work)).location
        with pytest.raises(NotUsable, match=says):
            await features.describe(work, place, told, by="Olga")


async def test_nobody_describes_a_place_that_is_not_there(begin: BeginWork) -> None:
    async with begin() as work:
        station = await a_station(work)
        with pytest.raises(NoSuchLocation):
            await features.describe(work, station.id, Features(), by="Olga")  # type: ignore[arg-type]
