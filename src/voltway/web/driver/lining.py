"""The line at a place: join it, see how one stands, accept the bay, let others pass, leave."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, ServerSentEvent

from voltway.kernel.emails import NotAnEmail, must_be_email
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import EvseId, LocationId
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.waiting import actions as waiting
from voltway.waiting import rules_turns, turns
from voltway.waiting.model_turns import Turn
from voltway.web.appearance import Form
from voltway.web.driver import account, keeping, views, wait_alerts
from voltway.web.house import House
from voltway.web.pages import (
    HttpRequest,
    draw,
    formats_of,
    page,
    reader,
    see_other,
    told,
)
from voltway.web.problems import STATUS

#: The cookie that holds the key of a driver's turn: the bay that is held for it starts from here.
TURN: Final = "voltway_turn"
RELOAD_S: Final = 15


async def begins(request: HttpRequest, work: Work, evse: EvseId, visit_key: str) -> None:
    """A driver who may have a turn pays for a visit at the bay."""
    email = await account.seated(request, work)
    await turns.begins(work, evse, visit_key, key=request.cookies.get(TURN, ""), email=email)


@get("/l/{location:uuid}/queue", include_in_schema=False)
async def ask_to_queue(
    request: HttpRequest, house: NamedDependency[House], location: FromPath[UUID]
) -> Response[str]:
    """The form: which power, and to which address the turn is told."""
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
    formats = formats_of(request, house)
    async with house.begin() as work:
        place, bays = await views.place(
            work, LocationId(location), formats, house.settings.heartbeat_s
        )
        email = await account.seated(request, work)
        hold = await turns.hold_for(work, LocationId(location))
        line = await turns.length(work, LocationId(location))
        help_ = await views.help_of(work, place.party, about=place.name, place=location)
    typed = given or {}
    powers = sorted({bay.power_w for bay in bays})
    return page(
        request,
        house,
        "driver/queue_form.html",
        status=status,
        place=place,
        powers=powers,
        # Who wants more power than is free may queue for that.
        is_free=any(bay.is_free and bay.power_w == powers[-1] for bay in bays),
        power=typed.get("power", ""),
        email=typed.get("email", email or "")[:254],
        hold_min=int(hold.total_seconds() // 60),
        line=line,
        trouble=trouble,
        help=help_,
    )


@post("/l/{location:uuid}/queue", include_in_schema=False)
async def join(
    request: HttpRequest, house: NamedDependency[House], location: FromPath[UUID], data: Form
) -> Response[str] | Redirect:
    """Stand in line."""
    email = data.get("email", "").strip()[:254]
    power = data.get("power", "")
    formats = formats_of(request, house)
    try:
        must_be_email(email)
        async with house.begin() as work:
            place, bays = await views.place(
                work, LocationId(location), formats, house.settings.heartbeat_s
            )
            made = await turns.join(
                work,
                place.party,
                LocationId(location),
                email=email,
                locale=reader(request).papers,
                expected_s=house.settings.heartbeat_s,
                power_w_min=next((bay.power_w for bay in bays if str(bay.power_w) == power), 0),
            )
    except (
        NotAnEmail,
        waiting.IsFree,
        waiting.TooManyWatches,
        turns.NoLineHere,
        turns.LineIsLong,
    ) as no:
        return await _form(
            request, house, location, trouble=told(request, no), given=data, status=STATUS[no.kind]
        )
    answer = see_other(f"/t/{made.key}")
    answer.cookies = [_cookie(request, house, made)]
    return answer


def _cookie(request: HttpRequest, house: House, turn: Turn) -> Cookie:
    lasts = turn.lasts_until - turn.created_at
    return keeping.key_cookie(request, house, TURN, turn.key, lasts=lasts)


async def _knows(request: HttpRequest, house: House, key: str, trouble: str = "") -> dict[str, Any]:
    formats = formats_of(request, house)
    async with house.begin() as work:
        turn = await turns.by_key(work, key[:80])
        line = await turns.line_of(work, turn) if turn.is_open else None
        bay = await stations.place_of(work, turn.evse) if turn.evse else None
        place = await stations.location(work, turn.location)
        hold = await turns.hold_for(work, turn.location)
        alerts = await wait_alerts.offer(work, house, wait_alerts.of(turn, is_open=turn.is_open))
        help_ = await views.help_of(work, turn.party, about=place.name, place=turn.location)
    return {
        "turn": turn,
        "line": line,
        "alerts": alerts,
        "bay": bay,
        "place": place,
        "hold_min": int(hold.total_seconds() // 60),
        "passes_min": int(rules_turns.PASSES.total_seconds() // 60),
        "passes": turn.passes_until is not None and turn.passes_until > house.clock.now(),
        "about": formats.span(line.about_min * 60) if line and line.about_min else "",
        "reload_s": RELOAD_S if turn.is_open else 0,
        "trouble": trouble,
        "help": help_,
    }


@get("/t/{key:str}", include_in_schema=False)
async def turn_page(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str]:
    """How somebody stands in line. Who opens it can start at the bay that is held for it."""
    knows = await _knows(request, house, key)
    await wait_alerts.read(house, knows["turn"])
    answer = page(request, house, "driver/turn.html", **knows)
    if knows["turn"].is_open:
        answer.cookies = [_cookie(request, house, knows["turn"])]
    return answer


@get("/t/{key:str}/live", include_in_schema=False)
async def turn_live(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> ServerSentEvent:
    """The same again, each time the line moves, and while a bay is held."""
    async with house.begin() as work:
        turn = await turns.by_key(work, key[:80])

    async def view() -> str:
        return draw(request, house, "driver/turn_view.html", **await _knows(request, house, key))

    return house.streams.live(house.touches, (f"line:{turn.location}",), view)


_Doing = Callable[[Work, str], Awaitable[Turn]]


async def _done(
    request: HttpRequest, house: House, key: str, do: _Doing
) -> Response[str] | Redirect:
    try:
        async with house.begin() as work:
            await do(work, key[:80])
    except turns.NoSuchTurn:
        raise
    except Refusal as no:
        knows = await _knows(request, house, key, told(request, no))
        return page(request, house, "driver/turn.html", status=STATUS[no.kind], **knows)
    return see_other(f"/t/{key}")


@post("/t/{key:str}/accept", include_in_schema=False)
async def accept(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str] | Redirect:
    """They come."""
    return await _done(request, house, key, turns.accept)


@post("/t/{key:str}/back", include_in_schema=False)
async def step_back(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str] | Redirect:
    """One place back."""
    return await _done(request, house, key, turns.step_back)


@post("/t/{key:str}/pass", include_in_schema=False)
async def let_pass(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str] | Redirect:
    """Others go first for a while."""
    return await _done(request, house, key, turns.let_pass)


@post("/t/{key:str}/leave", include_in_schema=False)
async def leave_line(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str] | Redirect:
    """They stand in line no more."""
    return await _done(request, house, key, turns.leave)
