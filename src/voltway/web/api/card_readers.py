"""Card readers that we drive through their provider, and the bays that each serves."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from voltway.kernel.ids import EvseId, PartyId
from voltway.parties.model import Permission
from voltway.payments import readers
from voltway.payments.model_readers import CardReader
from voltway.web.api.caller import Calling
from voltway.web.api.operations import adds, reads, removes
from voltway.web.api.shapes import Given, Page, Shown


class Reader(Shown):
    """A reader at which drivers can pay for bays, one driver at a time."""

    id: UUID
    provider: str
    ref: Annotated[str, Meta(description="The provider's name for it.")]
    name: Annotated[str, Meta(description="What drivers find it by.")]
    location_id: UUID
    evse_ids: Annotated[list[UUID], Meta(description="Empty: all bays of the location.")]
    set_by: str


class FoundReader(Shown):
    """A reader that an account of yours has, registered here or not."""

    provider: str
    ref: str
    label: str
    device: str
    serial: str
    online: bool


class NewReader(Given):
    """A reader to be paid at from now on."""

    provider: str
    ref: str
    name: Annotated[str, Meta(min_length=1, max_length=readers.NAME_MAX)]
    location_id: UUID
    evse_ids: tuple[UUID, ...] = ()


@reads("/card-readers", "List the readers at which drivers can pay", Permission.SEE_MONEY)
async def list_readers(caller: Calling) -> Page[Reader]:
    async with caller.begin() as work:
        kept = await readers.of_party(work, PartyId(caller.actor.party))
    return Page(items=[_shown(each) for each in kept])


@reads("/card-readers/found", "List the readers that your accounts have", Permission.SEE_MONEY)
async def list_found(caller: Calling) -> Page[FoundReader]:
    """Asks the providers now. One that is silent is left out."""
    house = caller.house
    said = await readers.found(house.begin, house.provider, PartyId(caller.actor.party))
    return Page(
        items=[
            FoundReader(
                provider=account.provider,
                ref=seen.ref,
                label=seen.label,
                device=seen.kind,
                serial=seen.serial,
                online=seen.is_online,
            )
            for account in said
            for seen in account.readers
        ]
    )


@adds("/card-readers", "Let drivers pay at a reader", Permission.EDIT_NETWORK)
async def add_reader(caller: Calling, data: JSONBody[NewReader]) -> Reader:
    house, party = caller.house, PartyId(caller.actor.party)
    chosen = await readers.one_found(house.begin, house.provider, party, data.provider, data.ref)
    async with caller.begin() as work:
        kept = await readers.register(
            work,
            party,
            chosen,
            name=data.name,
            location=data.location_id,
            evses=[EvseId(each) for each in data.evse_ids],
            by=caller.name,
        )
        await caller.audit(work, "let drivers pay at a reader", f"card_reader:{kept.id}")
    return _shown(kept)


@removes("/card-readers/{reader_id:uuid}", "Take a reader away", Permission.EDIT_NETWORK)
async def remove_reader(caller: Calling, reader_id: FromPath[UUID]) -> None:
    async with caller.begin() as work:
        await readers.remove(work, PartyId(caller.actor.party), reader_id)
        await caller.audit(work, "took a reader away", f"card_reader:{reader_id}")


def _shown(kept: CardReader) -> Reader:
    return Reader(
        id=kept.id,
        provider=kept.provider,
        ref=kept.ref,
        name=kept.name,
        location_id=kept.location,
        evse_ids=list(kept.evses),
        set_by=kept.set_by,
    )


ROUTER = Router(
    "/",
    tags=["card readers"],
    route_handlers=[list_readers, list_found, add_reader, remove_reader],
)
