"""The control page of the simulator, and its JSON API: plug in, show a card, break something."""

import asyncio
import re
from contextlib import suppress
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from jinja2 import Environment, PackageLoader
from litestar import Litestar, MediaType, Response, get, post
from litestar.datastructures import State
from litestar.params import FromPath
from litestar.response import Redirect

from voltway_world.stations.bays import Bay
from voltway_world.stations.bays import State as BayState
from voltway_world.stations.cars import Car, car_models, some_car
from voltway_world.stations.fleet import Fleet
from voltway_world.stations.forecourt import CannotDo
from voltway_world.stations.station import Station
from voltway_world.web import Asking, icon, look, quiet_site

_pages = Environment(
    loader=PackageLoader("voltway_world.stations", "pages"), autoescape=True, trim_blocks=True
)
_SCRIPT = files("voltway_world.stations").joinpath("pages/control.js").read_bytes()
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

#: Who goes back to Voltway waits at most so long until the station has told it what was done.
TOLD_WITHIN_S: Final = 3


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What a button or a program may add to a deed."""

    car: str | None = None
    soc: float = 35.0
    target: float = 100.0
    token: str | None = None


class Absent(Exception):
    pass


class CannotDoFor(CannotDo):
    """The same to who came from a page of Voltway, and wants to go back there."""

    def __init__(self, text: str, back: str) -> None:
        super().__init__(text)
        self.back = back


# What can be done


def _at_evse(station: Station, evse: int, deed: str, wish: Wish) -> None:
    """Do it; what the station tells of it goes out by itself."""
    forecourt = station.forecourt
    match deed:
        case "plug":
            forecourt.plug_in(evse, _car(wish))
        case "unplug":
            forecourt.unplug(evse)
        case "present":
            if not wish.token:
                raise CannotDo("Say which card is shown.")
            forecourt.present(evse, wish.token)
        case "fault":
            forecourt.fault(evse)
        case "repair":
            forecourt.repair(evse)
        case _:
            raise Absent


def _at_station(station: Station, deed: str) -> None:
    match deed:
        case "offline":
            station.go_offline()
        case "online":
            station.come_back()
        case "power_cycle":
            station.power_cycle()
        case _:
            raise Absent


def _car(wish: Wish) -> Car:
    if wish.car is not None and wish.car not in car_models():
        raise CannotDo(f"There is no car called {wish.car}.")
    if not 0 <= wish.soc <= 100 or not 0 <= wish.target <= 100:
        raise CannotDo("A battery is between 0 and 100 percent full.")
    return some_car(wish.car, soc=wish.soc, target=wish.target)


# What is seen


def _bay_view(bay: Bay) -> dict[str, Any]:
    session, car = bay.session, bay.car
    return {
        "number": bay.number,
        "max_power_w": bay.spec.power_w,
        "current": bay.spec.current,
        "connector": bay.spec.connector,
        "state": bay.state.value,
        "power_w": bay.power_w,
        "register_wh": bay.register_wh,
        "car": None if car is None else {"name": car.model.name, "soc": round(car.soc, 1)},
        "session": None
        if session is None
        else {
            "ref": session.ref,
            "token": session.token.uid if session.token else None,
            "energy_wh": bay.register_wh - session.start_wh,
        },
        "can": {
            "plug": car is None,
            "unplug": car is not None,
            "present": bay.state not in (BayState.FAULTED, BayState.UNAVAILABLE),
            "fault": not bay.is_faulted,
            "repair": bay.is_faulted,
        },
    }


def _station_view(fleet: Fleet, station: Station) -> dict[str, Any]:
    return {
        "identity": station.identity,
        "name": fleet.names.get(station.identity) or station.identity,
        "version": station.version,
        "online": station.is_online,
        "wants_line": station.wants_line,
        "trouble": station.trouble,
        "waiting": station.post.waiting,
        "evses": [_bay_view(bay) for bay in station.forecourt.bays.values()],
    }


# Doors


def _fleet(request: Asking) -> Fleet:
    fleet: Fleet = request.app.state.fleet
    return fleet


def _station(request: Asking, identity: str) -> Station:
    found = _fleet(request).stations.get(identity)
    if found is None:
        raise Absent
    return found


def _wish(body: bytes) -> Wish:
    try:
        return msgspec.json.decode(body, type=Wish) if body else Wish()
    except msgspec.DecodeError as error:
        raise CannotDo(f"The request cannot be read: {error}.") from error


@get("/api/cars", sync_to_thread=False)
def cars() -> list[dict[str, Any]]:
    return [
        {"id": car.id, "name": car.name, "battery_wh": car.battery_wh}
        for car in car_models().values()
    ]


@get("/api/stations", sync_to_thread=False)
def all_stations(request: Asking) -> list[dict[str, Any]]:
    fleet = _fleet(request)
    return [_station_view(fleet, station) for station in fleet.stations.values()]


@get("/api/stations/{identity:str}", sync_to_thread=False)
def one_station(request: Asking, identity: FromPath[str]) -> dict[str, Any]:
    return _station_view(_fleet(request), _station(request, identity))


@post("/api/stations/{identity:str}/{deed:str}", status_code=200)
async def do_at_station(
    request: Asking, identity: FromPath[str], deed: FromPath[str]
) -> dict[str, Any]:
    station = _station(request, identity)
    _at_station(station, deed)
    return _station_view(_fleet(request), station)


@post("/api/stations/{identity:str}/evses/{evse:int}/{deed:str}", status_code=200)
async def do_at_evse(
    request: Asking, identity: FromPath[str], evse: FromPath[int], deed: FromPath[str]
) -> dict[str, Any]:
    station = _station(request, identity)
    _at_evse(station, evse, deed, _wish(await request.body()))
    return _bay_view(station.forecourt.bay(evse))


@post("/do/{identity:str}/{deed:str}")
async def press_at_station(
    request: Asking, identity: FromPath[str], deed: FromPath[str]
) -> Redirect:
    _at_station(_station(request, identity), deed)
    return _back(request, identity)


@post("/do/{identity:str}/evses/{evse:int}/{deed:str}")
async def press_at_evse(
    request: Asking, identity: FromPath[str], evse: FromPath[int], deed: FromPath[str]
) -> Redirect:
    """A button without a script: the same deed, then the page again; or the page of Voltway that
    the button stands on, once Voltway was told."""
    form = await request.form()
    soc = str(form.get("soc") or "35")
    wish = Wish(
        car=str(form["car"]) if "car" in form else None,
        soc=float(soc) if soc.replace(".", "", 1).isdecimal() else -1,
        token=str(form["token"]).strip() if "token" in form else None,
    )
    station = _station(request, identity)
    back = _page_of_voltway(request, str(form.get("back") or ""))
    if not back:
        _at_evse(station, evse, deed, wish)
        return _back(request, identity)
    try:
        _at_evse(station, evse, deed, wish)
    except CannotDo as why:
        raise CannotDoFor(str(why), back) from why
    with suppress(TimeoutError):
        async with asyncio.timeout(TOLD_WITHIN_S):
            await station.settled()
    return Redirect(back, status_code=303)


def _page_of_voltway(request: Asking, given: str) -> str:
    """The page of a driver that wants its reader back; none that lies on another machine."""
    page = urlsplit(given)
    ours = page.hostname in (request.url.hostname, "localhost", "127.0.0.1")
    plain = re.fullmatch(r"[\w.-]+(:\d+)?", page.netloc, re.ASCII)
    return given if page.scheme in ("http", "https") and ours and plain else ""


def _back(request: Asking, identity: str) -> Redirect:
    came_from = request.headers.get("Referer", "")
    whole = "/stations/" not in came_from
    return Redirect("/" if whole else f"/stations/{identity}", status_code=303)


def _page(request: Asking, stations: list[Station], title: str) -> Response[str]:
    fleet = _fleet(request)
    back = _page_of_voltway(request, request.query_params.get("back", ""))
    html = _pages.get_template("control.html").render(
        title=title,
        one=len(stations) == 1 and len(fleet.stations) > 1,
        stations=[_station_view(fleet, station) for station in stations],
        cars=list(car_models().values()),
        token=next(iter(fleet.plan.traffic.tokens), ""),
        tokens=fleet.plan.traffic.tokens,
        back=back,
        only=request.query_params.get("bay", ""),
        speed=fleet.speed,
    )
    # A form that leads back to Voltway goes there too (CSP 3 §6.4).
    page = urlsplit(back)
    policy = _POLICY.replace("form-action", f"form-action {page.scheme}://{page.netloc}")
    headers = {
        "Content-Security-Policy": policy if back else _POLICY,
        "Cache-Control": "no-store",
    }
    return Response(html, media_type=MediaType.HTML, headers=headers)


@get("/", sync_to_thread=False)
def every_station(request: Asking) -> Response[str]:
    return _page(request, list(_fleet(request).stations.values()), "Simulated stations")


@get("/stations/{identity:str}", sync_to_thread=False)
def station_page(request: Asking, identity: FromPath[str]) -> Response[str]:
    station = _station(request, identity)
    name = _fleet(request).names.get(identity) or identity
    return _page(request, [station], name)


@get("/control.js", sync_to_thread=False)
def script() -> Response[bytes]:
    return Response(_SCRIPT, media_type="text/javascript")


def _trouble(request: Asking, status: int, text: str, back: str = "") -> Response[Any]:
    if request.url.path.startswith("/api/"):
        return Response({"error": text}, status_code=status)
    html = _pages.get_template("sorry.html").render(text=text, back=back)
    headers = {"Content-Security-Policy": _POLICY}
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=headers)


def _cannot(request: Asking, why: CannotDo) -> Response[Any]:
    return _trouble(request, 409, str(why), why.back if isinstance(why, CannotDoFor) else "")


def _absent(request: Asking, _: Absent) -> Response[Any]:
    return _trouble(request, 404, "There is no such station or button.")


def make_control(fleet: Fleet) -> Litestar:
    return quiet_site(
        [
            cars,
            all_stations,
            one_station,
            do_at_station,
            do_at_evse,
            press_at_station,
            press_at_evse,
            every_station,
            station_page,
            script,
            look,
            icon,
        ],
        exception_handlers={CannotDo: _cannot, Absent: _absent},
        state=State({"fleet": fleet}),
    )
