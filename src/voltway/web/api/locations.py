"""Locations: places with stations, one address, one time zone."""

from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from voltway.kernel.ids import LocationId
from voltway.parties.model import Permission
from voltway.runtime.work import Work
from voltway.stations import actions
from voltway.stations.actions import NoSuchLocation
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, changes, reads
from voltway.web.api.shapes import Given, Moment, Page, Shown, Text, Zone, shown

LOCATIONS = Source("location_view")

Country = Annotated[
    str, Meta(pattern=r"^[A-Za-z]{2,3}$", description="ISO 3166-1.", examples=["FIN"])
]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="Degrees north.", examples=[60.1675])]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="Degrees east.", examples=[24.95])]


class Location(Shown):
    """A place with stations."""

    id: UUID
    name: str
    address: str
    city: str
    postal_code: str | None
    country: str
    lat: float
    lon: float
    time_zone: str
    published: Annotated[bool, Meta(description="Whether drivers see it.")]
    stations: Annotated[int, Meta(description="How many stations stand here.")]
    evses: Annotated[int, Meta(description="How many EVSEs they have.")]
    available: Annotated[int, Meta(description="How many of these say that they are free now.")]
    power_w_max: Annotated[int, Meta(description="The most that one of them gives.")]
    created_at: Moment


class NewLocation(Given, kw_only=True):
    """A location to be added."""

    name: Text
    address: Text
    city: Text
    postal_code: Text | None = None
    country: Country
    lat: Latitude
    lon: Longitude
    time_zone: Zone
    published: bool = True


class LocationChange(Given, kw_only=True):
    """What changes at a location; what is left out stays."""

    name: Text | UnsetType = UNSET
    address: Text | UnsetType = UNSET
    city: Text | UnsetType = UNSET
    postal_code: Text | UnsetType | None = UNSET
    country: Country | UnsetType = UNSET
    lat: Latitude | UnsetType = UNSET
    lon: Longitude | UnsetType = UNSET
    time_zone: Zone | UnsetType = UNSET
    published: bool | UnsetType = UNSET


@reads("/locations", "List the locations")
async def list_locations(
    caller: Calling,
    window: Paging,
    published: Annotated[bool | None, QueryParameter(description="Those that drivers see.")] = None,
) -> Page[Location]:
    async with caller.begin() as work:
        return await listed(
            work,
            LOCATIONS,
            window,
            lambda row: shown(Location, row),
            [("published = {}", published)],
        )


@reads("/locations/{location_id:uuid}", "Read a location")
async def read_location(caller: Calling, location_id: FromPath[UUID]) -> Location:
    async with caller.begin() as work:
        return await _shown(work, location_id)


@adds("/locations", "Add a location", Permission.EDIT_NETWORK)
async def add_location(caller: Calling, data: JSONBody[NewLocation]) -> Location:
    async with caller.begin() as work:
        added = await actions.add_location(work, caller.actor.party, **msgspec.structs.asdict(data))
        await caller.audit(work, "added a location", f"location:{added.id}")
        return await _shown(work, added.id)


@changes("/locations/{location_id:uuid}", "Change a location", Permission.EDIT_NETWORK)
async def change_location(
    caller: Calling, location_id: FromPath[UUID], data: JSONBody[LocationChange]
) -> Location:
    async with caller.begin() as work:
        before = await actions.location(work, LocationId(location_id))
        changed: dict[str, Any] = {
            name: value
            for name, value in msgspec.structs.asdict(data).items()
            if value is not UNSET
        }
        await actions.change_location(work, replace(before, **changed))
        await caller.audit(
            work, "changed a location", f"location:{location_id}", what=", ".join(changed)
        )
        return await _shown(work, location_id)


async def _shown(work: Work, id: UUID) -> Location:
    row = await work.one("SELECT * FROM location_view WHERE id = $1", id)
    if row is None:
        raise NoSuchLocation(LocationId(id))
    return shown(Location, row)


ROUTER = Router(
    "/",
    tags=["locations"],
    route_handlers=[list_locations, read_location, add_location, change_location],
)
