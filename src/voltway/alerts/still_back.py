"""Whether somebody is told that something is over: they know that it began, and not yet its end."""

from collections.abc import Mapping
from typing import Final

from voltway.alerts import store_damping
from voltway.alerts.model import Alert
from voltway.alerts.model_events import RULES, Event
from voltway.runtime.work import Work

#: What began, by the event that tells its end.
BEGUN: Final[Mapping[Event, Event]] = {
    rule.back: event for event, rule in RULES.items() if rule.back is not None
}


async def why_not(work: Work, alert: Alert) -> str | None:
    """Why this end is not told; ``None`` where it is."""
    assert alert.event is not None
    assert alert.holder is not None
    begun = BEGUN[alert.event]
    if await store_damping.knows(
        work, alert.holder, begun, alert.event, alert.about, alert.created_at
    ):
        return None
    return "That it began was never told."
