"""What alerts hear: a receipt was issued, a hold was let go, a check of the books found something.
Nobody calls us."""

from collections.abc import Sequence

from voltway.alerts import store
from voltway.alerts.actions import job
from voltway.alerts.model import Alert, AlertState, Template
from voltway.billing.model import InvoiceIssued
from voltway.billing.model_checks import BooksFaultFound
from voltway.kernel.facts import Fact
from voltway.kernel.ids import AlertId, InvoiceId, OnceKey, new_id
from voltway.parties import actions as parties
from voltway.parties.model import Role
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
    await _queue(
        work,
        [
            _alert(
                work, each, Template.RECEIPT, OnceKey(f"receipt:{issued[each.id]}"), issued[each.id]
            )
            for each in paid.values()
            if each.email is not None
        ],
    )


async def hears_hold_released(work: Work, facts: Sequence[Fact]) -> None:
    """Say that nothing was charged. A visit whose session began gets a receipt instead, which
    says what was taken, or is still owed, or that it was nothing."""
    released = [fact.payment for fact in facts if isinstance(fact, HoldReleased)]
    paid = await payments.payments(work, released) if released else {}
    await _queue(
        work,
        [
            _alert(work, each, Template.NOT_CHARGED, OnceKey(f"not_charged:{each.id}"), None)
            for each in paid.values()
            if each.email is not None and each.session is None
        ],
    )


async def hears_books_fault(work: Work, facts: Sequence[Fact]) -> None:
    """Mail the owners that a check of the books found something new."""
    for fact in facts:
        if not isinstance(fact, BooksFaultFound):
            continue
        owners = [
            each
            for each in await parties.operators(work, fact.party)
            if each.role is Role.OWNER and each.active
        ]
        await _queue(
            work,
            [
                Alert(
                    id=AlertId(new_id(work.now)),
                    party=fact.party,
                    once=OnceKey(f"books:{fact.check}:{owner.id}"),
                    recipient=owner.email,
                    template=Template.BOOKS,
                    locale="en",
                    payment=None,
                    invoice=None,
                    state=AlertState.QUEUED,
                    created_at=work.now,
                    next_try_at=work.now,
                )
                for owner in owners
            ],
        )


def _alert(
    work: Work, paid: Payment, template: Template, once: OnceKey, invoice: InvoiceId | None
) -> Alert:
    assert paid.email is not None, "who left no address gets no mail"
    return Alert(
        id=AlertId(new_id(work.now)),
        party=paid.party,
        once=once,
        recipient=paid.email,
        template=template,
        locale=paid.locale,
        payment=paid.id,
        invoice=invoice,
        state=AlertState.QUEUED,
        created_at=work.now,
        next_try_at=work.now,
    )


async def _queue(work: Work, alerts: Sequence[Alert]) -> None:
    if alerts:
        fresh = await store.add(work, alerts)
        await work.enqueue(*(job(each) for each in alerts if each.id in fresh))
