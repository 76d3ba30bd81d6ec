"""Whom a budget concerns is told at four fifths of it, and when it is used up."""

from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID

from voltway.alerts import letters
from voltway.alerts.model import Alert, Template
from voltway.alerts.queueing import a_mail, queue
from voltway.alerts.words_budgets import words
from voltway.billing import budget_news, formats
from voltway.billing.budget_news import BudgetReached, News
from voltway.kernel.facts import Fact
from voltway.runtime.work import Work


async def hears_budget_reached(work: Work, facts: Sequence[Fact]) -> None:
    """One mail for each share, to each whom it concerns."""
    for fact in facts:
        if not isinstance(fact, BudgetReached):
            continue
        await queue(
            work,
            [
                a_mail(
                    work,
                    fact.party,
                    Template.BUDGET,
                    reader.email,
                    reader.locale,
                    f"budget:{fact.told}:{reader.email}",
                )
                for reader in await budget_news.concerned(work, fact.budget)
            ],
        )


async def writer(work: Work, alert: Alert, *, seller: str) -> Callable[[], letters.Letter]:
    """What writes the letter. Raises ``TooLate`` where the budget is another one meanwhile."""
    news = await budget_news.news(work, UUID(alert.once.split(":")[1]))
    if news is None:
        raise letters.TooLate
    return partial(_letter, news, alert.locale, seller=seller)


def _letter(news: News, locale: str, *, seller: str) -> letters.Letter:
    said, there = words(locale), formats.locale_for(locale)
    sums = []
    if news.amount is not None:
        spent, amount = (formats.money(each, there) for each in (news.spent, news.amount))
        sums.append(said.of.format(used=spent, limit=amount))
    if news.energy_wh is not None:
        used, limit = (
            f"{formats.kwh(each, there)}{formats.NBSP}kWh"
            for each in (news.used.wh, news.energy_wh)
        )
        sums.append(said.of.format(used=used, limit=limit))
    up = news.percent >= 100
    if news.until is None:
        then = said.stopped if up else said.stops
    else:
        day = formats.day(news.until.date(), there)
        then = (said.shut if up else said.shuts).format(day=day)
    title = (said.subject_up if up else said.subject_near).format(name=news.name)
    body = [f"{said.periods[news.period]}: {'; '.join(sums)}.", then]
    return letters.plain(locale, title, body, seller, said.why)
