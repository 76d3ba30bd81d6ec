"""The lobby: stations that knocked and were not let in."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from voltway.kernel.ids import LocationId
from voltway.parties.model import Permission
from voltway.stations import actions
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, reads, removes
from voltway.web.api.shapes import Given, Moment, Page, Shown, shown
from voltway.web.api.stations import NewEvse, StationWithKey, station_shown

LOBBY = Source("lobby_view")


class LobbyEntry(Shown):
    """A station that knocked and was not let in."""

    id: UUID
    identity: Annotated[str, Meta(description="Who it said it is.")]
    reason: Annotated[str, Meta(description="Why it was not let in.", examples=["unknown"])]
    subprotocols: str
    credentials: Annotated[str, Meta(description="The kind that it showed, never the secret.")]
    key_usable: Annotated[bool, Meta(description="Whether its key is long enough to be kept.")]
    source: Annotated[str, Meta(description="The address it came from.")]
    agent: str
    tries: int
    first_at: Moment
    last_at: Moment


class Adoption(Given):
    """Where a station of the lobby is to stand."""

    location_id: UUID
    evses: Annotated[list[NewEvse], Meta(min_length=1, max_length=100)]
    keep_its_key: Annotated[
        bool, Meta(description="The key that it showed holds, and nobody must go there.")
    ] = False


@reads("/lobby", "List who knocks", Permission.EDIT_NETWORK)
async def list_lobby(caller: Calling, window: Paging) -> Page[LobbyEntry]:
    async with caller.begin() as work:
        return await listed(work, LOBBY, window, lambda row: shown(LobbyEntry, row))


@adds("/lobby/{entry_id:uuid}/adopt", "Take a station in", Permission.EDIT_NETWORK)
async def adopt(
    caller: Calling, entry_id: FromPath[UUID], data: JSONBody[Adoption]
) -> StationWithKey:
    async with caller.begin() as work:
        station, key = await actions.adopt(
            work,
            entry_id,
            caller.actor.party,
            LocationId(data.location_id),
            [each.plan() for each in data.evses],
            keep_its_key=data.keep_its_key,
        )
        await caller.audit(work, "adopted a station", f"station:{station.id}")
        return StationWithKey(station=await station_shown(work, station.id), key=key)


@removes("/lobby/{entry_id:uuid}", "Dismiss who knocked", Permission.EDIT_NETWORK)
async def dismiss(caller: Calling, entry_id: FromPath[UUID]) -> None:
    """If it knocks again, it is here again."""
    async with caller.begin() as work:
        await actions.dismiss(work, entry_id)
        await caller.audit(work, "dismissed a station of the lobby", f"lobby:{entry_id}")


ROUTER = Router("/", tags=["lobby"], route_handlers=[list_lobby, adopt, dismiss])
