"""How far a station's clock is believed."""

from datetime import UTC, datetime, timedelta

import pytest

from voltway.stations.clock import ClockModel, Method, corrected, is_news, learn

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = 3600


@pytest.mark.parametrize(
    ("claimed", "offset_s", "offline", "at", "method"),
    [
        pytest.param(NOON, 0, False, NOON, Method.CLAIMED, id="live and right: as claimed"),
        pytest.param(
            NOON - timedelta(minutes=4),
            0,
            False,
            NOON - timedelta(minutes=4),
            Method.CLAIMED,
            id="live and a little late: as claimed",
        ),
        pytest.param(
            NOON - timedelta(hours=3), 0, False, NOON, Method.RECEIVED, id="live, far off: as heard"
        ),
        pytest.param(
            NOON - timedelta(hours=3),
            0,
            True,
            NOON - timedelta(hours=3),
            Method.CLAIMED,
            id="kept through an outage: as claimed",
        ),
        pytest.param(
            NOON + timedelta(hours=2),
            -2 * HOUR,
            False,
            NOON,
            Method.SHIFTED,
            id="local time sent as UTC, and we learned it: shifted",
        ),
        pytest.param(
            NOON - timedelta(hours=1),
            -2 * HOUR,
            True,
            NOON - timedelta(hours=3),
            Method.SHIFTED,
            id="kept through an outage, by a clock that is off: shifted",
        ),
        pytest.param(
            NOON + timedelta(days=1), 0, True, NOON, Method.RECEIVED, id="the future: as heard"
        ),
        pytest.param(
            NOON + timedelta(minutes=2),
            0,
            False,
            NOON,
            Method.CLAIMED,
            id="seconds ahead: never later than heard",
        ),
        pytest.param(
            datetime(1970, 1, 1, tzinfo=UTC), 0, True, NOON, Method.RECEIVED, id="1970: as heard"
        ),
        pytest.param(None, 0, True, NOON, Method.RECEIVED, id="nothing readable: as heard"),
        pytest.param(
            datetime(9999, 12, 31, 23, tzinfo=UTC),
            14 * HOUR,
            True,
            NOON,
            Method.RECEIVED,
            id="the last year of the calendar: as heard",
        ),
    ],
)
def test_a_time_is_believed_as_far_as_it_can_be(
    claimed: datetime | None, offset_s: int, offline: bool, at: datetime, method: Method
) -> None:
    assert corrected(claimed, NOON, offset_s, offline=offline) == (at, method)


def learned(*hours_ahead: float, drift_s: int = 1) -> int:
    model = ClockModel()
    for number, hours in enumerate(hours_ahead):
        claimed = NOON + timedelta(hours=hours, seconds=number * drift_s)
        model = learn(model, claimed, NOON)
    return model.offset_s


@pytest.mark.parametrize(
    ("hours_ahead", "offset_s"),
    [
        pytest.param((2, 2, 2), -2 * HOUR, id="three times two hours ahead: learned"),
        pytest.param((2, 2), 0, id="twice is not enough"),
        pytest.param((5.75, 5.75, 5.75), -20_700, id="Nepal is 5:45 ahead"),
        pytest.param((2, 2, 0, 2), 0, id="a right one between: begin again"),
        pytest.param((-0.4, -0.8, -1.2), 0, id="replayed after an outage: nothing learned"),
        pytest.param((2, 2, 2, 0, 0, 0), 0, id="the clock was mended: unlearned"),
        pytest.param((2, 2, 2, 0.4), -2 * HOUR, id="one odd report does not unlearn"),
        pytest.param((15, 15, 15), 0, id="no zone is fifteen hours off"),
    ],
)
def test_an_offset_is_learned_from_live_reports(
    hours_ahead: tuple[float, ...], offset_s: int
) -> None:
    assert learned(*hours_ahead) == offset_s


@pytest.mark.parametrize(
    ("claimed", "last", "news"),
    [
        pytest.param(NOON, NOON - timedelta(hours=1), True, id="live: news"),
        pytest.param(
            NOON - timedelta(days=2), NOON - timedelta(hours=1), False, id="a replayed fault: old"
        ),
        pytest.param(NOON - timedelta(days=2), None, True, id="the first ever: news"),
        pytest.param(
            NOON - timedelta(hours=1),
            NOON - timedelta(hours=2),
            True,
            id="late, but the station's newest: news",
        ),
        pytest.param(None, NOON, True, id="without a time: news"),
        pytest.param(datetime(1970, 1, 1, tzinfo=UTC), NOON, True, id="clock not set: news"),
        pytest.param(NOON, NOON, True, id="the same moment: who comes last is right"),
    ],
)
def test_a_replayed_status_is_no_news(
    claimed: datetime | None, last: datetime | None, news: bool
) -> None:
    assert is_news(claimed, NOON, 0, last) is news
