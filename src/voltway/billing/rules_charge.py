"""What may be charged after a bill: the difference, to whom, until when, and how it is written."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from voltway.billing.documents import CdrDocument
from voltway.billing.documents_invoice import GROSS_LEADING, Item, TaxPart, tax_of
from voltway.billing.rules_amounts import net_of
from voltway.billing.rules_invoice import ONCE, Amounts
from voltway.billing.rules_tax import category_of
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.money import Currency, Money

#: As an invoice's line calls it.
NAME = "What was not billed of this session before"


@dataclass(frozen=True, slots=True)
class ChargeRule:
    """How much of one session may be charged after its bill, and for how many days."""

    most_minor: int = 0
    within_days: int = 0


class NotToBeCharged(Refusal):
    """
    Nothing is charged after a bill here: an owner has set no limit for it. Leave the bill as it is,
    or give the difference away.
    """

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class ChargeTooLarge(Refusal):
    """{asked} is more than may be charged after a bill: {most} at most."""

    kind: ClassVar[Kind] = Kind.LIMIT

    asked: Money
    most: Money


@dataclass(eq=False)
class ChargeTooLate(Refusal):
    """The session ended more than {days} days ago: nothing is charged for it any more."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    days: int


class GuestIsNotCharged(Refusal):
    """
    This session was paid by card, and its hold is captured: a card is not charged again. Give the
    difference away, or leave the bill as it is.
    """

    kind: ClassVar[Kind] = Kind.CONFLICT


class NobodyToCharge(Refusal):
    """No customer has this card: there is nobody to invoice. Make it a customer's card first."""

    kind: ClassVar[Kind] = Kind.CONFLICT


class NotOneWay(Refusal):
    """
    By what is known now a part of the bill would be lower while the whole is higher, or its tax is
    not stated. That cannot be charged in one invoice: leave the bill as it is.
    """

    kind: ClassVar[Kind] = Kind.CONFLICT


def must_be_charged(rule: ChargeRule, more: Money, ended_at: datetime, now: datetime) -> None:
    """Refuse what is too much or too late to be charged."""
    if not rule.most_minor:
        raise NotToBeCharged
    if more.minor > rule.most_minor:
        raise ChargeTooLarge(more, Money(rule.most_minor, more.currency))
    if now > ended_at + timedelta(days=rule.within_days):
        raise ChargeTooLate(rule.within_days)


def difference(billed: CdrDocument, told: CdrDocument) -> Amounts:
    """The figures of an invoice of what a session costs more by all that is known now: a line for
    each rate, at the gross that the tariff leads to. Raises ``NotOneWay``."""
    currency = Currency(told.currency)
    before = {tax.rate: tax.gross_minor for tax in billed.taxes}
    now = {tax.rate: tax.gross_minor for tax in told.taxes}
    lines: list[Item] = []
    taxes: list[TaxPart] = []
    for rate in dict.fromkeys((*now, *before)):
        gross = now.get(rate, 0) - before.get(rate, 0)
        if not gross:
            continue
        if gross < 0 or rate is None:
            raise NotOneWay
        line = _line(told, rate, gross, currency)
        lines.append(line)
        taxes.append(
            TaxPart(
                category=line.category,
                rate=rate,
                net_minor=line.net_minor,
                tax_minor=tax_of(line.net_minor, rate, currency),
            )
        )
    return Amounts(
        rounding=GROSS_LEADING,
        lines=tuple(lines),
        allowances=(),
        taxes=tuple(taxes),
        total_minor=sum(line.gross_minor or 0 for line in lines),
    )


def _line(told: CdrDocument, rate: str, gross_minor: int, currency: Currency) -> Item:
    net = net_of(Money(gross_minor, currency), Decimal(rate))
    kinds = [each for each in told.lines if each.rate == rate]
    return Item(
        # What most of it is for, so that the books earn it there.
        kind=max(kinds, key=lambda each: each.gross_minor).kind,
        name=NAME,
        quantity="1",
        unit=ONCE,
        price=f"{net.decimal:f}",
        category=category_of(rate),
        rate=rate,
        net_minor=net.minor,
        gross_price=f"{Money(gross_minor, currency).decimal:f}",
        gross_minor=gross_minor,
        begins=told.visit.begins,
        ends=told.visit.ends,
        session=told.session,
    )


def given_away(billed: CdrDocument, told: CdrDocument) -> Iterator[tuple[str, int]]:
    """By kind of line, the net of what a session costs more by all that is known now."""
    sums: dict[str, int] = {}
    for sign, document in ((1, told), (-1, billed)):
        for line in document.lines:
            sums[line.kind] = sums.get(line.kind, 0) + sign * line.net_minor
    yield from ((kind, minor) for kind, minor in sums.items() if minor)
