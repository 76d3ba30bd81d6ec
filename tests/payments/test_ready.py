"""What stands against a start, and what does not."""

import pytest

from voltway.payments.ready import SAYS, Hindrance, hindrance
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
