"""Giving back to a card what it paid for a bill, after something was taken off the bill.

Noted and reserved before the provider is asked, so that nobody gives it back twice or takes it off
otherwise meanwhile; asked again under the same key where it was silent. What the money means is
for whoever asked to write (``Write``), in the work that learns that it went: both or neither.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import ClassVar, TypeAlias
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OnceKey, PartyId, new_id
from voltway.kernel.money import Money
from voltway.payments import asking_back
from voltway.payments import store_card_refunds as store
from voltway.payments.asking_back import Table
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_card_refunds import CardRefund, CardRefundState, Kept, WantedRefund
from voltway.payments.provider import Declined, Refunded
from voltway.runtime.work import BeginWork, Work

#: Writes what money that went back means: the document that says it, and the entry.
Write: TypeAlias = Callable[[Work, CardRefund], Awaitable[Kept]]


@dataclass(eq=False)
class NoCardPaid(Refusal):
    """No card paid this bill, so nothing of it can go back to one."""


@dataclass(eq=False)
class MoreThanTheCardPaid(Refusal):
    """{asked} cannot go back to the card: of what it paid {left} is left."""

    asked: Money
    left: Money


@dataclass(eq=False)
class KeyOfAnotherCardRefund(Refusal):
    """This key was used to give back something else before. Nothing was given back now."""

    kind: ClassVar[Kind] = Kind.CONFLICT


async def room(work: Work, party: PartyId, paid_for: str) -> int | None:
    """The most that one card can be given back of a bill now; ``None`` where no card paid it."""
    rooms = await store.rooms(work, party, paid_for)
    return rooms[0].left_minor if rooms else None


async def under_way(work: Work, party: PartyId, about: str) -> int:
    """What is on its way back to cards and will be taken off this."""
    return await store.under_way(work, party, about)


async def was_asked(work: Work, party: PartyId, once: OnceKey) -> bool:
    return await store.by_key(work, party, once) is not None


async def known(work: Work, wanted: WantedRefund) -> CardRefund | None:
    """What was noted under this key before. Raises ``KeyOfAnotherCardRefund``."""
    found = await store.by_key(work, wanted.party, wanted.once)
    if found is None:
        return None
    if (found.about, found.amount, found.reason) != (wanted.about, wanted.amount, wanted.reason):
        raise KeyOfAnotherCardRefund
    return found


async def note(work: Work, wanted: WantedRefund) -> CardRefund:
    """Note and reserve what is to go back. Whoever asks holds what it is taken off locked, so one
    key is noted once. Raises ``NoCardPaid``, ``MoreThanTheCardPaid`` and
    ``KeyOfAnotherCardRefund``."""
    before = await known(work, wanted)
    if before is not None:
        return before
    rooms = await store.lock_rooms(work, wanted.party, wanted.paid_for)
    if not rooms:
        raise NoCardPaid
    if wanted.amount.minor > rooms[0].left_minor:
        left = Money(rooms[0].left_minor, wanted.amount.currency)
        raise MoreThanTheCardPaid(wanted.amount, left)
    fresh = CardRefund(
        id=new_id(work.now),
        party=wanted.party,
        collection=rooms[0].collection,
        about=wanted.about,
        amount=wanted.amount,
        reason=wanted.reason,
        once=wanted.once,
        provider=rooms[0].provider,
        hold_ref=rooms[0].ref,
        asked_by=wanted.asked_by,
        state=CardRefundState.ASKED,
        asked_at=work.now,
    )
    await store.add(work, fresh)
    _touch(work, fresh)
    return fresh


async def go_on(begin: BeginWork, given: AnyProvider, id: UUID, write: Write) -> CardRefund:
    """Ask for what was noted, and note what came of it. Raises ``ProviderSilent``."""
    async with begin() as work:
        one = await store.load(work, id)
        if one.ended_at is not None:
            return one
        await asking_back.tried(work, Table.OF_BILL, id)
    answer = await asking_back.ask(begin, given, Table.OF_BILL, one, one.reason)
    async with begin() as work:
        return await _learn(work, id, answer, write)


async def _learn(work: Work, id: UUID, answer: Refunded | Declined, write: Write) -> CardRefund:
    before = await store.lock(work, id)
    if before.ended_at is not None:
        return before  # somebody else has just learned it
    if isinstance(answer, Declined):
        after = replace(
            before,
            state=CardRefundState.DECLINED,
            why=answer.reason or answer.code,
            ended_at=work.now,
        )
    else:
        kept = await write(work, before)
        after = replace(
            before,
            state=CardRefundState.DONE,
            ref=answer.ref,
            document=kept.document,
            entry=kept.entry,
            ended_at=work.now,
        )
    await store.end(work, after)
    _touch(work, after)
    return after


def _touch(work: Work, one: CardRefund) -> None:
    work.touch(f"payments:{one.party}", one.about)


async def ask_again(begin: BeginWork, given: AnyProvider, write: Write) -> int:
    """The round: ask again for what was not answered; how many are over now."""

    async def again(id: UUID) -> CardRefund:
        return await go_on(begin, given, id, write)

    return await asking_back.ask_again(begin, Table.OF_BILL, again)
