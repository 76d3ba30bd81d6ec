"""A credit note for a receipt, from the console: all or a part, with a reason, and confirmed.

What a card paid goes back to the card, and its credit note follows of itself; what is still owed is
taken off what is owed.
"""

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
from voltway.billing import approving
from voltway.billing.actions import Left
from voltway.billing.model import Invoice
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.kernel.money import Money, minor_digits
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.payments import actions as payments
from voltway.payments.provider import Declined
from voltway.web.appearance import Form
from voltway.web.console.door import console_page, uuid_of
from voltway.web.console.form_fields import number_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

REASON_MAX: Final = 200


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
    """What somebody wants to take off, and why."""

    amount: Money
    reason: str


@get("/receipts/{receipt:uuid}/credit", include_in_schema=False)
async def ask(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    receipt: FromPath[UUID],
) -> Response[str]:
    actor.must(Permission.MOVE_MONEY)
    found, left = await _found(house, actor, receipt)
    return await _form(request, house, actor, found, left, {})


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
    found, left = await _found(house, actor, receipt)
    step = data.get("step", "")
    try:
        asked = _asked(data, left, is_sure=step == "write") if step else None
        if asked is not None and step == "write":
            once = OnceKey(f"console:{uuid_of(data.get('once', '')) or uuid4()}")
            if await _asks_second(house, actor, found, left, asked):
                return see_other("/console/approvals")
            await _credit(house, actor, found, asked, once)
            return see_other(f"/console/documents/{found.id}")
    except (Refusal, Outage) as no:
        status = STATUS[no.kind] if isinstance(no, Refusal) else HTTPStatus.SERVICE_UNAVAILABLE
        return await _form(request, house, actor, found, left, data, trouble=str(no), status=status)
    sure = asked if step == "look" else None
    return await _form(request, house, actor, found, left, data, asked=sure)


async def _found(house: House, actor: Actor, id: UUID) -> tuple[Invoice, Left]:
    async with house.begin(actor.party) as work:
        return await billing.invoice(work, InvoiceId(id)), await billing.left_of(
            work, InvoiceId(id)
        )


def _asked(data: Form, left: Left, *, is_sure: bool) -> Asked:
    """What was typed. What somebody is sure of may be done already: whether it still fits is for
    whoever does it to say."""
    reason = " ".join(data.get("reason", "").split())[:REASON_MAX]
    if data.get("what") == "all" and not is_sure:
        amount = left.amount
        if not amount.minor:
            raise NothingLeft(left.number)
    else:
        amount = _money(data.get("amount", ""), left)
    if not reason:
        raise NoReason
    if amount.minor > left.amount.minor and not is_sure:
        raise billing.CreditTooLarge(amount, left.number, left.amount)
    return Asked(amount, reason)


def _money(text: str, left: Left) -> Money:
    number = number_of(text)
    currency = left.amount.currency
    minor = (number or Decimal(0)).scaleb(minor_digits(currency))
    if minor <= 0 or minor != int(minor):
        raise NotAnAmount
    return Money(int(minor), currency)


async def _asks_second(
    house: House, actor: Actor, found: Invoice, left: Left, asked: Asked
) -> bool:
    """Ask for a second person, where what is taken off in all is too much for one."""
    taken_minor = found.total_minor - left.amount.minor
    async with house.begin(actor.party) as work:
        try:
            await approving.must_be_one_persons(
                work, found.party, asked.amount, taken_minor=taken_minor
            )
        except approving.NeedsSecondPerson:
            request = await approving.ask(
                work, found.id, asked.amount, reason=asked.reason, actor=actor
            )
            did, on = "asked for a second person", f"refund_request:{request.id}"
            await parties.audit(work, actor, did, on, {"amount": str(asked.amount)})
            return True
    return False


async def _credit(house: House, actor: Actor, found: Invoice, asked: Asked, once: OnceKey) -> None:
    on, detail = f"receipt:{found.id}", {"amount": str(asked.amount), "reason": asked.reason}
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


async def _form(
    request: HttpRequest,
    house: House,
    actor: Actor,
    found: Invoice,
    left: Left,
    typed: Form,
    *,
    asked: Asked | None = None,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    return await console_page(
        request,
        house,
        actor,
        "console/credit.html",
        status=status,
        place="money",
        found=found,
        left=left,
        typed={name: typed.get(name, "")[:300] for name in ("what", "amount", "reason")},
        asked=asked,
        once=uuid_of(typed.get("once", "")) or uuid4(),
        reason_max=REASON_MAX,
        trouble=trouble,
    )
