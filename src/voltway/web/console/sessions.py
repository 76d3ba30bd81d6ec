"""Sessions: the list, and one of them with its readings, its money and its books."""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter
from litestar.response import Redirect, Response, ServerSentEvent

from voltway.billing import ocpi_cdr
from voltway.kernel.ids import SessionId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.sessions import actions
from voltway.web.console import session_views
from voltway.web.console.door import console_page, uuid_of
from voltway.web.driver.views import like
from voltway.web.house import House
from voltway.web.pages import HttpRequest, draw, formats_of, see_other

#: The filters over the list, and their words.
KINDS: Final = (("", "All"), ("running", "Running"), ("doubtful", "Doubtful"), ("ended", "Ended"))


@get("/sessions", include_in_schema=False)
async def list_sessions(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    words: Annotated[str, QueryParameter(name="q")] = "",
    kind: FromQuery[str] = "",
    before: FromQuery[str] = "",
) -> Response[str]:
    """The sessions of this party that fit, the newest first."""
    actor.must(Permission.SEE_ALL)
    formats = formats_of(request, house)
    async with house.begin(actor.party) as work:
        lines, following = await session_views.lines(
            work, formats, words=like(words), kind=kind, before=uuid_of(before)
        )
    return await console_page(
        request,
        house,
        actor,
        "console/sessions.html",
        place="sessions",
        sessions=lines,
        following=following,
        asked={"q": words[:80], "kind": kind},
        kinds=KINDS,
    )


@get("/sessions/{session:uuid}", include_in_schema=False)
async def session(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    session: FromPath[UUID],
) -> Response[str]:
    knows = await _knows(request, house, actor, session)
    return await console_page(
        request, house, actor, "console/session.html", place="sessions", **knows
    )


@get("/sessions/{session:uuid}/live", include_in_schema=False)
async def session_live(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    session: FromPath[UUID],
) -> ServerSentEvent:
    """The session again, each time it, its payment or its bill moves."""
    first = await _knows(request, house, actor, session)

    async def view() -> str:
        knows = await _knows(request, house, actor, session)
        return draw(request, house, "console/session_view.html", actor=actor, **knows)

    return house.streams.live(house.touches, first["s"].subjects, view)


async def _knows(request: HttpRequest, house: House, actor: Actor, session: UUID) -> dict[str, Any]:
    actor.must(Permission.SEE_ALL)
    formats = formats_of(request, house)
    async with house.begin(actor.party) as work:
        seen = await session_views.session(
            work, SessionId(session), formats, sees_money=actor.may(Permission.SEE_MONEY)
        )
    return {
        "s": seen,
        "cdr_versions": [version.value for version in ocpi_cdr.VERSIONS],
        "may_stop": actor.may(Permission.ORDER_STATION),
        "may_move": actor.may(Permission.MOVE_MONEY),
        "may_check": actor.may(Permission.EDIT_NETWORK),
    }


@post("/sessions/{session:uuid}/stop", include_in_schema=False)
async def stop(
    house: NamedDependency[House], actor: NamedDependency[Actor], session: FromPath[UUID]
) -> Redirect:
    """Ask the station to end a session; the driver pays what was used."""
    actor.must(Permission.ORDER_STATION)
    async with house.begin(actor.party) as work:
        await actions.stop(work, SessionId(session), by=actor.name)
        await parties.audit(work, actor, "stopped a session", f"session:{session}")
    return see_other(f"/console/sessions/{session}")
