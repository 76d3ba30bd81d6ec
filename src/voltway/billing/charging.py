"""A bill that is raised after it was made: a supplementary invoice, or what is owed given away.

By itself nobody is charged after a bill. Where an owner has set a limit for it, the difference may
be invoiced to the customer on whose account the session was; a guest's card is never asked again.
What is not charged may be given away with a reason, and the books say what it was worth.
"""

from datetime import datetime
from functools import partial

from voltway.billing import (
    documenting,
    documents,
    rules_books,
    rules_charge,
    store_adjustments,
    store_documents,
    store_statements,
)
from voltway.billing.crediting import credit_note, standing_of
from voltway.billing.documents import CdrDocument
from voltway.billing.documents_invoice import InvoiceDocument
from voltway.billing.freezing import utc
from voltway.billing.model import DocumentKind, Invoice
from voltway.billing.model_statements import Customer
from voltway.billing.rules_charge import ChargeRule, GuestIsNotCharged, NobodyToCharge
from voltway.billing.rules_invoice import Amounts
from voltway.billing.statements import due_on, owed_by
from voltway.billing.store_adjustments import Adjustment
from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import Money
from voltway.ledger import actions as ledger
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.runtime.work import Work


async def charge_rule(work: Work, party: PartyId) -> ChargeRule:
    """How much may be charged after a bill, and how long; nothing, where no owner has set it."""
    return await store_adjustments.charge_rule(work, party) or ChargeRule()


async def set_charge_rule(
    work: Work, party: PartyId, *, most_minor: int, within_days: int, by: str
) -> None:
    await store_adjustments.set_charge_rule(work, party, ChargeRule(most_minor, within_days), by)


async def charge(work: Work, made: Adjustment, billed: CdrDocument, told: CdrDocument) -> Invoice:
    """Invoice what a session costs more to the customer whose account it is on.

    Raises a refusal where nobody may be charged, or not so much, or not any more.
    """
    more = Money(made.delta_minor, made.currency)
    rule = await charge_rule(work, made.party)
    rules_charge.must_be_charged(rule, more, datetime.fromisoformat(told.visit.ends), work.now)
    receipt = await store_documents.invoice_of(work, made.session)
    assert receipt is not None, "what is settled has its receipt"
    if receipt.payment is not None:
        raise GuestIsNotCharged
    id = await store_adjustments.customer_of(work, told.account, told.visit.begins)
    if id is None:
        raise NobodyToCharge
    customer = (await store_statements.lock_customers(work, [id]))[id]
    amounts = rules_charge.difference(billed, told)
    party = await parties.party(work, made.party)
    draft = documenting.Draft(
        kind=DocumentKind.INVOICE,
        once=OnceKey(f"adjustment:{made.id}:supplement"),
        make=partial(_document, work, party, made, told, customer, amounts, receipt.number),
        session=made.session,
    )
    [invoice] = await documenting.issue(work, party, [draft])
    entry = rules_books.correction(
        rules_books.sold_besides(amounts, owed_by(customer.id), made.currency),
        party=made.party,
        at=work.now,
        memo=f"Invoice {invoice.number} supplements the receipt {receipt.number}: {made.reason}",
        once=OnceKey(f"{invoice.id}:supplement"),
        evidence=_evidence(made) | {"invoice": str(invoice.id), "customer": str(customer.id)},
    )
    assert entry is not None, "what is charged is more than nothing"
    await ledger.post(work, entry)
    return invoice


async def give_away(work: Work, made: Adjustment, billed: CdrDocument, told: CdrDocument) -> None:
    """Book what was owed and is given away: earned, and a cost of ours. No tax is due on it, for
    nobody pays it (VAT directive, article 79 (b))."""
    entry = rules_books.correction(
        rules_books.given_away(rules_charge.given_away(billed, told), made.currency),
        party=made.party,
        at=work.now,
        memo=f"Owed, given away: {made.reason}",
        once=OnceKey(f"adjustment:{made.id}:given"),
        evidence=_evidence(made),
    )
    if entry is not None:
        await ledger.post(work, entry)


async def take_off(work: Work, made: Adjustment, minor: int) -> int:
    """Take so much off supplementary invoices of a session, the newest first; how much is left to
    be taken off its receipt."""
    for invoice in await store_adjustments.supplements_of(work, made.session):
        of = await standing_of(work, invoice.id)
        part = min(minor, of.left_minor)
        if part <= 0:
            continue
        party = await parties.party(work, made.party)
        once = OnceKey(f"adjustment:{made.id}:credit:{invoice.id}")
        note, amounts = await credit_note(work, party, of, part, reason=made.reason, once=once)
        customer = await store_adjustments.customer_charged(work, invoice.id)
        entry = rules_books.correction(
            rules_books.undone(amounts, owed_by(customer), made.currency),
            party=made.party,
            at=work.now,
            memo=f"Took {note.number} off the invoice {invoice.number}: {made.reason}",
            once=once,
            evidence=_evidence(made) | {"credit_note": str(note.id)},
        )
        if entry is not None:
            await ledger.post(work, entry)
        minor -= part
    return minor


def _document(
    work: Work,
    party: Party,
    made: Adjustment,
    told: CdrDocument,
    customer: Customer,
    amounts: Amounts,
    receipt: str,
    number: str,
) -> InvoiceDocument:
    return InvoiceDocument(
        kind=DocumentKind.INVOICE,
        number=number,
        issued_at=utc(work.now),
        zone=told.place.zone,
        due_on=due_on(work, party, customer.due_days).isoformat(),
        supplied_from=told.visit.begins,
        supplied_to=told.visit.ends,
        currency=made.currency,
        seller=documenting.seller_of(party),
        buyer=documenting.buyer_of(customer),
        paid_minor=0,
        paid_how="account",
        reason=f"{receipt}: {made.reason}",
        place=told.place,
        visit=told.visit,
        evidence=((f"adjustment:{made.id}", documents.frozen(told)[1]),),
        **amounts.as_fields(),
    )


def _evidence(made: Adjustment) -> dict[str, str]:
    return {
        "session": str(made.session),
        "settlement": str(made.settlement),
        "adjustment": str(made.id),
    }
