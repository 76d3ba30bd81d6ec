"""Credit notes: what was given back is taken off the document that it was paid for, and the books.

A refund that the provider has made is a fact; its credit note and its entry are written in the work
that hears of it, under the refund's key, so each is there once however often the fact is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from voltway.billing import documenting, documents, documents_invoice, rules_books, store_documents
from voltway.billing import rules_invoice as figures
from voltway.billing.documents import Place, Visit
from voltway.billing.documents_invoice import Buyer, InvoiceDocument, InvoiceSeller, Refers
from voltway.billing.freezing import seller, utc
from voltway.billing.invoicing import NotAReceipt, tax_key
from voltway.billing.model import DocumentKind, Invoice, Relation
from voltway.billing.rules_credit import credit, left_minor
from voltway.billing.rules_invoice import Amounts
from voltway.kernel.errors import Outage, Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.kernel.money import Money
from voltway.ledger import actions as ledger
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.payments import actions as payments
from voltway.payments import refunding_cards
from voltway.payments.model import Payment, PaymentRefunded
from voltway.runtime.work import Work

#: What a refund to a card is taken off, before the receipt's id.
RECEIPT: Final = "receipt:"


@dataclass(eq=False)
class ReceiptStillComing(Outage):
    """The receipt of session {session} is not written yet, so nothing can be taken off it."""

    session: str


@dataclass(eq=False)
class RefundUnderWay(Outage):
    """
    A refund of {number} is on its way to a card, and nobody knows yet whether it comes there. Try
    again when it is over.
    """

    number: str


@dataclass(eq=False)
class PaidByCard(Refusal):
    """
    {number} was paid by card: give the money back by its payment, and the credit note is written.
    """

    number: str


@dataclass(eq=False)
class CreditTooLarge(Refusal):
    """{asked} cannot be taken off {number}: {left} is left of it."""

    asked: Money
    number: str
    left: Money


@dataclass(eq=False)
class KeyOfAnotherCredit(Refusal):
    """The key {once} was used for another credit note."""

    once: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What stands for a visit now: its receipt, or the invoice that took the receipt's place, and
    what credit notes have taken off either."""

    document: Invoice
    amounts: Amounts
    taken: tuple[Amounts, ...]
    buyer: Buyer | None
    zone: str
    visit: Visit | None
    place: Place | None
    under_way_minor: int = 0  # on its way back to a card, and taken off when it is there

    @property
    def left_minor(self) -> int:
        return left_minor(self.amounts, self.taken)

    @property
    def free_minor(self) -> int:
        """What can be taken off now, and is not promised to a card."""
        return max(self.left_minor - self.under_way_minor, 0)


async def standing_of(work: Work, invoice: InvoiceId) -> Standing:
    """What stands of an invoice that took no receipt's place. Locks it."""
    found = await store_documents.lock_invoice(work, invoice)
    made = documents_invoice.invoice(found.document)
    return Standing(
        document=found,
        amounts=figures.of_invoice(made),
        taken=tuple(
            figures.of_invoice(documents_invoice.invoice(each.document))
            for each in await store_documents.referring_to(work, [invoice])
            if each.relation is Relation.CREDITS
        ),
        buyer=made.buyer,
        zone=made.zone,
        visit=made.visit,
        place=made.place,
    )


async def standing(work: Work, receipt: Invoice) -> Standing:
    """What stands in the place of a receipt. Locks the receipt: what refers to it is written by one
    work at a time."""
    receipt = await store_documents.lock_invoice(work, receipt.id)
    referring = await store_documents.referring_to(work, [receipt.id])
    invoice = next((each for each in referring if each.relation is Relation.REPLACES), None)
    if invoice is not None:
        referring += await store_documents.referring_to(work, [invoice.id])
    taken = tuple(
        figures.of_invoice(documents_invoice.invoice(each.document))
        for each in referring
        if each.relation is Relation.CREDITS
    )
    first = documents.receipt(receipt.document)
    made = None if invoice is None else documents_invoice.invoice(invoice.document)
    return Standing(
        document=invoice or receipt,
        amounts=figures.of_receipt(first, by_machine=False)
        if made is None
        else figures.of_invoice(made),
        taken=taken,
        buyer=made.buyer if made else None,
        zone=first.place.zone,
        visit=first.visit,
        place=first.place,
        under_way_minor=await refunding_cards.under_way(
            work, receipt.party, f"{RECEIPT}{receipt.id}"
        ),
    )


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a receipt, or of the invoice in its place, that can be taken off."""

    number: str  # of what stands
    amount: Money
    by_card: bool  # what is taken off is given back to the card that paid


async def left_of(work: Work, receipt: InvoiceId) -> Left:
    """What can still be credited of a receipt."""
    found = await store_documents.invoice(work, receipt)
    if not found.is_receipt:
        raise NotAReceipt(found.number)
    of = await standing(work, found)
    paid = documents.receipt(found.document).paid.paid_minor > 0
    return Left(of.document.number, Money(of.free_minor, found.currency), paid)


async def credit_note(
    work: Work,
    party: Party,
    of: Standing,
    amount_minor: int,
    *,
    reason: str,
    once: OnceKey,
    given_back: bool = False,
) -> tuple[Invoice, Amounts]:
    """Take so much off what stands, at most all that is left of it. ``given_back`` says that the
    money has moved already; else it is taken off the account."""
    amounts = credit(
        of.amounts,
        of.taken,
        min(amount_minor, of.left_minor),
        of.document.currency,
        by_machine=of.buyer is not None,
    )
    draft = documenting.Draft(
        kind=DocumentKind.CREDIT_NOTE,
        once=once,
        make=partial(_document, work, party, of, amounts, reason, given_back),
        session=of.document.session,
        payment=of.document.payment,
        original=of.document.id,
        relation=Relation.CREDITS,
    )
    [made] = await documenting.issue(work, party, [draft])
    return made, amounts


def _document(
    work: Work,
    party: Party,
    of: Standing,
    amounts: Amounts,
    reason: str,
    given_back: bool,
    number: str,
) -> InvoiceDocument:
    visit = of.visit
    now = utc(work.now)
    return InvoiceDocument(
        kind=DocumentKind.CREDIT_NOTE,
        number=number,
        issued_at=now,
        zone=of.zone,
        supplied_from=visit.begins if visit else now,
        supplied_to=visit.ends if visit else now,
        currency=of.document.currency,
        seller=_seller(party, of),
        buyer=of.buyer,
        paid_minor=amounts.total_minor if given_back else 0,
        paid_how="card" if given_back else "account",
        refers=Refers(
            relation=Relation.CREDITS,
            number=of.document.number,
            issued_at=utc(of.document.issued_at),
            sha256=of.document.sha256,
        ),
        reason=reason,
        place=of.place,
        visit=visit,
        **amounts.as_fields(),
    )


def _seller(party: Party, of: Standing) -> InvoiceSeller:
    """A company's credit note names the seller in full, a person's as far as it is known."""
    if of.buyer is not None:
        return documenting.seller_of(party)
    told, address = seller(party), party.address
    return InvoiceSeller(
        name=told.name,
        legal_name=told.legal_name,
        vat_id=told.vat_id,
        address=told.address,
        country=told.country,
        street=address.get("street") or address.get("address") or "",
        postal_code=address.get("postal_code") or "",
        city=address.get("city") or "",
    )


async def credit_receipt(
    work: Work, receipt: InvoiceId, amount_minor: int, *, reason: str, once: OnceKey
) -> Invoice:
    """Take so much off a receipt that nobody paid yet, or off the invoice in its place, and off
    what is owed. What a card paid is given back instead, and credited by that."""
    found = await store_documents.invoice(work, receipt)
    if not found.is_receipt:
        raise NotAReceipt(found.number)
    of = await standing(work, found)
    before = await store_documents.issued_once(work, once)
    if before is not None:
        if (before.original, before.reason) != (of.document.id, reason):
            raise KeyOfAnotherCredit(once)
        return before
    if documents.receipt(found.document).paid.paid_minor:
        raise PaidByCard(found.number)
    if not 0 < amount_minor <= of.free_minor:
        left = Money(of.free_minor, found.currency)
        raise CreditTooLarge(Money(amount_minor, found.currency), found.number, left)
    party = await parties.party(work, found.party)
    made, amounts = await credit_note(work, party, of, amount_minor, reason=reason, once=once)
    assert found.session is not None, "a receipt has a session"
    cdr = await store_documents.cdr_of_session(work, found.session)
    assert cdr is not None, "a receipt is made of a CDR"
    account = documents.cdr(cdr.document).account
    entry = rules_books.correction(
        rules_books.undone(amounts, rules_books.receivable(account), found.currency),
        party=found.party,
        at=work.now,
        memo=f"Took {made.number} off {of.document.number}: {reason}",
        once=OnceKey(f"{made.id}:credit"),
        evidence={"session": str(found.session), "credit_note": str(made.id)},
    )
    assert entry is not None, "a credit note takes something off"
    await ledger.post(work, entry)
    return made


async def hears_payment_refunded(work: Work, fact: Fact) -> None:
    """Write the credit note of a refund, and the refund into the books, each once."""
    if not isinstance(fact, PaymentRefunded) or fact.again:
        return  # what came back was credited when it was given back first, and is booked already
    payment = await payments.payment(work, fact.payment)
    amount = Money(fact.amount_minor, fact.currency)
    once = OnceKey(f"refund:{fact.once}")
    evidence = {"payment": str(payment.id), "payment_step": fact.once}
    if payment.session is None:
        await _book(work, fact, payment, amount, None, once, evidence)
        return
    evidence["session"] = str(payment.session)
    receipt = await store_documents.invoice_of(work, payment.session)
    if receipt is None:
        raise ReceiptStillComing(str(payment.session))
    of = await standing(work, receipt)
    if fact.once == tax_key(of.document.id):
        evidence["invoice"] = str(of.document.id)
        await _book_tax(work, fact, payment, amount, once, evidence)
        return
    if await store_documents.issued_once(work, once) is not None:
        return
    party = await parties.party(work, fact.party)
    amounts = None
    if of.left_minor > 0:
        reason = fact.reason or "no reason was given"
        made, amounts = await credit_note(
            work, party, of, amount.minor, reason=reason, once=once, given_back=True
        )
        evidence["credit_note"] = str(made.id)
    await _book(work, fact, payment, amount, amounts, once, evidence)


async def _book(
    work: Work,
    fact: PaymentRefunded,
    payment: Payment,
    amount: Money,
    credited: Amounts | None,
    once: OnceKey,
    evidence: Mapping[str, str],
) -> None:
    await ledger.post(
        work,
        rules_books.refund(
            amount,
            credited=credited,
            party=fact.party,
            who=str(payment.id),
            provider=payment.provider,
            at=fact.at,
            memo=f"Gave back {amount}: {fact.reason or 'no reason was given'}.",
            once=once,
            evidence=evidence,
        ),
    )


async def _book_tax(
    work: Work,
    fact: PaymentRefunded,
    payment: Payment,
    amount: Money,
    once: OnceKey,
    evidence: Mapping[str, str],
) -> None:
    await ledger.post(
        work,
        rules_books.money_back(
            amount,
            party=fact.party,
            who=str(payment.id),
            provider=payment.provider,
            at=fact.at,
            memo=f"Gave back {amount} of tax that the buyer owes.",
            once=once,
            evidence=evidence,
        ),
    )
