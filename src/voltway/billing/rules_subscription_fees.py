"""The figures of a month's fee, and what it writes into the books.

the fee        customer owes us   customer:<who>:receivable   to   revenue:subscriptions  (net)
                                  customer:<who>:receivable   to   tax:vat:<rate>
                                  customer:<who>:receivable   to   revenue:rounding    (or back)
taken back     the same, the other way round, as far as a credit note says
"""

from collections.abc import Iterator
from decimal import Decimal

from voltway.billing.documents_invoice import GROSS_LEADING, Item, TaxPart, tax_of
from voltway.billing.rules_amounts import net_of
from voltway.billing.rules_books import undone
from voltway.billing.rules_invoice import ONCE, Amounts
from voltway.billing.rules_tax import category_of
from voltway.kernel.money import Currency, Money
from voltway.ledger.model import Account, Posting

KIND = "SUBSCRIPTION"


def figures(fee: Money, rate: str, *, name: str, begins: str, ends: str) -> Amounts:
    """A fee is shown with its tax, and the customer pays exactly that: gross leads."""
    net_minor = net_of(fee, Decimal(rate)).minor
    key = category_of(rate)
    line = Item(
        kind=KIND,
        name=name,
        quantity="1",
        unit=ONCE,
        price=f"{Money(net_minor, fee.currency).decimal:f}",
        category=key,
        rate=rate,
        net_minor=net_minor,
        gross_price=f"{fee.decimal:f}",
        gross_minor=fee.minor,
        begins=begins,
        ends=ends,
    )
    tax = TaxPart(
        category=key,
        rate=rate,
        net_minor=net_minor,
        tax_minor=tax_of(net_minor, rate, fee.currency),
    )
    return Amounts(
        rounding=GROSS_LEADING, lines=(line,), allowances=(), taxes=(tax,), total_minor=fee.minor
    )


def sold(amounts: Amounts, owed: Account, currency: Currency) -> Iterator[Posting]:
    """What the customer owes us for a month: what a credit note of all of it would undo."""
    for each in undone(amounts, owed, currency):
        yield Posting(each.credit, each.debit, each.amount)
