"""The tables of locations, stations and EVSEs."""

from collections.abc import Collection, Sequence

from voltway.kernel.ids import (
    EvseId,
    LocationId,
    PartyId,
    PublicEvseId,
    StationId,
    StationIdentity,
)
from voltway.kernel.units import PowerW
from voltway.runtime.work import Row, Work
from voltway.stations.model import (
    Credential,
    Current,
    EvsePlace,
    Location,
    Station,
)
from voltway.stations.reports import PortStatus


async def add_location(work: Work, place: Location) -> None:
    await work.run(
        """
        INSERT INTO location (id, party_id, name, address, city, postal_code, country, lat, lon,
                              time_zone, published, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        place.id,
        place.party,
        place.name,
        place.address,
        place.city,
        place.postal_code,
        place.country,
        place.lat,
        place.lon,
        place.time_zone,
        place.published,
        work.now,
    )


async def location(work: Work, id: LocationId) -> Location | None:
    row = await work.one("SELECT * FROM location WHERE id = $1", id)
    return None if row is None else _location(row)


def _location(row: Row) -> Location:
    return Location(
        id=row["id"],
        party=row["party_id"],
        name=row["name"],
        address=row["address"],
        city=row["city"],
        country=row["country"],
        lat=row["lat"],
        lon=row["lon"],
        time_zone=row["time_zone"],
        postal_code=row["postal_code"],
        published=row["published"],
    )


async def change_location(work: Work, place: Location) -> int:
    return await work.run(
        """
        UPDATE location
           SET name = $2, address = $3, city = $4, postal_code = $5, country = $6, lat = $7,
               lon = $8, time_zone = $9, published = $10
         WHERE id = $1
        """,
        place.id,
        place.name,
        place.address,
        place.city,
        place.postal_code,
        place.country,
        place.lat,
        place.lon,
        place.time_zone,
        place.published,
    )


async def add_station(work: Work, station: Station, key_hash: bytes) -> bool:
    """``False`` if the identity is taken, by whichever party."""
    return bool(
        await work.run(
            """
            INSERT INTO station (id, party_id, location_id, identity, key_hash, created_at,
                                 changed_at, changed_by)
            VALUES ($1, $2, $3, $4, $5, $6, $6, pg_current_xact_id())
            ON CONFLICT (identity) DO NOTHING
            """,
            station.id,
            station.party,
            station.location,
            station.identity,
            key_hash,
            work.now,
        )
    )


async def next_public_number(work: Work, party: PartyId) -> int:
    """A number for a station's public names. The lock keeps two that are added at once apart."""
    await work.run("SELECT pg_advisory_xact_lock(hashtext('public evse ' || $1::text))", str(party))
    row = await work.one("SELECT count(*) AS n FROM station WHERE party_id = $1", party)
    assert row is not None
    return 1000 + int(row["n"])


async def add_evse(
    work: Work,
    *,
    id: EvseId,
    station: Station,
    number: int,
    public_id: PublicEvseId,
    connector_type: str,
    current: Current,
    power_w: PowerW,
) -> bool:
    """``False`` if the public name is taken."""
    return bool(
        await work.run(
            """
            INSERT INTO evse (id, party_id, station_id, number, public_id, connector_type, current,
                              power_w, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (public_id) DO NOTHING
            """,
            id,
            station.party,
            station.id,
            number,
            public_id,
            connector_type,
            current.value,
            power_w,
            work.now,
        )
    )


async def add_unplanned_evses(work: Work, wanted: Sequence[tuple[EvseId, StationId, int]]) -> None:
    """EVSEs that nobody added and a station told of, as weak as a household socket."""
    await work.run(
        """
        INSERT INTO evse (id, party_id, station_id, number, public_id, connector_type, current,
                          power_w, unplanned, created_at)
        SELECT w.id, s.party_id, s.id, w.number,
               'X*' || upper(right(s.id::text, 12)) || '*' || w.number,
               'UNKNOWN', 'AC', 3700, true, $4
          FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS w (id, station_id, number)
          JOIN station s ON s.id = w.station_id
        ON CONFLICT DO NOTHING
        """,
        [each[0] for each in wanted],
        [each[1] for each in wanted],
        [each[2] for each in wanted],
        work.now,
    )


async def station(work: Work, id: StationId) -> Station | None:
    row = await work.one("SELECT * FROM station WHERE id = $1 AND removed_at IS NULL", id)
    return None if row is None else _station(row)


async def station_named(work: Work, identity: StationIdentity) -> Station | None:
    row = await work.one(
        "SELECT * FROM station WHERE identity = $1 AND removed_at IS NULL", identity
    )
    return None if row is None else _station(row)


def _station(row: Row) -> Station:
    return Station(
        id=row["id"],
        party=row["party_id"],
        location=row["location_id"],
        identity=row["identity"],
        vendor=row["vendor"],
        model=row["model"],
        serial=row["serial"],
        firmware=row["firmware"],
        ocpp_version=row["ocpp_version"],
        connected_at=row["connected_at"],
        disconnected_at=row["disconnected_at"],
        last_heard_at=row["last_heard_at"],
        booted_at=row["booted_at"],
        status=PortStatus(row["status"]),
        clock_offset_s=row["clock_offset_s"],
    )


_PLACE = """
    SELECT e.id, e.public_id, e.number, e.station_id, s.identity, l.id AS location_id,
           l.name AS location_name, l.address, l.city, l.country, l.postal_code, l.time_zone,
           e.party_id, e.power_w, e.current, e.connector_type, e.status, s.clock_offset_s
      FROM evse e
      JOIN station s ON s.id = e.station_id
      JOIN location l ON l.id = s.location_id
"""


async def places_by_number(
    work: Work, wanted: Collection[tuple[StationId, int]]
) -> dict[tuple[StationId, int], EvsePlace]:
    pairs = list(wanted)
    rows = await work.all(
        _PLACE
        + """
      JOIN unnest($1::uuid[], $2::int[]) AS w (station_id, number)
        ON w.station_id = e.station_id AND w.number = e.number
        """,
        [pair[0] for pair in pairs],
        [pair[1] for pair in pairs],
    )
    return {(row["station_id"], row["number"]): _place(row) for row in rows}


async def places(work: Work, evses: Collection[EvseId]) -> dict[EvseId, EvsePlace]:
    rows = await work.all(_PLACE + " WHERE e.id = ANY($1::uuid[])", list(evses))
    return {row["id"]: _place(row) for row in rows}


async def place_named(work: Work, public_id: PublicEvseId) -> EvsePlace | None:
    row = await work.one(_PLACE + " WHERE e.public_id = $1 AND s.removed_at IS NULL", public_id)
    return None if row is None else _place(row)


def _place(row: Row) -> EvsePlace:
    return EvsePlace(
        evse=row["id"],
        public_id=row["public_id"],
        number=row["number"],
        station=row["station_id"],
        identity=row["identity"],
        location=row["location_id"],
        location_name=row["location_name"],
        address=row["address"],
        city=row["city"],
        country=row["country"],
        time_zone=row["time_zone"],
        party=row["party_id"],
        power_w=PowerW(row["power_w"]),
        current=Current(row["current"]),
        connector_type=row["connector_type"],
        status=PortStatus(row["status"]),
        clock_offset_s=row["clock_offset_s"],
        postal_code=row["postal_code"],
    )


async def horizon(work: Work) -> str:
    """All that was changed by transactions before this one is decided: committed or not."""
    row = await work.one("SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon")
    assert row is not None
    return str(row["horizon"])


async def credentials(work: Work, since: str | None) -> list[Credential]:
    """All, or what was changed by transactions that were not decided at this horizon."""
    # A database that was restored may name transactions that this server has yet to reach.
    changed = (
        "AND changed_by >= $1::text::xid8 AND changed_by < pg_snapshot_xmax(pg_current_snapshot())"
    )
    rows = await work.all(
        f"""
        SELECT id, party_id, identity, key_hash, next_key_hash, assume_subprotocol,
               pin_subprotocol, removed_at
          FROM station
         WHERE true {changed if since is not None else ""}
        """,
        *([] if since is None else [since]),
    )
    return [
        Credential(
            station=row["id"],
            party=row["party_id"],
            identity=row["identity"],
            key_hash=row["key_hash"],
            next_key_hash=row["next_key_hash"],
            assume_subprotocol=row["assume_subprotocol"],
            pin_subprotocol=row["pin_subprotocol"],
            removed=row["removed_at"] is not None,
        )
        for row in rows
    ]


async def keep_next_key(work: Work, id: StationId, key_hash: bytes) -> int:
    return await work.run(
        """
        UPDATE station SET next_key_hash = $2, changed_at = $3,
               changed_by = pg_current_xact_id()
         WHERE id = $1 AND removed_at IS NULL
        """,
        id,
        key_hash,
        work.now,
    )


async def take_next_keys(work: Work, ids: Collection[StationId]) -> int:
    """The old keys of these stations hold no more: they came back with the new ones."""
    return await work.run(
        """
        UPDATE station SET key_hash = next_key_hash, next_key_hash = NULL, changed_at = $2,
               changed_by = pg_current_xact_id()
         WHERE id = ANY($1::uuid[]) AND next_key_hash IS NOT NULL
        """,
        list(ids),
        work.now,
    )


async def set_subprotocols(work: Work, id: StationId, assume: str | None, pin: str | None) -> int:
    return await work.run(
        """
        UPDATE station SET assume_subprotocol = $2, pin_subprotocol = $3, changed_at = $4,
               changed_by = pg_current_xact_id()
         WHERE id = $1 AND removed_at IS NULL
        """,
        id,
        assume,
        pin,
        work.now,
    )


async def remove_station(work: Work, id: StationId) -> int:
    """The station goes, its history stays; its identity becomes free."""
    return await work.run(
        """
        UPDATE station
           SET removed_at = $2, changed_at = $2, changed_by = pg_current_xact_id(),
               identity = identity || ' (removed ' || id || ')'
         WHERE id = $1 AND removed_at IS NULL
        """,
        id,
        work.now,
    )
