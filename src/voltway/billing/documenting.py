"""Numbers documents, freezes them and keeps them: full invoices, credit notes, and others.

Whoever issues makes the figures first (``rules_invoice``), says what they are of, and calls
``issue`` in the work that decided it, so that a series has no gaps and a document is issued once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from voltway.billing import documents, rules, store_documents
from voltway.billing.documents_invoice import Buyer, InvoiceDocument, InvoiceSeller
from voltway.billing.model import DocumentIssued, DocumentKind, Figures, Invoice, Relation
from voltway.billing.model_statements import Customer
from voltway.billing.store_documents import Numbered
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import InvoiceId, OnceKey, PaymentId, SessionId, new_id
from voltway.kernel.money import Currency
from voltway.parties.model import Party
from voltway.runtime.work import Work

#: The series that number what is issued; receipts have ``issuing.SERIES``.
SERIES = {
    DocumentKind.INVOICE: "I",
    DocumentKind.CREDIT_NOTE: "C",
    DocumentKind.SELF_BILLED: "B",
}


#: What a seller must have told of itself.
FIELDS: Final = {"street": "street", "city": "town", "vat_id": "VAT id"}


@dataclass(eq=False)
class SellerNotComplete(Refusal):
    """
    {name} cannot write invoices yet: its {field} is missing. An owner adds it to the party's
    details.
    """

    kind = Kind.CONFLICT

    name: str
    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A document that only lacks its number. ``once`` is what it is for: asked again under the
    same key, what was issued is given back."""

    kind: DocumentKind
    once: OnceKey
    make: Callable[[str], InvoiceDocument]  # of its number
    series: str | None = None
    session: SessionId | None = None
    payment: PaymentId | None = None
    original: InvoiceId | None = None
    relation: Relation | None = None
    covers: Sequence[SessionId] = ()


async def issue(work: Work, party: Party, drafts: Sequence[Draft]) -> list[Invoice]:
    """Issue these documents of one party, in their order."""
    issued: dict[OnceKey, Invoice] = {}
    for draft in drafts:
        before = await store_documents.issued_once(work, draft.once)
        if before is not None:
            issued[draft.once] = before
    fresh = [draft for draft in drafts if draft.once not in issued]
    year = work.now.astimezone(ZoneInfo(party.time_zone)).year
    by_series: dict[str, list[Draft]] = {}
    for draft in fresh:
        by_series.setdefault(draft.series or SERIES[draft.kind], []).append(draft)
    numbered: list[Numbered] = []
    # All take the counters in one order, so none waits for another.
    for series, group in sorted(by_series.items()):
        places = await store_documents.next_places(work, party.id, series, year, len(group))
        for draft, place in zip(group, places, strict=True):
            invoice = _frozen(work, party, draft, rules.number(party.ident, series, year, place))
            numbered.append(Numbered(invoice, None, series, year, place))
            issued[draft.once] = invoice
    if numbered:
        await store_documents.keep_invoices(work, numbered)
        for draft in fresh:
            await store_documents.cover(work, issued[draft.once], draft.covers)
            _touch(work, draft)
        await work.announce(_told(each.invoice) for each in numbered)
    return [issued[draft.once] for draft in drafts]


def _touch(work: Work, draft: Draft) -> None:
    if draft.session is not None:
        work.touch(f"session:{draft.session}")
    if draft.payment is not None:
        work.touch(f"payment:{draft.payment}")


def _frozen(work: Work, party: Party, draft: Draft, number: str) -> Invoice:
    made = draft.make(number)
    assert made.number == number, "the draft names itself as it is numbered"
    assert made.kind == draft.kind, "the draft is of the kind that it says"
    raw, sha256 = documents.frozen(made)
    return Invoice(
        id=InvoiceId(new_id(work.now)),
        party=party.id,
        session=draft.session,
        payment=draft.payment,
        kind=draft.kind,
        number=number,
        total_minor=made.total_minor,
        currency=Currency(made.currency),
        document=raw,
        sha256=sha256,
        issued_at=work.now,
        figures=Figures(
            rounding=made.rounding,
            net_minor=made.net_minor,
            tax_minor=made.tax_minor,
            rounding_minor=made.rounding_minor,
        ),
        original=draft.original,
        relation=draft.relation,
        once=draft.once,
        buyer=made.buyer.name if made.buyer else None,
        reason=made.reason or None,
    )


def _told(invoice: Invoice) -> DocumentIssued:
    return DocumentIssued(
        party=invoice.party,
        at=invoice.issued_at,
        invoice=invoice.id,
        kind=invoice.kind,
        number=invoice.number,
        payment=invoice.payment,
        original=invoice.original,
        total_minor=invoice.total_minor,
        currency=invoice.currency,
    )


def buyer_of(customer: Customer) -> Buyer:
    """A customer as an invoice on account names them."""
    return Buyer(
        name=customer.name,
        street=customer.street,
        postal_code=customer.postal_code,
        city=customer.city,
        country=customer.country,
        vat_id=customer.vat_id,
        email=customer.email,
        reference=customer.reference,
        xrechnung=customer.wants_xrechnung,
    )


def seller_of(party: Party) -> InvoiceSeller:
    """The party as a full invoice names its seller (article 226 (3) and (5)).

    Raises ``SellerNotComplete`` for what an owner must fill in first.
    """
    address = party.address
    street = (address.get("street") or address.get("address") or "").strip()
    city = (address.get("city") or "").strip()
    vat_id = "".join((party.vat_id or "").split())
    for field, told in (("street", street), ("city", city), ("vat_id", vat_id)):
        if not told:
            raise SellerNotComplete(party.name, FIELDS[field])
    postal_code = (address.get("postal_code") or "").strip()
    return InvoiceSeller(
        name=party.name,
        legal_name=party.legal_name,
        vat_id=vat_id,
        address=tuple(line for line in (street, f"{postal_code} {city}".strip()) if line),
        country=party.country_code,
        street=street,
        postal_code=postal_code,
        city=city,
        contact=address.get("contact"),
        phone=address.get("phone"),
        email=address.get("email"),
        iban=address.get("iban"),
    )


def seller_if_complete(party: Party) -> InvoiceSeller | None:
    """The party as an invoice names it, as far as an owner has filled in what that needs."""
    try:
        return seller_of(party)
    except SellerNotComplete:
        return None
