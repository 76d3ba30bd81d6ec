"""Fleets: their cards, what they used this month, and who pays for them."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from voltway.billing import fleets, fleets_use
from voltway.billing.fleets_use import Use
from voltway.drivers import contracts
from voltway.kernel.ids import FleetId, PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Permission
from voltway.runtime.work import Work
from voltway.web.api.caller import Calling
from voltway.web.api.contracts import Fleet
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import puts, reads
from voltway.web.api.shapes import Amount, Given, Moment, Page, Shown, shown

PAYERS = Source("fleet_payer_view")


class Used(Shown):
    """What was charged in the party's month that it is now."""

    sessions: int
    running: int
    energy_wh: int
    billed: Annotated[Amount, Meta(description="Of sessions that are over, with VAT.")]


class FleetCard(Shown):
    """A token that stands for a contract of a fleet."""

    id: Annotated[UUID, Meta(description="Of the token.")]
    uid: str
    label: str
    status: str
    contract: str
    driver_id: UUID | None
    used: Used


class FleetUsed(Shown):
    """A fleet, its cards, and what they used this month."""

    fleet: Fleet
    since: Annotated[Moment, Meta(description="When the month began, by the party's clock.")]
    used: Used
    cards: list[FleetCard]


class Payer(Shown):
    """A customer who pays, or paid, for what a fleet's cards began to charge meanwhile."""

    id: UUID
    fleet_id: UUID
    customer_id: UUID
    customer: str
    since: Moment
    until: Annotated[Moment | None, Meta(description="null: still.")]
    set_by: str
    ended_by: str | None


class NewPayer(Given):
    """Who pays for a fleet from now on."""

    customer_id: Annotated[UUID | None, Meta(description="null: nobody.")]


class PayerNow(Shown):
    """Who pays for a fleet now."""

    fleet_id: UUID
    customer_id: UUID | None


@reads("/fleets/{fleet_id:uuid}", "Read a fleet and what it used this month")
async def read_fleet(caller: Calling, fleet_id: FromPath[UUID]) -> FleetUsed:
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        found = await contracts.fleet_of(work, party, FleetId(fleet_id))
        currency = (await parties.party(work, party)).currency
        cards = await fleets_use.cards_of(work, party, [fleet_id])
        since = await fleets_use.month_began(work, party)
    return FleetUsed(
        fleet=Fleet(id=found.id, name=found.name, created_at=found.created_at),
        since=since,
        used=_used(fleets_use.summed(cards).get(fleet_id, Use()), currency),
        cards=[
            FleetCard(
                id=card.id,
                uid=card.uid,
                label=card.label,
                status=card.status,
                contract=card.contract,
                driver_id=card.driver,
                used=_used(card.use, currency),
            )
            for card in cards
        ],
    )


@reads("/fleets/{fleet_id:uuid}/payers", "List who pays for a fleet", Permission.SEE_MONEY)
async def list_payers(caller: Calling, fleet_id: FromPath[UUID], window: Paging) -> Page[Payer]:
    """The newest first."""
    async with caller.begin() as work:
        await contracts.fleet_of(work, PartyId(caller.actor.party), FleetId(fleet_id))
        return await listed(
            work, PAYERS, window, lambda row: shown(Payer, row), [("fleet_id = {}", fleet_id)]
        )


@puts("/fleets/{fleet_id:uuid}/payer", "Say who pays for a fleet", Permission.MOVE_MONEY)
async def put_payer(
    caller: Calling, fleet_id: FromPath[UUID], data: JSONBody[NewPayer]
) -> PayerNow:
    """From now on, for each card that the fleet has or gets. What its cards began to charge before
    is whose it was; a card that was given to a customer by itself stays theirs."""
    party, fleet = PartyId(caller.actor.party), FleetId(fleet_id)
    async with caller.begin() as work:
        if await _changes(work, party, fleet, data.customer_id):
            await fleets.pays(work, party, fleet, data.customer_id, by=caller.name)
            await caller.audit(work, "said who pays for a fleet", f"fleet:{fleet_id}")
    return PayerNow(fleet_id=fleet_id, customer_id=data.customer_id)


async def _changes(work: Work, party: PartyId, fleet: FleetId, customer: UUID | None) -> bool:
    await contracts.fleet_of(work, party, fleet)
    return await fleets.payer(work, fleet) != customer


def _used(use: Use, currency: str) -> Used:
    return Used(
        sessions=use.sessions,
        running=use.running,
        energy_wh=use.energy_wh,
        billed=Amount.of(use.billed_minor, currency),
    )


ROUTER = Router("/", tags=["fleets"], route_handlers=[read_fleet, list_payers, put_payer])
