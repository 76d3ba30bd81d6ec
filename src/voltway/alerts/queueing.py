"""Alerts into the queue: kept, and with a job of their own for each try."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from voltway.alerts import store
from voltway.alerts.model import Alert, AlertState, Template
from voltway.alerts.speaking import letters_speaking
from voltway.kernel.ids import AlertId, InvoiceId, OnceKey, PartyId, PaymentId, new_id
from voltway.runtime.work import Job, Work

#: Jobs of one alert, and of several.
ONE: Final = "send_alert"
MANY: Final = "send_alerts"
#: So many alerts share a job. Killed in the midst, a worker may have handed over as many of each
#: that it had under way without having noted it.
TOGETHER_MAX: Final = 100


async def queue(work: Work, alerts: Sequence[Alert]) -> None:
    """Keep these alerts, and send those that are new. What one is about is told once."""
    if alerts:
        told = await letters_speaking(work, alerts)
        fresh = await store.add(work, told)
        await work.enqueue(*jobs([each for each in told if each.id in fresh]))


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


def jobs(alerts: Sequence[Alert]) -> list[Job]:
    """The jobs that send these alerts, each at its next time, in their order. Each try has a job of
    its own; those that go at the same time share one, a hundred at most."""
    made: list[Job] = []
    for at, those in groupby(alerts, key=lambda each: each.next_try_at):
        rest = list(those)
        while rest:
            some, rest = rest[:TOGETHER_MAX], rest[TOGETHER_MAX:]
            made.append(_job(some, at, len(made)))
    return made


def job(alert: Alert) -> Job:
    """The job that sends an alert at its next time."""
    return _job([alert], alert.next_try_at, 0)


def _job(alerts: Sequence[Alert], at: datetime | None, nth: int) -> Job:
    first = alerts[0]
    asked = " ".join(f"{each.id}:{each.tries}" for each in alerts)
    if len(alerts) == 1:
        key = f"{ONE}:{first.id}:{first.tries}"
        return Job(ONE, key, {"alert": asked}, not_before=at, party=first.party)
    # By its key a job takes its place among those that are queued together.
    key = f"{MANY}:{first.created_at.isoformat()}:{nth:06d}:{first.id}:{first.tries}"
    return Job(MANY, key, {"alerts": asked}, not_before=at, party=first.party)
