"""A driver is told that the invoice which they want for each charge could not be written, and how
to mend that: once for each cause, as long as they keep the same company."""

from collections.abc import Callable, Sequence
from functools import partial
from hashlib import sha256

import msgspec

from voltway.alerts import letters
from voltway.alerts.model import Alert, Template
from voltway.alerts.queueing import a_mail, queue
from voltway.alerts.words_own_companies import OURS, words
from voltway.billing.own_companies import Cause, OwnCompanyRefused
from voltway.drivers import details
from voltway.kernel.facts import Fact
from voltway.payments import actions as payments
from voltway.payments.whose import account_of
from voltway.runtime.work import Work


async def hears_own_company_refused(work: Work, facts: Sequence[Fact]) -> None:
    """Mail the account that keeps the company."""
    refused = [fact for fact in facts if isinstance(fact, OwnCompanyRefused)]
    paid = await payments.payments(work, [fact.payment for fact in refused]) if refused else {}
    for fact in refused:
        payment = paid[fact.payment]
        email = await account_of(work, payment)
        if email is None:
            continue
        kept = (await details.of_person(work, email)).company
        told = sha256(msgspec.json.encode([email.lower(), kept], order="sorted")).hexdigest()
        once = f"own_company:{fact.party}:{told}:{fact.cause}"
        to = a_mail(work, fact.party, Template.COMPANY, email, payment.locale, once)
        await queue(work, [to])


async def writer(
    work: Work, alert: Alert, *, seller: str, public_url: str
) -> Callable[[], letters.Letter]:
    """What writes the letter. Its cause is the last word of the alert's key. Raises ``TooLate``
    where no such company is kept any more."""
    kept = await details.of_person(work, alert.recipient)
    if not kept.always:
        raise letters.TooLate
    cause = Cause(alert.once.rpartition(":")[2])
    said, company = words(alert.locale), kept.company
    why = said.causes[cause].format(vat_id=company.get("vat_id", ""))
    body = [why, said.receipt, said.ask if cause in OURS else said.mend]
    if public_url and cause not in OURS:
        body.append(f"{public_url}/me/details")
    subject = said.subject.format(company=company.get("name", ""))
    return partial(letters.plain, alert.locale, subject, body, seller, said.why)
