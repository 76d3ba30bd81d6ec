"""Bays that planned work keeps out of service: nothing is started there."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar
from zoneinfo import ZoneInfo

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EvseId, PublicEvseId, StationId
from voltway.runtime.work import Work
from voltway.stations import actions_network, store_windows
from voltway.stations.model_windows import Window


@dataclass(eq=False)
class PlannedWork(Refusal):
    """{evse} is out of service until {until} for planned work: {reason}."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    evse: PublicEvseId
    until: str
    reason: str


async def of_bay(work: Work, evse: EvseId) -> Window | None:
    """The work that keeps a bay out of service now."""
    return await store_windows.of_bay(work, evse)


async def must_not_be_worked_at(work: Work, evse: EvseId) -> None:
    """Raises ``PlannedWork`` where a bay is in a window, with the end of it by the clock of the
    place."""
    found = await of_bay(work, evse)
    if found is None:
        return
    bay = await actions_network.place_of(work, evse)
    until = found.ends_at.astimezone(ZoneInfo(bay.time_zone))
    raise PlannedWork(bay.public_id, f"{until:%Y-%m-%d %H:%M}", found.reason)


async def stations_worked_at(work: Work, stations: Collection[StationId]) -> set[StationId]:
    """Those of these stations that have a bay in a window."""
    return await store_windows.worked_at(work, stations) if stations else set()
