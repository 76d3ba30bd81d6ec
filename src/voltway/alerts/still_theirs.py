"""Whether the bay that who waits is told of is still theirs to take, when its moment comes.

A push service may be down for longer than a bay is held, and a text waits for its carrier.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from voltway.alerts.model import Alert
from voltway.alerts.model_events import Event
from voltway.runtime.work import Work
from voltway.waiting import actions as watches
from voltway.waiting import reservations, turns
from voltway.waiting.model import WatchState

#: Among an alert's facts: which of the bays that they were offered in line it tells of.
NTH: Final = "nth"


def _id(alert: Alert) -> UUID:
    return UUID(alert.about.partition(":")[2])


async def _free(work: Work, alert: Alert) -> str | None:
    watch = (await watches.by_ids(work, [_id(alert)])).get(_id(alert))
    is_so = watch is not None and watch.state is WatchState.TOLD
    return None if is_so else "Somebody charges there, or nobody waits for it any more."


async def _turn(work: Work, alert: Alert) -> str | None:
    turn = await turns.by_id(work, _id(alert))
    if turn is None or not turn.has_bay:
        return "The bay is not held for them any more."
    if turn.held_until is not None and turn.held_until <= work.now:
        return "The time for which the bay was held is over."
    nth = (alert.facts or {}).get(NTH, str(turn.nth))
    return None if nth == str(turn.nth) else "Another bay is held for them now."


async def _reservation(work: Work, alert: Alert) -> str | None:
    it = await reservations.by_id(work, _id(alert))
    is_so = it is not None and it.is_open and it.until > work.now
    return None if is_so else "They charge already, or the reservation is over."


#: Says why it is not so any more.
THEIRS: Final[Mapping[Event, Callable[[Work, Alert], Awaitable[str | None]]]] = {
    Event.BAY_FREE: _free,
    Event.QUEUE_TURN: _turn,
    Event.RESERVATION_SOON: _reservation,
}
