"""My car: chosen once, kept in the browser, and in the account of who has one.

Nobody needs to say what they drive. Who does is told what a charge costs and how long it takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import ClassVar, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId
from voltway.payments import actions as payments
from voltway.runtime.work import Work
from voltway.sessions.time_to_done import FULL, TARGET
from voltway.stations.model import Current
from voltway.vehicles import actions as vehicles
from voltway.vehicles import catalogue
from voltway.vehicles.model import OF_THIS_VISIT, Charges, EvModel, TimeToDone, Vehicle
from voltway.vehicles.rules_plugs import takes
from voltway.vehicles.rules_time import Known, Station, time_to_done
from voltway.web.appearance import Form, here
from voltway.web.driver import account, views
from voltway.web.driver.views import Bay
from voltway.web.formats import EN_DASH, Formats
from voltway.web.house import House
from voltway.web.pages import HttpRequest, choice, page, see_other, told
from voltway.web.problems import STATUS

COOKIE: Final = "car"
#: With how much people come where they say nothing, in percent.
COMES_WITH: Final = 20
SHOWN_MAX: Final = 20


class NotPercents(Refusal):
    """Give two percentages from 0 to 100, the second one above the first."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(frozen=True, slots=True)
class MyCar:
    """The car of a browser: its model, from and to which percent it is to be filled, which of the
    person's cars it is, and when they said from which percent: that is soon another."""

    model: EvModel
    soc: int = COMES_WITH
    target: int = TARGET
    vehicle: UUID | None = None
    told_at: datetime | None = None

    def kept(self) -> str:
        """What the cookie holds."""
        told_s = int(self.told_at.timestamp()) if self.told_at else ""
        return f"{self.model.id}.{self.soc}.{self.target}.{self.vehicle or ''}.{told_s}".rstrip(".")

    def comes_with(self, now: datetime) -> int | None:
        """With how much it comes, if its driver said that for this visit."""
        if self.told_at is None or now - self.told_at > OF_THIS_VISIT:
            return None
        return self.soc


@dataclass(frozen=True, slots=True)
class MineShown:
    """What a bay would do for a car: the energy in kWh and the minutes that an estimate of the
    cost takes, and the words of both."""

    car: MyCar
    kwh: str
    minutes: str
    energy: str
    time: str


def in_cookie(request: HttpRequest) -> MyCar | None:
    """The car that this browser keeps; ``None`` for anything that is none."""
    parts = request.cookies.get(COOKIE, "").split(".")
    try:
        model = catalogue.model(UUID(parts[0]))
        soc, target = int(parts[1]), int(parts[2])
        vehicle = UUID(parts[3]) if len(parts) > 3 and parts[3] else None
        told_at = datetime.fromtimestamp(int(parts[4]), UTC) if len(parts) > 4 else None
    except (ValueError, IndexError, OverflowError, OSError):
        return None
    if model is None or not 0 <= soc < target <= FULL:
        return None
    return MyCar(model, soc, target, vehicle, told_at)


async def mine(request: HttpRequest, work: Work) -> MyCar | None:
    """The car of this browser, else the default one of who has signed in."""
    if (kept := in_cookie(request)) is not None:
        return kept
    email = await account.seated(request, work)
    own = await vehicles.default_vehicle(work, email) if email else None
    model = catalogue.model(own.model) if own else None
    return MyCar(model, vehicle=own.id) if own and model else None


async def at_bay(work: Work, car: MyCar | None, bay: Bay, formats: Formats) -> MineShown | None:
    """What a bay would do for a car; ``None`` where there is none, or it takes nothing here."""
    if car is None:
        return None
    done = await _time(work, car, bay)
    if done is None:
        return None
    kwh, minutes = in_figures(done)
    return MineShown(
        car,
        kwh=kwh,
        minutes=minutes,
        energy=f"{done.energy_wh / 1000:.0f}",
        time=range_of(done, formats),
    )


def in_figures(done: TimeToDone) -> tuple[str, str]:
    """The energy in kWh and the minutes of which an estimate of the cost is made."""
    return f"{done.energy_wh / 1000:.1f}", str(max(round(done.seconds / 60), 1))


async def _time(work: Work, car: MyCar, bay: Bay) -> TimeToDone | None:
    is_dc = bay.current == Current.DC
    if not takes(car.model, bay.connector_type, is_dc=is_dc):
        return None
    known = await known_of(work, car, bay.party)
    return time_to_done(known, Station(is_dc, max(bay.power_w, 1)), car.soc, car.target)


async def known_of(work: Work, car: MyCar, party: PartyId) -> Known:
    """What is known of a car that has not come yet."""
    return await vehicles.known(
        work, Charges(party, vehicles.NO_TOKEN, car.model.id, car.vehicle, car.target)
    )


def range_of(done: TimeToDone, formats: Formats) -> str:
    """A range in minutes, or in hours and minutes where it is long."""
    least, most = max(1, round(done.soonest_s / 60)), max(2, round(done.latest_s / 60))
    if most <= 120:
        return f"{least} min" if least == most else f"{least}{EN_DASH}{most} min"
    quarter = 15 * 60
    return f"{formats.span(round(done.soonest_s / quarter) * quarter)}{EN_DASH}" + formats.span(
        round(done.latest_s / quarter) * quarter
    )


async def charges_with(request: HttpRequest, work: Work, bay: Bay, visit: str) -> None:
    """Note which car charges in the visit of this key, and with how much it comes, as far as this
    browser says it."""
    car = await mine(request, work)
    if car is None:
        return
    token = (await payments.visit(work, visit)).token
    own = await _own(request, work)
    vehicle = car.vehicle if any(each.id == car.vehicle for each in own) else None
    comes_with = car.comes_with(work.now)
    told = Charges(bay.party, token, car.model.id, vehicle, car.target, comes_with)
    await vehicles.charges(work, told)


async def _own(request: HttpRequest, work: Work) -> list[Vehicle]:
    email = await account.seated(request, work)
    return await vehicles.vehicles(work, email) if email else []


@get("/car", include_in_schema=False)
async def choose_car(
    request: HttpRequest,
    house: NamedDependency[House],
    q: FromQuery[str] = "",
    back: FromQuery[str] = "/",
) -> Response[str]:
    """Look for a model; the car that is chosen, and how far it is to be filled."""
    return await _shown(request, house, q=q[:80], back=here(back))


async def _shown(
    request: HttpRequest,
    house: House,
    *,
    q: str = "",
    back: str = "/",
    trouble: str = "",
    status: int = 200,
) -> Response[str]:
    async with house.begin() as work:
        email = await account.seated(request, work)
        own = await _own(request, work)
        car = await mine(request, work)
        help_ = await views.help_of(work, None, about="")
    found = catalogue.found(q, SHOWN_MAX + 1)
    return page(
        request,
        house,
        "driver/car.html",
        status=status,
        q=q,
        back=back,
        found=found[:SHOWN_MAX],
        more=len(found) > SHOWN_MAX,
        car=car,
        own=[(each, model) for each in own if (model := catalogue.model(each.model))],
        email=email or "",
        help=help_,
        trouble=trouble,
        attribution=catalogue.ATTRIBUTION,
    )


@post("/car", include_in_schema=False)
async def keep_car(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """Keep the model, or how far it is to be filled; who has signed in keeps it in the account."""
    back = here(data.get("back", "/"))
    async with house.begin() as work:
        kept, now = await mine(request, work), work.now
    try:
        car = _typed(data, kept)
        if data.get("soc"):
            car = replace(car, told_at=now)
        if data.get("model"):
            vehicle = await _in_account(request, house, car.model, data.get("vehicle", ""))
            car = replace(car, vehicle=vehicle)
    except Refusal as no:
        return await _shown(
            request, house, back=back, trouble=told(request, no), status=STATUS[no.kind]
        )
    answer = see_other(back if data.get("soc") else f"/car?back={back}")
    answer.set_cookie(choice(COOKIE, car.kept()))
    return answer


def _typed(data: Mapping[str, str], kept: MyCar | None) -> MyCar:
    """The car as it is after a form. Raises ``NoSuchModel``, ``NotPercents``."""
    if data.get("model"):
        kept = _of_model(data["model"], kept)
    if kept is None:
        raise vehicles.NoSuchModel
    soc = data.get("soc", str(kept.soc)).strip()
    target = data.get("target", str(kept.target)).strip()
    if not (soc.isdecimal() and target.isdecimal() and len(soc) < 4 and len(target) < 4):
        raise NotPercents
    if not 0 <= int(soc) < int(target) <= FULL:
        raise NotPercents
    return replace(kept, soc=int(soc), target=int(target))


def _of_model(id: str, kept: MyCar | None) -> MyCar | None:
    """A car of this model, filled as far as the one before."""
    try:
        model = catalogue.model(UUID(id))
    except ValueError:
        return None
    if model is None or kept is None:
        return MyCar(model) if model else None
    return MyCar(model, kept.soc, kept.target, told_at=kept.told_at)


async def _in_account(
    request: HttpRequest, house: House, model: EvModel, vehicle: str
) -> UUID | None:
    """The car of this model in the account of who has signed in: the named one, else a new one."""
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is None:
            return None
        own = await vehicles.vehicles(work, email)
        named = next((each for each in own if str(each.id) == vehicle), None)
        chosen = named or await vehicles.add(work, email, model.id)
        await vehicles.make_default(work, email, chosen.id)
        return chosen.id


@post("/car/none", include_in_schema=False)
async def forget_car(request: HttpRequest, data: Form) -> Redirect:
    """Keep no car in this browser."""
    answer = see_other(here(data.get("back", "/")))
    answer.delete_cookie(COOKIE, path="/")
    return answer


@post("/car/{vehicle:uuid}/remove", include_in_schema=False)
async def remove_car(
    request: HttpRequest, house: NamedDependency[House], vehicle: FromPath[UUID]
) -> Response[str] | Redirect:
    """Remove a car from the account, and what it taught."""
    async with house.begin() as work:
        email = await account.seated(request, work)
    if email is None:
        return see_other("/me?back=/car")
    try:
        async with house.begin() as work:
            await vehicles.remove(work, email, vehicle)
    except Refusal as no:
        return await _shown(request, house, trouble=told(request, no), status=STATUS[no.kind])
    answer = see_other("/car?back=/me")
    kept = in_cookie(request)
    if kept is not None and kept.vehicle == vehicle:
        answer.delete_cookie(COOKIE, path="/")
    return answer
