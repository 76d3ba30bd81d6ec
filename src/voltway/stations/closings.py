"""Planned work asks stations to make its bays inoperative while it lasts, and operative after."""

from contextlib import suppress
from typing import Final
from uuid import UUID

from voltway.runtime.work import Work
from voltway.stations import actions_orders, rules_closings, store_closings
from voltway.stations.actions_orders import OrderUnderWay
from voltway.stations.model_closings import Closing, ClosingState, Step
from voltway.stations.orders import ChangeAvailability, OrderState

#: Who orders it, as the page of a station shows it.
BY: Final = "planned work"


async def follow(work: Work) -> None:
    """Ask stations for what the windows of now want of their bays (OCPP 1.6 §5.2; 2.0.1 part 2,
    G03). A station without a line is asked when it is back, while the window lasts."""
    await store_closings.forget_gone(work)
    await store_closings.begin(work, BY)
    for each in await store_closings.all_locked(work, BY):
        match rules_closings.next_step(each, work.now):
            case Step.SHUT:
                await _ask(work, each, operative=False)
            case Step.OPEN:
                await _ask(work, each, operative=True)
            case Step.FORGET:
                await _take_back(work, each)
                await store_closings.forget(work, each.evse)
            case None:
                pass


async def opens_still(work: Work, window: UUID) -> bool:
    """Whether a bay of a window that is over was asked back and has not come yet."""
    return await store_closings.opens_still(work, window)


async def _ask(work: Work, closing: Closing, *, operative: bool) -> None:
    await _take_back(work, closing)
    until = closing.shut_until or work.now + rules_closings.OPENS_WITHIN
    order = await actions_orders.place_order(
        work,
        closing.station,
        ChangeAvailability(operative, closing.number),
        BY,
        expires_s=max(1, int((until - work.now).total_seconds())),
    )
    state = ClosingState.OPENING if operative else ClosingState.SHUT
    tries = closing.tries + 1 if closing.state is state else 1
    await store_closings.save(work, closing.evse, state, order, tries)


async def _take_back(work: Work, closing: Closing) -> None:
    """What waits to be sent and is not wanted any more is not sent."""
    if closing.order is not None and closing.order_state is OrderState.QUEUED:
        with suppress(OrderUnderWay):
            await actions_orders.cancel_order(work, closing.order, "Planned work wants it no more.")
