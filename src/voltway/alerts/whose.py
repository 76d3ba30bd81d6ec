"""Whom a charge and its money concern: the driver whose it is, and who asked on its visit's page.

A visit is of the account that had signed in when it began, or whose saved method pays for it. Who
pays with a card alone is a guest, also where that card pays for an account elsewhere: nobody learns
of an account by a card. Who has a visit's address may be told of it there, beside its driver.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from voltway.alerts import store_guests
from voltway.alerts.model_events import Person, is_guest, visit_holder
from voltway.alerts.speaking import speaking
from voltway.alerts.store_people import Told
from voltway.drivers import actions as drivers
from voltway.parties import actions as parties
from voltway.payments import actions as payments
from voltway.payments.model import Payment
from voltway.payments.whose import account_of, address_of
from voltway.runtime.work import Work
from voltway.sessions.model import Session
from voltway.stations import actions as stations
from voltway.stations.model import Location


@dataclass(frozen=True, slots=True)
class Who:
    """Those whom a session concerns, its driver first; where it is, and the page about it."""

    people: Sequence[Person]
    place: Location
    page: str

    @property
    def locale(self) -> str:
        return self.people[0].locale

    def each(self) -> "list[Who]":
        """Each of them alone, for what they are told is written as they read it."""
        return [Who([person], self.place, self.page) for person in self.people]


async def who_charges(work: Work, session: Session) -> Who | None:
    """Whom a session concerns: its token's driver, whose its visit is, and who asked there."""
    paid = await payments.payment_of_session(work, session.id)
    people = await _of_token(work, session, paid)
    if paid is not None:
        people += await of_payment(work, paid)
    if not people:
        return None
    page = f"/v/{paid.visit_key}" if paid is not None else "/me"
    once = await speaking(work, list({each.holder: each for each in people}.values()))
    return Who(once, await stations.location(work, session.location), page)


async def of_payment(work: Work, paid: Payment) -> list[Person]:
    """Whom a visit concerns: its driver's account and who asked on its page, or its guest."""
    guest = await of_visit(work, paid)
    email = await account_of(work, paid)
    if email is None:
        return [guest]
    [driver] = await speaking(work, [_by_address(email, paid.locale)])
    return [driver, guest] if await store_guests.has_asked(work, guest.holder) else [driver]


async def of_visit(work: Work, paid: Payment) -> Person:
    """A guest is told on the browsers, at the address and the number that they gave for this visit.
    The address for the receipt is for the receipt."""
    holder = visit_holder(paid.id)
    left = (await store_guests.mails(work, [holder])).get(holder)
    return Person(holder=holder, email=left, locale=paid.locale)


async def who_were(work: Work, told: Sequence[Told]) -> list[Person]:
    """Those who were told of something, to be told of it again."""
    left = await store_guests.mails(work, [each.holder for each in told if is_guest(each.holder)])
    people = [
        Person(
            holder=each.holder,
            email=left.get(each.holder) if is_guest(each.holder) else each.holder,
            locale=each.locale,
            wait=each.wait,
        )
        for each in told
    ]
    return await speaking(work, people)


async def _of_token(work: Work, session: Session, paid: Payment | None) -> list[Person]:
    if session.token is None:
        return []
    key = (session.party, session.token)
    token = (await drivers.tokens_of(work, [key])).get(key)
    if token is None or token.driver is None:
        return []
    email = await address_of(work, session.party, token.driver)
    if email is None:
        return []
    locale = paid.locale if paid else (await parties.party(work, session.party)).locale
    return [_by_address(email, locale)]


def _by_address(email: str, locale: str) -> Person:
    return Person(holder=email.lower(), email=email, locale=locale)
