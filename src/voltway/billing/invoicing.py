"""A full invoice to a company for a visit that has a receipt.

There is one invoice for one supply. The receipt, which may be a simplified invoice, is replaced by
a document that refers to it and to nothing else, which the law takes for an invoice (article 219 of
the VAT directive): the same gross, the same day of supply, and a buyer. Nothing is credited. Where
the tax passes to the buyer, what was paid of it is given back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final
from uuid import UUID

from babel.core import get_global
from msgspec.structs import replace

from voltway.billing import documenting, documents, documents_invoice, rules_books, store_documents
from voltway.billing import rules_invoice as figures
from voltway.billing.documents import Receipt
from voltway.billing.documents_invoice import Buyer, InvoiceDocument, InvoiceSeller, Refers
from voltway.billing.freezing import utc
from voltway.billing.model import DocumentKind, Invoice, Relation
from voltway.billing.registers import RegisterSilent, VatRegister
from voltway.billing.rules_buyer import GivenBuyer, buyer_of, country_of
from voltway.billing.rules_credit import left_minor
from voltway.billing.rules_invoice import Amounts
from voltway.billing.rules_tax import NotCheckedByRegister, Supply, is_reverse_charge
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId, PaymentId
from voltway.kernel.money import Currency, Money
from voltway.ledger import actions as ledger
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.payments import actions as payments
from voltway.payments.choosing import AnyProvider
from voltway.runtime.work import BeginWork, Job, Work

#: The job that gives back the tax which passed to the buyer.
GIVE_BACK: Final = "give_back_tax"


@dataclass(eq=False)
class NotAReceipt(Refusal):
    """{number} is no receipt, so no invoice can take its place."""

    number: str


@dataclass(eq=False)
class AlreadyInvoiced(Refusal):
    """
    For {number} there is already an invoice: {invoice}. There is one invoice for one supply; if the
    buyer on it is wrong, ask the seller to correct it.
    """

    number: str
    invoice: str


@dataclass(eq=False)
class NothingToInvoice(Refusal):
    """{number} comes to nothing, or was given back: there is nothing to invoice."""

    number: str


@dataclass(eq=False)
class NoTaxStated(Refusal):
    """
    The tariff of {number} stated no VAT, and an invoice to a company must. Ask the seller.
    """

    number: str


@dataclass(eq=False)
class PartlyGivenBack(Refusal):
    """
    A part of {number} was given back with its tax, so the tax of the rest cannot pass to the buyer
    any more. Ask the seller.
    """

    number: str


@dataclass(eq=False)
class VatIdNotRegistered(Refusal):
    """The register of the EU (VIES) knows no valid VAT id {vat_id}."""

    kind: ClassVar[Kind] = Kind.INVALID

    vat_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """A full invoice as it would be written now, for whoever confirms it."""

    number: str  # of the receipt
    buyer: Buyer
    reverse: bool  # whether the buyer owes the tax
    amounts: Amounts
    currency: Currency

    @property
    def vat_says(self) -> str:
        """What is known of the buyer's VAT id."""
        buyer = self.buyer
        if buyer.vat_id is None:
            return "No VAT id was given, so the invoice has none of the buyer."
        if buyer.vat_checked_at is not None:
            return f"The EU's register (VIES) says that the VAT id {buyer.vat_id} is valid."
        return (
            f"The VAT id {buyer.vat_id} has the form of one of {buyer.country}. The EU's register"
            " (VIES) did not say whether it is valid."
        )


async def invoice_prospect(
    begin: BeginWork,
    register: VatRegister | None,
    receipt: InvoiceId,
    given: GivenBuyer,
    *,
    party: PartyId | None = None,
) -> Prospect:
    """What an invoice to this buyer would be. Nothing is written; it is refused as writing is."""
    buyer = buyer_of(given)
    async with begin(party) as work:
        found = await store_documents.invoice(work, receipt)
        seller = await parties.party(work, found.party)
        await _issued(work, found, buyer)
        documenting.seller_of(seller)
        now = utc(work.now)
    reverse = is_reverse_charge(_supply(found, seller, buyer))
    buyer = await _checked(register, buyer, now, must=reverse)
    made = documents.receipt(found.document)
    if any(tax.rate is None for tax in made.taxes):
        raise NoTaxStated(found.number)
    amounts = figures.of_receipt(made, by_machine=True)
    if reverse:
        amounts = figures.without_tax(amounts, found.currency)
    return Prospect(
        number=found.number,
        buyer=buyer,
        reverse=reverse,
        amounts=amounts,
        currency=found.currency,
    )


async def invoice_for_company(
    begin: BeginWork,
    register: VatRegister | None,
    receipt: InvoiceId,
    given: GivenBuyer,
    *,
    party: PartyId | None = None,
) -> Invoice:
    """The full invoice that takes a receipt's place. Asked again for the same buyer, it is given
    again; for another buyer it is refused."""
    buyer = buyer_of(given)
    async with begin(party) as work:
        found = await store_documents.invoice(work, receipt)
        seller = await parties.party(work, found.party)
        before = await _issued(work, found, buyer)
        now = utc(work.now)
    if before is not None:
        return before
    supply = _supply(found, seller, buyer)
    buyer = await _checked(register, buyer, now, must=is_reverse_charge(supply))
    async with begin(party) as work:
        locked = await store_documents.lock_invoice(work, receipt)
        return await _issued(work, locked, buyer) or await _replace(
            work, locked, seller, buyer, reverse=is_reverse_charge(supply)
        )


def _supply(found: Invoice, seller: Party, buyer: Buyer) -> Supply:
    if not found.is_receipt:
        raise NotAReceipt(found.number)
    place = documents.receipt(found.document).place
    return Supply(
        seller_country=seller.country_code,
        place_country=two_letters(place.country),
        buyer_vat_country=country_of(buyer.vat_id) if buyer.vat_id else None,
        buyer_resells=buyer.resells,
    )


def two_letters(country: str) -> str:
    """A country of ISO 3166-1 with two letters; OCPI has three."""
    if len(country) == 2:
        return country
    aliases: Mapping[str, list[str]] = get_global("territory_aliases")
    return aliases.get(country, [country])[0]


async def _checked(register: VatRegister | None, buyer: Buyer, now: str, *, must: bool) -> Buyer:
    """The buyer with what the register says of its VAT id. Where the tax would pass to the buyer,
    the register must have said yes; else it may be silent."""
    if buyer.vat_id is None:
        return buyer
    try:
        said = await register.ask(buyer.vat_id) if register is not None else None
    except RegisterSilent:
        said = None
    if said is not None and not said.valid:
        raise VatIdNotRegistered(buyer.vat_id)
    if said is None:
        if must:
            raise NotCheckedByRegister(buyer.vat_id)
        return buyer
    return replace(buyer, vat_checked_at=now)


async def _issued(work: Work, receipt: Invoice, buyer: Buyer) -> Invoice | None:
    """The invoice that has this receipt's place already, if it is to this buyer."""
    if not receipt.is_receipt:
        raise NotAReceipt(receipt.number)
    assert receipt.session is not None, "a receipt has a session"
    covered = await store_documents.covered(work, [receipt.session])
    if not covered:
        return None
    found = await store_documents.invoice(work, covered[receipt.session])
    made = documents_invoice.invoice(found.document)
    if found.original == receipt.id and made.buyer is not None and _is_same(made.buyer, buyer):
        return found
    raise AlreadyInvoiced(receipt.number, found.number)


def _is_same(one: Buyer, other: Buyer) -> bool:
    """Whether it is the same company, whenever its VAT id was checked and whatever it takes."""
    known = replace(one, vat_checked_at=other.vat_checked_at, xrechnung=other.xrechnung)
    return known == other


async def _replace(
    work: Work, found: Invoice, party: Party, buyer: Buyer, *, reverse: bool
) -> Invoice:
    receipt = documents.receipt(found.document)
    if any(tax.rate is None for tax in receipt.taxes):
        raise NoTaxStated(found.number)
    amounts = figures.of_receipt(receipt, by_machine=True)
    taken = [
        figures.of_invoice(documents_invoice.invoice(each.document))
        for each in await store_documents.referring_to(work, [found.id])
        if each.relation is Relation.CREDITS
    ]
    if left_minor(amounts, taken) <= 0 or not found.total_minor:
        raise NothingToInvoice(found.number)
    if reverse:
        if taken:
            raise PartlyGivenBack(found.number)
        amounts = figures.without_tax(amounts, found.currency)
    assert found.session is not None, "a receipt has a session"
    seller = documenting.seller_of(party)
    draft = documenting.Draft(
        kind=DocumentKind.INVOICE,
        once=OnceKey(f"{found.id}:invoice"),
        make=partial(_document, work, found, receipt, seller, buyer, amounts),
        session=found.session,
        payment=found.payment,
        original=found.id,
        relation=Relation.REPLACES,
        covers=[found.session],
    )
    [made] = await documenting.issue(work, party, [draft])
    await _book(work, found, receipt, amounts, made, reverse=reverse)
    return made


def _document(
    work: Work,
    found: Invoice,
    receipt: Receipt,
    seller: InvoiceSeller,
    buyer: Buyer,
    amounts: Amounts,
    number: str,
) -> InvoiceDocument:
    return InvoiceDocument(
        kind=DocumentKind.INVOICE,
        number=number,
        issued_at=utc(work.now),
        zone=receipt.place.zone,
        supplied_from=receipt.visit.begins,
        supplied_to=receipt.visit.ends,
        currency=receipt.currency,
        seller=seller,
        buyer=buyer,
        # What was paid beyond what the buyer owes is given back, and is not on the invoice.
        paid_minor=min(receipt.paid.paid_minor, amounts.total_minor),
        paid_how=receipt.paid.how,
        refers=Refers(
            relation=Relation.REPLACES,
            number=found.number,
            issued_at=receipt.issued_at,
            sha256=found.sha256,
        ),
        place=receipt.place,
        visit=receipt.visit,
        evidence=_evidence(receipt),
        **amounts.as_fields(),
    )


def _evidence(receipt: Receipt) -> tuple[tuple[str, str], ...]:
    """What the invoice was made of: the CDR, and what the meter signed."""
    cdr = f"cdr:{receipt.cdr}", receipt.cdr_sha256
    if receipt.signed is None:
        return (cdr,)
    return cdr, (f"signed:{receipt.visit.session}", receipt.signed.sha256)


async def _book(
    work: Work,
    found: Invoice,
    receipt: Receipt,
    amounts: Amounts,
    made: Invoice,
    *,
    reverse: bool,
) -> None:
    """The sale is in the books already. What the invoice has otherwise than the receipt is added:
    the cents of rounding, or the tax that passed to the buyer."""
    assert found.session is not None, "a receipt has a session"
    cdr = await store_documents.cdr_of_session(work, found.session)
    assert cdr is not None, "a receipt is made of a CDR"
    who = documents.cdr(cdr.document).account
    evidence = {"invoice": str(made.id), "receipt": str(found.id), "session": str(found.session)}
    postings = (
        rules_books.tax_passed(receipt, who)
        if reverse
        else rules_books.rounded_anew(receipt, amounts)
    )
    entry = rules_books.correction(
        postings,
        party=found.party,
        at=work.now,
        memo=f"Invoice {made.number} takes the place of {found.number}"
        + ("; the buyer owes the tax." if reverse else ", with its tax rounded by category."),
        once=OnceKey(f"{made.id}:correction"),
        evidence=evidence,
    )
    if entry is not None:
        await ledger.post(work, entry)
    back_minor = receipt.paid.paid_minor - amounts.total_minor
    if reverse and back_minor > 0 and found.payment is not None:
        body = {
            "payment": str(found.payment),
            "invoice": str(made.id),
            "number": made.number,
            "minor": str(back_minor),
            "currency": found.currency,
        }
        await work.enqueue(Job(GIVE_BACK, f"{GIVE_BACK}:{made.id}", body, party=found.party))


async def give_back_tax(begin: BeginWork, provider: AnyProvider, body: Mapping[str, str]) -> None:
    """Give back what was paid of the tax that passed to the buyer. Done twice, it moves once."""
    await payments.refund(
        begin,
        provider,
        PaymentId(UUID(body["payment"])),
        Money(int(body["minor"]), Currency(body["currency"])),
        reason=f"Invoice {body['number']}: the buyer owes the tax.",
        once=tax_key(InvoiceId(UUID(body["invoice"]))),
    )


def tax_key(invoice: InvoiceId) -> OnceKey:
    """The key of the refund of tax that an invoice has taken off already."""
    return OnceKey(f"{invoice}:tax")
