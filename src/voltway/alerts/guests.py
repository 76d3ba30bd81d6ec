"""Guests who want to be told of one charge without an account: by a mail, a text, their browser.

What they leave is for that charge alone. It is kept under their visit, used for nothing else, and
forgotten with what was sent to it once the visit is over.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from voltway.alerts import store, store_guests, store_people
from voltway.alerts.model_events import visit_holder
from voltway.kernel.emails import must_be_email
from voltway.kernel.errors import Kind, Refusal
from voltway.payments.model import Payment
from voltway.runtime.work import Work

#: So long after its end somebody may still ask what was told of a visit.
KEPT: Final = timedelta(days=2)
FORGET_AT_ONCE_MAX: Final = 5000


@dataclass(eq=False)
class VisitIsOver(Refusal):
    """This visit is over, so there is nothing more to be told of it."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NothingHeldYet(Refusal):
    """Nothing is told of a visit before its payment is confirmed. Please confirm it first."""

    kind: ClassVar[Kind] = Kind.CONFLICT


def holder_of(paid: Payment) -> str:
    """The name under which a guest leaves something. Raises ``VisitIsOver``, and
    ``NothingHeldYet``: a visit costs nothing, and a text to a stranger does."""
    if paid.held_at is None and paid.ended_at is None:
        raise NothingHeldYet
    if paid.ended_at is not None or paid.session_ended_at is not None:
        raise VisitIsOver
    return visit_holder(paid.id)


async def mail_of(work: Work, holder: str) -> str:
    """Where this guest wants mails; empty: nowhere."""
    return (await store_guests.mails(work, [holder])).get(holder, "")


async def leave_mail(work: Work, holder: str, typed: str) -> None:
    """Tell this guest by mail too, there and nowhere else. Raises ``NotAnEmail``."""
    must_be_email(typed)
    await store_guests.leave_mail(work, holder, typed)


async def take_mail_away(work: Work, holder: str) -> None:
    """Send this guest no more mails."""
    await store_guests.take_mail_away(work, holder)


async def forget_over(work: Work) -> int:
    """Forget what guests left whose visit is over, and where it was sent; how many there were."""
    over = await store_guests.over(work, work.now - KEPT, FORGET_AT_ONCE_MAX)
    for holder in over:
        await store_people.forget(work, holder)
    await store.forget_recipients(work, over)
    return len(over)
