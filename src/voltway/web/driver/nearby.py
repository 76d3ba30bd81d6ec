"""The list of places from where somebody is, the nearest first."""

from dataclasses import dataclass, replace
from http import HTTPStatus

from litestar import post
from litestar.di import NamedDependency
from litestar.response import Response

from voltway.kernel.errors import Kind, Refusal
from voltway.web.appearance import Form
from voltway.web.driver import asking, favourites, finding, my_car
from voltway.web.driver.finding import Spot
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, page


@post("/near", include_in_schema=False, status_code=HTTPStatus.OK)
async def near(request: HttpRequest, house: NamedDependency[House], data: Form) -> Response[str]:
    """The same, the nearest first, as a part of the page. Where somebody is comes in the body of
    the request, rounded by the browser to about a kilometre, so that no log has it; it is kept
    nowhere."""
    asked = replace(asking.asked_of(data), after=None)
    spot = _spot(data)
    async with house.begin() as work:
        asked = await favourites.with_marked(request, work, asked)
        car = await my_car.mine(request, work)
        found = await finding.find(
            work, asked, formats_of(request, house), house.settings.heartbeat_s, spot, car=car
        )
    return page(
        request,
        house,
        "driver/places_list.html",
        asked=asked,
        found=found,
        near=spot,
        car=car,
        on_map=False,
    )


@dataclass(eq=False)
class NoPosition(Refusal):
    """That is no position on the globe, so the places stay as they are."""

    kind = Kind.INVALID


def _spot(data: Form) -> Spot:
    try:
        lat, lon = float(data.get("lat", "")[:20]), float(data.get("lon", "")[:20])
    except ValueError as error:
        raise NoPosition from error
    if not (-90 <= lat <= 90 and -180 <= lon <= 180):
        raise NoPosition
    return Spot(round(lat, 2), round(lon, 2))
