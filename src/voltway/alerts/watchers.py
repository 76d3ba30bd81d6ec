"""What alerts hear: a receipt was issued, or a hold was let go. Nobody calls us."""

from voltway.alerts import store
from voltway.alerts.actions import job
from voltway.alerts.model import Alert, AlertState, Template
from voltway.billing.model import InvoiceIssued
from voltway.kernel.facts import Fact
from voltway.kernel.ids import AlertId, InvoiceId, OnceKey, PaymentId, new_id
from voltway.payments import actions as payments
from voltway.payments.model import HoldReleased
from voltway.runtime.work import Work


async def hears_invoice_issued(work: Work, fact: Fact) -> None:
    """Mail the receipt to who asked for it."""
    if not isinstance(fact, InvoiceIssued) or fact.payment is None:
        return
    once = OnceKey(f"receipt:{fact.invoice}")
    await _queue(work, fact.payment, Template.RECEIPT, once, fact.invoice)


async def hears_hold_released(work: Work, fact: Fact) -> None:
    """Say that nothing was charged. A visit whose session began gets a receipt instead, which
    says what was taken, or is still owed, or that it was nothing."""
    if not isinstance(fact, HoldReleased):
        return
    payment = await payments.payment(work, fact.payment)
    if payment.session is not None:
        return
    once = OnceKey(f"not_charged:{fact.payment}")
    await _queue(work, fact.payment, Template.NOT_CHARGED, once, None)


async def _queue(
    work: Work, payment: PaymentId, template: Template, once: OnceKey, invoice: InvoiceId | None
) -> None:
    paid = await payments.payment(work, payment)
    if paid.email is None:
        return
    alert = Alert(
        id=AlertId(new_id(work.now)),
        party=paid.party,
        once=once,
        recipient=paid.email,
        template=template,
        locale=paid.locale,
        payment=payment,
        invoice=invoice,
        state=AlertState.QUEUED,
        created_at=work.now,
        next_try_at=work.now,
    )
    if await store.add(work, alert):
        await work.enqueue(job(alert))
