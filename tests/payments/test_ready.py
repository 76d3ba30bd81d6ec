"""What stands against a start, and what does not."""

import pytest

from voltway.payments.ready import SAYS, Hindrance, hindrance, tells_of_plugs
from voltway.stations.reports import PortStatus as P

OPEN = [P.AVAILABLE, P.PREPARING, P.CHARGING, P.IDLE, P.UNKNOWN]


@pytest.mark.parametrize("status", OPEN)
def test_a_bay_that_nobody_uses_and_that_says_no_trouble_may_start(status: P) -> None:
    assert hindrance(status, connected=True, in_use=False, plug_first=False) is None


@pytest.mark.parametrize("status", list(P))
def test_without_a_line_nothing_starts_whatever_was_last_heard(status: P) -> None:
    found = hindrance(status, connected=False, in_use=False, plug_first=False)

    assert found is Hindrance.OFFLINE


@pytest.mark.parametrize("status", OPEN)
def test_a_session_of_somebody_else_stands_against_it(status: P) -> None:
    assert hindrance(status, connected=True, in_use=True, plug_first=True) is Hindrance.IN_USE


def test_a_plug_is_missed_only_where_the_station_says_that_its_bay_is_free() -> None:
    missed = [s for s in OPEN if hindrance(s, connected=True, in_use=False, plug_first=True)]

    assert missed == [P.AVAILABLE]


def test_every_hindrance_has_its_words() -> None:
    assert set(SAYS) == set(Hindrance)


@pytest.mark.parametrize(
    ("told", "missed", "tells"),
    [
        pytest.param(0, 0, False, id="nothing is known"),
        pytest.param(1, 0, False, id="once may be a card that was shown"),
        pytest.param(2, 0, True, id="twice"),
        pytest.param(2, 9, True, id="some came without a car"),
        pytest.param(2, 10, False, id="it has stopped telling"),
        pytest.param(1000, 10, False, id="however long it told"),
    ],
)
def test_a_bay_tells_of_plugs_when_it_was_seen_to_and_has_not_stopped(
    told: int, missed: int, *, tells: bool
) -> None:
    assert tells_of_plugs(told, missed) is tells
