"""Monthly statements: what somebody charged on account in a month, as one numbered document.

Each receipt, and each credit note of one, stands on one statement at most, whoever writes them and
however often. What comes late, or corrects an earlier month, lands on the next statement.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.billing import (
    documenting,
    documents,
    documents_invoice,
    freezing,
    rules,
    rules_statements,
    store_documents,
    store_statements,
)
from voltway.billing.documents import Receipt, Tax
from voltway.billing.documents_invoice import InvoiceDocument
from voltway.billing.documents_statement import (
    STATEMENT,
    Charge,
    Recipient,
    StatementDocument,
)
from voltway.billing.model import DocumentIssued, Figures, Invoice
from voltway.billing.model_statements import Customer, Unstated
from voltway.billing.rules_books import receivable, vat
from voltway.billing.rules_statements import Month
from voltway.billing.store_documents import Numbered
from voltway.billing.store_statements import Stated
from voltway.kernel.ids import InvoiceId, OnceKey, new_id
from voltway.kernel.money import Currency, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account, Entry, Posting, account
from voltway.parties.model import Party
from voltway.runtime.work import Work

SERIES = "S"
#: What a customer's statement is of: what its cards charged, or (``HOME``) what its drivers are
#: paid back.
CHARGES: Final = "charges"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A statement that only lacks its number."""

    made: StatementDocument
    customer: UUID | None = None
    host: UUID | None = None
    items: tuple[UUID, ...]
    about: str = CHARGES


def owed_by(customer: UUID) -> Account:
    return account("customer", str(customer), "receivable")


async def issue_statements(
    work: Work,
    party: Party,
    month: Month,
    customers: Sequence[UUID],
    among: Collection[InvoiceId] | None = None,
) -> list[InvoiceId]:
    """The statements of these customers for a month that is over. Asked again, those that were
    written are given, and nothing is written twice. ``among`` says what is still open, where the
    caller has looked for many customers at once."""
    rules_statements.must_be_over(month, work.now)
    found = await store_statements.lock_customers(work, customers)
    before = await store_statements.stated(work, month.first, customers=list(found))
    fresh = [each for each in found if each not in before]
    lines = await store_statements.unstated(work, party.id, month.ends, fresh, among)
    drafts = [
        _draft(work, party, month, found[customer], currency, theirs)
        for (customer, currency), theirs in _by_customer(lines).items()
    ]
    issued = await issue(work, party, month, SERIES, drafts)
    accounts = {each.id: each.account for each in lines}
    entries = [_moved(work, month, draft, made, accounts) for draft, made in issued]
    await ledger.post_many(work, [entry for entry in entries if entry is not None])
    return [id for ids in before.values() for id in ids] + [made.id for _, made in issued]


def _by_customer(lines: Sequence[Unstated]) -> Mapping[tuple[UUID, str], list[Unstated]]:
    groups: dict[tuple[UUID, str], list[Unstated]] = {}
    for each in lines:
        currency = documents.currency_of(each.document)
        groups.setdefault((each.customer, currency), []).append(each)
    return groups


def _draft(
    work: Work,
    party: Party,
    month: Month,
    customer: Customer,
    currency: str,
    lines: Sequence[Unstated],
) -> Draft:
    charges = tuple(_charge(each) for each in lines)
    items = tuple(each.id for each in lines)
    return drafted(work, party, month, customer, Currency(currency), charges, items)


def drafted(
    work: Work,
    party: Party,
    month: Month,
    customer: Customer,
    currency: Currency,
    charges: tuple[Charge, ...],
    items: tuple[UUID, ...],
    *,
    about: str = CHARGES,
) -> Draft:
    """A customer's statement of these charges, without its number; ``items`` is what it states."""
    mode = rules_statements.rounding(is_business=customer.is_business)
    taxes = rules_statements.taxes((each.taxes for each in charges), mode, currency)
    made = StatementDocument(
        kind=STATEMENT,
        number="",
        issued_at=freezing.utc(work.now),
        zone=party.time_zone,
        month=str(month),
        due_on=due_on(work, party, customer.due_days).isoformat(),
        currency=currency,
        rounding=mode,
        about=about if about != CHARGES else None,
        seller=freezing.seller(party),
        recipient=recipient_of(customer),
        reached=documenting.seller_if_complete(party),
        charges=charges,
        **totals(taxes),
    )
    return Draft(made=made, customer=customer.id, items=items, about=about)


def recipient_of(customer: Customer) -> Recipient:
    """A customer as its statements name it."""
    return Recipient(
        name=customer.name,
        street=customer.street,
        postal_code=customer.postal_code,
        city=customer.city,
        country=customer.country,
        vat_id=customer.vat_id,
        reference=customer.reference,
        email=customer.email,
    )


def totals(taxes: tuple[Tax, ...]) -> dict[str, Any]:
    """The figures of a statement, by the names of its fields."""
    return {
        "taxes": taxes,
        "net_minor": sum(tax.net_minor for tax in taxes),
        "tax_minor": sum(tax.tax_minor for tax in taxes),
        "total_minor": sum(tax.gross_minor for tax in taxes),
    }


def due_on(work: Work, party: Party, days: int) -> date:
    return work.now.astimezone(ZoneInfo(party.time_zone)).date() + timedelta(days=days)


def _charge(line: Unstated) -> Charge:
    if line.corrects is None:
        receipt = documents.receipt(line.document)
        return receipt_charge(receipt, sha256=line.sha256, vehicle=line.label)
    return credit_charge(
        documents_invoice.invoice(line.document),
        sha256=line.sha256,
        at=freezing.utc(line.ended_at),
        vehicle=line.label,
        corrects=line.corrects,
        stated_on=line.stated_on,
    )


def credit_charge(
    made: InvoiceDocument,
    *,
    sha256: str,
    at: str,
    vehicle: str,
    corrects: str,
    stated_on: str | None,
) -> Charge:
    """A credit note as a line of a statement: with a minus."""
    taxes = [
        Tax(
            rate=part.rate,
            gross_minor=-(part.net_minor + part.tax_minor),
            net_minor=-part.net_minor,
            tax_minor=-part.tax_minor,
        )
        for part in made.taxes
    ]
    # The cent that an invoice for machines sets aside belongs to the tax of its first rate.
    first = taxes[0]
    taxes[0] = Tax(
        rate=first.rate,
        gross_minor=first.gross_minor - made.rounding_minor,
        net_minor=first.net_minor,
        tax_minor=first.tax_minor - made.rounding_minor,
    )
    place, visit = made.place, made.visit
    return Charge(
        number=made.number,
        sha256=sha256,
        session=visit.session if visit else None,
        at=at,
        zone=place.zone if place else made.zone,
        place=place.location if place else "",
        evse=place.evse if place else "",
        vehicle=vehicle,
        energy_wh=visit.energy_wh if visit else 0,
        taxes=tuple(taxes),
        net_minor=sum(tax.net_minor for tax in taxes),
        gross_minor=sum(tax.gross_minor for tax in taxes),
        corrects=corrects,
        stated_on=stated_on,
    )


def receipt_charge(made: Receipt, *, sha256: str, vehicle: str) -> Charge:
    """A receipt as a line of a statement."""
    return Charge(
        number=made.number,
        sha256=sha256,
        session=made.visit.session,
        at=made.visit.ends,
        zone=made.place.zone,
        place=made.place.location,
        evse=made.place.evse,
        vehicle=vehicle,
        energy_wh=made.visit.energy_wh,
        taxes=made.taxes,
        net_minor=made.net_minor,
        gross_minor=made.total_minor,
    )


async def issue(
    work: Work, party: Party, month: Month, series: str, drafts: Sequence[Draft]
) -> list[tuple[Draft, Invoice]]:
    """Number these and freeze them, in this work: a series has no gaps."""
    if not drafts:
        return []
    year = work.now.astimezone(ZoneInfo(party.time_zone)).year
    places = await store_documents.next_places(work, party.id, series, year, len(drafts))
    issued: list[tuple[Draft, Invoice]] = []
    numbered: list[Numbered] = []
    for draft, place in zip(drafts, places, strict=True):
        made = _numbered(draft.made, rules.number(party.ident, series, year, place))
        invoice = _frozen(work, party, month, draft, made)
        issued.append((draft, invoice))
        numbered.append(Numbered(invoice, None, series, year, place))
    await store_documents.keep_invoices(work, numbered)
    await store_statements.keep_statements(
        work,
        [
            Stated(
                invoice=invoice.id,
                party=party.id,
                customer=draft.customer,
                host=draft.host,
                month=month.first,
                currency=invoice.currency,
                due_on=date.fromisoformat(draft.made.due_on),
                items=draft.items,
                about=draft.about,
            )
            for draft, invoice in issued
        ],
    )
    await work.announce(_told(invoice) for _, invoice in issued)
    return issued


def _numbered(made: StatementDocument, number: str) -> StatementDocument:
    fields = {name: getattr(made, name) for name in made.__struct_fields__}
    return StatementDocument(**{**fields, "number": number})


def _frozen(
    work: Work, party: Party, month: Month, draft: Draft, made: StatementDocument
) -> Invoice:
    raw, sha256 = documents.frozen(made)
    return Invoice(
        id=InvoiceId(new_id(work.now)),
        party=party.id,
        session=None,
        payment=None,
        kind=made.kind,
        number=made.number,
        total_minor=made.total_minor,
        currency=Currency(made.currency),
        document=raw,
        sha256=sha256,
        issued_at=work.now,
        figures=Figures(rounding=made.rounding, net_minor=made.net_minor, tax_minor=made.tax_minor),
        once=OnceKey(
            f"{made.kind}:{draft.customer or draft.host}:{month}:{made.currency}"
            + (f":{draft.about}" if draft.about != CHARGES else "")
        ),
        buyer=made.recipient.name,
    )


def _told(invoice: Invoice) -> DocumentIssued:
    return DocumentIssued(
        party=invoice.party,
        at=invoice.issued_at,
        invoice=invoice.id,
        kind=invoice.kind,
        number=invoice.number,
        payment=None,
        original=None,
        total_minor=invoice.total_minor,
        currency=invoice.currency,
    )


def _moved(
    work: Work, month: Month, draft: Draft, invoice: Invoice, accounts: Mapping[InvoiceId, str]
) -> Entry | None:
    """The customer owes us what its drivers did, and the cents of a tax that is worked out once."""
    assert draft.customer is not None
    owed, currency = owed_by(draft.customer), invoice.currency
    sums: dict[Account, int] = {}
    taxed: dict[Account, int] = {}
    for item, line in zip(draft.items, draft.made.charges, strict=True):
        whose = receivable(accounts[InvoiceId(item)])
        sums[whose] = sums.get(whose, 0) + line.gross_minor
        for tax in line.taxes:
            taxed[vat(tax.rate)] = taxed.get(vat(tax.rate), 0) - tax.tax_minor
    for tax in draft.made.taxes:
        taxed[vat(tax.rate)] += tax.tax_minor
    postings = [
        posting
        for credit, minor in (*sums.items(), *taxed.items())
        for posting in moving(owed, credit, Money(minor, currency))
    ]
    if not postings:  # what was charged was credited, and nothing is left
        return None
    return Entry(
        party=invoice.party,
        once=OnceKey(f"statement:{invoice.id}"),
        at=work.now,
        memo=f"Statement {invoice.number} gathers what {draft.made.recipient.name} charged.",
        evidence={"statement": str(invoice.id), "customer": str(draft.customer)},
        postings=tuple(postings),
        # Where that month is closed, the entry says which it was.
        supplied_at=month.ends - timedelta(seconds=1),
    )


def moving(debit: Account, credit: Account, amount: Money) -> list[Posting]:
    """The posting of this much; a minus is a posting the other way, and nothing is none."""
    if not amount.minor:
        return []
    if amount.minor > 0:
        return [Posting(debit, credit, amount)]
    return [Posting(credit, debit, -amount)]
