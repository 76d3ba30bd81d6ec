"""Reserve a bay where its station can keep it, see how long it is kept, start, give it back."""

from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from litestar import get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, ServerSentEvent

from voltway.disruptions import actions as disruptions
from voltway.disruptions.model import DisruptionKind
from voltway.kernel.emails import NotAnEmail, must_be_email
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import EvseId, TokenUid
from voltway.runtime.settings import PlugFirst
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlace
from voltway.waiting import reservations, starting, turns
from voltway.waiting.model_reservations import Reservation
from voltway.web.appearance import Form
from voltway.web.driver import (
    account,
    coming_back,
    instead,
    keeping,
    lining,
    planned,
    views,
    wait_alerts,
)
from voltway.web.driver.views import Bay
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

#: The cookie that holds the key of a driver's reservation: its bay starts from here.
RESERVED: Final = "voltway_reservation"
RELOAD_S: Final = 15
#: The times that are offered, as far as a place allows them, and the longest that it does.
TIMES: Final = (5, 10, 15, 20, 30, 45, 60, 90)


@dataclass(frozen=True, slots=True)
class Here:
    """Who looks at a bay, as far as reservations go: the keys in their browser, and the address
    that they signed in with."""

    keys: tuple[str, ...]
    email: str | None

    async def token(self, work: Work, evse: EvseId) -> TokenUid | None:
        """The token with which they start at a bay that is reserved for them."""
        return await reservations.token_for(work, evse, keys=self.keys, email=self.email)

    async def theirs(self, work: Work, evse: EvseId) -> Reservation | None:
        """The reservation of a bay, or that beside their turn, if it is theirs."""
        return await reservations.theirs_at(work, evse, keys=self.keys, email=self.email)

    async def may_start(self, work: Work, evse: EvseId, plug_first: PlugFirst) -> None:
        """Raises what stands against a start of theirs (``starting.may_start``)."""
        await starting.may_start(
            work, evse, plug_first=plug_first, keys=self.keys, email=self.email
        )

    async def begins(self, work: Work, evse: EvseId, visit_key: str) -> None:
        """They pay for a visit at the bay."""
        await reservations.begins(work, evse, visit_key, keys=self.keys, email=self.email)


async def who(request: HttpRequest, work: Work) -> Here:
    cookies = (request.cookies.get(name, "") for name in (RESERVED, lining.TURN))
    return Here(tuple(each for each in cookies if each), await account.seated(request, work))


@dataclass(frozen=True, slots=True)
class AtBay:
    """What a bay's page says of reservations: for how many minutes it can be reserved, and theirs,
    where it is."""

    minutes: int = 0
    theirs: Reservation | None = None


async def at_bay(request: HttpRequest, work: Work, bay: Bay, *, has_it: bool) -> AtBay:
    """``has_it``: who looks has a visit there, so that they need no reservation any more."""
    theirs = await (await who(request, work)).theirs(work, bay.evse)
    if theirs is not None or has_it or bay.state.glyph != "available":
        return AtBay(theirs=theirs if theirs is not None and theirs.turn is None else None)
    if await turns.length(work, bay.location):
        return AtBay()
    place = await stations.place_of(work, bay.evse)
    return AtBay(minutes=await reservations.offered(work, place))


def times(most: int) -> list[int]:
    return [each for each in TIMES if each < most] + ([most] if most else [])


@get("/e/{public_id:str}/reserve", include_in_schema=False)
async def ask_to_reserve(
    request: HttpRequest, house: NamedDependency[House], public_id: FromPath[str]
) -> Response[str] | Redirect:
    """The form: for how long, and to which address it is told. Who has the bay is led to their
    visit."""
    async with house.begin() as work:
        if (own := await _own_visit(request, house, work, public_id)) is not None:
            return own
    return await _form(request, house, public_id)


async def _own_visit(
    request: HttpRequest, house: House, work: Work, public_id: str
) -> Redirect | None:
    """To the visit at this bay of who asks, where they have one."""
    bay = await views.bay(work, public_id, formats_of(request, house), house.settings.heartbeat_s)
    ways = await coming_back.at_bay(request, work, bay.evse)
    return see_other(f"/v/{ways[0].key}") if ways else None


async def _form(
    request: HttpRequest,
    house: House,
    public_id: str,
    *,
    trouble: str = "",
    given: Form | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    async with house.begin() as work:
        bay = await views.bay(
            work, public_id, formats_of(request, house), house.settings.heartbeat_s
        )
        place = await stations.place_of(work, bay.evse)
        most = await reservations.offered(work, place)
        email = await account.seated(request, work)
        help_ = await views.help_of(
            work, bay.party, about=f"{bay.location_name}, {bay.public_id}", place=bay.location_id
        )
    typed = given or {}
    return page(
        request,
        house,
        "driver/reserve_form.html",
        status=status,
        bay=bay,
        times=times(most),
        chosen=typed.get("minutes", str(most)),
        is_free=bay.state.glyph == "available",
        email=typed.get("email", email or "")[:254],
        trouble=trouble,
        help=help_,
    )


@post("/e/{public_id:str}/reserve", include_in_schema=False)
async def reserve(
    request: HttpRequest, house: NamedDependency[House], public_id: FromPath[str], data: Form
) -> Response[str] | Redirect:
    """Ask the station to keep the bay."""
    email = data.get("email", "").strip()[:254]
    typed = data.get("minutes", "").strip()
    minutes = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 4 else 0
    try:
        must_be_email(email)
        async with house.begin() as work:
            if (own := await _own_visit(request, house, work, public_id)) is not None:
                return own
            bay = await views.bay(
                work, public_id, formats_of(request, house), house.settings.heartbeat_s
            )
            made = await reservations.reserve(
                work,
                bay.evse,
                email=email,
                locale=reader(request).papers,
                minutes=minutes,
                expected_s=house.settings.heartbeat_s,
            )
    except views.NoSuchBay:
        raise
    except (NotAnEmail, Refusal) as no:
        return await _form(
            request, house, public_id, trouble=told(request, no), given=data, status=STATUS[no.kind]
        )
    answer = see_other(f"/r/{made.key}")
    answer.cookies = [_cookie(request, house, made)]
    return answer


async def disrupted_at(work: Work, bay: EvsePlace) -> DisruptionKind | None:
    """What keeps drivers from charging at a bay, as it was told to them; ``None`` where nothing."""
    for each in await disruptions.open_at(work, bay.location):
        if each.evse == bay.evse or (each.evse is None and each.station == bay.station):
            return each.kind
    return None


def _cookie(request: HttpRequest, house: House, it: Reservation) -> Cookie:
    # An hour longer, for who comes late finds their page by it.
    lasts = it.until - it.created_at + timedelta(hours=1)
    return keeping.key_cookie(request, house, RESERVED, it.key, lasts=lasts)


async def _knows(request: HttpRequest, house: House, key: str, trouble: str = "") -> dict[str, Any]:
    formats = formats_of(request, house)
    async with house.begin() as work:
        it = await reservations.by_key(work, key[:80])
        bay = await stations.place_of(work, it.evse)
        out = await disrupted_at(work, bay)
        works = await planned.while_reserved(work, it, formats)
        others = await instead.of_reserved(
            work, it, formats, is_lost=out is not None or bool(works and it.is_open)
        )
        alerts = await wait_alerts.offer(work, house, wait_alerts.of(it, is_open=it.is_open))
        help_ = await views.help_of(
            work, it.party, about=f"{bay.location_name}, {bay.public_id}", place=bay.location
        )
    return {
        "it": it,
        "bay": bay,
        "out": out if it.is_open else None,
        "planned": works,
        "alerts": alerts,
        "instead": others,
        "reload_s": RELOAD_S if it.is_open else 0,
        "trouble": trouble,
        "help": help_,
    }


@get("/r/{key:str}", include_in_schema=False)
async def reservation_page(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str]:
    """How long it is kept. Who opens it can start there."""
    knows = await _knows(request, house, key)
    await wait_alerts.read(house, knows["it"])
    answer = page(request, house, "driver/reservation.html", **knows)
    if knows["it"].is_open:
        answer.cookies = [_cookie(request, house, knows["it"])]
    return answer


@get("/r/{key:str}/live", include_in_schema=False)
async def reservation_live(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> ServerSentEvent:
    """The same again, each time it changes, and while it is kept."""
    async with house.begin() as work:
        it = await reservations.by_key(work, key[:80])

    async def view() -> str:
        knows = await _knows(request, house, key)
        return draw(request, house, "driver/reservation_view.html", **knows)

    return house.streams.live(house.touches, (f"reservation:{it.id}",), view)


@post("/r/{key:str}/leave", include_in_schema=False)
async def give_back(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Redirect:
    """They do not come."""
    async with house.begin() as work:
        await reservations.leave(work, key[:80])
    return see_other(f"/r/{key}")
