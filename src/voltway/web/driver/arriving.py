"""How full a car came that does not tell its charge: its driver may say so while it charges."""

from http import HTTPStatus
from typing import Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.payments import actions as payments
from voltway.stations import actions as stations
from voltway.vehicles import actions as vehicles
from voltway.web.appearance import Form
from voltway.web.driver import views
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page, see_other

WRONG: Final = "Give a percentage from 0 to 99."


@get("/v/{key:str}/came", include_in_schema=False)
async def ask_how_full(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str]
) -> Response[str]:
    return await _asked(request, house, key)


async def _asked(
    request: HttpRequest, house: House, key: str, *, typed: str = "", trouble: str = ""
) -> Response[str]:
    async with house.begin() as work:
        payment = await payments.visit(work, key)
        place = await stations.place_of(work, payment.evse)
        help_ = await views.help_of(work, payment.party, about=place.public_id)
    return page(
        request,
        house,
        "driver/came.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if trouble else HTTPStatus.OK,
        key=key,
        place=place,
        typed=typed,
        trouble=trouble,
        help=help_,
    )


@post("/v/{key:str}/came", include_in_schema=False)
async def tell_how_full(
    request: HttpRequest, house: NamedDependency[House], key: FromPath[str], data: Form
) -> Response[str] | Redirect:
    """Count the time to done from this percent on."""
    typed = data.get("percent", "").strip().removesuffix("%").strip()[:4]
    if not (typed.isdecimal() and int(typed) < 100):
        return await _asked(request, house, key, typed=typed, trouble=WRONG)
    async with house.begin() as work:
        payment = await payments.visit(work, key)
        await vehicles.came_with(work, payment.party, payment.token, int(typed))
        if payment.session is not None:
            work.touch(f"session:{payment.session}")
    return see_other(f"/v/{key}")
