"""What writes the letters of alerts."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeAlias

from voltway.alerts import (
    account,
    bounces,
    budgets,
    cars,
    dunning,
    letters,
    letters_events,
    own_companies,
    reports,
    waiting,
)
from voltway.alerts.model import Alert, Template
from voltway.billing import actions as billing
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import AlertId
from voltway.parties import actions as parties
from voltway.payments import actions as payments
from voltway.runtime.work import Work

#: Writes a letter, once nothing of the database is needed any more.
Write: TypeAlias = Callable[[], letters.Letter]

#: Of these many go to one place at once, so they are made ready together.
_OF_WATCHES: Final = frozenset({Template.FREE, Template.OUTRUN, Template.CLOSED})
#: What was a letter once; what waited in it was put into the words of its event.
_TOLD_AS_EVENTS: Final = frozenset(
    {
        Template.BOOKS,
        Template.PAYMENTS,
        Template.DISPUTE,
        Template.DISPUTE_DUE,
        Template.DISPUTE_LAST,
        Template.RETURNED,
        Template.REPORT,
    }
)


async def writers(
    work: Work, alerts: Sequence[Alert], public_url: str
) -> dict[AlertId, Write | Refusal]:
    """What writes the letter of each of these, or why it is not to be sent."""
    made: dict[AlertId, Write | Refusal] = {}
    back = await bounces.come_back(work, alerts)
    good = [each for each in alerts if each.id not in back]
    made |= {id: bounces.ComesBack() for id in back}
    sellers = {
        party: (await parties.party(work, party)).name
        for party in dict.fromkeys(each.party for each in good)
    }
    of_watches = [each for each in good if each.template in _OF_WATCHES]
    made |= await waiting.writers(work, of_watches, sellers, public_url)
    for each in good:
        if each.id in made:
            continue
        try:
            made[each.id] = await _writer(work, each, sellers[each.party], public_url)
        except Refusal as no:
            made[each.id] = no
    return made


async def _writer(work: Work, alert: Alert, seller: str, public_url: str) -> Write:
    if alert.template is Template.EVENT:
        return await letters_events.writer(work, alert, seller=seller, public_url=public_url)
    if alert.template in _TOLD_AS_EVENTS:
        raise letters.ToldAsEvent
    if alert.template in (Template.CODE, Template.METHOD_REFUSED):
        return await account.writer(work, alert, seller=seller, public_url=public_url)
    if alert.template is Template.CAR:
        return cars.writer(alert, seller=seller)
    if alert.template is Template.COMPANY:
        return await own_companies.writer(work, alert, seller=seller, public_url=public_url)
    if alert.template is Template.BUDGET:
        return await budgets.writer(work, alert, seller=seller)
    if alert.template is Template.ANSWER:
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
