"""Giving back more than a party lets one person give back: a second one looks, and agrees or not.

What counts is all that was taken off a receipt, so that many small refunds are not a way around. A
request is decided once, by somebody else than who asked; what was approved is done under a key of
the request's own, by whoever approved or by the rounds after a crash, and once.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from voltway.billing import (
    card_refunds,
    crediting,
    store_approvals,
    store_documents,
    store_second_person,
)
from voltway.billing.second_person import (
    AskedAlready,
    DecidedBefore,
    NoSuchRequest,
    NotYours,
    OwnRequest,
    RequestState,
)
from voltway.billing.store_approvals import Request
from voltway.billing.store_second_person import Rule
from voltway.kernel.errors import Outage, Refusal
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId, new_id
from voltway.kernel.money import Money
from voltway.parties.model import Actor, Permission
from voltway.payments import actions as payments
from voltway.payments import paying_again
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_card_refunds import CardRefundState
from voltway.payments.provider import Declined, Refunded
from voltway.payments.refunding_cards import MoreThanTheCardPaid, NoCardPaid
from voltway.runtime.work import BeginWork, Work

SAID_MAX: Final = 200


@dataclass(eq=False)
class NeedsSecondPerson(Refusal):
    """
    To take more than {limit} off one receipt needs a second person, and nothing was given back. Ask
    for it, and somebody else approves it.
    """

    limit: Money


async def set_rule(work: Work, party: PartyId, above_minor: int | None, *, by: str) -> None:
    """From which sum on a second person is needed; nothing: never."""
    await store_second_person.set_above(work, Rule.REFUND, party, above_minor, by)


async def rule(work: Work, party: PartyId) -> int | None:
    return await store_second_person.above(work, Rule.REFUND, party)


async def must_be_one_persons(
    work: Work, party: PartyId, amount: Money, *, taken_minor: int
) -> None:
    """Raises ``NeedsSecondPerson`` where this much, with what was taken off before, is too much for
    one person."""
    above = await store_second_person.above(work, Rule.REFUND, party)
    if above is not None and taken_minor + amount.minor > above:
        raise NeedsSecondPerson(Money(above, amount.currency))


async def ask(
    work: Work,
    receipt: InvoiceId,
    amount: Money,
    *,
    reason: str,
    actor: Actor,
    to_card: bool = False,
) -> Request:
    """Ask for a second person. ``to_card`` says that it goes back to the card that paid the
    receipt's statement. Raises ``CreditTooLarge``, ``AskedAlready``; to a card, ``NoCardPaid`` and
    ``MoreThanTheCardPaid``."""
    actor.must(Permission.MOVE_MONEY)
    left = await crediting.left_of(work, receipt)
    if amount.minor > left.amount.minor or amount.currency != left.amount.currency:
        raise crediting.CreditTooLarge(amount, left.number, left.amount)
    if to_card:
        await _must_fit_card(work, receipt, amount)
    assert actor.id is not None, "the house asks nobody"
    request = Request(
        id=new_id(work.now),
        party=actor.party,
        receipt=receipt,
        amount=amount,
        reason=reason,
        asked_by=actor.name,
        asker=actor.id,
        asked_at=work.now,
        to_card=to_card,
    )
    if not await store_approvals.add(work, request):
        raise AskedAlready(left.number)
    work.touch(f"approvals:{actor.party}")
    return request


async def _must_fit_card(work: Work, receipt: InvoiceId, amount: Money) -> None:
    room = await card_refunds.left_for_card(work, receipt)
    if room is None:
        raise NoCardPaid
    if amount.minor > room.minor:
        raise MoreThanTheCardPaid(amount, room)


async def withdraw(work: Work, id: UUID, *, actor: Actor) -> None:
    """Take back what one has asked for oneself."""
    request = await _open(work, id)
    if request.asker != actor.id:
        raise NotYours
    await store_approvals.decide(work, id, RequestState.WITHDRAWN, actor.name, None)
    work.touch(f"approvals:{request.party}")


async def decline(work: Work, id: UUID, *, actor: Actor, why: str) -> None:
    request = await _for_second(work, id, actor)
    await store_approvals.decide(work, id, RequestState.DECLINED, actor.name, why[:SAID_MAX])
    work.touch(f"approvals:{request.party}")


async def approve(begin: BeginWork, provider: AnyProvider, id: UUID, *, actor: Actor) -> Request:
    """Agree, and give it back. What cannot be given back any more is said on the request; where the
    provider is silent it stays approved, and the rounds go on."""
    async with begin(actor.party) as work:
        request = await _for_second(work, id, actor)
        await store_approvals.decide(work, id, RequestState.APPROVED, actor.name, None)
        work.touch(f"approvals:{request.party}")
    with suppress(Outage):
        await _do(begin, provider, request)
    async with begin(actor.party) as work:
        return await store_approvals.lock(work, id) or request


async def _for_second(work: Work, id: UUID, actor: Actor) -> Request:
    actor.must(Permission.MOVE_MONEY)
    request = await _open(work, id)
    if request.asker == actor.id:
        raise OwnRequest
    return request


async def _open(work: Work, id: UUID) -> Request:
    request = await store_approvals.lock(work, id)
    if request is None:
        raise NoSuchRequest
    if request.state is not RequestState.OPEN:
        raise DecidedBefore(request.state)
    return request


async def _do(begin: BeginWork, provider: AnyProvider, request: Request) -> None:
    """Give back what was approved: to the card that paid, or off what is owed."""
    try:
        given: Refunded | Declined | None
        if request.returned is not None:
            given = await _pay_again(begin, provider, request, request.returned)
        else:
            assert request.receipt is not None, "what is given back is of a receipt"
            take_off = _to_card if request.to_card else _take_off
            given = await take_off(begin, provider, request, request.receipt)
    except Refusal as no:  # somebody gave it back meanwhile
        failed: str | None = str(no)
    else:
        failed = given.reason if isinstance(given, Declined) else None
    async with begin(request.party) as work:
        await store_approvals.done(work, request.id, failed)
        work.touch(f"approvals:{request.party}")


async def _pay_again(
    begin: BeginWork, provider: AnyProvider, request: Request, id: UUID
) -> Declined | None:
    how = request.reason if request.otherwise else None
    by = f"{request.asked_by} and a second person"
    return await paying_again.go_on(begin, provider, id, how=how, by=by)


async def _to_card(
    begin: BeginWork, provider: AnyProvider, request: Request, of: InvoiceId
) -> Declined | None:
    done = await card_refunds.give_back(
        begin,
        provider,
        of,
        request.amount,
        reason=request.reason,
        by=f"{request.asked_by} and a second person",
        once=OnceKey(f"approved:{request.id}"),
    )
    if done.state is CardRefundState.DECLINED:
        return Declined("declined", done.why or "")
    return None


async def _take_off(
    begin: BeginWork, provider: AnyProvider, request: Request, of: InvoiceId
) -> Refunded | Declined | None:
    once = OnceKey(f"approved:{request.id}")
    async with begin(request.party) as work:
        receipt = await store_documents.invoice(work, of)
        left = await crediting.left_of(work, of)
        if not (left.by_card and receipt.payment):
            await crediting.credit_receipt(
                work, receipt.id, request.amount.minor, reason=request.reason, once=once
            )
            return None
    return await payments.refund(
        begin, provider, receipt.payment, request.amount, reason=request.reason, once=once
    )


async def finish_approved(begin: BeginWork, provider: AnyProvider) -> int:
    """The round: do what was approved and is not done, after a crash or a silence; how many."""
    async with begin() as work:
        waiting = await store_approvals.approved(work)
    done = 0
    for request in waiting:
        with suppress(Outage):
            await _do(begin, provider, request)
            done += 1
    return done
