"""Places, bays, and the start of a visit."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, ServerSentEvent

from voltway.kernel.errors import Outage, Refusal
from voltway.kernel.ids import LocationId
from voltway.kernel.units import PowerW
from voltway.parties import actions as parties
from voltway.payments import web_started
from voltway.payments.beginning import NotAnAddress
from voltway.payments.model import Visit
from voltway.payments.ready import plugs_first
from voltway.runtime.work import Work
from voltway.stations import photos
from voltway.tariffs.promotions import CodeRefused
from voltway.waiting import turns
from voltway.web.appearance import Form
from voltway.web.driver import (
    account,
    asking,
    at_reader,
    coming_back,
    details,
    estimates,
    favourites,
    finding,
    for_car,
    hindering,
    instead,
    lining,
    my_car,
    naming,
    needs,
    own_places,
    planned,
    reserving,
    token_views,
    views,
)
from voltway.web.driver.views import Bay
from voltway.web.formats import Formats
from voltway.web.house import House
from voltway.web.pages import (
    HttpRequest,
    draw,
    formats_of,
    packed,
    page,
    public_url,
    reader,
    see_other,
    told,
)
from voltway.web.photos import url_of
from voltway.web.problems import STATUS

NOT_CHARGED: Final = "You were not charged. Please try again in a moment."


@get("/", include_in_schema=False)
async def list_places(
    request: HttpRequest, house: NamedDependency[House]
) -> Response[str] | Response[bytes] | Redirect:
    """The open places that fit, those with free bays first, a page at a time."""
    return await show_places(request, house, on_map=False)


async def show_places(
    request: HttpRequest, house: House, *, on_map: bool
) -> Response[str] | Response[bytes] | Redirect:
    """The list of places, with or without the map of them above it; whoever types the EVSE ID of
    a bay is sent to it, or told that there is none."""
    needed = {} if request.query_params else needs.needed(request)
    formats = formats_of(request, house)
    async with house.begin() as work:
        of_account = {} if request.query_params or needed else await details.needed(request, work)
        asked = asking.asked_of(needed or of_account or request.query_params)
        called = await naming.bays_called(work, asked.words)
        if called and len(called) == 1:
            return see_other(f"/e/{quote(called[0], safe='*')}")
        asked = await favourites.with_marked(request, work, asked)
        car = await my_car.mine(request, work)
        found = await finding.find(work, asked, formats, house.settings.heartbeat_s, car=car)
        help_ = await views.help_of(work, None, about="")
        ways = await coming_back.ways(request, work)
    shown = page(
        request,
        house,
        "driver/places.html",
        asked=asked,
        found=found,
        called=called,
        near=None,
        car=car,
        needed=[formats.say(each) for each in needs.named(needed or of_account)],
        is_of_account=bool(of_account),
        on_map=on_map,
        map_style=house.settings.map_style.partition(" ")[0],
        plugs=asking.PLUGS,
        ticks=asking.TICKS,
        help=help_,
        ways_back=ways,
    )
    return shown if ways else packed(request, shown)  # the key of a visit is a secret


@get("/l/{location:uuid}", include_in_schema=False)
async def location(
    request: HttpRequest, house: NamedDependency[House], location: FromPath[UUID]
) -> Response[str]:
    return page(request, house, "driver/location.html", **await _location(request, house, location))


@get("/l/{location:uuid}/live", include_in_schema=False)
async def location_live(
    request: HttpRequest, house: NamedDependency[House], location: FromPath[UUID]
) -> ServerSentEvent:
    """The place again, each time one of its bays changes."""
    async with house.begin() as work:
        _, bays = await views.place(
            work, LocationId(location), formats_of(request, house), house.settings.heartbeat_s
        )
        ways = await coming_back.at_bays(request, work, [bay.evse for bay in bays])
    own = (f"payment:{each.payment}" for each in ways)
    subjects = (f"line:{location}", *dict.fromkeys(f"station:{bay.station}" for bay in bays), *own)

    async def view() -> str:
        knows = await _location(request, house, location)
        return draw(request, house, "driver/location_view.html", **knows)

    return house.streams.live(house.touches, subjects, view)


async def _location(request: HttpRequest, house: House, location: UUID) -> dict[str, Any]:
    formats = formats_of(request, house)
    async with house.begin() as work:
        place, bays = await views.place(
            work, LocationId(location), formats, house.settings.heartbeat_s
        )
        like = await finding.like(work, place.id, formats)
        help_ = await views.help_of(work, place.party, about=place.name)
        car = await my_car.mine(request, work)
        mine = await for_car.at_places(work, car, for_car.of_bays(bays), formats)
        queue = await turns.queue_of(work, LocationId(location))
        pictures = await photos.of_place(work, LocationId(location))
        ahead = await planned.at_place(work, LocationId(location), bays, formats)
        others = await instead.of_place(work, bays, car, formats)
        own = await favourites.of_account(request, work, location)
        is_known = await account.seated(request, work) is not None
        ways = await coming_back.at_bays(request, work, [bay.evse for bay in bays])
    if like.phone:
        help_ = replace(help_, phone=like.phone)
    return {
        "place": place,
        "bays": bays,
        "like": like,
        "is_mine": own is not None or location in own_places.in_browser(request),
        "own": own,
        "is_known": is_known,
        "ways_back": ways,
        "car": car,
        "mine": mine.get(location),
        "queue": queue,
        "photos": pictures,
        "photo_url": url_of,
        "planned": ahead,
        "instead": others,
        "help": help_,
    }


@get("/e/{public_id:str}", include_in_schema=False)
async def evse(
    request: HttpRequest, house: NamedDependency[House], public_id: FromPath[str]
) -> Response[str]:
    """A bay: where, what state, what price, what a charge would cost, what is held, and the
    start."""
    async with house.begin() as work:
        return await _evse_page(request, house, work, public_id, query=request.query_params)


async def _evse_page(
    request: HttpRequest,
    house: House,
    work: Work,
    public_id: str,
    *,
    trouble: str = "",
    email: str = "",
    email_wrong: str = "",
    code: str = "",
    code_wrong: str = "",
    query: Mapping[str, str] | None = None,
    grant: str = "",
    chosen: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    formats = formats_of(request, house)
    now = await _evse_now(request, work, house, public_id, formats)
    bay: Bay = now["bay"]
    grant = grant or (query or {}).get("k", "")[:60]
    is_first = query is not None
    query = {name: value for name, value in (query or {}).items() if name != "k"}
    car = await my_car.at_bay(work, await my_car.mine(request, work), bay, formats)
    asked = estimates.asked_of(query, PowerW(bay.power_w), car)
    estimate = await estimates.estimated(work, bay, asked, formats)
    party = await parties.party(work, bay.party)
    address, own = await account.own_methods(request, work, bay.party)
    ways = await token_views.to_pay(work, own)
    return page(
        request,
        house,
        "driver/evse.html",
        status=status,
        **now,
        hold=formats.hold(party.hold_minor, party.currency),
        start_within=formats.span(house.settings.start_within_s, seconds_to=60),
        help=await _help_at(work, bay),
        trouble=trouble,
        saved=ways[0].name if ways else "",
        ways=ways,
        chosen=chosen or (ways[0].id if ways else ""),
        currency=party.currency,
        terminals=await at_reader.at_bay(work, house, bay),
        email=address if is_first else email,  # what somebody took away stays away
        email_wrong=email_wrong,
        estimate=estimate,
        mine=car if car and estimate and not estimate.wrong and not is_typed(query) else None,
        is_asked=bool(query),
        grant=grant,
        code=code or (estimate.code if estimate else ""),
        code_wrong=code_wrong,
    )


async def _help_at(work: Work, bay: Bay) -> views.Help:
    about = f"{bay.location_name}, {bay.public_id}"
    report = f"/e/{bay.public_id}/report"
    return await views.help_of(work, bay.party, about=about, place=bay.location_id, report=report)


def is_typed(query: Mapping[str, str]) -> bool:
    """Whether somebody asks for another charge than that of their car."""
    return any(query.get(name, "").strip() for name in ("kwh", "minutes", "parked"))


async def _evse_now(
    request: HttpRequest, work: Work, house: House, public_id: str, formats: Formats
) -> dict[str, Any]:
    """What the live part of a bay's page shows."""
    bay = await views.bay(work, public_id, formats, house.settings.heartbeat_s)
    ways = await coming_back.at_bay(request, work, bay.evse)
    reserved = await reserving.at_bay(request, work, bay, has_it=bool(ways))
    ahead = await planned.at_bay(work, bay, formats)
    return {
        "bay": bay,
        "starts": await views.starts(work, bay.evse, formats),
        "plug_first": await plugs_first(work, bay.evse, house.settings.plug_first),
        "planned": ahead,
        "reserved": reserved,
        "ways_back": ways,
        "instead": await instead.of_bay(
            work,
            bay,
            formats,
            is_theirs=reserved.theirs is not None or bool(ways),
            in_window=any(each.is_now for each in ahead),
        ),
    }


@get("/e/{public_id:str}/live", include_in_schema=False)
async def evse_live(
    request: HttpRequest, house: NamedDependency[House], public_id: FromPath[str]
) -> ServerSentEvent:
    """The bay's state again, each time it changes."""
    formats = formats_of(request, house)
    async with house.begin() as work:
        bay = await views.bay(work, public_id, formats, house.settings.heartbeat_s)
        ways = await coming_back.at_bay(request, work, bay.evse)

    async def view() -> str:
        async with house.begin() as work:
            now = await _evse_now(request, work, house, public_id, formats_of(request, house))
        return draw(request, house, "driver/evse_now.html", **now)

    own = (f"payment:{each.payment}" for each in ways)
    subjects = (f"evse:{bay.evse}", f"station:{bay.station}", *own)
    return house.streams.live(house.touches, subjects, view)


@post("/e/{public_id:str}/start", include_in_schema=False)
async def start(
    request: HttpRequest, house: NamedDependency[House], public_id: FromPath[str], data: Form
) -> Response[str] | Redirect:
    """Open a hold, and send the driver to the provider's page, or to a visit of theirs here."""
    email = data.get("email", "").strip()[:254]
    code = data.get("code", "").strip()[:40]
    grant = data.get("k", "")[:60]
    chosen = data.get("method", "")[:36]
    bays = partial(_evse_page, request, house, public_id=public_id)
    again = partial(bays, email=email, code=code, grant=grant, chosen=chosen)
    async with house.begin() as work:
        bay = await views.bay(
            work, public_id, formats_of(request, house), house.settings.heartbeat_s
        )
        if ways := await coming_back.at_bay(request, work, bay.evse):
            return see_other(f"/v/{ways[0].key}")
        price = data.get("price", "")
        if trouble := await hindering.hinders(request, work, house, bay, price, grant):
            return await again(work, trouble=trouble, status=HTTPStatus.CONFLICT)
    here = public_url(request, house)
    saved = None
    if data.get("way") == "saved":
        async with house.begin() as work:
            own, saved = await account.chosen_method(request, work, bay.party, chosen)
        if saved is None:
            return see_other(f"/me?back=/e/{bay.public_id}")
        email = email or own
    async with house.begin() as work:
        token = await (await reserving.who(request, work)).token(work, bay.evse)
        driver = await account.driver_here(request, work, bay.party)
    try:
        visit = await at_reader.open_visit(
            house,
            data.get("reader", ""),
            evse=bay.evse,
            email=email or None,
            locale=reader(request).papers,
            return_url=f"{here}/v/{{visit_key}}",
            cancel_url=f"{here}/e/{bay.public_id}",
            code=code,
            saved=saved,
            token=token,
            driver=driver,
            mine=coming_back.keys(request),
        )
    except (NotAnAddress, CodeRefused) as wrong:
        async with house.begin() as work:
            return await again(
                work,
                email_wrong=told(request, wrong) if isinstance(wrong, NotAnAddress) else "",
                code_wrong=told(request, wrong) if isinstance(wrong, CodeRefused) else "",
                status=STATUS[wrong.kind],
            )
    except (Refusal, Outage) as no:
        is_out = isinstance(no, Outage)
        status = HTTPStatus.SERVICE_UNAVAILABLE if is_out else HTTPStatus.CONFLICT
        trouble = f"{told(request, no)} {formats_of(request, house).say(NOT_CHARGED)}"
        async with house.begin() as work:
            return await again(work, trouble=trouble, status=status)
    return await _begun(request, house, bay, visit)


async def _begun(request: HttpRequest, house: House, bay: Bay, visit: Visit) -> Redirect:
    """Who pays for this visit may charge a car of theirs, or have a turn or a reservation here;
    their browser keeps the way back to it."""
    async with house.begin() as work:
        await my_car.charges_with(request, work, bay, visit.visit_key)
        await lining.begins(request, work, bay.evse, visit.visit_key)
        await (await reserving.who(request, work)).begins(work, bay.evse, visit.visit_key)
        if visit.hosted_url:
            await web_started.tell_station(work, bay.evse)
    answer = see_other(visit.hosted_url or f"/v/{visit.visit_key}")
    answer.cookies = [coming_back.begun(request, house, visit.visit_key)]
    return answer
