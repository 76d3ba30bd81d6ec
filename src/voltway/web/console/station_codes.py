"""Whether a station shows codes of its own on its display."""

from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from voltway.kernel.ids import StationId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments import codes
from voltway.stations import actions as stations
from voltway.web.appearance import Form
from voltway.web.house import House
from voltway.web.pages import HttpRequest, public_url, see_other


@post("/stations/{station:uuid}/codes", include_in_schema=False)
async def set_codes(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    station: FromPath[UUID],
    data: Form,
) -> Redirect:
    """Tell the station its secret, and take no plain code there any more; or take it again."""
    actor.must(Permission.EDIT_NETWORK)
    actor.must(Permission.ORDER_STATION)
    async with house.begin(actor.party) as work:
        at = await stations.station(work, StationId(station))
        if data.get("do") == "off":
            await codes.turn_off(work, at.id, by=actor.name)
            did = "turned the codes of a display off"
        else:
            await codes.turn_on(work, at.id, url=public_url(request, house), by=actor.name)
            did = "turned the codes of a display on"
        await parties.audit(work, actor, did, f"station:{at.id}")
    return see_other(f"/console/stations/{station}")
