"""Stations at the homes of drivers: what a driver of a fleet charges there is not sold to them.

What somebody else charges there, or the driver with a card that is not the fleet's, is as anywhere.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from voltway.drivers import contracts
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import DriverId, FleetId, PartyId, StationId, new_id
from voltway.runtime.work import Work


@dataclass(eq=False)
class NoStationSo(Refusal):
    """There is no station {identity}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    identity: str


@dataclass(eq=False)
class NotOfTheFleet(Refusal):
    """{driver} has no contract of the fleet {fleet}. Give them one first."""

    driver: str
    fleet: str


@dataclass(eq=False)
class HomeOfAnother(Refusal):
    """The station {identity} is the home of {driver} already. End that first."""

    identity: str
    driver: str


class NoSuchHome(Refusal):
    """There is no such home, or it has ended."""

    kind = Kind.ABSENT


@dataclass(frozen=True, slots=True)
class Shown:
    """A card of a driver of a fleet, shown at a station at a moment."""

    station: StationId
    driver: DriverId
    fleet: FleetId
    at: datetime


async def station_named(work: Work, party: PartyId, identity: str) -> StationId:
    """The station of this identity. Raises ``NoStationSo``."""
    said = identity.strip()
    row = await work.one(
        "SELECT id FROM station_view WHERE party_id = $1 AND identity = $2", party, said
    )
    if row is None:
        raise NoStationSo(said[:48])
    return StationId(row["id"])


async def is_home(
    work: Work, party: PartyId, station: StationId, driver: DriverId, fleet: FleetId, *, by: str
) -> UUID:
    """Let a station be the home of a driver of a fleet from now on; the home's id. Said again, it
    stays what it is. Raises a refusal that says what is not so."""
    person = await contracts.driver_of(work, party, driver)
    of = await contracts.fleet_of(work, party, fleet)
    known = await work.one(
        "SELECT identity FROM station_view WHERE party_id = $1 AND id = $2", party, station
    )
    if known is None:
        raise NoStationSo(str(station))
    if not await _drives_for(work, party, driver, fleet):
        raise NotOfTheFleet(person.name, of.name)
    id = new_id(work.now)
    await work.run(
        """
        INSERT INTO home_station (id, party_id, station_id, driver_id, fleet_id, since, set_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (station_id) WHERE until IS NULL DO NOTHING
        """,
        id,
        party,
        station,
        driver,
        fleet,
        work.now,
        by,
    )
    now = await work.one(
        "SELECT * FROM home_station_view WHERE station_id = $1 AND until IS NULL", station
    )
    assert now is not None, "it was made just now, or was there"
    if (now["driver_id"], now["fleet_id"]) != (driver, fleet):
        raise HomeOfAnother(known["identity"], now["driver_name"])
    return UUID(str(now["id"]))


async def is_home_no_more(work: Work, party: PartyId, id: UUID, *, by: str) -> None:
    """From now on what is charged there is sold as anywhere. Raises ``NoSuchHome``."""
    ended = await work.run(
        """
        UPDATE home_station SET until = $3, ended_by = $4
         WHERE id = $1 AND party_id = $2 AND until IS NULL
        """,
        id,
        party,
        work.now,
        by,
    )
    if not ended:
        raise NoSuchHome


async def at_home(work: Work, shown: Collection[Shown]) -> set[Shown]:
    """Those of these that were shown at the driver's own home, driving for that fleet."""
    wanted = list(shown)
    if not wanted:
        return set()
    rows = await work.all(
        """
        SELECT w.place
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[]) WITH ORDINALITY
               AS w (station_id, driver_id, fleet_id, at, place)
          JOIN home_station h ON h.station_id = w.station_id AND h.driver_id = w.driver_id
               AND h.fleet_id = w.fleet_id AND h.since <= w.at
               AND (h.until IS NULL OR w.at < h.until)
        """,
        [each.station for each in wanted],
        [each.driver for each in wanted],
        [each.fleet for each in wanted],
        [each.at for each in wanted],
    )
    return {wanted[row["place"] - 1] for row in rows}


async def _drives_for(work: Work, party: PartyId, driver: DriverId, fleet: FleetId) -> bool:
    row = await work.one(
        """
        SELECT EXISTS (SELECT FROM contract
                        WHERE party_id = $1 AND driver_id = $2 AND fleet_id = $3) AS is
        """,
        party,
        driver,
        fleet,
    )
    return bool(row and row["is"])
