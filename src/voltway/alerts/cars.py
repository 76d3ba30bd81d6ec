"""A driver is told when their car's address was at two places at once; so are the owners."""

from collections.abc import Callable, Sequence
from functools import partial

from voltway.alerts import letters
from voltway.alerts.model import Alert, Template
from voltway.alerts.queueing import a_mail, owners_of, queue
from voltway.alerts.words_cars import words
from voltway.billing.autocharge import CarSpoofed
from voltway.drivers import contracts
from voltway.kernel.facts import Fact
from voltway.parties import actions as parties
from voltway.runtime.work import Work


async def hears_car_spoofed(work: Work, facts: Sequence[Fact]) -> None:
    """Once for each finding, to the driver who left an address, and to the owners."""
    for fact in facts:
        if not isinstance(fact, CarSpoofed):
            continue
        to = [each.email for each in await owners_of(work, fact.party)]
        if fact.driver is not None:
            driver = await contracts.driver_of(work, fact.party, fact.driver)
            to = [*to, *([driver.email] if driver.email else [])]
        locale = (await parties.party(work, fact.party)).locale
        await queue(
            work,
            [
                a_mail(
                    work,
                    fact.party,
                    Template.CAR,
                    address,
                    locale,
                    f"car:{fact.finding}:{address}",
                )
                for address in dict.fromkeys(to)
            ],
        )


def writer(alert: Alert, *, seller: str) -> Callable[[], letters.Letter]:
    said = words(alert.locale)
    body = [said.text, said.what_now]
    return partial(letters.plain, alert.locale, said.subject, body, seller, said.why)
