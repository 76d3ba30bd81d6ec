"""EVSEs: the parts of stations that serve one car at a time."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, QueryParameter
from msgspec import Meta

from voltway.stations.actions import NoSuchEvse
from voltway.stations.model import Current
from voltway.stations.reports import PortStatus
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import reads
from voltway.web.api.shapes import Moment, Page, Shown, shown

EVSES = Source("evse_view")


class Evse(Shown):
    """An EVSE and where it is."""

    id: UUID
    station_id: UUID
    location_id: UUID
    location_name: str
    number: Annotated[int, Meta(description="At its station; a connector of OCPP 1.6.")]
    public_id: Annotated[
        str, Meta(description="Its name on the hardware.", examples=["FI*VLT*E1042*1"])
    ]
    connector_type: Annotated[str, Meta(description="As in OCPI.", examples=["IEC_62196_T2"])]
    current: Current
    power_w: Annotated[int, Meta(description="What it can give, at most.", examples=[22000])]
    status: Annotated[
        PortStatus, Meta(description="As a driver finds it: the station's own faults counted in.")
    ]
    reported_status: Annotated[PortStatus, Meta(description="What it told of itself.")]
    status_at: Moment | None
    error: str | None
    connected: Annotated[bool, Meta(description="Whether its station's line is open.")]
    unplanned: Annotated[bool, Meta(description="The station told of it, nobody added it.")]


@reads("/evses", "List the EVSEs")
async def list_evses(
    caller: Calling,
    window: Paging,
    station: Annotated[UUID | None, QueryParameter(description="Those of this station.")] = None,
    location: Annotated[UUID | None, QueryParameter(description="Those of this location.")] = None,
    status: Annotated[PortStatus | None, QueryParameter(description="Those that stand so.")] = None,
    public_id: Annotated[
        str | None, QueryParameter(max_length=48, pattern=r"^[A-Za-z0-9*_-]+$")
    ] = None,
) -> Page[Evse]:
    async with caller.begin() as work:
        return await listed(
            work,
            EVSES,
            window,
            lambda row: shown(Evse, row),
            _conditions(station, location, status, public_id),
        )


def _conditions(
    station: UUID | None, location: UUID | None, status: PortStatus | None, public_id: str | None
) -> list[tuple[str, Any]]:
    return [
        ("station_id = {}", station),
        ("location_id = {}", location),
        ("status = {}", status),
        ("public_id = {}", public_id),
    ]


@reads("/evses/{evse_id:uuid}", "Read an EVSE")
async def read_evse(caller: Calling, evse_id: FromPath[UUID]) -> Evse:
    async with caller.begin() as work:
        row = await work.one("SELECT * FROM evse_view WHERE id = $1", evse_id)
    if row is None:
        raise NoSuchEvse(evse_id)
    return shown(Evse, row)


ROUTER = Router("/", tags=["evses"], route_handlers=[list_evses, read_evse])
