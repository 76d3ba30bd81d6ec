"""A driver's own pages: signing in by a code, ways to pay, cards, receipts, and leaving for good.

Nobody needs them to charge. What a person is to a party is found by their address; a party that
they keep something with knows them from then on.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Response

from voltway.alerts import account as letters
from voltway.alerts import actions as alerts
from voltway.alerts import bounces
from voltway.billing import homes_own
from voltway.drivers import entry, own
from voltway.drivers.model import Driver, Seat
from voltway.kernel.emails import must_be_email
from voltway.kernel.errors import Outage, Refusal
from voltway.kernel.ids import DriverId, PartyId
from voltway.parties import actions as parties
from voltway.payments import giving_up, methods
from voltway.payments.model_methods import Method, MethodId, SavingStage
from voltway.runtime.work import Work
from voltway.web import speaking
from voltway.web.appearance import Form, here
from voltway.web.driver import account_views, coming_back, own_data, own_places, views
from voltway.web.house import House
from voltway.web.pages import (
    HttpRequest,
    formats_of,
    page,
    public_url,
    reader,
    see_other,
    told,
)
from voltway.web.problems import STATUS
from voltway.web.speaking import SEAT

_HERE: Final = "/me"
WRONG_CODE: Final = (
    "This is not the code, or it is too old. Look at the last mail, or ask for a new one."
)

NOT_SAVED: Final = "Nothing was saved: the page was not finished."
IF_SAVED: Final = "If you saved it, it is here in a minute."
STILL_THERE: Final = (
    "There is money on your balance. Nothing was deleted: say below what is to become of it."
)


class NobodyOperates(Refusal):
    """Nobody operates anything here yet, so there is nothing to sign in to."""


async def seated(request: HttpRequest, work: Work) -> str | None:
    """The address of who has signed in here."""
    token = request.cookies.get(SEAT, "")
    return await entry.who(work, token) if token else None


async def driver_here(request: HttpRequest, work: Work, party: PartyId) -> DriverId | None:
    """What who has signed in is to this party, from now on at least; ``None``: nobody has."""
    email = await seated(request, work)
    return None if email is None else (await entry.driver_at(work, party, email)).id


async def own_methods(
    request: HttpRequest, work: Work, party: PartyId
) -> tuple[str, Sequence[Method]]:
    """The address of this browser's driver, and what they can pay with here, the default first."""
    email = await seated(request, work)
    if email is None:
        return "", ()
    for driver in await entry.drivers_of(work, email):
        if driver.party == party:
            return email, await methods.methods_of(work, party, driver.id)
    return email, ()


async def chosen_method(
    request: HttpRequest, work: Work, party: PartyId, wanted: str
) -> tuple[str, Method | None]:
    """The address of this browser's driver, and the method that they chose by its id; where they
    chose none, what they pay with usually."""
    email, known = await own_methods(request, work, party)
    return email, next((each for each in known if not wanted or str(each.id) == wanted), None)


@get("/me", include_in_schema=False)
async def me(
    request: HttpRequest, house: NamedDependency[House], back: FromQuery[str] = _HERE
) -> Response[str]:
    """The account of who has signed in; else the way in, and to ``back`` from there."""
    return await shown(request, house, back=back)


async def shown(
    request: HttpRequest,
    house: House,
    *,
    trouble: str = "",
    status: int = HTTPStatus.OK,
    back: str = _HERE,
) -> Response[str]:
    """The account of who has signed in, with what went wrong if anything did."""
    async with house.begin() as work:
        email = await seated(request, work)
        if email is None:
            return await _way_in(request, house, work, back=here(back))
        await alerts.opened(work, _HERE, [email])
        knows = await account_views.account(work, house, email)
        knows["bounce"] = await bounces.bounce_of(work, email)
        knows["ways_back"] = await coming_back.ways(request, work)
        help_ = await views.help_of(work, None, about="")
    return page(
        request,
        house,
        "driver/account.html",
        status=status,
        email=email,
        help=help_,
        trouble=trouble,
        **knows,
    )


async def _way_in(
    request: HttpRequest, house: House, work: Work, *, status: int = HTTPStatus.OK, **more: Any
) -> Response[str]:
    help_ = await views.help_of(work, None, about="")
    knows: dict[str, Any] = {"email": "", "sent": False, "wrong": "", "trouble": "", "back": _HERE}
    knows["ways_back"] = await coming_back.ways(request, work)
    knows.update(more)
    return page(request, house, "driver/enter.html", status=status, help=help_, **knows)


@get(["/me/code", "/me/enter"], include_in_schema=False, sync_to_thread=False)
def way_in_again() -> Redirect:
    """Who comes back to a form's address, by a reload or another theme, begins again."""
    return see_other(_HERE)


@post("/me/code", include_in_schema=False)
async def ask_code(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str]:
    """Mail a code. The answer is the same whether or not the address is known."""
    email = data.get("email", "").strip()[:254]
    back = here(data.get("back", _HERE))
    source = request.client.host if request.client else ""
    try:
        must_be_email(email)
        async with house.begin() as work:
            code = await entry.ask_code(work, email, source=source)
            known = await entry.drivers_of(work, email)
            party = known[0].party if known else (await _first_party(work))
            await letters.tell_code(work, code, party, reader(request).papers)
    except Refusal as no:
        async with house.begin() as work:
            return await _way_in(
                request,
                house,
                work,
                status=STATUS[no.kind],
                email=email,
                trouble=told(request, no),
                back=back,
            )
    async with house.begin() as work:
        return await _way_in(request, house, work, email=email, sent=True, back=back)


async def _first_party(work: Work) -> PartyId:
    found = await parties.first_party(work)
    if found is None:
        raise NobodyOperates
    return found.id


@post("/me/enter", include_in_schema=False)
async def enter(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """Let in who has the code."""
    email, back = data.get("email", "").strip()[:254], here(data.get("back", _HERE))
    async with house.begin() as work:
        seat = await entry.enter(work, email, data.get("code", "")[:40])
        if seat is not None:
            await bounces.lift(work, email)  # the mail with the code arrived
    if seat is None:
        async with house.begin() as work:
            return await _way_in(
                request,
                house,
                work,
                status=HTTPStatus.FORBIDDEN,
                email=email,
                sent=True,
                wrong=WRONG_CODE,
                back=back,
            )
    answer = see_other(back)
    answer.set_cookie(_cookie(request, house, seat))
    async with house.begin() as work:
        await own_places.take_along(request, work, email, answer)
        await speaking.take_along(request, work, email, answer)
    return answer


def _cookie(request: HttpRequest, house: House, seat: Seat) -> Cookie:
    """Not for scripts, not sent along from other sites, only over TLS where there is any."""
    return Cookie(
        key=SEAT,
        value=seat.token,
        path="/",
        max_age=int((seat.until - house.clock.now()).total_seconds()),
        httponly=True,
        samesite="lax",
        secure=public_url(request, house).startswith("https://"),
    )


@post("/me/leave", include_in_schema=False)
async def leave(request: HttpRequest, house: NamedDependency[House]) -> Redirect:
    token = request.cookies.get(SEAT, "")
    if token:
        async with house.begin() as work:
            await entry.leave(work, token)
    answer = see_other("/")
    for name in (SEAT, coming_back.VISITS):  # others may use this browser
        answer.delete_cookie(name, path="/")
    return answer


@post("/me/methods", include_in_schema=False)
async def add_method(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """Send the driver to the provider's page, on which the method is saved."""
    async with house.begin() as work:
        email = await seated(request, work)
        if email is None:
            return see_other(_HERE)
        driver = await at_party(work, email, data.get("party", ""))
    base = public_url(request, house)
    try:
        saving = await methods.open_saving(
            house.begin,
            house.provider,
            party=driver.party,
            holder=driver.id,
            return_url=f"{base}/me/saved/{{saving}}",
            cancel_url=f"{base}/me",
        )
    except (Refusal, Outage) as no:
        status = STATUS[no.kind] if isinstance(no, Refusal) else HTTPStatus.SERVICE_UNAVAILABLE
        return await shown(request, house, trouble=told(request, no), status=status)
    return see_other(saving.hosted_url or _HERE)


async def at_party(work: Work, email: str, party: str) -> Driver:
    """The person as a driver of this party; of the first where none is named."""
    try:
        named = PartyId(UUID(party))
    except ValueError:
        named = await _first_party(work)
    return await entry.driver_at(work, (await parties.party(work, named)).id, email)


@get("/me/saved/{saving:uuid}", include_in_schema=False)
async def saved(
    request: HttpRequest, house: NamedDependency[House], saving: FromPath[UUID]
) -> Response[str] | Redirect:
    """The driver is back from the provider's page: look what they did there."""
    try:
        seen = await methods.look_at_saving(house.begin, house.provider, saving)
    except Outage as silence:
        said = f"{told(request, silence)} {formats_of(request, house).say(IF_SAVED)}"
        return await shown(request, house, trouble=said, status=HTTPStatus.SERVICE_UNAVAILABLE)
    if seen.stage is SavingStage.SAVED:
        return see_other(_HERE)
    return await shown(request, house, trouble=NOT_SAVED)


@post("/me/methods/{method:uuid}/default", include_in_schema=False)
async def choose_method(
    request: HttpRequest, house: NamedDependency[House], method: FromPath[UUID]
) -> Redirect:
    """Pay with this from now on."""
    async with house.begin() as work:
        driver = await _whose(request, work, method)
        await methods.make_default(work, driver.party, driver.id, MethodId(method))
    return see_other(_HERE)


@post("/me/methods/{method:uuid}/remove", include_in_schema=False)
async def remove_method(
    request: HttpRequest, house: NamedDependency[House], method: FromPath[UUID]
) -> Redirect:
    async with house.begin() as work:
        driver = await _whose(request, work, method)
    await methods.forget(
        house.begin, house.provider, party=driver.party, holder=driver.id, id=MethodId(method)
    )
    return see_other(_HERE)


async def _whose(request: HttpRequest, work: Work, method: UUID) -> Driver:
    """The driver of this browser, whose method this is. Raises ``NoSuchMethod``."""
    email = await seated(request, work)
    for driver in await entry.drivers_of(work, email) if email else []:
        found = await methods.methods_of(work, driver.party, driver.id)
        if any(each.id == method for each in found):
            return driver
    raise methods.NoSuchMethod


@get("/me/delete", include_in_schema=False)
async def confirm_delete(
    request: HttpRequest, house: NamedDependency[House]
) -> Response[str] | Redirect:
    """What is deleted and what is kept, before it is done."""
    return await _ask_to_delete(request, house)


async def _ask_to_delete(
    request: HttpRequest, house: House, *, trouble: str = "", status: int = HTTPStatus.OK
) -> Response[str] | Redirect:
    async with house.begin() as work:
        email = await seated(request, work)
        help_ = await views.help_of(work, None, about="")
    if email is None:
        return see_other(_HERE)
    left = await account_views.balances_left(house, email)
    return page(
        request,
        house,
        "driver/account_delete.html",
        status=status,
        trouble=trouble,
        email=email,
        help=help_,
        left=left,
        may_delete=all(each.lapses for each in left),
    )


@post("/me/delete", include_in_schema=False)
async def delete(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """Forget the person: name, address, ways to pay, sign-ins; their cards open nothing more. Bills
    and books keep what the law wants kept, without the name. What is left of vouchers and gifts
    lapses, where the form says of how much the person knows that."""
    async with house.begin() as work:
        email = await seated(request, work)
        if email is None:
            return see_other(_HERE)
        known = await entry.drivers_of(work, email)
    left = await account_views.balances_left(house, email)
    if any(not each.lapses or data.get(f"lapse-{each.party}") != str(each.lapses) for each in left):
        return await _ask_to_delete(request, house, trouble=STILL_THERE, status=HTTPStatus.CONFLICT)
    try:
        for driver in known:
            for each in left:
                if each.party == driver.party and each.lapses is not None:
                    async with house.begin(driver.party) as work:
                        await giving_up.give_up(work, driver.party, driver.id, each.lapses)
    except Refusal as no:
        return await _ask_to_delete(
            request, house, trouble=told(request, no), status=STATUS[no.kind]
        )
    for driver in known:
        async with house.begin() as work:
            kept = await methods.methods_of(work, driver.party, driver.id)
        for method in kept:
            await methods.forget(
                house.begin, house.provider, party=driver.party, holder=driver.id, id=method.id
            )
        async with house.begin() as work:
            await own.give_back(work, driver)
            await entry.forget_person(work, driver)
            await homes_own.forget_person(work, driver)
    async with house.begin() as work:
        await own_data.forget(work, email)
    answer = see_other("/")
    answer.delete_cookie(SEAT, path="/")
    return answer
