"""Whether a text or a mail of a wait still goes, where a phone was told first."""

from collections.abc import Mapping
from typing import Final

from voltway.alerts.model import Alert, Template
from voltway.alerts.model_events import Channel, Event
from voltway.runtime.work import Work

#: Among an alert's facts: it goes only where what a phone was told stays unread.
UNREAD: Final = "unread"
#: Letters of their own, and what phones are told beside them.
BESIDE: Final[Mapping[Template, Event]] = {
    Template.FREE: Event.BAY_FREE,
    Template.OUTRUN: Event.BAY_TAKEN,
}


async def why_not(work: Work, alert: Alert) -> str | None:
    """Why it does not go: somebody read on their phone what it would say."""
    event = alert.event or BESIDE.get(alert.template)
    is_second = UNREAD in (alert.facts or {}) if alert.event is not None else bool(alert.about)
    if alert.channel not in (Channel.SMS, Channel.MAIL) or event is None or not is_second:
        return None
    row = await work.one(
        """
        SELECT 1 AS is_read FROM alert
         WHERE holder = $1 AND event = $2 AND about = $3 AND created_at = $4
           AND channel = 'push' AND read_at IS NOT NULL LIMIT 1
        """,
        alert.holder or alert.recipient,
        event,
        alert.about,
        alert.created_at,
    )
    return None if row is None else "It was read already."
