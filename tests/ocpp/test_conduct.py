"""What is borne with from a station, and when it may come again."""

from uuid import UUID

import pytest

from voltway.kernel.ids import StationId
from voltway.ocpp.conduct import (
    DEBT_MAX,
    DIAL_S,
    DIALS_MAX,
    FAULT_S,
    FAULTS_KEPT_MAX,
    FAULTS_MAX,
    Conduct,
    Debts,
)

ONE, OTHER = StationId(UUID(int=1)), StationId(UUID(int=2))


class Hands:
    """A clock in the test's hand."""

    def __init__(self) -> None:
        self.at_s = 1000.0

    def now_s(self) -> float:
        return self.at_s


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def conduct(hands: Hands) -> Conduct:
    return Conduct(hands.now_s)


def test_a_station_that_is_broken_now_and_then_is_borne_with_for_ever(
    conduct: Conduct, hands: Hands
) -> None:
    for _ in range(10_000):
        hands.at_s += FAULT_S
        assert not conduct.erred(ONE, 1)

    assert conduct.comes_too_soon(ONE) == 0


def test_a_station_with_a_bad_line_and_some_faults_is_let_in(conduct: Conduct) -> None:
    for _ in range(int(FAULTS_MAX)):
        assert not conduct.erred(ONE, 1)

    assert conduct.comes_too_soon(ONE) == 0


def test_who_sends_nothing_but_garbage_is_sent_away_and_let_in_when_its_time_has_passed(
    conduct: Conduct, hands: Hands
) -> None:
    answered = 0
    while not conduct.erred(ONE, 1):
        answered += 1
    assert answered == FAULTS_MAX

    wait_s = conduct.comes_too_soon(ONE)
    assert wait_s > 0
    assert conduct.comes_too_soon(OTHER) == 0
    hands.at_s += wait_s
    assert conduct.comes_too_soon(ONE) == 0


def test_nobody_is_sent_away_for_longer_than_the_largest_debt(
    conduct: Conduct, hands: Hands
) -> None:
    for _ in range(100):
        conduct.erred(ONE, FAULTS_MAX)
    assert conduct.comes_too_soon(ONE) <= DEBT_MAX * FAULT_S
    hands.at_s += DEBT_MAX * FAULT_S
    assert conduct.comes_too_soon(ONE) == 0


def test_a_station_that_flaps_is_let_in_again_within_a_second(
    conduct: Conduct, hands: Hands
) -> None:
    let_in = 0
    while conduct.comes_too_soon(ONE) == 0:
        let_in += 1
    assert let_in == DIALS_MAX

    hands.at_s += DIAL_S
    assert conduct.comes_too_soon(ONE) == 0


def test_the_raw_frames_of_faults_are_kept_up_to_a_bound(conduct: Conduct) -> None:
    kept = [conduct.keeps(ONE) for _ in range(100)]

    assert kept == [True] * int(FAULTS_KEPT_MAX) + [False] * (100 - int(FAULTS_KEPT_MAX))


def test_of_more_than_can_be_remembered_the_longest_untouched_are_forgotten(hands: Hands) -> None:
    debts: Debts[str] = Debts(hands.now_s, 1.0, 10.0, remembered=3)
    for who in ("a", "b", "c"):
        debts.add(who, 5)
    debts.add("a", 1)
    debts.add("d", 5)

    assert len(debts) == 3
    assert (debts.of("a"), debts.of("b")) == (6, 0)
    hands.at_s += 4
    assert debts.of("a") == 2
