"""What can be done about alerts: send them, and try again what failed.

A mail server gives no way to ask whether it took a mail. So a mail whose answer was lost is sent
again under the same Message-ID: better the same receipt twice, which mail programs show once, than
none. Everything else is told once, by the alert's own key.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from functools import partial
from typing import Final, TypeAlias
from uuid import UUID

from voltway.alerts import (
    account,
    bounces,
    budgets,
    cars,
    chats,
    chatting,
    dunning,
    letters,
    letters_events,
    pushing,
    reports,
    rules,
    still,
    store,
    texting,
    waiting,
)
from voltway.alerts.escalating import hasten
from voltway.alerts.mailer import AddressRefused, Mailer, SmtpMailer
from voltway.alerts.model import Alert, AlertFailed, AlertSent, AlertState, Template
from voltway.alerts.model_events import Channel
from voltway.alerts.queueing import job
from voltway.billing import actions as billing
from voltway.billing import checking
from voltway.kernel.errors import Outage, Refusal
from voltway.kernel.ids import AlertId
from voltway.parties import actions as parties
from voltway.payments import actions as payments
from voltway.payments import monitoring
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork, Work

LOST_AFTER: Final = timedelta(seconds=60)

FORGET_AT_ONCE_MAX: Final = 10_000

#: Hands an alert over.
Hand: TypeAlias = Callable[[BeginWork, Alert], Awaitable[None]]
NOBODY: Final[Mapping[Channel, Hand]] = {}


async def send(begin: BeginWork, settings: Settings, body: Mapping[str, str]) -> None:
    """Send the alert of a job, by the mail server of the settings, a browser's push service, the
    carrier of texts or a chat."""
    await deliver(
        begin,
        SmtpMailer(settings),
        AlertId(UUID(body["alert"])),
        mail_from=settings.mail_from,
        public_url=settings.public_url,
        others={
            Channel.SMS: partial(texting.text_by, settings),
            Channel.CHAT: partial(chatting.chat_by, settings),
        },
    )


async def deliver(
    begin: BeginWork,
    mailer: Mailer,
    id: AlertId,
    *,
    mail_from: str,
    public_url: str,
    others: Mapping[Channel, Hand] = NOBODY,
) -> None:
    """Write an alert's letter, hand it over, and note what came of it."""
    async with begin() as work:
        alert = await store.load(work, id)
        if alert.state is not AlertState.QUEUED or not await _is_wanted(work, alert):
            return
    note = None
    try:
        if alert.channel is Channel.PUSH:
            await pushing.push(begin, alert, mail_from=mail_from)
        elif alert.channel in others:
            await others[alert.channel](begin, alert)
        else:
            letter, message = await _message(
                begin, alert, mail_from=mail_from, public_url=public_url
            )
            await mailer.send(message)
            note = letter.note
    except (pushing.DeviceGone, chats.NoSuchChat) as gone:
        await _note_dropped(begin, id, str(gone))
    except AddressRefused as no:
        async with begin() as work:
            await bounces.came_back(work, alert.party, alert.recipient, no.what)
        await _note_trouble(begin, id, str(no), for_good=True)
    except Outage as silence:
        await _note_trouble(begin, id, str(silence), for_good=False)
    except Refusal as refusal:
        await _note_trouble(begin, id, str(refusal), for_good=True)
    else:
        await _note_sent(begin, id, note)


async def _is_wanted(work: Work, alert: Alert) -> bool:
    """Whether this alert is to go now. What is over is dropped, and what began anew waits."""
    if alert.event is None:
        return True
    if why := await still.why_not(work, alert):
        await store.save(work, rules.dropped(alert, why))
        return False
    later = await still.not_before(work, alert)
    if later is not None:
        waits = replace(alert, tries=alert.tries + 1, next_try_at=later)
        await store.save(work, waits)
        await work.enqueue(job(waits))
    return later is None


async def seen(begin: BeginWork, id: AlertId) -> bool:
    """A browser says that it showed the alert; whether we know that. Its id is known to that
    browser alone."""
    async with begin() as work:
        try:
            before = await store.lock(work, id)
        except store.NoSuchAlert:
            return False
        after = rules.seen(before, work.now)
        if before.channel is Channel.PUSH and after is not before:
            await store.save(work, after)
    return True


async def _message(
    begin: BeginWork, alert: Alert, *, mail_from: str, public_url: str
) -> tuple[letters.Letter, EmailMessage]:
    async with begin() as work:
        now = work.now
        await bounces.must_not_come_back(work, alert)
        write = await _writer(work, alert, public_url)
    letter = await asyncio.to_thread(write)
    return letter, letters.message(alert, letter, mail_from=mail_from, at=now)


async def _writer(work: Work, alert: Alert, public_url: str) -> Callable[[], letters.Letter]:
    """What writes the letter of an alert, once nothing of the database is needed any more."""
    seller = (await parties.party(work, alert.party)).name
    if alert.template is Template.EVENT:
        return await letters_events.writer(work, alert, seller=seller, public_url=public_url)
    if alert.template is Template.BOOKS:
        page = f"{public_url}/console/books" if public_url else ""
        open_now = await checking.open_findings(work, alert.party)
        return partial(letters.books_letter, open_now, seller=seller, page=page)
    if alert.template is Template.PAYMENTS:
        page = f"{public_url}/console/money" if public_url else ""
        alarms = await monitoring.open_alarms(work, alert.party)
        return partial(letters.payments_letter, alarms, seller=seller, page=page)
    if alert.template is Template.DISPUTE:
        page = f"{public_url}/console/disputes" if public_url else ""
        return partial(letters.dispute_letter, seller=seller, page=page)
    if alert.template in (Template.DISPUTE_DUE, Template.DISPUTE_LAST):
        page = f"{public_url}/console/disputes" if public_url else ""
        hours = {Template.DISPUTE_DUE: 48, Template.DISPUTE_LAST: 12}[alert.template]
        return partial(letters.dispute_due_letter, hours, seller=seller, page=page)
    if alert.template in (Template.CODE, Template.METHOD_REFUSED):
        return await account.writer(work, alert, seller=seller, public_url=public_url)
    if alert.template is Template.CAR:
        return cars.writer(alert, seller=seller)
    if alert.template is Template.BUDGET:
        return await budgets.writer(work, alert, seller=seller)
    if alert.template in (Template.FREE, Template.OUTRUN, Template.CLOSED):
        return await waiting.writer(work, alert, seller=seller, public_url=public_url)
    if alert.template in (Template.REPORT, Template.ANSWER):
        return await reports.writer(work, alert, seller=seller, public_url=public_url)
    if alert.template is Template.DUNNING:
        return await dunning.writer(work, alert, seller=seller, public_url=public_url)
    if alert.template is Template.DOCUMENT:
        assert alert.invoice is not None, "a document's alert names the document"
        invoice = await billing.invoice(work, alert.invoice)
        if invoice.is_receipt:
            return partial(letters.receipt_letter, invoice, alert.locale, seller=seller, url=None)
        url = None
        if public_url and invoice.payment is not None and invoice.original is not None:
            visit = (await payments.payment(work, invoice.payment)).visit_key
            url = f"{public_url}/v/{visit}/documents/{invoice.number}"
        return partial(
            letters.document_letter, invoice, alert.locale, url=url, with_xml=alert.with_xml
        )
    assert alert.payment is not None, "what is told to a driver is about a payment"
    payment = await payments.payment(work, alert.payment)
    if alert.template is Template.NOT_CHARGED:
        return partial(letters.not_charged_letter, payment, alert.locale, seller=seller)
    assert alert.invoice is not None, "a receipt's alert names the receipt"
    invoice = await billing.invoice(work, alert.invoice)
    url = f"{public_url}/v/{payment.visit_key}/receipt" if public_url else None
    return partial(letters.receipt_letter, invoice, alert.locale, seller=seller, url=url)


async def _note_sent(begin: BeginWork, id: AlertId, note: str | None) -> None:
    async with begin() as work:
        before = await store.lock(work, id)
        if before.state is not AlertState.QUEUED:
            return  # a browser may have shown it before its push service answered us
        await store.save(work, rules.sent(before, work.now, note))
        await work.announce([AlertSent(party=before.party, at=work.now, alert=id)])


async def _note_trouble(begin: BeginWork, id: AlertId, trouble: str, *, for_good: bool) -> None:
    async with begin() as work:
        before = await store.lock(work, id)
        if before.state is not AlertState.QUEUED:
            return
        after = rules.not_sent(before, trouble, work.now, for_good=for_good)
        await store.save(work, after)
        if after.state is AlertState.FAILED:
            failed = AlertFailed(party=after.party, at=work.now, alert=id, trouble=trouble)
            await work.announce([failed])
            await hasten(work, after)
        else:
            await work.enqueue(job(after))


async def _note_dropped(begin: BeginWork, id: AlertId, why: str) -> None:
    async with begin() as work:
        before = await store.lock(work, id)
        if before.state is AlertState.QUEUED:
            await store.save(work, rules.dropped(before, why))


async def try_again(work: Work, id: AlertId) -> None:
    """Send a dead letter once more. What was sent is not sent twice, nor what is of no use now."""
    before = await store.lock(work, id)
    if before.state is not AlertState.FAILED:
        return
    again = replace(before, state=AlertState.QUEUED, tries=0, next_try_at=work.now)
    await store.save(work, again)
    await work.enqueue(job(again))


async def wake_waiting(begin: BeginWork) -> int:
    """Queue again the alerts whose job was lost."""
    async with begin() as work:
        overdue = await store.overdue(work, work.now - LOST_AFTER)
        for alert in overdue:
            woken = replace(alert, tries=alert.tries + 1, next_try_at=work.now)
            await store.save(work, woken)
            await work.enqueue(job(woken))
    return len(overdue)


async def forget_old_alerts(begin: BeginWork, days: int) -> int:
    """Sweep: to whom what was told is personal data, and not kept for ever (0: it is)."""
    if not days:
        return 0
    async with begin() as work:
        return await store.forget(work, work.now - timedelta(days=days), FORGET_AT_ONCE_MAX)
