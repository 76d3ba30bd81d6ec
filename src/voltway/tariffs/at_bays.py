"""The tariffs of bays as a guest meets them there now."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId
from voltway.runtime.work import Row, Work
from voltway.tariffs.actions import tariff_for
from voltway.tariffs.actions_spot import shown_at
from voltway.tariffs.model_versions import Assigned, DriverKind, Place


async def for_guests(work: Work, rows: Iterable[Row]) -> Mapping[UUID, Assigned]:
    """The tariff of each bay of these rows of ``evse_view`` or ``port_view``, now, for a guest."""
    keys = {
        row["id"]: Place(
            PartyId(row["party_id"]),
            LocationId(row["location_id"]),
            StationId(row["station_id"]),
            evse=EvseId(row["id"]),
            kind=DriverKind.AD_HOC,
        )
        for row in rows
    }
    found = await shown_at(work, await tariff_for(work, keys.values(), work.now))
    return {evse: found[key] for evse, key in keys.items() if key in found}
