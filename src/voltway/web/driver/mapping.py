"""The map of places: the same places as the list, by the same address."""

import asyncio
from typing import Any, Final
from uuid import UUID

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.web.driver import asking, favourites, finding, my_car, places, views
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, packed, page
from voltway.web.security import MAP_PATH

#: A ten-thousandth of a degree is ten metres: enough for a mark, and half the bytes.
DIGITS: Final = 4


@get(MAP_PATH, include_in_schema=False)
async def show_map(
    request: HttpRequest, house: NamedDependency[House]
) -> Response[str] | Response[bytes] | Redirect:
    """The map above the list; without script, without WebGL and for a screen reader the list."""
    return await places.show_places(request, house, on_map=True)


@get("/map/places", include_in_schema=False)
async def map_points(request: HttpRequest, house: NamedDependency[House]) -> Response[bytes]:
    """Where all places are that fit, and how each is now; when that was."""
    asked = asking.asked_of(request.query_params)
    formats = formats_of(request, house)
    async with house.begin() as work:
        asked = await favourites.with_marked(request, work, asked)
        found = await finding.points(work, asked, formats, house.settings.heartbeat_s)
        at = work.now
    told: dict[str, Any] = {
        "at": at.isoformat(),
        "places": [
            (round(each.lat, DIGITS), round(each.lon, DIGITS), each.state, each.id)
            for each in found
        ],
    }
    shown = Response(
        msgspec.json.encode(told),
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
    return await asyncio.to_thread(packed, request, shown)  # of ten thousand places it takes time


@get("/map/card/{location:uuid}", include_in_schema=False)
async def map_card(
    request: HttpRequest, house: NamedDependency[House], location: FromPath[UUID]
) -> Response[str]:
    """A place of the map as the list has it."""
    formats = formats_of(request, house)
    async with house.begin() as work:
        car = await my_car.mine(request, work)
        place = await finding.one(work, location, formats, house.settings.heartbeat_s, car)
    if place is None:
        raise views.NoSuchPlace
    return page(request, house, "driver/map_card.html", place=place)
