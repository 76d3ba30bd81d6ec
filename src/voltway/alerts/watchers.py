"""What alerts hear: a receipt was issued, a hold was let go. Nobody calls us."""

from collections.abc import Sequence

from voltway.alerts.model import Alert, Template
from voltway.alerts.queueing import a_mail, queue
from voltway.billing import actions as billing
from voltway.billing.actions import Addressee
from voltway.billing.model import DocumentIssued, InvoiceIssued
from voltway.kernel.facts import Fact
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId
from voltway.payments import actions as payments
from voltway.payments.model import HoldReleased, Payment
from voltway.runtime.work import Work


async def hears_invoice_issued(work: Work, facts: Sequence[Fact]) -> None:
    """Mail the receipts to those who asked for them."""
    issued = {
        fact.payment: fact.invoice
        for fact in facts
        if isinstance(fact, InvoiceIssued) and fact.payment is not None
    }
    paid = await payments.payments(work, list(issued)) if issued else {}
    await queue(
        work,
        [
            _alert(
                work, each, Template.RECEIPT, OnceKey(f"receipt:{issued[each.id]}"), issued[each.id]
            )
            for each in paid.values()
            if each.email is not None
        ],
    )


async def hears_document_issued(work: Work, facts: Sequence[Fact]) -> None:
    """Mail invoices, credit notes, statements and settlements to whom they are for."""
    issued = {fact.invoice: fact for fact in facts if isinstance(fact, DocumentIssued)}
    if not issued:
        return
    goes = await billing.addressees(work, list(issued))
    await queue(
        work,
        [
            about_document(work, fact.party, id, goes[id], f"document:{id}")
            for id, fact in issued.items()
            if goes[id].email
        ],
    )


def about_document(
    work: Work, party: PartyId, document: InvoiceId, to: Addressee, once: str
) -> Alert:
    """The alert that brings a document to somebody."""
    return a_mail(
        work,
        party,
        Template.DOCUMENT,
        to.email,
        to.locale,
        once,
        invoice=document,
        with_xml=to.wants_xrechnung,
    )


async def hears_hold_released(work: Work, facts: Sequence[Fact]) -> None:
    """Say that nothing was charged. A visit whose session began gets a receipt instead, which
    says what was taken, or is still owed, or that it was nothing."""
    released = [fact.payment for fact in facts if isinstance(fact, HoldReleased)]
    paid = await payments.payments(work, released) if released else {}
    await queue(
        work,
        [
            _alert(work, each, Template.NOT_CHARGED, OnceKey(f"not_charged:{each.id}"), None)
            for each in paid.values()
            if each.email is not None and each.session is None
        ],
    )


def _alert(
    work: Work, paid: Payment, template: Template, once: OnceKey, invoice: InvoiceId | None
) -> Alert:
    assert paid.email is not None, "who left no address gets no mail"
    return a_mail(
        work,
        paid.party,
        template,
        paid.email,
        paid.locale,
        once,
        payment=paid.id,
        invoice=invoice,
    )
