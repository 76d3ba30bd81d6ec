"""Planned work: windows in which bays of a place are out of service."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from voltway.kernel.ids import EvseId, LocationId, StationId
from voltway.parties.model import Permission
from voltway.runtime.work import Work
from voltway.stations import windows
from voltway.stations.model_windows import WindowState
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, asks, changes, reads
from voltway.web.api.shapes import Given, Moment, Page, Shown, Text, shown, utc

WINDOWS = Source("maintenance_window_view")

Reason = Annotated[Text, Meta(description="What is done, in words that drivers read.")]


class MaintenanceWindow(Shown):
    """Planned work. While it runs nothing is started at its bays and their stations are asked to
    make them inoperative; what charges is not cut."""

    id: UUID
    location_id: UUID
    station_id: Annotated[UUID | None, Meta(description="null: all stations of the place.")]
    evse_id: Annotated[UUID | None, Meta(description="null: all bays.")]
    reason: str
    starts_at: Moment
    ends_at: Moment
    closes_bays: Annotated[
        bool, Meta(description="false: drivers charge at its bays all the same.")
    ]
    state: WindowState
    revision: Annotated[int, Meta(description="Counts its times.")]
    told_h: Annotated[
        int | None, Meta(description="The last notice to drivers, in hours before: 48 or 2.")
    ]
    made_by: str
    made_at: Moment
    changed_by: str
    changed_at: Moment


class NewMaintenanceWindow(Given, kw_only=True):
    """Work to be planned at a place, at one of its stations or at one bay."""

    location_id: UUID
    station_id: UUID | None = None
    evse_id: UUID | None = None
    starts_at: Moment
    ends_at: Moment
    reason: Reason
    closes_bays: Annotated[bool, Meta(description="Close the bays for drivers while it lasts.")] = (
        True
    )


class ChangedMaintenanceWindow(Given):
    """What is to be changed; what is left out stays."""

    starts_at: Moment | UnsetType = UNSET
    ends_at: Moment | UnsetType = UNSET
    reason: Reason | UnsetType = UNSET


@reads("/maintenance-windows", "List planned work")
async def list_maintenance_windows(
    caller: Calling,
    window: Paging,
    location: Annotated[
        UUID | None, QueryParameter(name="location_id", description="At this place.")
    ] = None,
    stands: Annotated[
        WindowState | None, QueryParameter(name="state", description="In this state.")
    ] = None,
) -> Page[MaintenanceWindow]:
    async with caller.begin() as work:
        return await listed(
            work,
            WINDOWS,
            window,
            lambda row: shown(MaintenanceWindow, row),
            [("location_id = {}", location), ("state = {}", stands)],
        )


@reads("/maintenance-windows/{window_id:uuid}", "Read planned work")
async def read_maintenance_window(caller: Calling, window_id: FromPath[UUID]) -> MaintenanceWindow:
    async with caller.begin() as work:
        return await _shown(work, window_id)


@adds("/maintenance-windows", "Plan work", Permission.EDIT_NETWORK)
async def plan_maintenance_window(
    caller: Calling, data: JSONBody[NewMaintenanceWindow]
) -> MaintenanceWindow:
    """Drivers whom it concerns are told 48 and 2 hours before it begins."""
    async with caller.begin() as work:
        made = await windows.plan(
            work,
            LocationId(data.location_id),
            starts_at=utc(data.starts_at),
            ends_at=utc(data.ends_at),
            reason=data.reason,
            by=caller.name,
            station=StationId(data.station_id) if data.station_id else None,
            evse=EvseId(data.evse_id) if data.evse_id else None,
            closes_bays=data.closes_bays,
        )
        await caller.audit(work, "planned work", f"window:{made.id}")
        return await _shown(work, made.id)


@changes("/maintenance-windows/{window_id:uuid}", "Change planned work", Permission.EDIT_NETWORK)
async def change_maintenance_window(
    caller: Calling, window_id: FromPath[UUID], data: JSONBody[ChangedMaintenanceWindow]
) -> MaintenanceWindow:
    """Who was told of the times before is told of the new ones."""
    async with caller.begin() as work:
        before = await windows.window(work, window_id)
        await windows.change(
            work,
            window_id,
            starts_at=before.starts_at
            if isinstance(data.starts_at, UnsetType)
            else utc(data.starts_at),
            ends_at=before.ends_at if isinstance(data.ends_at, UnsetType) else utc(data.ends_at),
            reason=before.reason if isinstance(data.reason, UnsetType) else data.reason,
            by=caller.name,
        )
        await caller.audit(work, "changed planned work", f"window:{window_id}")
        return await _shown(work, window_id)


@asks(
    "/maintenance-windows/{window_id:uuid}/cancel", "Cancel planned work", Permission.EDIT_NETWORK
)
async def cancel_maintenance_window(
    caller: Calling, window_id: FromPath[UUID]
) -> MaintenanceWindow:
    """It is not done, or it is done already: where it has begun it ends now."""
    async with caller.begin() as work:
        await windows.cancel(work, window_id, by=caller.name)
        await caller.audit(work, "cancelled planned work", f"window:{window_id}")
        return await _shown(work, window_id)


async def _shown(work: Work, id: UUID) -> MaintenanceWindow:
    row = await work.one("SELECT * FROM maintenance_window_view WHERE id = $1", id)
    if row is None:
        raise windows.NoSuchWindow
    return shown(MaintenanceWindow, row)


ROUTER = Router(
    "/",
    tags=["maintenance"],
    route_handlers=[
        list_maintenance_windows,
        read_maintenance_window,
        plan_maintenance_window,
        change_maintenance_window,
        cancel_maintenance_window,
    ],
)
