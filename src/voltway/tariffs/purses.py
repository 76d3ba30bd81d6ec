"""What subscriptions give to sessions: the members' tariff, and what is left of a month.

What a session may use is looked up under a lock on the subscription, in the work that freezes the
session's CDR, and noted in the same work: so two sessions never use the same kWh. A look without
the lock shows what is left now, and notes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.kernel.ids import PartyId, SessionId
from voltway.runtime.work import Work
from voltway.tariffs import store_subscriptions
from voltway.tariffs.model_promotions import Grant
from voltway.tariffs.model_subscriptions import (
    Charges,
    Month,
    PlanVersion,
    Purse,
    Subscription,
    Use,
)
from voltway.tariffs.model_versions import Assignment
from voltway.tariffs.rules_subscriptions import TAKEN, month_at, version_for


async def purses(
    work: Work, asked: Mapping[SessionId, Charges], *, lock: bool
) -> Mapping[SessionId, Purse]:
    """What may be used by these sessions; those that share a month share a purse. With ``lock``
    nobody else may use anything of it until the work ends."""
    subscribers = {id for each in asked.values() for id in each.subscribers}
    if not subscribers:
        return {}
    had = await store_subscriptions.of_subscribers(work, subscribers)
    if not had:
        return {}
    if lock:
        had = list((await store_subscriptions.locked(work, [each.id for each in had])).values())
    known = await store_subscriptions.plans(work, {(each.party, each.plan) for each in had})
    made: dict[tuple[UUID, datetime], Purse] = {}
    found: dict[SessionId, Purse] = {}
    for session, charges in asked.items():
        purse = _purse(charges, had, known)
        if purse is not None:
            found[session] = made.setdefault((purse.subscription, purse.month.begins), purse)
    used = await store_subscriptions.used_in(work, made) if made else {}
    for key, purse in made.items():
        purse.used = dict(used.get(key, {}))
    return found


def _purse(
    charges: Charges,
    had: Sequence[Subscription],
    known: Mapping[tuple[PartyId, str], Sequence[PlanVersion]],
) -> Purse | None:
    """The purse of the most specific subscription that holds there and then."""
    for subscriber in charges.subscribers:
        for each in had:
            if each.subscriber != subscriber or not each.holds_at(charges.begins):
                continue
            runs = month_at(each.begins, ZoneInfo(each.zone), charges.begins)
            plan = version_for(known.get((each.party, each.plan), ()), runs)
            if plan is not None and plan.holds_in(charges.location):
                return Purse(subscription=each.id, party=each.party, plan=plan, month=runs)
    return None


def taken(purse: Purse | None, session: SessionId, grants: tuple[Grant, ...]) -> list[Use]:
    """What this session takes out of a purse; the next one that shares it finds it gone."""
    if purse is None or not grants:
        return []
    purse.take(grants)
    return [Use(session, purse, grant) for grant in grants]


async def use(work: Work, uses: Sequence[Use]) -> None:
    """These sessions used so much, in the work that freezes their CDRs."""
    if uses:
        await store_subscriptions.keep_uses(work, uses)


async def running(work: Work, ids: Collection[UUID]) -> Mapping[UUID, Purse]:
    """What is left now of the months that run; a subscription that gives nothing now has none."""
    had = [each for each in await store_subscriptions.named(work, ids) if each.holds_at(work.now)]
    known = await store_subscriptions.plans(work, {(each.party, each.plan) for each in had})
    found: dict[UUID, Purse] = {}
    for each in had:
        runs = month_at(each.begins, ZoneInfo(each.zone), work.now)
        plan = version_for(known[each.party, each.plan], runs)
        if plan is not None:
            found[each.id] = Purse(subscription=each.id, party=each.party, plan=plan, month=runs)
    used = await store_subscriptions.used_in(
        work, [(id, purse.month.begins) for id, purse in found.items()]
    )
    for id, purse in found.items():
        purse.used = dict(used.get((id, purse.month.begins), {}))
    return found


async def used_by(
    work: Work, sessions: Collection[SessionId]
) -> Mapping[SessionId, tuple[Grant, ...]]:
    """What was taken off these sessions when they were billed, in the order it was."""
    found = await store_subscriptions.used_by(work, sessions) if sessions else {}
    return {
        session: tuple(sorted(grants, key=lambda each: TAKEN.index(each.kind)))
        for session, grants in found.items()
    }


async def assigned(
    work: Work, subscribers: Collection[UUID], moments: Collection[datetime]
) -> Sequence[Assignment]:
    """The tariffs that plans give to these, at these moments."""
    had = await store_subscriptions.of_subscribers(work, subscribers)
    if not had:
        return ()
    known = await store_subscriptions.plans(work, {(each.party, each.plan) for each in had})
    found: dict[tuple[UUID, int], Assignment] = {}
    for each in had:
        for at in moments:
            if not each.holds_at(at):
                continue
            runs = month_at(each.begins, ZoneInfo(each.zone), at)
            plan = version_for(known.get((each.party, each.plan), ()), runs)
            if plan is not None and plan.tariff is not None:
                found[each.id, runs.number] = _assignment(each, plan, runs)
    return list(found.values())


def _assignment(of: Subscription, plan: PlanVersion, runs: Month) -> Assignment:
    ends = min(at for at in (runs.ends, of.ends, of.unpaid_since) if at is not None)
    return Assignment(
        party=of.party,
        scope=of.scope,
        scope_id=of.subscriber,
        ident=plan.tariff,
        since=runs.begins,
        until=ends,
        plan=plan.name,
        locations=plan.locations,
        told_at=of.begins,
    )
