"""Whether there are still many of what operators were told there are many of."""

from collections.abc import Mapping
from typing import Final

from voltway.alerts.damping import QUARTER
from voltway.alerts.model import Alert
from voltway.alerts.model_events import Event
from voltway.runtime.work import Work

#: Of what may be over within its minute: whether any of it is so still.
_ANY: Final[Mapping[str, str]] = {
    f"many:{Event.STATION_OFFLINE}": "station_view WHERE party_id = $1 AND NOT connected"
    " AND disconnected_at > $2",
    f"many:{Event.PORT_FAULTED}": "evse_view WHERE party_id = $1 AND status = 'faulted'"
    " AND status_at > $2",
}


async def why_not(work: Work, alert: Alert) -> str | None:
    """Why it is not told that there are many; ``None`` where it is."""
    if (asked := _ANY.get(alert.about)) is None:
        return None
    since = alert.created_at - QUARTER
    row = await work.one(f"SELECT 1 AS so FROM {asked} LIMIT 1", alert.party, since)
    return None if row is not None else "They were over before it was told."
