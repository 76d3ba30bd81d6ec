"""Stations: the list, one station, its key."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Response, ServerSentEvent

from voltway.kernel.ids import StationId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments import codes
from voltway.stations import actions
from voltway.tariffs import lawful
from voltway.web.console import station_views
from voltway.web.console.door import console_page, uuid_of
from voltway.web.driver.views import like
from voltway.web.house import House
from voltway.web.pages import HttpRequest, draw, formats_of
from voltway.web.states import IN_ORDER, WORDS


@get("/stations", include_in_schema=False)
async def list_stations(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    words: Annotated[str, QueryParameter(name="q")] = "",
    shown: Annotated[str, QueryParameter(name="state")] = "",
    location: FromQuery[str] = "",
) -> Response[str]:
    """Every station of this party that fits, trouble first."""
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        found = await station_views.lines(
            work,
            words=like(words),
            state=shown if shown in IN_ORDER else "",
            location=uuid_of(location),
            expected_s=house.settings.heartbeat_s,
        )
    return await console_page(
        request,
        house,
        actor,
        "console/stations.html",
        place="stations",
        stations=found,
        asked={"q": words[:80], "state": shown, "location": location},
        states=[(state, WORDS[state]) for state in IN_ORDER],
    )


@get("/stations/{station:uuid}", include_in_schema=False)
async def station(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    station: FromPath[UUID],
) -> Response[str]:
    """One station: its ports, orders, frames, configuration and conformance."""
    knows = await _knows(request, house, actor, station)
    return await console_page(
        request, house, actor, "console/station.html", place="stations", **knows
    )


@get("/stations/{station:uuid}/live", include_in_schema=False)
async def station_live(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    station: FromPath[UUID],
) -> ServerSentEvent:
    """The station again, each time it or one of its orders moves."""
    first = await _knows(request, house, actor, station)

    async def view() -> str:
        knows = await _knows(request, house, actor, station)
        return draw(request, house, "console/station_view.html", actor=actor, **knows)

    subjects = [f"station:{station}"]
    subjects += [f"session:{port.session}" for port in first["s"].ports if port.session]
    return house.streams.live(house.touches, tuple(subjects), view)


async def _knows(request: HttpRequest, house: House, actor: Actor, station: UUID) -> dict[str, Any]:
    actor.must(Permission.SEE_ALL)
    formats = formats_of(request, house)
    async with house.begin(actor.party) as work:
        seen = await station_views.station(
            work, StationId(station), formats, house.settings.heartbeat_s
        )
        forbidden = await lawful.found(work, actor.party, station)
        has_codes = await codes.is_on(work, StationId(station))
    return {
        "s": seen,
        "forbidden": forbidden,
        "may_order": actor.may(Permission.ORDER_STATION),
        "may_raw": actor.may(Permission.RAW_CALL),
        "may_edit": actor.may(Permission.EDIT_NETWORK),
        "has_codes": has_codes,
    }


@post("/stations/{station:uuid}/key", include_in_schema=False)
async def rotate_key(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    station: FromPath[UUID],
) -> Response[str]:
    """A new key for the station, shown once. The old one holds until it came with the new."""
    actor.must(Permission.EDIT_NETWORK)
    async with house.begin(actor.party) as work:
        at = await actions.station(work, StationId(station))
        key = await actions.rotate_key(work, at.id)
        await parties.audit(work, actor, "made a new key", f"station:{at.id}")
    return await console_page(
        request,
        house,
        actor,
        "console/key_once.html",
        status=HTTPStatus.CREATED,
        place="stations",
        title=f"New key of {at.identity}",
        secret=key,
        says="Set it as the station's Basic auth password. The old key holds until the station "
        "has come back with the new one.",
        back=f"/console/stations/{station}",
    )
