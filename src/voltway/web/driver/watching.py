"""Tell me when a bay is free: asked for at a place, told once, left at any time."""

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, ServerSentEvent

from voltway.alerts import waits
from voltway.alerts.model_events import wait_holder
from voltway.kernel.emails import NotAnEmail, must_be_email
from voltway.kernel.ids import EvseId, LocationId
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.waiting import actions as waiting
from voltway.waiting.model import Watch
from voltway.web.appearance import Form
from voltway.web.driver import account, views, wait_alerts
from voltway.web.house import House
from voltway.web.pages import HttpRequest, draw, formats_of, page, reader, see_other, told
from voltway.web.problems import STATUS

RELOAD_S: Final = 30


@get("/l/{location:uuid}/watch", include_in_schema=False)
async def ask_to_watch(
    request: HttpRequest, house: NamedDependency[House], location: FromPath[UUID]
) -> Response[str]:
    """The form: which bay, and to which address."""
    return await _form(request, house, location)


async def _form(
    request: HttpRequest,
    house: House,
    location: UUID,
    *,
    trouble: str = "",
    given: Form | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    async with house.begin() as work:
        place, bays = await views.place(
            work, LocationId(location), formats_of(request, house), house.settings.heartbeat_s
        )
        email = await account.seated(request, work)
        help_ = await views.help_of(work, place.party, about=place.name, place=location)
    typed = given or {}
    return page(
        request,
        house,
        "driver/watch_form.html",
        status=status,
        place=place,
        bays=bays,
        bay=typed.get("bay", ""),
        email=typed.get("email", email or ""),
        lasts_h=int(waiting.LASTS.total_seconds() // 3600),
        trouble=trouble,
        help=help_,
    )


@post("/l/{location:uuid}/watch", include_in_schema=False)
async def watch(
    request: HttpRequest, house: NamedDependency[House], location: FromPath[UUID], data: Form
) -> Response[str] | Redirect:
    """Watch a place, or one of its bays."""
    email = data.get("email", "").strip()[:254]
    try:
        made = await _watched(request, house, location, email, data)
    except (NotAnEmail, waiting.IsFree, waiting.TooManyWatches) as no:
        return await _form(
            request, house, location, trouble=told(request, no), given=data, status=STATUS[no.kind]
        )
    return see_other(f"/w/{made.key}")


async def _watched(
    request: HttpRequest, house: House, location: UUID, email: str, data: Form
) -> Watch:
    must_be_email(email)
    async with house.begin() as work:
        place, bays = await views.place(
            work, LocationId(location), formats_of(request, house), house.settings.heartbeat_s
        )
        bay = next((each for each in bays if each.public_id == data.get("bay")), None)
        return await waiting.watch(
            work,
            place.party,
            LocationId(location),
            email=email,
            locale=reader(request).papers,
            expected_s=house.settings.heartbeat_s,
            evse=EvseId(bay.evse) if bay else None,
        )


@get("/w/{key:str}", include_in_schema=False)
async def watched(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str]:
    """How a watch stands, and what to do next."""
    knows = await _knows(request, house, key)
    await wait_alerts.read(house, knows["watch"])
    return page(request, house, "driver/watch.html", **knows)


async def _knows(request: HttpRequest, house: House, key: str) -> dict[str, Any]:
    async with house.begin() as work:
        found = await waiting.by_key(work, key[:80])
        place, bays = await _place(work, request, house, found)
        told = await stations.place_of(work, found.told_evse) if found.told_evse else None
        help_ = await views.help_of(work, found.party, about="", place=found.location)
        is_over = found.state != "waiting" or found.until <= work.now
        alerts = await wait_alerts.offer(work, house, wait_alerts.of(found, is_open=not is_over))
    return {
        "watch": found,
        "place": place,
        "bays": bays,
        "told": told,
        "alerts": alerts,
        "is_over": is_over,
        "reload_s": 0 if is_over else RELOAD_S,
        "help": help_,
    }


@get("/w/{key:str}/live", include_in_schema=False)
async def watch_live(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> ServerSentEvent:
    """The same again, each time one of the bays changes, or who waits there is told."""
    async with house.begin() as work:
        found = await waiting.by_key(work, key[:80])
        _, bays = await _place(work, request, house, found)
    subjects = (f"line:{found.location}", *dict.fromkeys(f"station:{bay.station}" for bay in bays))

    async def view() -> str:
        return draw(request, house, "driver/watch_view.html", **await _knows(request, house, key))

    return house.streams.live(house.touches, subjects, view)


async def _place(
    work: Work, request: HttpRequest, house: House, found: Watch
) -> tuple[views.Place | None, list[views.Bay]]:
    """The place that is watched; none where it is closed."""
    try:
        return await views.place(
            work, found.location, formats_of(request, house), house.settings.heartbeat_s
        )
    except views.NoSuchPlace:
        return None, []


@post("/w/{key:str}/leave", include_in_schema=False)
async def leave(house: NamedDependency[House], key: FromPath[str]) -> Redirect:
    """They do not want to know any more."""
    async with house.begin() as work:
        await waiting.leave(work, key[:80])
    return see_other(f"/w/{key}")


@post("/w/{key:str}/again", include_in_schema=False)
async def again(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str] | Redirect:
    """Wait for the same once more, with the same address, phone and number."""
    async with house.begin() as work:
        found = await waiting.by_key(work, key[:80])
    try:
        async with house.begin() as work:
            made = await waiting.watch(
                work,
                found.party,
                found.location,
                email=found.email,
                locale=found.locale,
                expected_s=house.settings.heartbeat_s,
                evse=found.evse,
                power_w_min=found.power_w_min,
            )
            await waits.carry(work, wait_holder("watch", found.id), wait_holder("watch", made.id))
    except waiting.IsFree:
        return see_other(f"/l/{found.location}")
    except waiting.TooManyWatches as no:
        return await _form(
            request, house, found.location, trouble=told(request, no), status=STATUS[no.kind]
        )
    return see_other(f"/w/{made.key}")
