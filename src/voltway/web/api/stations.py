"""Stations: what they are and how they stand, added, given new keys, removed."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.kernel.ids import LocationId, PublicEvseId, StationId
from voltway.kernel.units import PowerW
from voltway.parties.model import Permission
from voltway.runtime.work import Work
from voltway.stations import actions
from voltway.stations.actions import NoSuchStation
from voltway.stations.model import Current, Direction, EvsePlan
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, asks, reads, removes
from voltway.web.api.shapes import NO_NUL, EvseNumber, Given, Moment, Page, Shown, Text, shown

STATIONS = Source("station_view")


class Station(Shown):
    """A station: one piece of hardware with one line to us."""

    id: UUID
    location_id: UUID
    location_name: str
    identity: Annotated[
        str, Meta(description="Its name in the OCPP address.", examples=["VW-00042"])
    ]
    connected: Annotated[bool, Meta(description="Whether its line to us is open now.")]
    status: Annotated[
        str,
        Meta(
            description="Of the station as a whole; `unknown` where it told none, as in OCPP 2.x, "
            "which tells it of each EVSE.",
            examples=["available"],
        ),
    ]
    error: str | None
    ocpp_version: Annotated[str | None, Meta(description="What it speaks.", examples=["1.6"])]
    vendor: str | None
    model: str | None
    serial: str | None
    firmware: str | None
    evses: Annotated[int, Meta(description="How many EVSEs it has.")]
    deviations: Annotated[
        int,
        Meta(description="In how many ways it departs from the standard, understood all the same."),
    ]
    clock_offset_s: Annotated[int, Meta(description="Added to the times that it claims.")]
    connected_at: Moment | None
    disconnected_at: Moment | None
    last_heard_at: Moment | None
    booted_at: Moment | None
    created_at: Moment


class NewEvse(Given):
    """An EVSE of a station that is added."""

    number: EvseNumber
    connector_type: Annotated[
        str,
        Meta(pattern=r"^[A-Z0-9_]{1,40}$", description="As in OCPI.", examples=["IEC_62196_T2"]),
    ] = "IEC_62196_T2"
    current: Current = Current.AC
    power_w: Annotated[
        int, Meta(ge=1, le=10_000_000, description="What it can give, at most.", examples=[22000])
    ] = 22_000
    public_id: (
        Annotated[
            str,
            Meta(
                max_length=48,
                pattern=r"^[A-Za-z0-9*_-]+$",
                description="Its name on the hardware; without it one is made.",
                examples=["FI*VLT*E1042*1"],
            ),
        ]
        | None
    ) = None

    def plan(self) -> EvsePlan:
        return EvsePlan(
            self.number,
            self.connector_type,
            self.current,
            PowerW(self.power_w),
            None if self.public_id is None else PublicEvseId(self.public_id),
        )


class NewStation(Given):
    """A station to be added."""

    location_id: UUID
    identity: Annotated[Text, Meta(description="Its name in the OCPP address.", examples=["VW-1"])]
    evses: Annotated[list[NewEvse], Meta(min_length=1, max_length=100)]
    key: (
        Annotated[
            str,
            Meta(
                min_length=16,
                max_length=40,
                pattern=NO_NUL,
                description="Its password for Basic auth, where it has one; else one is made.",
            ),
        ]
        | None
    ) = None


class StationWithKey(Shown):
    """A station and its key, in clear only here."""

    station: Station
    key: Annotated[str | None, Meta(description="Null where the key that it has holds on.")]


class NewKey(Shown):
    """A station's new key, in clear only here."""

    key: str


class Frame(Shown):
    """A raw frame as it went over the wire."""

    direction: Direction
    at: Moment
    text: Annotated[str, Meta(description="As it was; bytes that are no UTF-8 are escaped.")]


class Frames(Shown):
    """The last frames of a station, the newest first."""

    items: list[Frame]


@reads("/stations", "List the stations")
async def list_stations(
    caller: Calling,
    window: Paging,
    location: Annotated[UUID | None, QueryParameter(description="Those of this location.")] = None,
    connected: Annotated[bool | None, QueryParameter(description="Their line is open.")] = None,
    identity: Annotated[
        str | None,
        QueryParameter(max_length=100, pattern=NO_NUL, description="The one of this name."),
    ] = None,
) -> Page[Station]:
    async with caller.begin() as work:
        return await listed(
            work,
            STATIONS,
            window,
            lambda row: shown(Station, row),
            [
                ("location_id = {}", location),
                ("connected = {}", connected),
                ("identity = {}", identity),
            ],
        )


@reads("/stations/{station_id:uuid}", "Read a station")
async def read_station(caller: Calling, station_id: FromPath[UUID]) -> Station:
    async with caller.begin() as work:
        return await station_shown(work, station_id)


@reads("/stations/{station_id:uuid}/frames", "Read the last frames of a station")
async def read_frames(
    caller: Calling,
    station_id: FromPath[UUID],
    limit: Annotated[int, QueryParameter(ge=1, le=200, description="How many.")] = 50,
) -> Frames:
    async with caller.begin() as work:
        station = await station_shown(work, station_id)
        kept = await actions.last_frames(work, StationId(station.id), limit)
    return Frames(
        items=[
            Frame(
                direction=each.direction,
                at=each.at,
                text=each.text.decode("utf-8", "backslashreplace"),
            )
            for each in kept
        ]
    )


@adds("/stations", "Add a station with its EVSEs", Permission.EDIT_NETWORK)
async def add_station(caller: Calling, data: JSONBody[NewStation]) -> StationWithKey:
    """The answer holds the station's key; nobody can read it later."""
    async with caller.begin() as work:
        station, key = await actions.add_station(
            work,
            caller.actor.party,
            LocationId(data.location_id),
            data.identity,
            [each.plan() for each in data.evses],
            data.key,
        )
        await caller.audit(work, "added a station", f"station:{station.id}")
        return StationWithKey(station=await station_shown(work, station.id), key=key)


@asks("/stations/{station_id:uuid}/rotate-key", "Give a station a new key", Permission.EDIT_NETWORK)
async def rotate_key(caller: Calling, station_id: FromPath[UUID]) -> NewKey:
    """The old key holds until the station came with the new one."""
    async with caller.begin() as work:
        key = await actions.rotate_key(work, StationId(station_id))
        await caller.audit(work, "gave a station a new key", f"station:{station_id}")
    return NewKey(key=key)


@removes("/stations/{station_id:uuid}", "Remove a station", Permission.EDIT_NETWORK)
async def remove_station(caller: Calling, station_id: FromPath[UUID]) -> None:
    """It is let in no more; its sessions and bills stay."""
    async with caller.begin() as work:
        await actions.remove_station(work, StationId(station_id))
        await caller.audit(work, "removed a station", f"station:{station_id}")


async def station_shown(work: Work, id: UUID) -> Station:
    row = await work.one("SELECT * FROM station_view WHERE id = $1", id)
    if row is None:
        raise NoSuchStation(id)
    return shown(Station, row)


ROUTER = Router(
    "/",
    tags=["stations"],
    route_handlers=[
        list_stations,
        read_station,
        read_frames,
        add_station,
        rotate_key,
        remove_station,
    ],
)
