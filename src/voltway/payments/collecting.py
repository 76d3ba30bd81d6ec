"""Charging for something else than one charge: a top-up of a balance, a bill that is owed.

As a visit does it: noted and committed before the provider is asked, under keys that make asking
twice harmless, on its page or on a method that the payer has saved. What is held is taken at once;
what was taken is credited in the books in the work that learns of it. Whatever dies in between, the
rounds go on where it stopped.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import EntryId, OnceKey, new_id
from voltway.kernel.money import Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Entry, Posting
from voltway.parties import actions as parties
from voltway.payments import choosing, prepaid, rules_payouts, store_disputes, store_methods
from voltway.payments import store_collections as store
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_collections import (
    Collected,
    Collection,
    NotCollected,
    Purpose,
    Stage,
    Wanted,
)
from voltway.payments.model_disputes import CollectionDisputed
from voltway.payments.model_methods import MethodRefused
from voltway.payments.provider import (
    CaptureOrder,
    Declined,
    HoldOrder,
    HoldSeen,
    HoldState,
    Provider,
    ProviderSilent,
    ReleaseOrder,
    Told,
)
from voltway.payments.providers.none import NobodyPaysHere
from voltway.runtime.work import BeginWork, Work

#: How long a payer has on the provider's page.
PAGE_LASTS: Final = timedelta(minutes=30)
#: An answer that takes longer than this is not coming any more; as often pages are looked at.
SILENT_AFTER: Final = timedelta(seconds=30)
#: So many pages may be opened within this time on which nothing is paid.
PAGES_MAX: Final = 12
PAGES_WITHIN: Final = timedelta(hours=1)

NOBODY_PAID: Final = "Nobody paid in time."
BANK_SAID_NO: Final = "The bank said no."


@dataclass(eq=False)
class NoSuchCollection(Refusal):
    """This payment does not exist, or its address was not copied whole."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class TooManyPages(Refusal):
    """Many pages were opened already and nothing was paid on them. Please try again in an hour."""

    kind: ClassVar[Kind] = Kind.LIMIT


@dataclass(eq=False)
class KeyOfAnother(Refusal):
    """This key was used for another payment of {amount} before. Nothing was charged."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    amount: Money


async def note(work: Work, given: AnyProvider, wanted: Wanted) -> Collection:
    """Note what is to be charged, once for each key. Raises ``NobodyPaysHere``, ``TooManyPages``,
    ``KeyOfAnother``."""
    known = await store.by_key(work, wanted.party, wanted.once)
    if known is None:
        fresh = await _fresh(work, given, wanted)
        if await store.add(work, fresh):
            return fresh
        known = await store.by_key(work, wanted.party, wanted.once)
    assert known is not None, "somebody else has just noted it"
    if (known.holder, known.about, known.amount) != (wanted.holder, wanted.about, wanted.amount):
        raise KeyOfAnother(known.amount)
    return known


async def _fresh(work: Work, given: AnyProvider, wanted: Wanted) -> Collection:
    since = work.now - PAGES_WITHIN
    if wanted.method is None and (
        await store.pages_since(work, wanted.party, wanted.holder, since) >= PAGES_MAX
    ):
        raise TooManyPages
    id = new_id(work.now)
    return Collection(
        id=id,
        party=wanted.party,
        holder=wanted.holder,
        purpose=wanted.purpose,
        account=wanted.account,
        about=wanted.about,
        description=wanted.description,
        amount=wanted.amount,
        once=wanted.once,
        provider=(await _taker(work, given, wanted)),
        method=wanted.method,
        return_url=wanted.return_url.replace("{collection}", str(id)),
        cancel_url=wanted.cancel_url.replace("{collection}", str(id)),
        stage=Stage.ASKED,
        asked_at=work.now,
    )


async def _taker(work: Work, given: AnyProvider, wanted: Wanted) -> str:
    """The name of the provider that takes it."""
    if wanted.method is not None:
        return (await store_methods.method(work, wanted.method)).provider
    owner = await parties.party(work, wanted.party)
    name = f"{owner.country_code}*{owner.ident}"
    offered = choosing.offered(given, name, wanted.amount.currency)
    if not offered:
        raise NobodyPaysHere
    return offered[0].name


async def go_on(begin: BeginWork, given: AnyProvider, id: UUID) -> Collection:
    """Walk a collection as far as it goes now. Run twice, or by two at once, it is charged once.
    Raises ``ProviderSilent`` where nobody knows; the rounds ask again."""
    while True:
        async with begin() as work:
            before = await store.load(work, id)
            if before is None:
                raise NoSuchCollection
            if before.ended_at is not None:
                return before
            await store.tried(work, id)
            order = await _hold_order(work, before) if before.stage is Stage.ASKED else None
        try:
            answer = await _ask(choosing.of(given, before.provider), before, order)
        except ProviderSilent as silence:
            async with begin() as work:
                await store.troubled(work, id, str(silence))
            raise
        async with begin() as work:
            after = await _learn(work, before, answer)
        if after.ended_at is not None or after.stage is before.stage:
            return after
        if after.stage is Stage.AWAITING:
            return after  # the payer has to do something now


async def _hold_order(work: Work, one: Collection) -> HoldOrder:
    saved = None
    if one.method is not None:
        saved = (await store_methods.method(work, one.method)).saved
    return HoldOrder(
        once=OnceKey(f"{one.id}:hold"),
        reference=str(one.id),
        amount=one.amount,
        description=one.description,
        return_url=one.return_url,
        cancel_url=one.cancel_url,
        saved=saved,
    )


async def _ask(provider: Provider, one: Collection, order: HoldOrder | None) -> HoldSeen | Declined:
    if order is not None:
        return await provider.open_hold(order)
    ref = one.ref or ""
    match one.stage:
        case Stage.HELD:
            once = OnceKey(f"{one.id}:capture")
            answer = await provider.capture(CaptureOrder(once=once, ref=ref, amount=one.amount))
        case Stage.LEAVING:
            answer = await provider.release(
                ReleaseOrder(once=OnceKey(f"{one.id}:release"), ref=ref)
            )
        case _:
            return await provider.fetch(ref)
    if isinstance(answer, Declined) and answer.code == Declined.MOVED_ON:
        return await provider.fetch(ref)  # the hold itself tells where it is
    return answer


async def _learn(work: Work, asked: Collection, answer: HoldSeen | Declined) -> Collection:
    """Take an answer in. It may be old: nothing moves back, and an end is an end."""
    before = await store.lock(work, asked.id)
    if before.ended_at is not None or before.stage is not asked.stage:
        return before
    if isinstance(answer, Declined):
        if before.stage is Stage.HELD:  # its bank does not let the money go
            after = replace(before, stage=Stage.LEAVING, why=answer.reason)
            await store.move(work, after)
            return after
        return await _end(work, before, Stage.DECLINED, answer.reason)
    seen = replace(before, ref=answer.ref, hosted_url=answer.hosted_url or before.hosted_url)
    match answer.state:
        case HoldState.CAPTURED:
            return await _done(work, seen, answer.captured)
        case HoldState.DECLINED:
            return await _end(work, seen, Stage.DECLINED, before.why or BANK_SAID_NO)
        case HoldState.EXPIRED | HoldState.VOIDED:
            stage = Stage.DECLINED if before.why else Stage.EXPIRED
            return await _end(work, seen, stage, before.why or NOBODY_PAID)
        case HoldState.HELD if before.stage is not Stage.LEAVING:
            after = replace(seen, stage=Stage.HELD)
        case HoldState.AWAITING if before.stage is Stage.ASKED:
            after = replace(seen, stage=Stage.AWAITING)
        case HoldState.AWAITING if work.now - before.asked_at > PAGE_LASTS:
            after = replace(seen, stage=Stage.LEAVING)
        case _:
            after = seen
    await store.move(work, after)
    return after


async def _done(work: Work, before: Collection, taken: Money) -> Collection:
    entry = await _credit(work, before, taken)
    after = replace(
        before, stage=Stage.DONE, amount=taken, why=None, entry=entry, ended_at=work.now
    )
    await store.move(work, after)
    await work.announce(
        [
            Collected(
                party=before.party,
                at=work.now,
                collection=before.id,
                holder=before.holder,
                about=before.about,
                amount_minor=taken.minor,
                currency=taken.currency,
            )
        ]
    )
    work.touch(f"payments:{before.party}", f"holder:{before.holder}")
    return after


async def _credit(work: Work, one: Collection, taken: Money) -> EntryId:
    """Book what was taken; a top-up is on the balance in the same work."""
    due = rules_payouts.due(one.provider)
    entry = Entry(
        party=one.party,
        once=OnceKey(f"collection:{one.id}"),
        at=work.now,
        memo=f"{one.provider} took {taken} for {one.description}.",
        evidence={"collection": str(one.id), "about": one.about},
        postings=(Posting(due, one.account, taken),),
    )
    if one.purpose is Purpose.TOP_UP:
        return await prepaid.credit(
            work, one.holder, prepaid.MoveKind.TOP_UP, taken, entry, about=f"collection:{one.id}"
        )
    return await ledger.post(work, entry)


async def _end(work: Work, before: Collection, stage: Stage, why: str) -> Collection:
    after = replace(before, stage=stage, why=why, hosted_url=None, ended_at=work.now)
    await store.move(work, after)
    told: list[NotCollected | MethodRefused] = [
        NotCollected(
            party=before.party,
            at=work.now,
            collection=before.id,
            holder=before.holder,
            about=before.about,
            amount_minor=before.amount.minor,
            currency=before.amount.currency,
            why=why,
        )
    ]
    if before.method is not None and stage is Stage.DECLINED:
        await store_methods.refused(work, before.method, why)
        told.append(
            MethodRefused(
                party=before.party,
                at=work.now,
                method=before.method,
                holder=before.holder,
                why=why,
            )
        )
    await work.announce(told)
    work.touch(f"payments:{before.party}", f"holder:{before.holder}")
    return after


async def hear(begin: BeginWork, given: AnyProvider, provider: str, told: Told) -> None:
    """A provider tells something of a hold: look, if it is ours. What is told of one that is over,
    and is no state of it, may be that a bank wants it back."""
    async with begin() as work:
        id = await store.told_of(work, provider, told.ref, told.reference)
    if id is None:
        return
    one = await go_on(begin, given, id)
    if one.stage is not Stage.DONE or told.state is not None or one.ref is None:
        return
    seen = await choosing.of(given, one.provider).fetch(one.ref)
    async with begin() as work:
        if seen.disputed or await store_disputes.known_of(work, id):
            news = CollectionDisputed(party=one.party, at=work.now, collection=id)
            await work.announce([news])


async def ask_again(begin: BeginWork, given: AnyProvider) -> int:
    """The round: go on with what was not answered, and look at pages; how many are over now."""
    async with begin() as work:
        open_ = await store.open_since(work, work.now - SILENT_AFTER)
    done = 0
    for each in open_:
        try:
            done += (await go_on(begin, given, each.id)).ended_at is not None
        except Outage:
            continue
    return done
