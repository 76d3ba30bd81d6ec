"""Whether a trouble, or its end, is still to be told when the moment of an alert has come."""

from typing import Final

from voltway.alerts import store_troubles
from voltway.alerts.model import Alert
from voltway.alerts.model_events import PEOPLES, Event
from voltway.runtime.work import Work

TOLD: Final = frozenset(
    {
        Event.PROVIDER_DOWN,
        Event.PROVIDER_BACK,
        Event.PAYMENTS_ODD,
        Event.PAYMENTS_USUAL,
        Event.MONEY_UNEXPLAINED,
        Event.MONEY_EXPLAINED,
        Event.PUSH_REFUSED,
        Event.PUSH_TAKEN,
    }
)


async def why_not(work: Work, alert: Alert) -> str | None:
    """Why this alert of a trouble is not told any more; ``None`` where it is."""
    assert alert.event is not None
    assert alert.holder is not None
    trouble = await store_troubles.told_by(work, alert.party, alert.event, alert.about)
    if trouble is None:
        return None
    if alert.event is not trouble.event:
        if trouble.over_at is None:
            return "It began anew before its end was told."
        if not await store_troubles.has_reached(work, trouble, alert.holder):
            return "It was over before it was told."
        return None
    if alert.created_at < trouble.began_at or (trouble.over_at and trouble.ends):
        return "It was over before it was told."
    if trouble.taken_at is not None and alert.channel in PEOPLES:
        return "Somebody looks after it already."
    return None
