"""Bays that drivers have reserved: which, until when, how the station answered; taken back with a
reason; and for how long drivers may reserve."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import LocationId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.stations import actions as stations
from voltway.waiting import reservations
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.console.form_fields import count_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/reservations"
SHOWN: Final = 200

#: What became of a reservation, for people.
WORDS: Final = {
    "asked": "the station is asked",
    "kept": "reserved",
    "started": "charged",
    "left": "given back",
    "expired": "not used in time",
    "refused": "the station said no",
    "silent": "the station did not answer",
    "fault": "the bay broke down",
    "taken": "somebody else charges",
    "removed": "the station let go",
    "closed": "the place is closed",
    "work": "planned work began",
    "operator": "taken back",
}


@get("/reservations", include_in_schema=False)
async def list_reservations(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    station: FromQuery[UUID | None] = None,
    location: FromQuery[UUID | None] = None,
) -> Response[str]:
    return await _page(request, house, actor, station=station, location=location)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    station: UUID | None = None,
    location: UUID | None = None,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    assert actor.party is not None
    async with house.begin(actor.party) as work:
        rows = await work.all(
            """
            SELECT *, coalesce(nullif(why, ''), state) AS word, ended_at IS NULL AS is_open
              FROM reservation_view
             WHERE ($1::uuid IS NULL OR station_id = $1)
               AND ($2::uuid IS NULL OR location_id = $2)
             ORDER BY ended_at IS NOT NULL, created_at DESC LIMIT $3
            """,
            station,
            location,
            SHOWN,
        )
        most = await reservations.minutes_for(work, actor.party, None)
    return await console_page(
        request,
        house,
        actor,
        "console/reservations.html",
        status=status,
        place="stations",
        reservations=rows,
        words=WORDS,
        is_part=bool(station or location),
        most=most,
        may_cancel=actor.may(Permission.ORDER_STATION),
        may_edit=actor.may(Permission.EDIT_NETWORK),
        trouble=trouble,
    )


@post("/reservations/{reservation:uuid}/cancel", include_in_schema=False)
async def cancel_reservation(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    reservation: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Take it back; its driver is told why."""
    actor.must(Permission.ORDER_STATION)
    try:
        async with house.begin(actor.party) as work:
            it = await reservations.cancel(work, reservation, data.get("reason", ""))
            about, detail = f"station:{it.station}", {"reason": it.said}
            await parties.audit(work, actor, "cancelled a reservation", about, detail)
    except Refusal as no:
        return await _page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(_HERE)


@post("/reservations/minutes", include_in_schema=False)
async def set_minutes(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """For how long drivers may reserve, where a place says nothing itself."""
    actor.must(Permission.EDIT_NETWORK)
    assert actor.party is not None
    try:
        minutes = count_of(data.get("minutes", ""))
        async with house.begin(actor.party) as work:
            await reservations.set_minutes(work, actor.party, None, minutes, by=actor.name)
            about = f"party:{actor.party}"
            await parties.audit(work, actor, "set how long drivers reserve", about)
    except Refusal as no:
        return await _page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(_HERE)


@post("/places/{location:uuid}/reservations", include_in_schema=False)
async def set_minutes_here(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    location: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """For how long drivers may reserve at a place; empty: as everywhere."""
    actor.must(Permission.EDIT_NETWORK)
    try:
        minutes = count_of(data.get("minutes", ""))
        async with house.begin(actor.party) as work:
            here = await stations.location(work, LocationId(location))
            await reservations.set_minutes(work, here.party, here.id, minutes, by=actor.name)
            about = f"location:{location}"
            await parties.audit(work, actor, "set how long drivers reserve", about)
    except Refusal as no:
        return await _page(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(f"/console/places/{location}")
