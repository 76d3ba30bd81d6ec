"""The calibration of a meter: what may be written down, and what it is on a day at its place."""

from datetime import UTC, date, datetime

import pytest

from tests.network import AStation, a_location, a_party, a_station
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import EvseId, new_id
from voltway.runtime.work import BeginWork
from voltway.stations import actions, calibration, rules_calibration
from voltway.stations.actions import NoSuchEvse
from voltway.stations.model_calibration import Calibration, MeterState
from voltway.stations.rules_calibration import LastDayOutOfReach, NotALastDay, NotANote

TODAY = date(2026, 3, 2)
GOOD = Calibration(date(2031, 12, 31), "2023, TUV 4711")


def kept_of(day: str, note: str) -> Calibration | None:
    """What is kept of what the fields of a form say."""
    told = rules_calibration.typed(day, note)
    return told and rules_calibration.checked(told, TODAY)


@pytest.mark.parametrize(
    ("until", "left", "state"),
    [
        pytest.param(date(2031, 12, 31), 2130, MeterState.GOOD, id="far ahead"),
        pytest.param(date(2026, 6, 1), 91, MeterState.GOOD, id="one day before it matters"),
        pytest.param(date(2026, 5, 31), 90, MeterState.ENDING, id="it matters"),
        pytest.param(date(2026, 3, 2), 0, MeterState.ENDING, id="the last day is a good one"),
        pytest.param(date(2026, 3, 1), -1, MeterState.ENDED, id="the day after it"),
    ],
)
def test_the_last_day_is_one_on_which_a_meter_is_good(
    until: date, left: int, state: MeterState
) -> None:
    kept = Calibration(until)

    assert (kept.days_left(TODAY), kept.state(TODAY)) == (left, state)


@pytest.mark.parametrize(
    ("day", "note", "says"),
    [
        ("31.12.2031", "", "Write the last day"),
        ("2031-13-01", "", "Write the last day"),
        ("2031-02-29", "", "Write the last day"),
        ("20311231", "", "Write the last day"),
        ("2031-W01-1", "", "Write the last day"),
        ("2031-12-31,2032-12-31", "", "Write the last day"),
        ("2031-12-31;E1042;1", "", "Write the last day"),
        ("٢٠٣١-١٢-٣١", "", "Write the last day"),
        ("soon", "", "Write the last day"),
        ("9031-12-31", "", "not more than 20 years from now"),
        ("2047-01-01", "", "not more than 20 years from now"),
        ("1999-12-31", "", "in 2000 or later"),
        ("", "2023", "Say the last day"),
        ("2031-12-31", "x" * 101, "at most 100 signs"),
        ("2031-12-31", "two\nlines", "one line"),
        ("2031-12-31", "\x00", "one line"),
    ],
)
def test_a_slip_is_refused_with_a_sentence(day: str, note: str, says: str) -> None:
    with pytest.raises(Refusal) as refused:
        kept_of(day, note)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("day", "note", "kept"),
    [
        ("", " ", None),
        (" 2031-12-31 ", " 2023, TUV 4711 ", GOOD),
        ("2046-12-31", "", Calibration(date(2046, 12, 31))),
        ("2025-12-31", "", Calibration(date(2025, 12, 31))),
    ],
)
def test_what_is_typed_is_read(day: str, note: str, kept: Calibration | None) -> None:
    assert kept_of(day, note) == kept


def test_the_day_is_that_of_the_place() -> None:
    late = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)

    assert rules_calibration.today_at("Europe/Helsinki", late) == date(2026, 3, 3)
    assert rules_calibration.today_at("America/New_York", late) == date(2026, 3, 2)


@pytest.fixture
async def here(begin: BeginWork) -> AStation:
    async with begin() as work:
        party = await a_party(work)
        return await a_station(work, party, await a_location(work, party))


async def test_a_calibration_is_written_down_changed_and_cleared(
    begin: BeginWork, here: AStation
) -> None:
    moved = Calibration(date(2025, 12, 31), "it is over already")
    async with begin() as work:
        assert await calibration.of_bay(work, here.evse()) is None
        assert await calibration.tell(work, here.evse(), GOOD)
        assert not await calibration.tell(work, here.evse(), GOOD)
        assert await calibration.of_bay(work, here.evse()) == GOOD
        assert await calibration.of_bay(work, here.evse(2)) is None
        assert await calibration.tell(work, here.evse(), moved)
        assert await calibration.of_bay(work, here.evse()) == moved
        assert await calibration.tell(work, here.evse(), None)
        assert not await calibration.tell(work, here.evse(), None)
        assert await calibration.of_bay(work, here.evse()) is None


async def test_a_calibration_that_is_refused_leaves_what_was(
    begin: BeginWork, here: AStation
) -> None:
    async with begin() as work:
        await calibration.tell(work, here.evse(), GOOD)
        with pytest.raises(LastDayOutOfReach):
            await calibration.tell(work, here.evse(), Calibration(date(9999, 12, 31)))
        with pytest.raises(NotANote):
            await calibration.tell(work, here.evse(), Calibration(GOOD.valid_until, "\x07"))
        assert await calibration.of_bay(work, here.evse()) == GOOD


async def test_a_bay_that_is_not_there_has_none(begin: BeginWork, here: AStation) -> None:
    async with begin() as work:
        with pytest.raises(NoSuchEvse):
            await calibration.tell(work, EvseId(new_id(work.now)), GOOD)
        await actions.remove_station(work, here.station.id)
        with pytest.raises(NoSuchEvse):
            await calibration.tell(work, here.evse(), GOOD)


def test_a_last_day_is_read_alone() -> None:
    assert rules_calibration.last_day("2031-12-31") == GOOD.valid_until
    with pytest.raises(NotALastDay):
        rules_calibration.last_day("")
