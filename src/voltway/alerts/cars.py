"""A driver is told when their car's address was at two places at once; so are the owners."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from voltway.alerts import letters
from voltway.alerts.model import Alert, Template
from voltway.alerts.model_events import Event
from voltway.alerts.operator_events import FOR_GOOD, tell_operators
from voltway.alerts.queueing import a_mail, queue
from voltway.alerts.words_cars import words
from voltway.billing.autocharge import CarSpoofed
from voltway.drivers import contracts
from voltway.kernel.facts import Fact
from voltway.parties import actions as parties
from voltway.parties.model import Permission
from voltway.runtime.work import Work

PAGE: Final = "/console/tariffs/cars"


async def hears_car_spoofed(work: Work, facts: Sequence[Fact]) -> None:
    """Once for each finding, to the driver who left an address, and to the owners."""
    for fact in facts:
        if not isinstance(fact, CarSpoofed):
            continue
        may, about = Permission.EDIT_NETWORK, f"car_finding:{fact.finding}"
        await tell_operators(
            work, fact, may, Event.CAR_SPOOFED, about, {"page": PAGE}, once=FOR_GOOD
        )
        if fact.driver is None:
            continue
        email = (await contracts.driver_of(work, fact.party, fact.driver)).email
        if email:
            locale = (await parties.party(work, fact.party)).locale
            once = f"car:{fact.finding}:{email}"
            await queue(work, [a_mail(work, fact.party, Template.CAR, email, locale, once)])


def writer(alert: Alert, *, seller: str) -> Callable[[], letters.Letter]:
    said = words(alert.locale)
    body = [said.text, said.what_now]
    return partial(letters.plain, alert.locale, said.subject, body, seller, said.why)
