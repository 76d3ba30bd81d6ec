"""When a station is asked to close a bay for planned work, and when to open it again."""

from datetime import timedelta
from typing import Any

import pytest

from tests.conftest import NOON
from voltway.kernel.ids import EvseId, OrderId, StationId, new_id
from voltway.stations.model_closings import Closing, ClosingState, Step
from voltway.stations.orders import OrderState
from voltway.stations.rules_closings import AGAIN, TRIES_MAX, next_step

LONG_AGO = NOON - AGAIN
JUST_NOW = NOON - AGAIN / 2
LASTS = NOON + timedelta(hours=2)
ID = new_id(NOON)


def closing(state: ClosingState, order: OrderState | None = None, **more: Any) -> Closing:
    return Closing(
        **{
            "evse": EvseId(ID),
            "station": StationId(ID),
            "number": 1,
            "state": state,
            "was_out": False,
            "shut_until": LASTS if state is ClosingState.SHUT else None,
            "tries": 1 if order else 0,
            "order": OrderId(ID) if order else None,
            "order_state": order,
            **more,
        }
    )


SHUT, OPENING = ClosingState.SHUT, ClosingState.OPENING
WAITS = [OrderState.QUEUED, OrderState.SENT, OrderState.ANSWERED]
CAME_TO_NOTHING = [OrderState.SILENT, OrderState.EXPIRED, OrderState.WITHOUT_EFFECT]


def test_a_window_that_begins_asks_for_its_bays_once() -> None:
    assert next_step(closing(SHUT), NOON) is Step.SHUT
    for state in (*WAITS, OrderState.DONE):
        assert next_step(closing(SHUT, state), NOON) is None


def test_a_bay_that_was_out_of_service_by_hand_is_left_alone_before_and_after() -> None:
    assert next_step(closing(SHUT, was_out=True), NOON) is None
    assert next_step(closing(SHUT, was_out=True, shut_until=None), NOON) is Step.FORGET


@pytest.mark.parametrize("state", CAME_TO_NOTHING)
def test_what_came_to_nothing_is_asked_again_after_a_while_and_not_for_ever(
    state: OrderState,
) -> None:
    for direction, step in ((SHUT, Step.SHUT), (OPENING, Step.OPEN)):
        late = closing(direction, state, order_ended_at=LONG_AGO)
        soon = closing(direction, state, order_ended_at=JUST_NOW)
        often = closing(direction, state, order_ended_at=LONG_AGO, tries=TRIES_MAX)
        assert next_step(late, NOON) is step
        assert next_step(soon, NOON) is None
        assert next_step(often, NOON) is (None if direction is SHUT else Step.FORGET)


def test_who_refuses_to_close_is_not_asked_again_and_who_refuses_to_open_is() -> None:
    refused = OrderState.REFUSED
    assert next_step(closing(SHUT, refused, order_ended_at=LONG_AGO), NOON) is None
    assert next_step(closing(OPENING, refused, order_ended_at=LONG_AGO), NOON) is Step.OPEN
    assert next_step(closing(OPENING, refused, order_ended_at=JUST_NOW), NOON) is None


@pytest.mark.parametrize(
    ("order", "by_hand", "step"),
    [
        (OrderState.DONE, None, Step.OPEN),
        (OrderState.ANSWERED, None, Step.OPEN),  # after a charge that goes on
        (OrderState.SILENT, None, Step.OPEN),  # who knows
        (OrderState.WITHOUT_EFFECT, None, Step.OPEN),
        (OrderState.QUEUED, None, Step.FORGET),  # it never knew of it
        (OrderState.EXPIRED, None, Step.FORGET),
        (OrderState.REFUSED, None, Step.FORGET),
        (OrderState.CANCELLED, None, Step.FORGET),
        (None, None, Step.FORGET),
        (OrderState.DONE, False, Step.FORGET),  # somebody closed it meanwhile
        (OrderState.DONE, True, Step.OPEN),
    ],
)
def test_at_the_end_a_bay_is_asked_back_where_it_was_closed_and_is_to_be_open(
    order: OrderState | None, by_hand: bool | None, step: Step
) -> None:
    ended = closing(SHUT, order, shut_until=None, by_hand=by_hand)

    assert next_step(ended, NOON) is step


def test_a_bay_that_opens_is_waited_for_and_then_forgotten() -> None:
    for state in WAITS:
        assert next_step(closing(OPENING, state), NOON) is None
    for state in (OrderState.DONE, OrderState.CANCELLED):
        assert next_step(closing(OPENING, state), NOON) is Step.FORGET


def test_a_window_that_begins_while_a_bay_opens_closes_it_again() -> None:
    for state in (*WAITS, OrderState.DONE):
        assert next_step(closing(OPENING, state, shut_until=LASTS), NOON) is Step.SHUT
