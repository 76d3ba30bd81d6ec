"""Writing off more than a party lets one person write off: a second one looks, and agrees or not.

A request is decided once, by somebody else than who asked and who may write off. Nothing leaves the
house, so that deciding and booking are one transaction. What was paid meanwhile is not written off.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from voltway.billing import debts, store_second_person, store_write_offs
from voltway.billing.model_debts import Debt
from voltway.billing.second_person import (
    AskedAlready,
    DecidedBefore,
    NoSuchRequest,
    NotYours,
    OwnRequest,
    RequestState,
)
from voltway.billing.store_second_person import Rule
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId
from voltway.kernel.money import Money
from voltway.parties.model import Actor, Permission
from voltway.payments import taking_back
from voltway.runtime.work import Row, Work

#: What stands for a number where a disputed top-up is written off.
TOP_UP: Final = "The top-up"


@dataclass(eq=False)
class WriteOffNeedsSecondPerson(Refusal):
    """
    To write off more than {limit} needs a second person, and nothing was booked. Ask for it in the
    console, and somebody else approves it.
    """

    limit: Money


@dataclass(eq=False)
class OwedChanged(Refusal):
    """{number} was paid, or more than was asked for is owed now. Decline this, and ask anew."""

    number: str


async def set_rule(work: Work, party: PartyId, above_minor: int | None, *, by: str) -> None:
    """From which sum on a second person is needed; nothing: never."""
    await store_second_person.set_above(work, Rule.WRITE_OFF, party, above_minor, by)


async def rule(work: Work, party: PartyId) -> int | None:
    return await store_second_person.above(work, Rule.WRITE_OFF, party)


async def write_off(
    work: Work, invoice: InvoiceId, *, why: str, actor: Actor, once: OnceKey
) -> Debt:
    """Write a debt off alone. Raises ``WriteOffNeedsSecondPerson``, ``NoReason``."""
    actor.must(Permission.MANAGE_PEOPLE)
    owed = (await debts.debt(work, invoice)).owed
    above = await store_second_person.above(work, Rule.WRITE_OFF, PartyId(actor.party))
    if above is not None and owed.minor > above:
        raise WriteOffNeedsSecondPerson(Money(above, owed.currency))
    return await debts.write_off(work, invoice, why=why, by=actor.name, once=once)


async def forgive(work: Work, dispute: UUID, *, why: str, actor: Actor) -> Money:
    """Write off alone what a driver owes for a disputed top-up; how much. Raises
    ``WriteOffNeedsSecondPerson``, ``NoReason``, ``NothingOwed``."""
    actor.must(Permission.MANAGE_PEOPLE)
    said, owed = _said(why), await taking_back.owed_for(work, dispute)
    above = await store_second_person.above(work, Rule.WRITE_OFF, PartyId(actor.party))
    if above is not None and owed.minor > above:
        raise WriteOffNeedsSecondPerson(Money(above, owed.currency))
    return await taking_back.forgive(work, dispute, why=said, by=actor.name)


def _said(why: str) -> str:
    said = " ".join(why.split())[:200]
    if not said:
        raise debts.NoReason
    return said


async def ask(work: Work, invoice: InvoiceId, *, why: str, actor: Actor) -> UUID:
    """Ask for a second person. Raises ``NoReason``, ``AskedAlready``, ``OwedChanged``."""
    actor.must(Permission.MANAGE_PEOPLE)
    said, debt = _said(why), await debts.debt(work, invoice)
    if not debt.owed.minor:
        raise OwedChanged(debt.number)
    return await _asked(work, store_write_offs.Of(debt.number, debt.owed, invoice), said, actor)


async def ask_to_forgive(work: Work, dispute: UUID, *, why: str, actor: Actor) -> UUID:
    """The same for what is owed for a disputed top-up. Raises ``NoReason``, ``AskedAlready``,
    ``NothingOwed``."""
    actor.must(Permission.MANAGE_PEOPLE)
    said, owed = _said(why), await taking_back.owed_for(work, dispute)
    return await _asked(work, store_write_offs.Of(TOP_UP, owed, dispute=dispute), said, actor)


async def _asked(work: Work, of: store_write_offs.Of, why: str, actor: Actor) -> UUID:
    id = await store_write_offs.add(work, of, why, actor)
    if id is None:
        raise AskedAlready(of.number)
    work.touch(f"approvals:{actor.party}")
    return id


async def approve(work: Work, id: UUID, *, actor: Actor) -> None:
    """Agree, and book it: what is owed now, which is never more than was asked for."""
    request = await _for_second(work, id, actor)
    by = f"{request['asked_by']} and {actor.name}"
    if request["dispute_id"] is not None:
        await _forgive(work, request, by)
    else:
        debt = await debts.debt(work, InvoiceId(request["invoice_id"]))
        if not 0 < debt.owed.minor <= request["amount_minor"]:
            raise OwedChanged(debt.number)
        once = OnceKey(f"write-off:approved:{id}")
        await debts.write_off(work, debt.invoice, why=request["reason"], by=by, once=once)
    await _decide(work, request, RequestState.DONE, actor)


async def _forgive(work: Work, request: Row, by: str) -> None:
    owed = await taking_back.owed_for(work, request["dispute_id"])
    if owed.minor > request["amount_minor"]:
        raise OwedChanged(TOP_UP)
    await taking_back.forgive(work, request["dispute_id"], why=request["reason"], by=by)


async def decline(work: Work, id: UUID, *, actor: Actor) -> None:
    await _decide(work, await _for_second(work, id, actor), RequestState.DECLINED, actor)


async def withdraw(work: Work, id: UUID, *, actor: Actor) -> None:
    """Take back what one has asked for oneself."""
    request = await _open(work, id)
    if request["asker_id"] != actor.id:
        raise NotYours
    await _decide(work, request, RequestState.WITHDRAWN, actor)


async def _decide(work: Work, request: Row, state: RequestState, actor: Actor) -> None:
    await store_write_offs.decide(work, request["id"], state, actor.name)
    work.touch(f"approvals:{request['party_id']}")


async def _for_second(work: Work, id: UUID, actor: Actor) -> Row:
    actor.must(Permission.MANAGE_PEOPLE)
    request = await _open(work, id)
    if request["asker_id"] == actor.id:
        raise OwnRequest
    return request


async def _open(work: Work, id: UUID) -> Row:
    request = await store_write_offs.lock(work, id)
    if request is None:
        raise NoSuchRequest
    if request["state"] != RequestState.OPEN:
        raise DecidedBefore(RequestState(request["state"]))
    return request
