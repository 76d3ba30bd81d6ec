"""What a settled session writes into the books.

    the sale     driver owes us     driver:<who>:receivable   to   revenue:<what>   (net)
                                    driver:<who>:receivable   to   tax:vat:<rate>
    granted      the sale is less   revenue:promotions        to   driver:<who>:receivable
    the capture  provider owes us   provider:<name>:due       to   driver:<who>:receivable
    a refund     the sale undone    revenue:<what>, tax       to   driver:<who>:receivable
                 and its money      driver:<who>:receivable   to   provider:<name>:due
    beyond that  a gift of ours     cost:refunds              to   driver:<who>:receivable
    a supplement as a sale          customer:<id>:receivable  to   revenue:<what>, tax
    given away   owed, not charged  cost:given_away           to   revenue:<what>      (net)
    an invoice   the tax passes     tax:vat:<rate>            to   driver:<who>:receivable
                 or is rounded      revenue:rounding          to   tax:vat:<rate>   (or back)

What a hold did not cover stays on the driver's account, where everybody can see it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from voltway.billing.documents import CdrDocument, Receipt
from voltway.billing.rules_invoice import Amounts
from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import Currency, Money
from voltway.ledger.model import Account, Entry, Posting, account
from voltway.payments.rules_payouts import due

REVENUE: Mapping[str, Account] = {
    "ENERGY": account("revenue", "energy"),
    "TIME": account("revenue", "time"),
    "PARKING_TIME": account("revenue", "parking"),
    "FLAT": account("revenue", "flat"),
    "MIN_PRICE": account("revenue", "minimum"),
    "MAX_PRICE": account("revenue", "maximum"),
    "PROMOTION": account("revenue", "promotions"),
    "ALLOWANCE": account("revenue", "allowances"),
    "SUBSCRIPTION": account("revenue", "subscriptions"),
}
REFUNDS = account("cost", "refunds")
#: What was owed by a late reading, and is charged to nobody.
GIVEN_AWAY = account("cost", "given_away")
#: The cents by which net and tax of an invoice miss the gross that was shown.
ROUNDING = account("revenue", "rounding")


def receivable(who: str) -> Account:
    return account("driver", who, "receivable")


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


def is_sold(cdr: CdrDocument) -> bool:
    """Whether a sale moves anything in the books; it may where the driver owes nothing for it."""
    return any(True for _ in _sold(cdr))


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
    credited: Amounts | None,
    party: PartyId,
    who: str,
    provider: str,
    at: datetime,
    memo: str,
    once: OnceKey,
    evidence: Mapping[str, str],
) -> Entry:
    """Money given back: the sale is undone as far as the credit note says, what goes beyond that we
    bear, and the provider owes us that much less."""
    gift_minor = amount.minor - (credited.total_minor if credited else 0)
    postings = [
        *(undone(credited, receivable(who), amount.currency) if credited else ()),
        *_posting(REFUNDS, receivable(who), gift_minor, amount.currency),
        Posting(receivable(who), due(provider), amount),
    ]
    return Entry(
        party=party, once=once, at=at, memo=memo, evidence=evidence, postings=tuple(postings)
    )


def money_back(
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
    """Money given back of which the books know already that it is owed to the driver."""
    posting = Posting(receivable(who), due(provider), amount)
    return Entry(party=party, once=once, at=at, memo=memo, evidence=evidence, postings=(posting,))


def undone(credited: Amounts, owed: Account, currency: Currency) -> Iterator[Posting]:
    """A sale the other way round, as far as a credit note takes it back."""
    for earned, minor in _earned(credited).items():
        yield from _posting(earned, owed, minor, currency)


def sold_besides(charged: Amounts, owed: Account, currency: Currency) -> Iterator[Posting]:
    """What was sold besides, by an invoice that supplements a receipt."""
    for earned, minor in _earned(charged).items():
        yield from _posting(owed, earned, minor, currency)


def given_away(nets: Iterable[tuple[str, int]], currency: Currency) -> Iterator[Posting]:
    """What was owed by kind of line, and is given away: earned, and a cost of ours."""
    for kind, minor in nets:
        yield from _posting(GIVEN_AWAY, REVENUE[kind], minor, currency)


def _earned(amounts: Amounts) -> dict[Account, int]:
    """What a document of these figures earns, taxes and rounds, by account."""
    sums: dict[Account, int] = {}
    off = [(each.kind, -each.net_minor) for each in amounts.allowances]
    for kind, net_minor in (*((each.kind, each.net_minor) for each in amounts.lines), *off):
        sums[REVENUE[kind]] = sums.get(REVENUE[kind], 0) + net_minor
    for part in amounts.taxes:
        sums[vat(part.rate)] = sums.get(vat(part.rate), 0) + part.tax_minor
    sums[ROUNDING] = amounts.rounding_minor
    return sums


def tax_passed(receipt: Receipt, who: str) -> Iterator[Posting]:
    """The buyer owes the tax of this sale: we do not, and the driver owes us that much less."""
    for tax in receipt.taxes:
        yield from _posting(
            vat(tax.rate), receivable(who), tax.tax_minor, Currency(receipt.currency)
        )


def rounded_anew(receipt: Receipt, amounts: Amounts) -> Iterator[Posting]:
    """What the tax of an invoice has more or less than that of the receipt which it replaces."""
    before = {tax.rate: tax.tax_minor for tax in receipt.taxes}
    for part in amounts.taxes:
        more = part.tax_minor - before.get(part.rate, 0)
        yield from _posting(ROUNDING, vat(part.rate), more, Currency(receipt.currency))


def correction(
    postings: Iterable[Posting],
    *,
    party: PartyId,
    at: datetime,
    memo: str,
    once: OnceKey,
    evidence: Mapping[str, str],
) -> Entry | None:
    """What is added to a sale that is in the books, if anything is."""
    some = tuple(postings)
    if not some:
        return None
    return Entry(party=party, once=once, at=at, memo=memo, evidence=evidence, postings=some)
