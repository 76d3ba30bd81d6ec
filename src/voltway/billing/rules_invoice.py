"""From the lines of a supply to the figures of an invoice, in one of two rounding modes.

Where gross leads, the buyer pays exactly the gross that was shown. Each rate's share of it is split
into net and tax. On a receipt, the tax is what the net leaves of the gross. An invoice for machines
has the tax that EN 16931 wants of each net (BR-CO-17), and what the two lack to the gross, a cent
for each rate at most, is its rounding amount (BT-114).

Where net leads, each line is rounded once, and the tax is that on the total of each category.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from voltway.billing.documents import Line, Receipt, Tax
from voltway.billing.documents_invoice import (
    GROSS_LEADING,
    NET_LEADING,
    Allowance,
    InvoiceDocument,
    Item,
    TaxPart,
    tax_of,
)
from voltway.billing.rules_amounts import apportion
from voltway.billing.rules_tax import EXEMPT, Category, category_of
from voltway.kernel.money import Currency, Money, payable
from voltway.tariffs.exact import as_decimal

#: The units of what a line prices: UN/ECE recommendation 20.
UNITS = {"ENERGY": "KWH", "TIME": "HUR", "PARKING_TIME": "HUR"}
ONCE = "C62"
#: What adds or takes off, and has no price and no rate of its own.
CHANGES = frozenset({"MIN_PRICE", "MAX_PRICE", "PROMOTION", "ALLOWANCE"})
#: What is taxed alike: a category and a rate.
Key = tuple[str, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """The figures of an invoice, ready to be frozen in it."""

    rounding: str
    lines: tuple[Item, ...]
    allowances: tuple[Allowance, ...]
    taxes: tuple[TaxPart, ...]
    total_minor: int

    @property
    def net_minor(self) -> int:
        return sum(part.net_minor for part in self.taxes)

    @property
    def tax_minor(self) -> int:
        return sum(part.tax_minor for part in self.taxes)

    @property
    def rounding_minor(self) -> int:
        return self.total_minor - self.net_minor - self.tax_minor

    def as_fields(self) -> dict[str, Any]:
        """By the names of the document's fields."""
        return {
            "rounding": self.rounding,
            "lines": self.lines,
            "allowances": self.allowances,
            "taxes": self.taxes,
            "net_minor": self.net_minor,
            "tax_minor": self.tax_minor,
            "rounding_minor": self.rounding_minor,
            "total_minor": self.total_minor,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    """Something sold at a net price, before anything is rounded."""

    kind: str
    name: str
    quantity: Decimal
    unit: str
    price: Decimal
    rate: str
    begins: str | None = None
    ends: str | None = None
    note: str | None = None
    session: str | None = None


def net_led(sold: Sequence[Sold], currency: Currency, *, reverse: bool = False) -> Amounts:
    """The figures of what is sold at net prices: each line rounded once, half-up, and the tax on
    the total of each category. Where the buyer owes the tax, none is on it."""
    lines = tuple(_net_item(each, currency, reverse=reverse) for each in sold)
    return _net_led(lines, (), currency)


def _net_item(sold: Sold, currency: Currency, *, reverse: bool) -> Item:
    return Item(
        kind=sold.kind,
        name=sold.name,
        quantity=f"{sold.quantity:f}",
        unit=sold.unit,
        price=f"{sold.price:f}",
        category=Category.REVERSE_CHARGE if reverse else category_of(sold.rate),
        rate="0" if reverse else sold.rate,
        net_minor=payable(sold.quantity * sold.price, currency).minor,
        begins=sold.begins,
        ends=sold.ends,
        note=sold.note,
        session=sold.session,
    )


def _net_led(
    lines: tuple[Item, ...], allowances: tuple[Allowance, ...], currency: Currency
) -> Amounts:
    bases: dict[Key, int] = {}
    for line in lines:
        key = (line.category, line.rate)
        bases[key] = bases.get(key, 0) + line.net_minor
    for off in allowances:
        key = (off.category, off.rate)
        bases[key] = bases.get(key, 0) - off.net_minor
    taxes = tuple(_taxed(key, net_minor, currency) for key, net_minor in bases.items())
    total = sum(part.net_minor + part.tax_minor for part in taxes)
    return Amounts(
        rounding=NET_LEADING, lines=lines, allowances=allowances, taxes=taxes, total_minor=total
    )


def _taxed(key: Key, net_minor: int, currency: Currency) -> TaxPart:
    category, rate = key
    return TaxPart(
        category=category,
        rate=rate,
        net_minor=net_minor,
        tax_minor=tax_of(net_minor, rate, currency),
        exempt=EXEMPT.get(category),
    )


def of_receipt(receipt: Receipt, *, by_machine: bool) -> Amounts:
    """The figures of what this receipt was written for: the same gross, and the same net of each
    rate. ``by_machine`` has the tax as EN 16931 wants it; else it is as on the receipt."""
    currency = Currency(receipt.currency)
    lines: list[Item] = []
    allowances: list[Allowance] = []
    taxes: list[TaxPart] = []
    for tax in receipt.taxes:
        some, off = _at_rate(receipt, tax)
        lines += some
        allowances += off
        key = (category_of(tax.rate), tax.rate)
        part = _taxed(key, tax.net_minor, currency)
        taxes.append(part if by_machine else _as_on(tax, key))
    return Amounts(
        rounding=GROSS_LEADING,
        lines=tuple(lines),
        allowances=tuple(allowances),
        taxes=tuple(taxes),
        total_minor=receipt.total_minor,
    )


def _as_on(tax: Tax, key: Key) -> TaxPart:
    return TaxPart(category=key[0], rate=key[1], net_minor=tax.net_minor, tax_minor=tax.tax_minor)


def _at_rate(receipt: Receipt, tax: Tax) -> tuple[list[Item], list[Allowance]]:
    """The lines of one rate. They share its gross and its net to the cent; what a limit or a
    promotion did at this rate is what they lack to its gross."""
    currency = Currency(receipt.currency)
    of = _priced_at(receipt, tax)
    changes = _changes(receipt, tax)
    changed = sum(minor for _, minor in changes)
    gross = apportion([Decimal(line.gross_minor) for line in of], tax.gross_minor - changed)
    parts = [Decimal(part) for part in (*gross, *(minor for _, minor in changes))]
    net = apportion(parts, tax.net_minor)
    category = category_of(tax.rate)
    lines = [_item(*each, category) for each in zip(of, gross, net, strict=False)]
    off: list[Allowance] = []
    for (kind, minor), net_minor in zip(changes, net[len(of) :], strict=True):
        if minor > 0:
            lines.append(_once(kind, category, tax.rate, net_minor, minor, currency))
        else:
            off.append(_off(kind, category, tax.rate, -net_minor, -minor))
    return lines, off


def _priced_at(receipt: Receipt, tax: Tax) -> list[Line]:
    return [line for line in receipt.lines if line.rate == tax.rate and line.kind not in CHANGES]


def _changes(receipt: Receipt, tax: Tax) -> list[tuple[str, int]]:
    """What limits and promotions did at this rate. The receipt has them over all rates: the first
    has what is left where the others have their parts, so that they make the rate's gross."""
    of = [line for line in receipt.lines if line.kind in CHANGES]
    if not of:
        return []
    sold = [sum(line.gross_minor for line in _priced_at(receipt, each)) for each in receipt.taxes]
    at = next(nth for nth, each in enumerate(receipt.taxes) if each.rate == tax.rate)
    weights = [Decimal(minor) for minor in sold]
    rest = [(line.kind, apportion(weights, line.gross_minor)[at]) for line in of[1:]]
    first = tax.gross_minor - sold[at] - sum(minor for _, minor in rest)
    return [(kind, minor) for kind, minor in ((of[0].kind, first), *rest) if minor]


def _item(line: Line, gross_minor: int, net_minor: int, category: str) -> Item:
    assert line.price is not None, "only what changes a sum has no price"
    net_price = as_decimal(Fraction(line.price) * 100 / (100 + Fraction(line.rate or 0)))
    return Item(
        kind=line.kind,
        name=NAMES[line.kind],
        quantity=line.billed_volume,
        unit=UNITS.get(line.kind, ONCE),
        price=f"{net_price:f}",
        category=category,
        rate=line.rate,
        net_minor=net_minor,
        gross_price=line.price,
        gross_minor=gross_minor,
        reservation=line.reservation,
    )


#: What the lines are called where only English is read: in the XML of an invoice.
NAMES = {
    "ENERGY": "Energy",
    "TIME": "Charging time",
    "PARKING_TIME": "Idle time",
    "FLAT": "Session fee",
    "MIN_PRICE": "Up to the lowest price",
    "MAX_PRICE": "Down to the highest price",
    "PROMOTION": "Promotion code",
    "ALLOWANCE": "Free by subscription",
    "SUBSCRIPTION": "Subscription",
}


def _once(
    kind: str,
    category: str,
    rate: str | None,
    net_minor: int,
    gross_minor: int | None,
    currency: Currency,
) -> Item:
    """A line of an amount by itself."""
    gross = None if gross_minor is None else f"{Money(gross_minor, currency).decimal:f}"
    return Item(
        kind=kind,
        name=NAMES.get(kind, kind),
        quantity="1",
        unit=ONCE,
        price=f"{Money(net_minor, currency).decimal:f}",
        category=category,
        rate=rate,
        net_minor=net_minor,
        gross_price=gross,
        gross_minor=gross_minor,
    )


def _off(
    kind: str, category: str, rate: str | None, net_minor: int, gross_minor: int | None
) -> Allowance:
    return Allowance(
        kind=kind,
        reason=NAMES.get(kind, kind),
        category=category,
        rate=rate,
        net_minor=net_minor,
        gross_minor=gross_minor,
    )


def without_tax(amounts: Amounts, currency: Currency) -> Amounts:
    """The same supply where the buyer owes the tax: its net, and nothing on it. Net leads."""
    lines = tuple(
        Item(
            kind=each.kind,
            name=each.name,
            quantity=each.quantity,
            unit=each.unit,
            price=each.price,
            category=Category.REVERSE_CHARGE,
            rate="0",
            net_minor=each.net_minor,
            reservation=each.reservation,
        )
        for each in amounts.lines
    )
    allowances = tuple(
        _off(each.kind, Category.REVERSE_CHARGE, "0", each.net_minor, None)
        for each in amounts.allowances
    )
    return _net_led(lines, allowances, currency)


def of_invoice(document: InvoiceDocument) -> Amounts:
    """The figures of a document that is frozen."""
    return Amounts(
        rounding=document.rounding,
        lines=document.lines,
        allowances=document.allowances,
        taxes=document.taxes,
        total_minor=document.total_minor,
    )
