"""The SQL of EVSEs so powerful that the law binds the price of their guests."""

from uuid import UUID

from voltway.kernel.ids import EvseId, LocationId, PartyId, StationId
from voltway.kernel.units import PowerW
from voltway.runtime.work import Work
from voltway.tariffs.rules_afir import FAST_W, Bay


async def fast_bays(work: Work, party: PartyId, within: UUID | None = None) -> list[Bay]:
    """The party's EVSEs of 50 kW and more; with ``within``, of this location, station or EVSE."""
    rows = await work.all(
        """
        SELECT id, party_id, location_id, station_id, power_w, public_id, location_name,
               country
          FROM evse_view
         WHERE party_id = $1 AND power_w >= $2
           AND ($3::uuid IS NULL OR $3 IN (id, station_id, location_id))
         ORDER BY location_name, public_id
        """,
        party,
        FAST_W,
        within,
    )
    return [
        Bay(
            PartyId(row["party_id"]),
            LocationId(row["location_id"]),
            StationId(row["station_id"]),
            EvseId(row["id"]),
            PowerW(row["power_w"]),
            row["public_id"],
            row["location_name"],
            row["country"],
        )
        for row in rows
    ]
