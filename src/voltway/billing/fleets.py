"""Who pays for a fleet: the customer that is set for it, from then on, for each card that the fleet
has or gets.

What a card of the fleet began to charge while somebody paid for the fleet is theirs, however late
their statement is written and whosever the card is by then. A card that was given to a customer by
itself stays theirs.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from voltway.billing import debt_bars, store_fleets, store_statements
from voltway.billing.store_statements import NoSuchCustomer
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.model import Token
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import ContractId, FleetId, PartyId, TokenId
from voltway.runtime.work import Row, Work


@dataclass(eq=False)
class PaysAlready(Refusal):
    """{name} pays for this fleet already. Nothing was changed."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    name: str


class NobodyPays(Refusal):
    """Nobody pays for this fleet. Nothing was changed."""

    kind = Kind.CONFLICT


async def pays(
    work: Work, party: PartyId, fleet: FleetId, customer: UUID | None, *, by: str
) -> int:
    """Let a customer pay from now on for what a fleet's cards charge, or nobody any more; how many
    cards that concerns. What they began to charge before is whose it was.

    Raises ``NoSuchFleet``, ``NoSuchCustomer``, and where it is so ``PaysAlready`` or
    ``NobodyPays``.
    """
    found = (await store_statements.lock_customers(work, [customer] if customer else [])).values()
    await store_fleets.lock(work, party)
    await contracts.fleet_of(work, party, fleet)
    before = await store_fleets.payer(work, fleet)
    for chosen in found:
        if before == chosen.id:
            raise PaysAlready(chosen.name)
    if customer is None and before is None:
        raise NobodyPays
    if customer is not None and not any(chosen.party == party for chosen in found):
        raise NoSuchCustomer(customer)
    await store_fleets.end(work, fleet, by)
    if customer is not None:
        await store_fleets.begin(work, party, fleet, customer, by)
    cards = await store_fleets.cards(work, party, fleet)
    await follow(work, party, cards)
    return len(cards)


async def payer(work: Work, fleet: FleetId) -> UUID | None:
    """The customer who pays for a fleet now."""
    return await store_fleets.payer(work, fleet)


async def stands_for(work: Work, token: TokenId, contract: ContractId | None) -> Token:
    """Let a token stand for a contract, or for none any more (``contracts.stands_for``), and be
    whose its fleet is from now on."""
    await store_fleets.lock_of_token(work, token)
    found = await contracts.stands_for(work, token, contract)
    await follow(work, found.party, [token])
    return found


async def follow(work: Work, party: PartyId, tokens: Collection[TokenId]) -> None:
    """Note whose these cards are because of their fleets: nothing where that is noted already."""
    wanted = await store_fleets.wanted(work, tokens)
    held = await store_fleets.held(work, tokens)
    gone = [token for token, whose in held.items() if wanted.get(token) != whose]
    fresh = {token: whose for token, whose in wanted.items() if held.get(token) != whose}
    if not gone and not fresh:
        return
    own = await store_fleets.by_themselves(work, gone)
    await store_fleets.let_go(work, gone, work.now)
    await store_fleets.take_up(work, party, fresh, work.now)
    await drivers.put_on_account(work, list(fresh))
    freed = [token for token in gone if token not in fresh and token not in own]
    await drivers.put_on_account(work, freed, on_account=False)
    await debt_bars.judge(work, sorted({*gone, *fresh}))


async def history(work: Work, fleet: FleetId) -> Sequence[Row]:
    """Who paid for a fleet and when, the newest first."""
    return await work.all(
        "SELECT * FROM fleet_payer_view WHERE fleet_id = $1 ORDER BY since DESC, id DESC", fleet
    )
