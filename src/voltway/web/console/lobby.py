"""The lobby: who knocked and was not let in, and the click that adopts it."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId
from voltway.kernel.units import PowerW
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.stations import actions as stations
from voltway.stations.model import Current, EvsePlan
from voltway.web.appearance import Form
from voltway.web.console.door import console_page, uuid_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other

WHY: Final = {
    "unknown": "We do not know this identity",
    "no_key": "It showed no key",
    "wrong_key": "It showed a wrong key",
    "other_name": "Its user name is not its identity",
    "no_subprotocol": "It speaks no version that we speak",
    "bad_url": "Its address is not one of ours",
}


class NoLocationChosen(Refusal):
    """Choose the location where the station stands; then adopt it again."""

    kind = Kind.INVALID


#: What a new station's bays are, as the form offers them.
KINDS: Final[dict[str, tuple[str, Current, int]]] = {
    "ac11": ("IEC_62196_T2", Current.AC, 11_000),
    "ac22": ("IEC_62196_T2", Current.AC, 22_000),
    "dc50": ("IEC_62196_T2_COMBO", Current.DC, 50_000),
    "dc150": ("IEC_62196_T2_COMBO", Current.DC, 150_000),
    "dc300": ("IEC_62196_T2_COMBO", Current.DC, 300_000),
}

BAYS_MAX: Final = 32


@get("/lobby", include_in_schema=False)
async def list_knocks(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        entries = await work.all("SELECT * FROM lobby_view ORDER BY last_at DESC LIMIT 100")
        locations = await work.all("SELECT id, name, city FROM location_view ORDER BY name")
    return await console_page(
        request,
        house,
        actor,
        "console/lobby.html",
        place="lobby",
        entries=entries,
        locations=locations,
        why=WHY,
        kinds=KINDS,
        may_edit=actor.may(Permission.EDIT_NETWORK),
    )


@post("/lobby/{entry:uuid}/adopt", include_in_schema=False)
async def adopt(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    entry: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Take a station in, at a location of this party, with the key it showed or a new one."""
    actor.must(Permission.EDIT_NETWORK)
    connector, current, power_w = KINDS.get(data.get("bay_kind", ""), KINDS["ac22"])
    location = uuid_of(data.get("location", ""))
    if location is None:
        raise NoLocationChosen
    bays = min(max(1, int(data["bays"])), BAYS_MAX) if data.get("bays", "").isdecimal() else 1
    plans = [EvsePlan(n + 1, connector, current, PowerW(power_w)) for n in range(bays)]
    async with house.begin(actor.party) as work:
        station, key = await stations.adopt(
            work,
            entry,
            actor.party,
            LocationId(location),
            plans,
            keep_its_key=data.get("keep") == "yes",
        )
        await parties.audit(work, actor, "adopted a station", f"station:{station.id}")
    at = f"/console/stations/{station.id}"
    if key is None:
        return see_other(at)
    return await console_page(
        request,
        house,
        actor,
        "console/key_once.html",
        status=HTTPStatus.CREATED,
        place="lobby",
        title=f"Key of {station.identity}",
        secret=key,
        says="Set it as the station's Basic auth password. It is let in with its next try.",
        back=at,
    )


@post("/lobby/{entry:uuid}/dismiss", include_in_schema=False)
async def dismiss(
    house: NamedDependency[House], actor: NamedDependency[Actor], entry: FromPath[UUID]
) -> Redirect:
    actor.must(Permission.EDIT_NETWORK)
    async with house.begin(actor.party) as work:
        await stations.dismiss(work, entry)
        await parties.audit(work, actor, "dismissed a knock", f"lobby:{entry}")
    return see_other("/console/lobby")
