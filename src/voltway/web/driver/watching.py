"""Tell me when a bay is free: asked for at a place, told once, left at any time."""

from http import HTTPStatus
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.emails import NotAnEmail, must_be_email
from voltway.kernel.ids import EvseId, LocationId
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.waiting import actions as waiting
from voltway.waiting.model import Watch
from voltway.web.appearance import Form
from voltway.web.driver import account, views
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, page, reader, see_other, told
from voltway.web.problems import STATUS


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
    async with house.begin() as work:
        found = await waiting.by_key(work, key[:80])
        place, bays = await _place(work, request, house, found)
        told = await stations.place_of(work, found.told_evse) if found.told_evse else None
        help_ = await views.help_of(work, found.party, about="", place=found.location)
        email = await account.seated(request, work)
    return page(
        request,
        house,
        "driver/watch.html",
        watch=found,
        place=place,
        bays=bays,
        told=told,
        is_over=found.state != "waiting" or found.until <= house.clock.now(),
        email=email or "",
        help=help_,
    )


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
    """Wait for the same once more, with the same address."""
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
    except waiting.IsFree:
        return see_other(f"/l/{found.location}")
    except waiting.TooManyWatches as no:
        return await _form(
            request, house, found.location, trouble=told(request, no), status=STATUS[no.kind]
        )
    return see_other(f"/w/{made.key}")
