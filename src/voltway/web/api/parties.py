"""The caller's party, and what its key may do."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath
from msgspec import Meta

from voltway.kernel.ids import PartyId
from voltway.parties.actions import NoSuchParty
from voltway.parties.model import MAY, Permission, Role
from voltway.runtime.work import Row
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import reads
from voltway.web.api.shapes import Amount, Moment, Page, Shown, shown

PARTIES = Source("party_view")


class Party(Shown):
    """Whoever operates, sells or roams."""

    id: UUID
    country_code: Annotated[str, Meta(description="ISO 3166-1 alpha-2.", examples=["FI"])]
    ident: Annotated[str, Meta(description="OCPI's party_id.", examples=["VLT"])]
    name: str
    legal_name: str
    vat_id: str | None
    address: dict[str, str]
    currency: Annotated[str, Meta(description="ISO 4217.", examples=["EUR"])]
    time_zone: str
    locale: str
    hold: Annotated[Amount, Meta(description="Set aside on a guest's card before energy flows.")]
    no_charge_below_wh: Annotated[int, Meta(description="Less energy than this costs nothing.")]
    created_at: Moment


class KeyShown(Shown):
    """Who asks: this key."""

    id: UUID
    name: str
    party_id: UUID
    role: Role
    permissions: Annotated[list[Permission], Meta(description="What the key may do.")]


@reads("/parties", "List the parties that the key sees: its own")
async def list_parties(caller: Calling, window: Paging) -> Page[Party]:
    async with caller.begin() as work:
        return await listed(work, PARTIES, window, _party)


@reads("/parties/{party_id:uuid}", "Read a party")
async def read_party(caller: Calling, party_id: FromPath[UUID]) -> Party:
    async with caller.begin() as work:
        row = await work.one("SELECT * FROM party_view WHERE id = $1", party_id)
    if row is None:
        raise NoSuchParty(PartyId(party_id))
    return _party(row)


@reads("/key", "Read what the key that asks may do")
async def read_key(caller: Calling) -> KeyShown:
    actor = caller.actor
    assert actor.id is not None, "the doorkeeper lets in keys only"
    return KeyShown(
        id=actor.id,
        name=actor.name,
        party_id=actor.party,
        role=actor.role,
        permissions=sorted(MAY[actor.role]),
    )


def _party(row: Row) -> Party:
    return shown(Party, row, hold=Amount.of(row["hold_minor"], row["currency"]))


ROUTER = Router("/", tags=["parties"], route_handlers=[list_parties, read_party, read_key])
