"""A driver is told that what they charged at home was paid back."""

from collections.abc import Sequence

from voltway.alerts.model_events import Event, Person
from voltway.alerts.speaking import speaking
from voltway.alerts.telling import tell
from voltway.billing import formats
from voltway.billing.model_homes import HomePaid
from voltway.drivers import contracts
from voltway.kernel.facts import Fact
from voltway.parties import actions as parties
from voltway.runtime.work import Work


async def hears_home_paid(work: Work, facts: Sequence[Fact]) -> None:
    """Once for each payout, to who left an address."""
    for fact in facts:
        if not isinstance(fact, HomePaid):
            continue
        driver = await contracts.driver_of(work, fact.party, fact.driver)
        if not driver.email:
            continue
        email, locale = driver.email, (await parties.party(work, fact.party)).locale
        to = await speaking(work, [Person(holder=email.lower(), email=email, locale=locale)])
        shown = {
            "amount": formats.money(fact.amount, formats.locale_for(to[0].locale)),
            "number": ", ".join(fact.numbers),
            "page": "/me/home",
        }
        await tell(work, fact.party, to, Event.HOME_PAID, fact.subject, shown)
