"""Planned work: everywhere, at a place, and one window to be changed or cancelled."""

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import EvseId, LocationId, StationId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.stations import rules_windows, windows
from voltway.stations.model import Location
from voltway.stations.model_windows import Window, WindowState
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.console.form_fields import as_field
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

SHOWN: Final = 200
STATES: Final = {
    WindowState.PLANNED: "Planned",
    WindowState.RUNNING: "Under way",
    WindowState.OVER: "Done",
    WindowState.CANCELLED: "Cancelled",
}


@get("/planned-work", include_in_schema=False)
async def list_work(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    """All planned work: what goes on and comes next first, then what was."""
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        rows = await work.all(
            """
            SELECT * FROM maintenance_window_view
             ORDER BY state NOT IN ('running', 'planned'),
                      CASE WHEN state IN ('running', 'planned') THEN starts_at END,
                      ends_at DESC, id LIMIT $1
            """,
            SHOWN,
        )
    return await console_page(
        request, house, actor, "console/work.html", place="stations", rows=rows, states=STATES
    )


@get("/places/{location:uuid}/planned-work", include_in_schema=False)
async def work_at_place(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    location: FromPath[UUID],
) -> Response[str]:
    """What is planned at a place, and the form to plan more."""
    return await _place_page(request, house, actor, location)


async def _place_page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    location: UUID,
    *,
    typed: Form | None = None,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        here = await stations.location(work, LocationId(location))
        rows = await work.all(
            """
            SELECT * FROM maintenance_window_view WHERE location_id = $1
             ORDER BY starts_at DESC, id LIMIT $2
            """,
            location,
            SHOWN,
        )
        bays = await work.all(
            """
            SELECT id, station_id, identity, number, public_id FROM evse_view
             WHERE location_id = $1 ORDER BY identity, number
            """,
            location,
        )
    return await console_page(
        request,
        house,
        actor,
        "console/work_place.html",
        status=status,
        place="stations",
        here=here,
        rows=rows,
        states=STATES,
        stations={row["station_id"]: row["identity"] for row in bays},
        bays=bays,
        typed={name: value[:300] for name, value in (typed or {}).items()},
        may_edit=actor.may(Permission.EDIT_NETWORK),
        trouble=trouble,
    )


@post("/places/{location:uuid}/planned-work", include_in_schema=False)
async def plan_work(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    location: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Plan work at a place, a station or a bay, by the clock of the place."""
    actor.must(Permission.EDIT_NETWORK)
    try:
        async with house.begin(actor.party) as work:
            here = await stations.location(work, LocationId(location))
            made = await windows.plan(
                work,
                here.id,
                starts_at=rules_windows.moment(data.get("from", ""), here.time_zone, is_end=False),
                ends_at=rules_windows.moment(data.get("until", ""), here.time_zone, is_end=True),
                reason=data.get("reason", ""),
                by=actor.name,
                closes_bays=data.get("closes") == "yes",
                **_what(data.get("what", "")),
            )
            await parties.audit(work, actor, "planned work", f"window:{made.id}")
    except Refusal as no:
        return await _place_page(
            request,
            house,
            actor,
            location,
            typed=data,
            trouble=str(no),
            status=STATUS[no.kind],
        )
    return see_other(f"/console/places/{location}/planned-work")


def _what(said: str) -> dict[str, Any]:
    """``station:…`` or ``bay:…`` of the form; all of the place where it is neither. Raises
    ``NotOfThisPlace``."""
    kind, _, named = said.partition(":")
    if not said:
        return {}
    try:
        id = UUID(named)
    except ValueError:
        raise windows.NotOfThisPlace from None
    return {"evse": EvseId(id)} if kind == "bay" else {"station": StationId(id)}


@get("/planned-work/{window:uuid}", include_in_schema=False)
async def show_work(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    window: FromPath[UUID],
) -> Response[str]:
    return await _window_page(request, house, actor, window)


async def _window_page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    id: UUID,
    *,
    typed: Form | None = None,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        found, here = await _found(work, id)
        numbers = sorted((await windows.bays_of(work, found)).values())
        told = await work.one(
            "SELECT count(DISTINCT holder)::int AS n FROM alert_view WHERE about = $1",
            f"window:{id}",
        )
    return await console_page(
        request,
        house,
        actor,
        "console/work_window.html",
        status=status,
        place="stations",
        window=found,
        here=here,
        numbers=numbers,
        told=told["n"] if told else 0,
        state=STATES[found.state],
        typed={
            "from": as_field(found.starts_at, here.time_zone),
            "until": as_field(found.ends_at, here.time_zone),
            "reason": found.reason,
            **{name: value[:300] for name, value in (typed or {}).items()},
        },
        may_edit=actor.may(Permission.EDIT_NETWORK) and found.is_open,
        trouble=trouble,
    )


async def _found(work: Work, id: UUID) -> tuple[Window, Location]:
    found = await windows.window(work, id)
    return found, await stations.location(work, found.location)


@post("/planned-work/{window:uuid}", include_in_schema=False)
async def change_work(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    window: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Give planned work other times or another reason. A time that was left as it is stays the
    moment that it was, also where the clock of the place shows it twice."""
    actor.must(Permission.EDIT_NETWORK)
    try:
        async with house.begin(actor.party) as work:
            before, here = await _found(work, window)
            zone = here.time_zone
            begins, ends = data.get("from", ""), data.get("until", "")
            await windows.change(
                work,
                window,
                starts_at=before.starts_at
                if begins == as_field(before.starts_at, zone)
                else rules_windows.moment(begins, zone, is_end=False),
                ends_at=before.ends_at
                if ends == as_field(before.ends_at, zone)
                else rules_windows.moment(ends, zone, is_end=True),
                reason=data.get("reason", ""),
                by=actor.name,
            )
            await parties.audit(work, actor, "changed planned work", f"window:{window}")
    except Refusal as no:
        return await _window_page(
            request, house, actor, window, typed=data, trouble=str(no), status=STATUS[no.kind]
        )
    return see_other(f"/console/planned-work/{window}")


@post("/planned-work/{window:uuid}/cancel", include_in_schema=False)
async def cancel_work(
    house: NamedDependency[House], actor: NamedDependency[Actor], window: FromPath[UUID]
) -> Redirect:
    """The work is not done, or is done already."""
    actor.must(Permission.EDIT_NETWORK)
    async with house.begin(actor.party) as work:
        await windows.cancel(work, window, by=actor.name)
        await parties.audit(work, actor, "cancelled planned work", f"window:{window}")
    return see_other(f"/console/planned-work/{window}")
