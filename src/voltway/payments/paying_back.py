"""Paying back what is left of a balance: to the cards that topped it up, the newest top-up first.

    paid back    driver:<who>:prepaid    to    provider:<name>:due

What was paid in can go back where it came from, and nothing else: a voucher or a gift is used
first in this count, and what is left of one stays for charging. Noted and reserved before the
provider is asked, so that no charge spends it meanwhile; asked again under the same key where it
was silent. Where a bank takes nothing back, the top-up before it is asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OnceKey, PartyId, new_id
from voltway.kernel.money import Money
from voltway.ledger.model import Entry, Posting
from voltway.payments import asking_back, prepaid, rules_payouts, topping_up
from voltway.payments import store_paybacks as store
from voltway.payments.asking_back import Table
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_paybacks import Payback, PaybackState
from voltway.payments.prepaid import MoveKind
from voltway.payments.provider import Declined, ProviderSilent, Refunded
from voltway.runtime.work import BeginWork, Work

REASON: Final = "What was left of a balance"


@dataclass(eq=False)
class NothingToPayBack(Refusal):
    """There is nothing on this balance that can go back to a card: what is reserved for a charge
    under way waits for its end, and vouchers are for charging."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class KeyOfAnotherBalance(Refusal):
    """This key was used for another balance before. Nothing was paid back."""

    kind: ClassVar[Kind] = Kind.CONFLICT


async def can_pay_back(work: Work, party: PartyId, holder: UUID) -> Money | None:
    """What could go back to cards now; ``None`` where there is no balance."""
    has = await prepaid.balance(work, party, holder)
    if has is None:
        return None
    paid_in = sum(room.left_minor for room in await store.rooms(work, party, holder))
    return Money(min(has.available.minor, paid_in), has.currency)


async def pay_back(
    begin: BeginWork,
    given: AnyProvider,
    *,
    party: PartyId,
    holder: UUID,
    by: str,
    once: OnceKey,
) -> Sequence[Payback]:
    """Pay back all that can be; asked again with the same key, money moves once. Topping up by
    itself stops. Raises ``NothingToPayBack``, ``KeyOfAnotherBalance``."""
    while True:
        async with begin(party) as work:
            parts = await _note(work, party, holder, by=by, once=once)
        asked = [part for part in parts if part.state is PaybackState.ASKED]
        if not asked:
            return parts
        silent = False
        for part in asked:
            try:
                await go_on(begin, given, part.id)
            except ProviderSilent:
                silent = True  # the round asks again; it stays reserved
        if silent:
            async with begin(party) as work:
                return await store.of_order(work, party, once)


async def _note(
    work: Work, party: PartyId, holder: UUID, *, by: str, once: OnceKey
) -> Sequence[Payback]:
    """The parts of an order, with those that are noted now: of a new order all, of one that was
    begun what stands in for parts that were declined."""
    before = await prepaid.lock(work, party, holder)
    known = await store.of_order(work, party, once)
    if any(part.holder != holder for part in known):
        raise KeyOfAnotherBalance
    wanted = known[0].wanted if known else before.available
    since = known[0].asked_at if known else work.now
    promised = sum(part.amount.minor for part in known if part.state is not PaybackState.DECLINED)
    left = min(before.available.minor, wanted.minor - promised)
    tried = {part.collection for part in known}
    fresh: list[Payback] = []
    for room in await store.rooms(work, party, holder):
        if left <= 0:
            break
        if room.collection in tried or room.ended_at > since:
            continue
        part = Payback(
            id=new_id(work.now),
            party=party,
            holder=holder,
            collection=room.collection,
            amount=Money(min(left, room.left_minor), before.currency),
            wanted=wanted,
            once=once,
            provider=room.provider,
            hold_ref=room.ref,
            asked_by=by,
            state=PaybackState.ASKED,
            asked_at=work.now,
        )
        await store.add(work, part)
        await prepaid.reserve(work, before, part.amount.minor)
        left -= part.amount.minor
        fresh.append(part)
    if not known and not fresh:
        raise NothingToPayBack
    if fresh:
        await topping_up.stop_auto(work, party, holder)
        await prepaid.judge(work, party, holder)
    return [*known, *fresh]


async def go_on(begin: BeginWork, given: AnyProvider, id: UUID) -> Payback:
    """Ask for a noted part, and note what came of it. Raises ``ProviderSilent``."""
    async with begin() as work:
        part = await store.load(work, id)
        if part.ended_at is not None:
            return part
        await asking_back.tried(work, Table.OF_BALANCE, id)
    answer = await asking_back.ask(begin, given, Table.OF_BALANCE, part, REASON)
    async with begin() as work:
        return await _learn(work, part, answer)


async def _learn(work: Work, asked: Payback, answer: Refunded | Declined) -> Payback:
    before = await prepaid.lock(work, asked.party, asked.holder)
    part = await store.load(work, asked.id)
    if part.ended_at is not None:
        return part  # somebody else has just learned it
    await prepaid.reserve(work, before, -part.amount.minor)
    if isinstance(answer, Declined):
        after = replace(
            part, state=PaybackState.DECLINED, why=answer.reason or answer.code, ended_at=work.now
        )
    else:
        kept = await prepaid.taken(
            work,
            before,
            -part.amount,
            _entry(work, part),
            kind=MoveKind.PAID_BACK,
            about=f"collection:{part.collection}",
        )
        after = replace(
            part, state=PaybackState.DONE, ref=answer.ref, entry=kept, ended_at=work.now
        )
    await store.end(work, after)
    await prepaid.judge(work, part.party, part.holder)
    work.touch(f"payments:{part.party}", f"holder:{part.holder}")
    return after


def _entry(work: Work, part: Payback) -> Entry:
    own, due = prepaid.account_of(part.holder), rules_payouts.due(part.provider)
    return Entry(
        party=part.party,
        once=OnceKey(f"payback:{part.id}"),
        at=work.now,
        memo=f"{part.amount} of a balance went back to the card that paid it. ({part.asked_by})",
        evidence={
            "payback": str(part.id),
            "collection": str(part.collection),
            "driver": str(part.holder),
        },
        postings=(Posting(own, due, part.amount),),
    )


async def ask_again(begin: BeginWork, given: AnyProvider) -> int:
    """The round: ask again for what was not answered; how many are over now."""
    return await asking_back.ask_again(begin, Table.OF_BALANCE, partial(go_on, begin, given))
