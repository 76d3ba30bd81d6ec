"""A credit note for a receipt, from the console: all or a part, with a reason, and confirmed.

What a card paid goes back to the card, and its credit note follows of itself; what is still owed is
taken off what is owed. Where a card paid the statement on which a receipt stands, one may choose.
"""

from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import ClassVar, Final
from uuid import UUID, uuid4

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import actions as billing
from voltway.billing import approving, card_refunds
from voltway.billing.actions import Left
from voltway.billing.model import Invoice
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.kernel.money import Money, minor_digits
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments import actions as payments
from voltway.payments.model_card_refunds import CardRefundState
from voltway.payments.provider import Declined, ProviderSilent
from voltway.payments.refunding_cards import MoreThanTheCardPaid, NoCardPaid
from voltway.web.appearance import Form
from voltway.web.console.card_refund_views import refunds_of
from voltway.web.console.door import console_page, uuid_of
from voltway.web.console.form_fields import number_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

REASON_MAX: Final = 200
#: Where what is taken off goes, as the form says it; else off the next statement.
CARD: Final = "card"


@dataclass(eq=False)
class NotAnAmount(Refusal):
    """Write the amount as a number above zero, such as 3.50."""

    kind: ClassVar[Kind] = Kind.INVALID


class NoReason(Refusal):
    """Say why: the reason stands on the credit note."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NothingLeft(Refusal):
    """Of {number} nothing is left that could be taken off."""

    number: str


@dataclass(eq=False)
class NotGivenBack(Refusal):
    """The payment provider did not give the money back: {why} Nothing was credited."""

    why: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to take off, why, and whether it goes back to the card that paid the
    receipt's statement."""

    amount: Money
    reason: str
    to_card: bool


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt, and what is left of it."""

    document: Invoice
    left: Left
    to_card: Money | None  # what of that can go back to the card that paid its statement


@get("/receipts/{receipt:uuid}/credit", include_in_schema=False)
async def ask(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    receipt: FromPath[UUID],
) -> Response[str]:
    actor.must(Permission.MOVE_MONEY)
    of = await _found(house, actor, receipt)
    return await _form(request, house, actor, of, {})


@post("/receipts/{receipt:uuid}/credit", include_in_schema=False)
async def answer(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    receipt: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Look at what was typed, or credit what was looked at; sent twice by one form, it is once."""
    actor.must(Permission.MOVE_MONEY)
    of = await _found(house, actor, receipt)
    step = data.get("step", "")
    try:
        asked = _asked(data, of, is_sure=step == "write") if step else None
        if asked is not None and step == "write":
            once = OnceKey(f"console:{uuid_of(data.get('once', '')) or uuid4()}")
            if await _asks_second(house, actor, of, asked, once):
                return see_other("/console/approvals")
            await _credit(house, actor, of.document, asked, once)
            return see_other(f"/console/documents/{of.document.id}")
    except (Refusal, Outage) as no:
        status = STATUS[no.kind] if isinstance(no, Refusal) else HTTPStatus.SERVICE_UNAVAILABLE
        of = await _found(house, actor, receipt)
        return await _form(request, house, actor, of, data, trouble=str(no), status=status)
    sure = asked if step == "look" else None
    return await _form(request, house, actor, of, data, asked=sure)


async def _found(house: House, actor: Actor, id: UUID) -> Receipt:
    receipt = InvoiceId(id)
    async with house.begin(actor.party) as work:
        return Receipt(
            await billing.invoice(work, receipt),
            await billing.left_of(work, receipt),
            await card_refunds.left_for_card(work, receipt),
        )


def _asked(data: Form, of: Receipt, *, is_sure: bool) -> Asked:
    """What was typed. What somebody is sure of may be done already: whether it still fits is for
    whoever does it to say."""
    reason = " ".join(data.get("reason", "").split())[:REASON_MAX]
    to_card = data.get("where") == CARD
    if to_card and of.to_card is None:
        raise NoCardPaid
    most = of.to_card if to_card and of.to_card is not None else of.left.amount
    if data.get("what") == "all" and not is_sure:
        amount = most
        if not amount.minor:
            raise NothingLeft(of.left.number)
    else:
        amount = _money(data.get("amount", ""), of.left)
    if not reason:
        raise NoReason
    if amount.minor > of.left.amount.minor and not is_sure:
        raise billing.CreditTooLarge(amount, of.left.number, of.left.amount)
    if amount.minor > most.minor and not is_sure:
        raise MoreThanTheCardPaid(amount, most)
    return Asked(amount, reason, to_card)


def _money(text: str, left: Left) -> Money:
    number = number_of(text)
    currency = left.amount.currency
    minor = (number or Decimal(0)).scaleb(minor_digits(currency))
    if minor <= 0 or minor != int(minor):
        raise NotAnAmount
    return Money(int(minor), currency)


async def _asks_second(
    house: House, actor: Actor, of: Receipt, asked: Asked, once: OnceKey
) -> bool:
    """Ask for a second person, where what is taken off in all is too much for one."""
    receipt = of.document
    taken_minor = receipt.total_minor - of.left.amount.minor
    async with house.begin(actor.party) as work:
        if asked.to_card and await card_refunds.was_asked(work, receipt.id, once):
            return False
        try:
            await approving.must_be_one_persons(
                work, receipt.party, asked.amount, taken_minor=taken_minor
            )
        except approving.NeedsSecondPerson:
            request = await approving.ask(
                work,
                receipt.id,
                asked.amount,
                reason=asked.reason,
                actor=actor,
                to_card=asked.to_card,
            )
            did, on = "asked for a second person", f"refund_request:{request.id}"
            await parties.audit(work, actor, did, on, {"amount": str(asked.amount)})
            return True
    return False


async def _credit(house: House, actor: Actor, found: Invoice, asked: Asked, once: OnceKey) -> None:
    on, detail = f"receipt:{found.id}", {"amount": str(asked.amount), "reason": asked.reason}
    if asked.to_card:
        await _give_back(house, actor, found, asked, once)
        return
    async with house.begin(actor.party) as work:
        left = await billing.left_of(work, found.id)
        if not (left.by_card and found.payment):
            await billing.credit_receipt(
                work, found.id, asked.amount.minor, reason=asked.reason, once=once
            )
            await parties.audit(work, actor, "credited a receipt", on, detail)
            return
        await parties.audit(work, actor, "asked for a refund", on, detail)
    given = await payments.refund(
        house.begin, house.provider, found.payment, asked.amount, reason=asked.reason, once=once
    )
    if isinstance(given, Declined):
        raise NotGivenBack(given.reason)


async def _give_back(
    house: House, actor: Actor, found: Invoice, asked: Asked, once: OnceKey
) -> None:
    """To the card that paid the statement. Where the provider is silent the round goes on, and the
    receipt's page says how far it is."""
    on, detail = f"receipt:{found.id}", {"amount": str(asked.amount), "reason": asked.reason}
    async with house.begin(actor.party) as work:
        await parties.audit(work, actor, "asked for a refund to the card", on, detail)
    with suppress(ProviderSilent):
        done = await card_refunds.give_back(
            house.begin,
            house.provider,
            found.id,
            asked.amount,
            reason=asked.reason,
            by=actor.name,
            once=once,
        )
        if done.state is CardRefundState.DECLINED:
            raise NotGivenBack(done.why or "")


async def _form(
    request: HttpRequest,
    house: House,
    actor: Actor,
    of: Receipt,
    typed: Form,
    *,
    asked: Asked | None = None,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    async with house.begin(actor.party) as work:
        refunds = await refunds_of(work, of.document.id)
    return await console_page(
        request,
        house,
        actor,
        "console/credit.html",
        status=status,
        place="money",
        found=of.document,
        left=of.left,
        to_card=of.to_card,
        card_refunds=refunds,
        typed={name: typed.get(name, "")[:300] for name in ("what", "where", "amount", "reason")},
        asked=asked,
        once=uuid_of(typed.get("once", "")) or uuid4(),
        reason_max=REASON_MAX,
        trouble=trouble,
    )
