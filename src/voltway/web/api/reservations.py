"""Reservations: bays that stations keep for drivers who are on the way."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.kernel.ids import LocationId
from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.stations import actions as stations
from voltway.waiting import reservations
from voltway.waiting.model_reservations import ReservationState
from voltway.waiting.reservations import NoSuchReservation
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import asks, puts, reads
from voltway.web.api.shapes import Given, Moment, Page, Shown, shown

RESERVATIONS = Source("reservation_view")


class Reservation(Shown):
    """A bay that a station was asked to keep. It is forgotten a day after its end."""

    id: UUID
    number: Annotated[int, Meta(description="`reservationId` in OCPP.")]
    location_id: UUID
    station_id: UUID
    evse_id: UUID
    public_id: Annotated[str, Meta(examples=["FI*VLT*E1042*1"])]
    email: Annotated[str, Meta(description="Of the driver.")]
    in_line: Annotated[bool, Meta(description="It stands beside a hold for who is next in line.")]
    state: ReservationState
    why: Annotated[str, Meta(description="Why it ended without a start.", examples=["expired"])]
    said: Annotated[str, Meta(description="The station's word, or the operator's reason.")]
    created_at: Moment
    until: Moment
    ended_at: Moment | None


class Cancelling(Given):
    """Why a reservation is taken back."""

    reason: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=200,
            pattern=r"^[^\x00]*[^\x00\s][^\x00]*$",
            description="The driver reads it.",
            examples=["The cable is being repaired"],
        ),
    ]


class ReserveMinutes(Given):
    """For how long drivers may reserve a bay."""

    minutes_max: (
        Annotated[
            int,
            Meta(ge=0, le=120, description="0: nobody reserves. `null`: as where nothing is said."),
        ]
        | None
    )


class ReserveMinutesShown(Shown):
    """For how long drivers may reserve a bay, counted what is said for all places."""

    minutes_max: int


@reads("/reservations", "List the reservations")
async def list_reservations(
    caller: Calling,
    window: Paging,
    station: Annotated[UUID | None, QueryParameter(description="Those at this station.")] = None,
    location: Annotated[UUID | None, QueryParameter(description="Those at this place.")] = None,
    is_open: Annotated[
        bool | None, QueryParameter(name="open", description="Those that are not over.")
    ] = None,
) -> Page[Reservation]:
    async with caller.begin() as work:
        return await listed(
            work,
            RESERVATIONS,
            window,
            _reservation,
            [
                ("station_id = {}", station),
                ("location_id = {}", location),
                ("(ended_at IS NULL) = {}", is_open),
            ],
        )


@reads("/reservations/{reservation_id:uuid}", "Read a reservation")
async def read_reservation(caller: Calling, reservation_id: FromPath[UUID]) -> Reservation:
    async with caller.begin() as work:
        return await _shown(work, reservation_id)


@asks(
    "/reservations/{reservation_id:uuid}/cancel", "Cancel a reservation", Permission.ORDER_STATION
)
async def cancel_reservation(
    caller: Calling, reservation_id: FromPath[UUID], data: JSONBody[Cancelling]
) -> Reservation:
    """The station is told, and so is the driver, with the reason. What is over stays as it is."""
    async with caller.begin() as work:
        it = await reservations.cancel(work, reservation_id, data.reason)
        about = f"station:{it.station}"
        await caller.audit(work, "cancelled a reservation", about, reason=it.said)
        return await _shown(work, reservation_id)


@reads("/locations/{location_id:uuid}/reserve-minutes", "Read for how long drivers reserve")
async def read_minutes(caller: Calling, location_id: FromPath[UUID]) -> ReserveMinutesShown:
    async with caller.begin() as work:
        here = await stations.location(work, LocationId(location_id))
        most = await reservations.minutes_for(work, here.party, here.id)
    return ReserveMinutesShown(minutes_max=most)


@puts(
    "/locations/{location_id:uuid}/reserve-minutes",
    "Say for how long drivers reserve",
    Permission.EDIT_NETWORK,
)
async def put_minutes(
    caller: Calling, location_id: FromPath[UUID], data: JSONBody[ReserveMinutes]
) -> ReserveMinutesShown:
    async with caller.begin() as work:
        here = await stations.location(work, LocationId(location_id))
        await reservations.set_minutes(work, here.party, here.id, data.minutes_max, by=caller.name)
        await caller.audit(work, "set how long drivers reserve", f"location:{location_id}")
        most = await reservations.minutes_for(work, here.party, here.id)
    return ReserveMinutesShown(minutes_max=most)


async def _shown(work: Work, id: UUID) -> Reservation:
    row = await work.one("SELECT * FROM reservation_view WHERE id = $1", id)
    if row is None:
        raise NoSuchReservation
    return _reservation(row)


def _reservation(row: Row) -> Reservation:
    return shown(Reservation, row)


ROUTER = Router(
    "/",
    tags=["reservations"],
    route_handlers=[
        list_reservations,
        read_reservation,
        cancel_reservation,
        read_minutes,
        put_minutes,
    ],
)
