"""The way out that a mail names: no more of these, without signing in."""

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Response

from voltway.alerts import wishing
from voltway.alerts.model_events import Event, is_guest
from voltway.web.driver import views
from voltway.web.driver.alerting import NAMES
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page


@get("/alerts/leave/{key:str}", include_in_schema=False)
async def leave_page(
    request: HttpRequest,
    house: NamedDependency[House],
    key: FromPath[str],
    event: FromQuery[str] = "",
) -> Response[str]:
    """What the link of a mail asks. Nothing is changed by looking: programs look at links too."""
    return await _leaving(request, house, key, _event(event), done=False)


@post("/alerts/leave/{key:str}", include_in_schema=False)
async def leave(
    request: HttpRequest,
    house: NamedDependency[House],
    key: FromPath[str],
    event: FromQuery[str] = "",
) -> Response[str]:
    """No more mails of an event, or of any, without signing in (RFC 8058 §3.2)."""
    async with house.begin() as work:
        await wishing.leave(work, key, _event(event))
    return await _leaving(request, house, key, _event(event), done=True)


async def _leaving(
    request: HttpRequest, house: House, key: str, event: Event | None, *, done: bool
) -> Response[str]:
    async with house.begin() as work:
        whose = (await wishing.by_link(work, key)).holder
        help_ = await views.help_of(work, None, about="")
    return page(
        request,
        house,
        "driver/alerts_leave.html",
        key=key,
        event=NAMES[event] if event else "",
        event_key=event or "",
        done=done,
        is_guest=is_guest(whose),
        help=help_,
    )


def _event(said: str) -> Event | None:
    return Event(said) if said in set(Event) else None
