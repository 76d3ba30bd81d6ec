"""Who owes is told, once for each stage."""

from collections.abc import Callable, Sequence
from functools import partial

from voltway.alerts import letters
from voltway.alerts.model import Alert, Template
from voltway.alerts.queueing import a_mail, queue
from voltway.alerts.words_dunning import words
from voltway.billing import debts, formats
from voltway.billing.model_debts import Debt, Dunned
from voltway.kernel.facts import Fact
from voltway.runtime.work import Work


async def hears_dunned(work: Work, facts: Sequence[Fact]) -> None:
    """Mail who owes. Where nobody left an address, an operator sees it at the console."""
    for fact in facts:
        if not isinstance(fact, Dunned):
            continue
        debt = await debts.debt(work, fact.invoice)
        if debt.email is None or debt.closed_at is not None:
            continue
        once = f"dunning:{debt.invoice}:{fact.stage}"
        mail = a_mail(
            work,
            debt.party,
            Template.DUNNING,
            debt.email,
            debt.locale,
            once,
            invoice=debt.invoice,
        )
        await queue(work, [mail])


async def writer(
    work: Work, alert: Alert, *, seller: str, public_url: str
) -> Callable[[], letters.Letter]:
    """What writes the letter. What was paid meanwhile is not asked for: raises ``TooLate``."""
    assert alert.invoice is not None, "it is about a document"
    debt = await debts.debt(work, alert.invoice)
    if debt.closed_at is not None:
        raise letters.TooLate
    stage = int(alert.once.rpartition(":")[2])
    page = f"{public_url}/p/{debt.pay_key}" if public_url else ""
    return partial(_letter, debt, stage, alert.locale, seller=seller, page=page)


def _letter(debt: Debt, stage: int, locale: str, *, seller: str, page: str) -> letters.Letter:
    said, there = words(locale), formats.locale_for(locale)
    given = {
        "number": debt.number,
        "owed": formats.money(debt.owed, there),
        "due": formats.day(debt.due_on, there),
    }
    body = [said.texts[stage - 1].format(**given)]
    if page:
        body.append(said.page.format(page=page))
    return letters.plain(locale, said.subjects[stage - 1].format(**given), body, seller, said.why)
