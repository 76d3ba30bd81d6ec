"""What becomes of an order after its answer; intervals, names and keys."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from voltway.kernel.ids import StationId, TokenUid, TransactionRef
from voltway.stations import keys, rules
from voltway.stations.orders import (
    Answered,
    ChangeAvailability,
    ClearCache,
    Order,
    OrderState,
    Outcome,
    RawCall,
    ReadVariables,
    Reset,
    SetVariable,
    StartCharging,
    StopCharging,
    Trigger,
    Unlock,
    Variable,
)
from voltway.stations.reports import PortStatus

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
START = StartCharging(1, TokenUid("A"))
REFUSED = OrderState.REFUSED
ANSWERED = OrderState.ANSWERED
DONE = OrderState.DONE


@pytest.mark.parametrize(
    ("order", "answered", "state", "waits_s"),
    [
        pytest.param(START, Answered.ACCEPTED, ANSWERED, 120, id="start: waits for the session"),
        pytest.param(START, Answered.REJECTED, REFUSED, None, id="start refused"),
        pytest.param(
            StopCharging(TransactionRef("1")), Answered.ACCEPTED, ANSWERED, 120, id="stop: waits"
        ),
        pytest.param(Reset(), Answered.ACCEPTED, ANSWERED, 600, id="reset: waits for the boot"),
        pytest.param(Reset(), Answered.SCHEDULED, ANSWERED, 86_400, id="reset after a session"),
        pytest.param(
            ChangeAvailability(operative=False), Answered.ACCEPTED, ANSWERED, 60, id="waits"
        ),
        pytest.param(SetVariable("A", "1"), Answered.ACCEPTED, ANSWERED, 300, id="read back"),
        pytest.param(
            SetVariable("A", "1"), Answered.REBOOT_REQUIRED, ANSWERED, 86_400, id="after a reboot"
        ),
        pytest.param(SetVariable("A", "1"), Answered.NOT_SUPPORTED, REFUSED, None, id="unknown"),
        pytest.param(Trigger("Heartbeat"), Answered.ACCEPTED, ANSWERED, 60, id="waits to come"),
        pytest.param(ReadVariables(), Answered.ACCEPTED, ANSWERED, 120, id="the report follows"),
        pytest.param(ReadVariables(("A",)), Answered.ACCEPTED, DONE, None, id="the answer is it"),
        pytest.param(Unlock(1), Answered.ACCEPTED, DONE, None, id="unlocked says all"),
        pytest.param(ClearCache(), Answered.ACCEPTED, DONE, None, id="cleared"),
        pytest.param(RawCall("X", "{}"), Answered.ACCEPTED, DONE, None, id="raw: the answer"),
        pytest.param(RawCall("X", "{}"), Answered.ERROR, REFUSED, None, id="raw: an error"),
    ],
)
def test_accepted_is_not_an_effect(
    order: Order, answered: Answered, state: OrderState, waits_s: int | None
) -> None:
    stand = rules.after_answer(order, Outcome(answered, answered.value), NOON)

    assert stand.state is state
    assert stand.effect_by == (NOON + timedelta(seconds=waits_s) if waits_s else None)
    assert (stand.why is not None) == (state is REFUSED)


def test_all_variables_in_the_answer_need_no_report() -> None:
    told = Outcome(Answered.ACCEPTED, "Accepted", variables=(Variable("A", "1"),))

    assert rules.after_answer(ReadVariables(), told, NOON).state is DONE


def test_what_is_already_so_is_done_at_once() -> None:
    order = ChangeAvailability(operative=True)
    outcome = Outcome(Answered.ACCEPTED, "Accepted")

    assert rules.after_answer(order, outcome, NOON, already_true=True).state is DONE


@pytest.mark.parametrize(
    ("operative", "evse", "told", "status", "fulfilled"),
    [
        pytest.param(False, 1, 1, PortStatus.UNAVAILABLE, True, id="out of service"),
        pytest.param(False, 1, 1, PortStatus.AVAILABLE, False, id="still in service"),
        pytest.param(False, 1, 2, PortStatus.UNAVAILABLE, False, id="another one"),
        pytest.param(False, 1, 0, PortStatus.UNAVAILABLE, True, id="the whole station with it"),
        pytest.param(True, None, 1, PortStatus.CHARGING, True, id="back in service and in use"),
        pytest.param(True, 1, 1, PortStatus.FAULTED, False, id="faulted is neither"),
    ],
)
def test_a_status_tells_whether_availability_changed(
    operative: bool, evse: int | None, told: int, status: PortStatus, fulfilled: bool
) -> None:
    order = ChangeAvailability(operative=operative, evse=evse)

    assert rules.fulfils(order, told, status) is fulfilled


@pytest.mark.parametrize(
    ("wanted", "told", "same"),
    [
        ("60", "60", True),
        ("60", "61", False),
        ("60", None, False),
        ("true", "True", True),
        ("true", "1", True),
        ("A,B", "'A', 'B'", True),
        ("A,B", "B,A", False),
        ("", "", True),
    ],
)
def test_a_value_read_back_is_compared_with_good_will(
    wanted: str, told: str | None, same: bool
) -> None:
    assert rules.is_same_value(wanted, told) is same


def test_no_station_is_ever_told_an_interval_of_zero() -> None:
    for wished_s in (0, 1, 300, 10**9):
        for number in range(50):
            told_s = rules.heartbeat_s(wished_s, 0, StationId(UUID(int=number)))
            assert rules.HEARTBEAT_S_MIN <= told_s <= rules.HEARTBEAT_S_MAX


def test_stations_do_not_speak_in_chorus_and_less_in_a_large_fleet() -> None:
    told = {rules.heartbeat_s(300, 0, StationId(UUID(int=n))) for n in range(21)}
    assert len(told) == 21
    assert min(told) == 270
    assert max(told) == 330

    one = StationId(UUID(int=10))
    assert rules.heartbeat_s(300, 20_000, one) == 2 * rules.heartbeat_s(300, 0, one)


def test_a_key_opens_what_was_made_of_it_and_nothing_else() -> None:
    key = keys.new_key()
    kept = keys.hashed(key)

    assert len(key) == 32
    assert keys.opens(key.encode(), kept)
    assert not keys.opens(key.encode()[:-1], kept)
    assert not keys.opens(b"", keys.NOBODY)
    assert key.encode() not in kept
    assert kept != keys.hashed(key), "two stations with one key must not look the same"


def test_a_short_key_is_refused_with_its_reason() -> None:
    with pytest.raises(keys.KeyTooShort, match="at least 16 characters"):
        keys.hashed("0123456789abcde")
