"""EVSEs: the parts of stations that serve one car at a time."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET, Meta, UnsetType

from voltway.kernel.ids import EvseId
from voltway.parties.model import Permission
from voltway.runtime.work import Work
from voltway.stations import calibration
from voltway.stations.actions import NoSuchEvse
from voltway.stations.model import Current
from voltway.stations.model_calibration import Calibration
from voltway.stations.reports import PortStatus
from voltway.stations.rules_calibration import NOTE_MAX, NoteWithoutDay
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import changes, reads
from voltway.web.api.shapes import NO_NUL, Given, Moment, Page, Shown, shown

EVSES = Source("evse_view")

LastDay = Annotated[
    date,
    Meta(
        description="In 2000 or later, and not more than 20 years from now; operators are told of "
        "another day anew. null clears the note too.",
        examples=["2031-12-31"],
    ),
]
Note = Annotated[
    str,
    Meta(max_length=NOTE_MAX, pattern=NO_NUL, description="One line, where there is a last day."),
]


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
    meter_valid_until: Annotated[
        date | None,
        Meta(
            description="The last day on which its meter may be used for bills, by the calendar of "
            "the location; null: not told.",
            examples=["2031-12-31"],
        ),
    ]
    meter_note: Annotated[str, Meta(description="The mark on the meter, its papers.")]


class ChangedEvse(Given):
    """What is to be changed; what is left out stays."""

    meter_valid_until: LastDay | UnsetType | None = UNSET
    meter_note: Note | UnsetType = UNSET


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
    meter_ends_by: Annotated[
        date | None,
        QueryParameter(description="Those whose meter's last day is this one or before."),
    ] = None,
) -> Page[Evse]:
    async with caller.begin() as work:
        return await listed(
            work,
            EVSES,
            window,
            lambda row: shown(Evse, row),
            [
                *_conditions(station, location, status, public_id),
                ("meter_valid_until <= {}", meter_ends_by),
            ],
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
        return await _shown(work, evse_id)


@changes("/evses/{evse_id:uuid}", "Change an EVSE", Permission.EDIT_NETWORK)
async def change_evse(
    caller: Calling, evse_id: FromPath[UUID], data: JSONBody[ChangedEvse]
) -> Evse:
    """Operators are told 90, 30 and 7 days before its meter's last day, and when that is over."""
    async with caller.begin() as work:
        evse = EvseId(evse_id)
        told = _told(await calibration.of_bay(work, evse), data)
        if await calibration.tell(work, evse, told):
            did, detail = calibration.did(told)
            await caller.audit(work, did, f"evse:{evse}", **detail)
        return await _shown(work, evse_id)


def _told(before: Calibration | None, data: ChangedEvse) -> Calibration | None:
    """Raises ``NoteWithoutDay``."""
    until = before.valid_until if before else None
    note = before.note if before else ""
    if not isinstance(data.meter_valid_until, UnsetType):
        until = data.meter_valid_until
        note = note if until else ""
    if not isinstance(data.meter_note, UnsetType):
        note = data.meter_note
    if until is None:
        if note.strip():
            raise NoteWithoutDay
        return None
    return Calibration(until, note)


async def _shown(work: Work, id: UUID) -> Evse:
    row = await work.one("SELECT * FROM evse_view WHERE id = $1", id)
    if row is None:
        raise NoSuchEvse(id)
    return shown(Evse, row)


ROUTER = Router("/", tags=["evses"], route_handlers=[list_evses, read_evse, change_evse])
