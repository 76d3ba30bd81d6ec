"""Subscribing a driver, a contract or a fleet of a party, and who owes the fee."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from voltway.billing import documenting, store_statements
from voltway.billing.store_statements import NoSuchCustomer
from voltway.drivers import contracts
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import ContractId, DriverId, FleetId, PartyId
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.tariffs import plans, subscriptions
from voltway.tariffs.model_subscriptions import Subscription
from voltway.tariffs.model_versions import Scope


@dataclass(eq=False)
class NobodyPays(Refusal):
    """The plan {plan} has a fee: name the customer who owes it."""

    kind = Kind.INVALID

    plan: str


class NotASubscriber(Refusal):
    """A plan is a driver's, a contract's or a fleet's."""

    kind = Kind.INVALID


async def subscribe(
    work: Work,
    party: PartyId,
    plan: str,
    *,
    scope: Scope,
    subscriber: UUID,
    customer: UUID | None = None,
    since: datetime | None = None,
) -> Subscription:
    """Subscribe somebody of this party, from now or later on.

    Somebody of another party is nobody here. Where the plan has a fee, a customer owes it, and the
    party must be able to write invoices: what would keep the first from being written is said now.
    """
    await _known(work, party, scope, subscriber)
    versions = await plans.versions(work, party, plan)
    if customer is not None:
        found = await store_statements.lock_customers(work, [customer])
        if customer not in found or found[customer].party != party:
            raise NoSuchCustomer(customer)
    if any(version.fee.minor for version in versions):
        if customer is None:
            raise NobodyPays(versions[0].ident)
        documenting.seller_of(await parties.party(work, party))
    return await subscriptions.open_(
        work, party, plan, scope=scope, subscriber=subscriber, payer=customer, since=since
    )


async def _known(work: Work, party: PartyId, scope: Scope, subscriber: UUID) -> None:
    match scope:
        case Scope.DRIVER:
            await contracts.driver_of(work, party, DriverId(subscriber))
        case Scope.CONTRACT:
            await contracts.contract_of(work, party, ContractId(subscriber))
        case Scope.FLEET:
            await contracts.fleet_of(work, party, FleetId(subscriber))
        case _:
            raise NotASubscriber
