"""A driver's own cards and cars: what each is called, what pays for it, and that it is lost."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.drivers import entry, own
from voltway.drivers.model import Driver, Token
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import TokenId
from voltway.payments import methods
from voltway.payments.model_methods import MethodId
from voltway.runtime.work import Work
from voltway.sessions import lost
from voltway.web.appearance import Form
from voltway.web.driver import token_views, views
from voltway.web.driver.account import seated
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page, see_other, told
from voltway.web.problems import STATUS

_HERE: Final = "/me/tokens"
_WAY_IN: Final = f"/me?back={_HERE}"


@get("/me/tokens", include_in_schema=False)
async def own_tokens(
    request: HttpRequest, house: NamedDependency[House]
) -> Response[str] | Redirect:
    """What this driver shows at stations."""
    return await _page(request, house)


async def _page(
    request: HttpRequest, house: House, *, trouble: str = "", status: int = HTTPStatus.OK
) -> Response[str] | Redirect:
    async with house.begin() as work:
        email = await seated(request, work)
        if email is None:
            return see_other(_WAY_IN)
        shown = [
            await token_views.own_tokens(work, driver)
            for driver in await entry.drivers_of(work, email)
        ]
        help_ = await views.help_of(work, shown[0].party if shown else None, about="")
    return page(
        request,
        house,
        "driver/tokens.html",
        status=status,
        email=email,
        operators=[each for each in shown if each.tokens or each.contracts],
        help=help_,
        trouble=trouble,
    )


async def _whose(request: HttpRequest, work: Work, token: UUID) -> tuple[Driver, Token]:
    """The driver of this browser for whom this token stands. Raises ``NotYourToken``."""
    email = await seated(request, work)
    for driver in await entry.drivers_of(work, email) if email else []:
        try:
            return driver, await own.own(work, driver, TokenId(token))
        except own.NotYourToken:
            continue
    raise own.NotYourToken


@post("/me/tokens/{token:uuid}", include_in_schema=False)
async def change(
    request: HttpRequest, house: NamedDependency[House], token: FromPath[UUID], data: Form
) -> Response[str] | Redirect:
    """Name it, and say what pays for it: a method, or the default of the driver."""
    try:
        async with house.begin() as work:
            driver, found = await _whose(request, work, token)
            await own.name_it(work, driver, found.id, data.get("label", "")[:200])
            if "pays" in data and not found.on_account:
                pays = _method(data["pays"])
                await methods.pay_by(work, driver.party, driver.id, found.id, pays)
    except own.NotYourToken:
        raise
    except Refusal as no:
        return await _page(request, house, trouble=told(request, no), status=STATUS[no.kind])
    return see_other(_HERE)


def _method(text: str) -> MethodId | None:
    if not text:
        return None
    try:
        return MethodId(UUID(text))
    except ValueError as error:
        raise methods.NoSuchMethod from error


@get("/me/tokens/{token:uuid}/lost", include_in_schema=False)
async def confirm_lost(
    request: HttpRequest, house: NamedDependency[House], token: FromPath[UUID]
) -> Response[str]:
    """What reporting it lost means, before it is done."""
    async with house.begin() as work:
        driver, found = await _whose(request, work, token)
        running = await lost.charging(work, found)
        help_ = await views.help_of(work, driver.party, about="")
    return page(
        request,
        house,
        "driver/token_lost.html",
        running=running,
        id=str(found.id),
        name=found.label,
        kind=token_views.KINDS[found.kind],
        end=found.uid[-4:],
        is_lost=found.lost_at is not None,
        help=help_,
    )


@post("/me/tokens/{token:uuid}/lost", include_in_schema=False)
async def report_lost(
    request: HttpRequest, house: NamedDependency[House], token: FromPath[UUID], data: Form
) -> Redirect:
    async with house.begin() as work:
        driver, found = await _whose(request, work, token)
        await lost.report(work, driver, found, stop=bool(data.get("stop")))
    return see_other(_HERE)
