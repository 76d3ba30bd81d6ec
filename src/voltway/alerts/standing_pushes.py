"""Which push services refuse our key now, for all whom they serve."""

from typing import Final

from voltway.alerts import rules_refused, store_refused
from voltway.alerts.model_events import Event
from voltway.alerts.model_troubles import Standing
from voltway.kernel.ids import PartyId
from voltway.runtime.work import Work

#: The console's page of alarms.
PAGE: Final = "/console/troubles"
WHY: Final = (
    "Who has no other phone is told by text or mail. The key (alert_push_key) was changed, or this"
    " computer's clock is wrong: put that right, and they hear again."
)


async def look(work: Work, party: PartyId) -> list[Standing]:
    """Services that refuse the key for whoever they serve, and take nothing of ours any more."""
    return [
        Standing(
            event=Event.PUSH_REFUSED,
            about=f"push:{server}",
            facts={"name": server, "count": str(browsers), "why": WHY, "page": PAGE},
            ends=Event.PUSH_TAKEN,
        )
        for server, browsers, since in await store_refused.refusing(work)
        if rules_refused.is_ours(browsers, since, work.now)
    ]
