"""The live wall: every port, what is wrong, what runs, what it earns."""

from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Response, ServerSentEvent

from voltway.parties.model import Actor, Permission
from voltway.web.console import wall_views
from voltway.web.console.door import console_page
from voltway.web.house import House
from voltway.web.pages import HttpRequest, draw, formats_of


@get("/", include_in_schema=False)
async def wall(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await console_page(
        request,
        house,
        actor,
        "console/wall.html",
        place="wall",
        wall=await _wall(request, house, actor),
    )


@get("/live", include_in_schema=False)
async def wall_live(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> ServerSentEvent:
    """The wall again, each time something of this party moves."""

    async def view() -> str:
        knows: dict[str, Any] = {"wall": await _wall(request, house, actor), "actor": actor}
        return draw(request, house, "console/wall_view.html", **knows)

    return house.streams.live(house.touches, (f"wall:{actor.party}", "lobby"), view)


async def _wall(request: HttpRequest, house: House, actor: Actor) -> wall_views.Wall:
    actor.must(Permission.SEE_ALL)
    formats = formats_of(request, house)
    async with house.begin(actor.party) as work:
        return await wall_views.wall(
            work,
            formats,
            expected_s=house.settings.heartbeat_s,
            sees_money=actor.may(Permission.SEE_MONEY),
        )
