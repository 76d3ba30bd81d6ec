"""Who owes is told, once for each stage."""

from collections.abc import Callable, Sequence
from functools import partial

from voltway.alerts import letters
from voltway.alerts.model import Alert, AlertState, Template
from voltway.alerts.queueing import queue
from voltway.alerts.words_dunning import words
from voltway.billing import debts, formats
from voltway.billing.model_debts import Debt, Dunned
from voltway.kernel.facts import Fact
from voltway.kernel.ids import AlertId, OnceKey, new_id
from voltway.runtime.work import Work


async def hears_dunned(work: Work, facts: Sequence[Fact]) -> None:
    """Mail who owes. Where nobody left an address, an operator sees it at the console."""
    for fact in facts:
        if not isinstance(fact, Dunned):
            continue
        debt = await debts.debt(work, fact.invoice)
        if debt.email is None or debt.closed_at is not None:
            continue
        alert = Alert(
            id=AlertId(new_id(work.now)),
            party=debt.party,
            once=OnceKey(f"dunning:{debt.invoice}:{fact.stage}"),
            recipient=debt.email,
            template=Template.DUNNING,
            locale=debt.locale,
            payment=None,
            invoice=debt.invoice,
            state=AlertState.QUEUED,
            created_at=work.now,
            next_try_at=work.now,
        )
        await queue(work, [alert])


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
