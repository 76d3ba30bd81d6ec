"""When a station is asked to close a bay for planned work, and to open it again. Pure.

A station takes the wish also while a car charges: it answers ``Scheduled`` and closes the bay after
that (OCPP 1.6 §5.2; 2.0.1 part 2, G03.FR.05), so nobody is cut. It keeps the wish over a restart
(1.6 §5.2; G03.FR.08), so it is asked once, and a bay that is not asked back stays closed.

Each bay is asked for by itself: for connector 0 of 1.6 "the status change applies to the Charge
Point and all Connectors" (§5.2), so to open a station would open the bay that somebody closed by
hand, or that another window still closes.
"""

from datetime import datetime, timedelta
from typing import Final

from voltway.stations.model_closings import Closing, ClosingState, Step
from voltway.stations.orders import OrderState

#: What came to nothing is asked again after so long, and so often at most.
AGAIN: Final = timedelta(minutes=10)
TRIES_MAX: Final = 12
#: An order to open a bay waits so long for a station without a line.
OPENS_WITHIN: Final = timedelta(days=30)

_WAITS: Final = frozenset({OrderState.QUEUED, OrderState.SENT, OrderState.ANSWERED})
_CAME_TO_NOTHING: Final = frozenset(
    {OrderState.SILENT, OrderState.EXPIRED, OrderState.WITHOUT_EFFECT}
)
#: After these the bay is as it was before the order.
_NEVER_SHUT: Final = frozenset(
    {OrderState.QUEUED, OrderState.EXPIRED, OrderState.REFUSED, OrderState.CANCELLED}
)


def next_step(closing: Closing, now: datetime) -> Step | None:
    """What is to be done now; ``None`` where there is nothing but to wait."""
    if closing.shut_until is not None:
        return _while_it_lasts(closing, now)
    if closing.state is ClosingState.SHUT:
        return _at_the_end(closing)
    return _while_it_opens(closing, now)


def _while_it_lasts(closing: Closing, now: datetime) -> Step | None:
    if closing.state is ClosingState.OPENING:
        return Step.SHUT  # another window begins
    if closing.was_out:
        return None
    is_to_ask = closing.order_state is None or _is_due(closing, now)
    return Step.SHUT if is_to_ask and _may_ask(closing) else None


def _at_the_end(closing: Closing) -> Step:
    """Who closed the bay by hand, before the window or while it lasted, opens it by hand too."""
    stays_out = closing.was_out if closing.by_hand is None else not closing.by_hand
    was_shut = closing.order_state is not None and closing.order_state not in _NEVER_SHUT
    return Step.FORGET if stays_out or not was_shut else Step.OPEN


def _while_it_opens(closing: Closing, now: datetime) -> Step | None:
    """A station that refuses to open is asked again: until it does the bay earns nothing."""
    if closing.order_state in _WAITS:
        return None
    has_failed = closing.order_state in _CAME_TO_NOTHING | {OrderState.REFUSED}
    if not has_failed or not _may_ask(closing):
        return Step.FORGET
    return Step.OPEN if _is_long_ago(closing, now) else None


def _is_due(closing: Closing, now: datetime) -> bool:
    return closing.order_state in _CAME_TO_NOTHING and _is_long_ago(closing, now)


def _is_long_ago(closing: Closing, now: datetime) -> bool:
    return closing.order_ended_at is not None and now - closing.order_ended_at >= AGAIN


def _may_ask(closing: Closing) -> bool:
    return closing.tries < TRIES_MAX
