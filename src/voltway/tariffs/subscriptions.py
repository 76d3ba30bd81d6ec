"""What can be done about subscriptions: take one out, cancel it, find it unpaid, find it paid.

``purses`` has what they give to sessions; the fee of each month is billed by the room above.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, new_id
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.tariffs import plans, store_subscriptions
from voltway.tariffs.model_subscriptions import (
    Month,
    PlanVersion,
    Subscription,
    SubscriptionChanged,
)
from voltway.tariffs.model_versions import Scope
from voltway.tariffs.rules_subscriptions import month_at, version_for

SCOPES: Final = (Scope.DRIVER, Scope.CONTRACT, Scope.FLEET)


@dataclass(eq=False)
class NoSuchSubscription(Refusal):
    """There is no subscription {id}."""

    kind = Kind.ABSENT

    id: UUID


class BeginsInThePast(Refusal):
    """A subscription begins now or later."""

    kind = Kind.INVALID


class NotYetSold(Refusal):
    """No version of this plan holds at that moment yet."""

    kind = Kind.INVALID


@dataclass(eq=False)
class AlreadySubscribed(Refusal):
    """There is a subscription to {plan} already in that time. Cancel it, and begin when it ends."""

    plan: str


@dataclass(eq=False)
class AlreadyCancelled(Refusal):
    """It is cancelled already, and ends on {ends:%Y-%m-%d %H:%M} UTC."""

    ends: datetime


class NothingChanges(Refusal):
    """It is so already."""


async def open_(
    work: Work,
    party: PartyId,
    plan: str,
    *,
    scope: Scope,
    subscriber: UUID,
    payer: UUID | None,
    since: datetime | None = None,
) -> Subscription:
    """Subscribe somebody of this party, from now or later on. The caller has seen who it is."""
    assert scope in SCOPES, "a plan is a person's or a company's, not a place's"
    begins = since or work.now
    if begins < work.now:
        raise BeginsInThePast
    known = await plans.versions(work, party, plan)
    ident = known[0].ident
    await store_subscriptions.lock(work, party, f"plan {ident}")
    if await store_subscriptions.is_withdrawn(work, party, ident):
        raise plans.PlanWithdrawn(ident)
    if not any(version.valid_from <= begins for version in known):
        raise NotYetSold
    await store_subscriptions.lock(work, party, f"subscriber {subscriber}")
    for other in await store_subscriptions.of_subscribers(work, [subscriber]):
        if other.ends is None or other.ends > begins:
            raise AlreadySubscribed(other.plan)
    made = Subscription(
        id=new_id(work.now),
        party=party,
        plan=ident,
        scope=scope,
        subscriber=subscriber,
        payer=payer,
        zone=(await parties.party(work, party)).time_zone,
        begins=begins,
        ends=None,
        unpaid_since=None,
        next_fee_at=begins,
        created_at=work.now,
    )
    await _keep(work, made)
    return made


async def cancel(work: Work, id: UUID) -> Subscription:
    """Let it end with the month that runs now, which is paid; one that has not begun yet, with its
    first month."""
    found = await lock(work, id)
    if found.ends is not None:
        raise AlreadyCancelled(found.ends)
    return await _keep(work, _cancelled(found, work.now))


def _cancelled(found: Subscription, at: datetime) -> Subscription:
    runs = month_at(found.begins, ZoneInfo(found.zone), max(at, found.begins))
    return replace(found, ends=runs.ends)


async def withdraw(work: Work, party: PartyId, plan: str) -> int:
    """Take a plan from sale. Who has it keeps it to the end of the month that runs; how many."""
    ident = (await plans.versions(work, party, plan))[0].ident
    await store_subscriptions.lock(work, party, f"plan {ident}")
    if not await store_subscriptions.withdraw(work, party, ident, work.now):
        raise plans.PlanWithdrawn(ident)
    having = await store_subscriptions.of_plan(work, party, ident, work.now)
    open_ones = [each for each in having if each.ends is None]
    for each in open_ones:
        await _keep(work, _cancelled(each, work.now))
    return len(open_ones)


async def find_unpaid(work: Work, id: UUID) -> Subscription:
    """Its fee was not paid: from now on it gives nothing, and no further month is billed."""
    found = await lock(work, id)
    if found.unpaid_since is not None:
        raise NothingChanges
    return await _keep(work, replace(found, unpaid_since=work.now))


async def find_paid(work: Work, id: UUID) -> Subscription:
    """It gives again what is left. Months that went by meanwhile are not billed; one that runs
    and was not billed yet is."""
    found = await lock(work, id)
    if found.unpaid_since is None:
        raise NothingChanges
    at = work.now if found.ends is None else min(work.now, found.ends)
    runs = month_at(found.begins, ZoneInfo(found.zone), max(at, found.begins))
    next_fee_at = max(found.next_fee_at, runs.begins)
    return await _keep(work, replace(found, unpaid_since=None, next_fee_at=next_fee_at))


async def lock(work: Work, id: UUID) -> Subscription:
    found = (await store_subscriptions.locked(work, [id])).get(id)
    if found is None:
        raise NoSuchSubscription(id)
    return found


async def _keep(work: Work, made: Subscription) -> Subscription:
    await store_subscriptions.keep(work, made)
    fact = SubscriptionChanged(
        party=made.party, at=work.now, subscription=made.id, plan=made.plan, ends=made.ends
    )
    await work.announce([fact])
    return made


async def due(work: Work, after: UUID, most: int) -> Sequence[UUID]:
    """Which have a month that has begun and nobody was billed for, in the order of their ids."""
    return await store_subscriptions.due(work, work.now, after, most)


def month_due(of: Subscription, at: datetime) -> Month | None:
    """The first month that has begun and nobody was billed for."""
    over = of.ends is not None and of.next_fee_at >= of.ends
    if of.next_fee_at > at or of.unpaid_since is not None or over:
        return None
    return month_at(of.begins, ZoneInfo(of.zone), of.next_fee_at)


async def terms(work: Work, of: Subscription, month: Month) -> PlanVersion:
    """What a month costs and gives."""
    found = version_for(await plans.versions(work, of.party, of.plan), month)
    assert found is not None, "none is subscribed before its plan holds"
    return found


async def billed(work: Work, of: Subscription, month: Month) -> None:
    """This month's fee was billed, or there was none: the next is due with the next month."""
    await store_subscriptions.keep(work, replace(of, next_fee_at=month.ends))
