"""Alerts into the queue: kept, and with a job of their own for each try."""

from collections.abc import Sequence

from voltway.alerts import store
from voltway.alerts.model import Alert, AlertState, Template
from voltway.kernel.ids import AlertId, InvoiceId, OnceKey, PartyId, PaymentId, new_id
from voltway.parties import actions as parties
from voltway.parties.model import Operator, Role
from voltway.runtime.work import Job, Work


async def queue(work: Work, alerts: Sequence[Alert]) -> None:
    """Keep these alerts, and send those that are new. What one is about is told once."""
    if alerts:
        fresh = await store.add(work, alerts)
        await work.enqueue(*(job(each) for each in alerts if each.id in fresh))


def a_mail(
    work: Work,
    party: PartyId,
    template: Template,
    recipient: str,
    locale: str,
    once: str,
    *,
    payment: PaymentId | None = None,
    invoice: InvoiceId | None = None,
    with_xml: bool = False,
) -> Alert:
    """A mail that goes as soon as it can. ``once`` is what it is about, and to whom."""
    return Alert(
        id=AlertId(new_id(work.now)),
        party=party,
        once=OnceKey(once),
        recipient=recipient,
        template=template,
        locale=locale,
        payment=payment,
        invoice=invoice,
        state=AlertState.QUEUED,
        created_at=work.now,
        next_try_at=work.now,
        with_xml=with_xml,
    )


async def owners_of(work: Work, party: PartyId) -> list[Operator]:
    """Who owns a party and may be told of its troubles."""
    return [
        each
        for each in await parties.operators(work, party)
        if each.role is Role.OWNER and each.active
    ]


def job(alert: Alert) -> Job:
    """The job that sends an alert at its next time. Each try has a job of its own."""
    return Job(
        kind="send_alert",
        key=f"send_alert:{alert.id}:{alert.tries}",
        body={"alert": str(alert.id)},
        not_before=alert.next_try_at,
        party=alert.party,
    )
