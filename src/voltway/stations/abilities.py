"""What a station can: for now, whether it keeps an EVSE for somebody who is on the way."""

from datetime import timedelta
from typing import Final

from voltway.kernel.ids import StationId
from voltway.runtime.work import BeginWork, Work
from voltway.stations import rules_abilities, store_abilities
from voltway.stations.actions_orders import place_order
from voltway.stations.orders import ReadVariables

#: What a station told counts so long; then it is asked again.
ASK_AGAIN: Final = timedelta(days=30)
#: So many are asked in one go: a network that is new is asked within minutes, and never at once.
AT_ONCE: Final = 50
EXPIRES_S: Final = 3600


async def can_reserve(work: Work, station: StationId) -> bool | None:
    """Whether this station can be reserved; ``None`` where nobody knows."""
    return rules_abilities.can_reserve(await store_abilities.evidence(work, station))


async def ask(begin: BeginWork) -> int:
    """Ask stations whether they can be reserved, once each for as long as nothing changed; how
    many were asked."""
    async with begin() as work:
        asked = await store_abilities.unasked(work, work.now - ASK_AGAIN, AT_ONCE)
        for station, version in asked:
            order = ReadVariables(rules_abilities.names(version))
            await place_order(work, station, order, "the house", expires_s=EXPIRES_S)
    return len(asked)
