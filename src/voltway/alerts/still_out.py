"""Whether what is told of a disruption or of planned work is still so, when its moment comes."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from uuid import UUID

from voltway.alerts.model import Alert
from voltway.alerts.model_events import Event
from voltway.disruptions import actions as disruptions
from voltway.runtime.work import Work
from voltway.stations import windows
from voltway.stations.model_windows import WindowState


async def _disruption(work: Work, alert: Alert) -> str | None:
    id = UUID(alert.about.partition(":")[2])
    known = (await disruptions.by_ids(work, [id])).get(id)
    return None if known is not None and known.is_open else "It was over before it was told."


async def _window(work: Work, alert: Alert) -> str | None:
    """Notices of what begins are of no use once it has begun, nor of times that are not its any
    more."""
    id = UUID(alert.about.partition(":")[2])
    known = (await windows.by_ids(work, [id])).get(id)
    facts = alert.facts or {}
    if known is None or str(known.revision) != facts.get("revision"):
        return "It was changed before it was told."
    wanted = WindowState.RUNNING if facts.get("notice") == "begun" else WindowState.PLANNED
    is_of_change = alert.event is Event.WORK_CHANGED
    return None if is_of_change or known.state is wanted else "It was over before it was told."


WENT_ON: Final[Mapping[Event, Callable[[Work, Alert], Awaitable[str | None]]]] = {
    Event.DISRUPTION: _disruption,
    Event.WORK_PLANNED: _window,
    Event.WORK_CHANGED: _window,
}
