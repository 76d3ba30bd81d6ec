"""What a settled session writes into the books.

    the sale     driver owes us     driver:<who>:receivable   to   revenue:<what>   (net)
                                    driver:<who>:receivable   to   tax:vat:<rate>
    the capture  provider owes us   provider:<name>:due       to   driver:<who>:receivable
    a refund     both ways back     cost:refunds              to   driver:<who>:receivable
                                    driver:<who>:receivable   to   provider:<name>:due

What a hold did not cover stays on the driver's account, where everybody can see it.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from voltway.billing.rules_amounts import Bill, BillLine
from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import Currency, Money
from voltway.ledger.model import Account, Entry, Posting, account
from voltway.tariffs.model import Bound, CostLine, Dimension

REVENUE: Mapping[Dimension, Account] = {
    Dimension.ENERGY: account("revenue", "energy"),
    Dimension.TIME: account("revenue", "time"),
    Dimension.PARKING_TIME: account("revenue", "parking"),
    Dimension.FLAT: account("revenue", "flat"),
}
LIMITS: Mapping[Bound, Account] = {
    Bound.MIN_PRICE: account("revenue", "minimum"),
    Bound.MAX_PRICE: account("revenue", "maximum"),
}
REFUNDS = account("cost", "refunds")


def receivable(who: str) -> Account:
    return account("driver", who, "receivable")


def due(provider: str) -> Account:
    return account("provider", provider, "due")


def vat(rate: Decimal | None) -> Account:
    return account("tax", "vat", "unstated" if rate is None else f"{rate.normalize():f}")


def sale(
    bill: Bill,
    *,
    party: PartyId,
    who: str,
    at: datetime,
    memo: str,
    once: OnceKey,
    evidence: Mapping[str, str],
) -> Entry:
    """What the driver owes us for a session, and to whom we owe what of it."""
    return Entry(
        party=party,
        once=once,
        at=at,
        memo=memo,
        evidence=evidence,
        postings=tuple(_sold(bill, receivable(who))),
    )


def _sold(bill: Bill, owed: Account) -> Iterator[Posting]:
    sums: dict[Account, int] = {}
    for line in bill.lines:
        sums[_revenue(line)] = sums.get(_revenue(line), 0) + line.net_minor
    for tax in bill.taxes:
        sums[vat(tax.rate)] = sums.get(vat(tax.rate), 0) + tax.tax_minor
    for earned, minor in sums.items():
        yield from _posting(owed, earned, minor, bill.currency)


def _revenue(line: BillLine) -> Account:
    if isinstance(line.of, CostLine):
        return REVENUE[line.of.dimension]
    return LIMITS[line.of.bound]


def _posting(debit: Account, credit: Account, minor: int, currency: Currency) -> Iterator[Posting]:
    """A posting of this much; a minus is a posting the other way, and nothing is none."""
    if minor > 0:
        yield Posting(debit, credit, Money(minor, currency))
    elif minor < 0:
        yield Posting(credit, debit, Money(-minor, currency))


def capture(
    amount: Money,
    *,
    party: PartyId,
    who: str,
    provider: str,
    at: datetime,
    memo: str,
    once: OnceKey,
    evidence: Mapping[str, str],
) -> Entry:
    """The provider took the money, and owes it to us instead of the driver."""
    posting = Posting(due(provider), receivable(who), amount)
    return Entry(party=party, once=once, at=at, memo=memo, evidence=evidence, postings=(posting,))


def refund(
    amount: Money,
    *,
    party: PartyId,
    who: str,
    provider: str,
    at: datetime,
    memo: str,
    once: OnceKey,
    evidence: Mapping[str, str],
) -> Entry:
    """Money given back: we bear it, and the provider owes us that much less."""
    return Entry(
        party=party,
        once=once,
        at=at,
        memo=memo,
        evidence=evidence,
        postings=(
            Posting(REFUNDS, receivable(who), amount),
            Posting(receivable(who), due(provider), amount),
        ),
    )
