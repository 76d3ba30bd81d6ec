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

from voltway.billing.documents import CdrDocument
from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import Currency, Money
from voltway.ledger.model import Account, Entry, Posting, account

REVENUE: Mapping[str, Account] = {
    "ENERGY": account("revenue", "energy"),
    "TIME": account("revenue", "time"),
    "PARKING_TIME": account("revenue", "parking"),
    "FLAT": account("revenue", "flat"),
    "MIN_PRICE": account("revenue", "minimum"),
    "MAX_PRICE": account("revenue", "maximum"),
}
REFUNDS = account("cost", "refunds")


def receivable(who: str) -> Account:
    return account("driver", who, "receivable")


def due(provider: str) -> Account:
    return account("provider", provider, "due")


def vat(rate: str | None) -> Account:
    return account("tax", "vat", "unstated" if rate is None else rate)


def sale(
    cdr: CdrDocument,
    *,
    party: PartyId,
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
        postings=tuple(_sold(cdr)),
    )


def _sold(cdr: CdrDocument) -> Iterator[Posting]:
    sums: dict[Account, int] = {}
    for line in cdr.lines:
        sums[REVENUE[line.kind]] = sums.get(REVENUE[line.kind], 0) + line.net_minor
    for tax in cdr.taxes:
        sums[vat(tax.rate)] = sums.get(vat(tax.rate), 0) + tax.tax_minor
    for earned, minor in sums.items():
        yield from _posting(receivable(cdr.account), earned, minor, Currency(cdr.currency))


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
