"""Where to charge: lists, the map, places, bays, and what stands in the way there."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from tests.web.everywhere import Everywhere, becomes
from voltway.stations import windows
from voltway.vehicles import catalogue

BAY: Final = "/e/{public_id:str}"
PLACE: Final = "/l/{location:uuid}"
NEEDS: Final = "step_free.roof.type2"
CAR: Final = f"{next(iter(catalogue.found('Polestar 2'))).id}.20.80"


async def places(world: Everywhere) -> None:
    """Nothing of it goes by."""
    _lists(world)
    await _busy(world)
    await _troubled(world)
    _other(world)


def _lists(world: Everywhere) -> None:
    world.shows("/", "/", "all")
    world.shows("/", "/?q=Market+Squaree", "misspelled")
    world.shows("/", "/?q=Nowhere+at+all", "empty")
    world.shows("/", "/?power=50000&free=1&plug=ccs&price=0.60&open=1", "nothing fits")
    world.shows("/", "/?plug=type2&price=0.60&mine=1&lit=1", "asked")
    world.shows("/", "/", "with needs", cookies=(("needs", NEEDS),))
    world.shows("/map", "/map", "all")
    world.shows("/map", "/map?q=Nowhere", "empty")
    place = world.scene.station.location.id
    world.shows("/map/card/{location:uuid}", f"/map/card/{place}", whole=False)
    world.shows(PLACE, f"/l/{place}", "free")
    world.shows(PLACE, f"/l/{place}", "marked", own=True)
    world.shows(PLACE, f"/l/{uuid4()}", "no such place", status=404)
    bay = world.scene.station.evses[1].public_id
    world.shows(BAY, f"/e/{bay}", "free")
    world.shows(BAY, f"/e/{bay}", "own ways to pay", own=True)
    world.shows(BAY, f"/e/{bay}?kwh=20&minutes=40", "an estimate")
    world.shows(BAY, f"/e/{bay}?kwh=none", "a wrong estimate")
    world.shows(BAY, f"/e/{bay}", "my car", cookies=(("car", CAR),))
    world.shows("/", "/", "my car", cookies=(("car", CAR),))
    world.shows(BAY, "/e/FI*NO*SUCH", "no such bay", status=404)
    world.shows(
        "/q/{identity:str}/{number:str}/{code:str}/{version:str}", "/q/X/1/C/V", "old", status=403
    )


async def _busy(world: Everywhere) -> None:
    """A place at which many charged on Fridays."""
    place = await world.elsewhere()
    world.shows(f"{PLACE}/busy", f"/l/{world.scene.station.location.id}/busy", "too few")
    friday = datetime(2026, 4, 3, 13, tzinfo=UTC)
    async with place.begin() as work:
        await work.run(
            """
            INSERT INTO session (id, party_id, station_id, location_id, evse_id, zone, power_w_max,
                                 ref, started_at, start_method, start_told, ended_at, state,
                                 created_at, heard_at)
            SELECT gen_random_uuid(), e.party_id, e.station_id, e.location_id, e.id, e.time_zone,
                   e.power_w, 'past-' || nth, at, 'told', true, at + interval '1 hour', 'ended',
                   at, at
              FROM evse_view e, generate_series(1, 120) nth,
                   LATERAL (SELECT $1::timestamptz + (nth % 4) * interval '1 week' AS at) begins
             WHERE e.id = $2
            """,
            friday,
            place.station.evse(),
        )
    world.shows(f"{PLACE}/busy", f"/l/{place.station.location.id}/busy", "with figures")
    world.shows(PLACE, f"/l/{place.station.location.id}", "with figures")


async def _troubled(world: Everywhere) -> None:
    """Bays that take nobody, each with its reason."""
    for status in ("charging", "idle", "faulted", "unavailable", "unknown"):
        place = await world.elsewhere()
        await becomes(place, status)
        world.shows(BAY, f"/e/{place.station.evses[1].public_id}", status)
        world.shows(PLACE, f"/l/{place.station.location.id}", status)
    silent = await world.elsewhere()
    async with silent.begin() as work:
        await work.run(
            "UPDATE station SET disconnected_at = $1 WHERE id = $2",
            work.now - timedelta(minutes=40),
            silent.station.station.id,
        )
    world.shows(BAY, f"/e/{silent.station.evses[1].public_id}", "offline")
    planned = await world.elsewhere()
    async with planned.begin() as work:
        await windows.plan(
            work,
            planned.station.location.id,
            starts_at=work.now + timedelta(hours=1),
            ends_at=work.now + timedelta(hours=3),
            reason="New cables",
            by="Olga",
        )
    world.shows(PLACE, f"/l/{planned.station.location.id}", "planned work")
    world.shows(BAY, f"/e/{planned.station.evses[1].public_id}", "planned work")


def _other(world: Everywhere) -> None:
    world.shows("/offline", "/offline")
    world.shows("/check", "/check")
    world.shows("/car", "/car", "none")
    world.shows("/car", "/car?q=Polestar", "found")
    world.shows("/car", "/car?q=Nothing+of+this+name", "not found")
    world.shows("/car", "/car", "chosen", cookies=(("car", CAR),))
    world.shows("none", "/no/such/page", status=404)
