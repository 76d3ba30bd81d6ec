"""A simulation of very many sessions: how far it is, as it moves, and what it came to."""

from typing import Any
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response, ServerSentEvent

from voltway.billing import simulation_runs
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.tariffs.ocpi import read_once
from voltway.web.console.door import console_page
from voltway.web.console.tariff_simulator import seen
from voltway.web.house import House
from voltway.web.pages import HttpRequest, draw, formats_of


@get("/tariffs/simulations/{run:uuid}", include_in_schema=False)
async def simulation(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    run: FromPath[UUID],
) -> Response[str]:
    knows, _ = await _knows(request, house, actor, run)
    return await console_page(
        request, house, actor, "console/simulation.html", place="tariffs", **knows
    )


@get("/tariffs/simulations/{run:uuid}/live", include_in_schema=False)
async def simulation_live(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    run: FromPath[UUID],
) -> ServerSentEvent:
    """The page again, each time some more sessions are priced."""

    async def view() -> str:
        knows, zone = await _knows(request, house, actor, run)
        return draw(request, house, "console/simulation_view.html", zone=zone, **knows)

    return house.streams.live(house.touches, (f"tariff_simulation:{run}",), view)


async def _knows(
    request: HttpRequest, house: House, actor: Actor, id: UUID
) -> tuple[dict[str, Any], str]:
    """What the page knows, and the zone of its times."""
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        run = await simulation_runs.found(work, id)
        made = await simulation_runs.outcome(work, run)
        zone = (await parties.party(work, actor.party)).time_zone
        row = await work.one("SELECT name FROM location_view WHERE id = $1", run.location)
    knows = {
        "run": run,
        "draft": read_once(run.document).id,
        "at": row["name"] if row else "",
        **seen(made, formats_of(request, house)),
    }
    return knows, zone
