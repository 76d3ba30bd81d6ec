"""Who sits at the console: the cookie of the sign-in, and what the role may do."""

from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from litestar import Request
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException
from litestar.response import Response

from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Party, Permission, SignedIn
from voltway.runtime import jobs_seen
from voltway.runtime.work import Work
from voltway.web.console import review_views
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page, public_url, see_other

#: The cookie that holds the sign-in's token.
SEAT: Final = "voltway_seat"


class NotSignedIn(HTTPException):
    """Nobody sits here: the page of the sign-in comes first."""

    status_code = 401


async def sitting(request: Request[Any, Any, Any], house: NamedDependency[House]) -> Actor:
    """The operator of this request. Without one the request goes no further."""
    token = request.cookies.get(SEAT)
    if token:
        async with house.begin() as work:
            actor = await parties.who(work, token)
        if actor is not None:
            return actor
    raise NotSignedIn


def to_sign_in(request: HttpRequest, _: NotSignedIn) -> Response[Any]:
    """The way to the sign-in, and back to here afterwards."""
    if request.headers.get("accept", "").startswith("text/event-stream"):
        return Response("", status_code=204)  # a live page stops asking (HTML §9.2.3)
    back = request.url.path if request.method == "GET" else "/console"
    return see_other(f"/console/sign-in?back={quote(back)}")


def seat(request: HttpRequest, house: House, signed: SignedIn) -> Cookie:
    """Not for scripts, not sent along from other sites, only over TLS where there is any."""
    lasts = int((signed.expires_at - house.clock.now()).total_seconds())
    return Cookie(
        key=SEAT,
        value=signed.token,
        path="/console",
        max_age=lasts,
        httponly=True,
        samesite="lax",
        secure=public_url(request, house).startswith("https://"),
    )


async def console_page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    template: str,
    /,
    *,
    status: int = 200,
    **knows: Any,
) -> Response[str]:
    """A page with the rail: who sits here, and how much trouble is open."""
    async with house.begin(actor.party) as work:
        rail = await rail_of(work, actor)
    return page(request, house, template, status=status, actor=actor, **rail, **knows)


async def rail_of(work: Work, actor: Actor) -> dict[str, Any]:
    party: Party = await parties.party(work, PartyId(actor.party))
    knocking = await work.one("SELECT count(*)::int AS n FROM lobby_view")
    found = await work.one(
        "SELECT count(*)::int AS n FROM books_finding_view WHERE closed_at IS NULL"
    )
    return {
        "party": party,
        "zone": party.time_zone,
        "knocking": knocking["n"] if knocking else 0,
        "findings": found["n"] if found and actor.may(Permission.SEE_MONEY) else 0,
        "to_review": await review_views.waiting(work),
        "failed_jobs": await jobs_seen.failed(work, party.id),
        "initials": "".join(part[0] for part in actor.name.split()[:2]).upper() or "?",
    }


def uuid_of(text: str) -> UUID | None:
    """The id that a form or an address names, if it is one."""
    try:
        return UUID(text)
    except ValueError:
        return None
