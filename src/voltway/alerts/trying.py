"""Words tried on one's own phone: an alert that tells of nothing, by the ways that all alerts go.

It is kept, handed over and noted as any other, so it shows where a delivery fails too.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from voltway.alerts import store_numbers, store_people
from voltway.alerts.model import Alert, AlertState, Template
from voltway.alerts.model_events import Channel, Event
from voltway.alerts.queueing import queue
from voltway.alerts.words_events import Say
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import AlertId, OnceKey, PartyId, new_id
from voltway.runtime.work import Work

#: Of each event a person tries so much in a day: a text costs money.
TRIES_A_DAY: Final = 10
#: How long somebody waits for it.
LASTS: Final = timedelta(minutes=10)
_ABOUT: Final = "test:"


@dataclass(eq=False)
class NoPhone(Refusal):
    """You have no phone or browser here that shows alerts. Add one at “My alerts”."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NoNumber(Refusal):
    """You have no mobile number here that takes texts. Add one at “My alerts”."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class TriedEnough(Refusal):
    """You tried this {most} times in a day. Please try again tomorrow."""

    kind: ClassVar[Kind] = Kind.LIMIT

    most: int


def is_try(alert: Alert) -> bool:
    """Whether an alert tells of nothing: then its facts are the words themselves."""
    return alert.about.startswith(_ABOUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """Words that somebody wrote for an event, and by what way they want to see them."""

    party: PartyId
    holder: str
    event: Event
    language: str
    said: Say
    by: Channel


async def try_words(work: Work, tried: Tried) -> None:
    """Tell these words to who wrote them, on each of their browsers or by a text. Raises
    ``NoPhone``, ``NoNumber`` and ``TriedEnough``."""
    holder = tried.holder
    if tried.by is Channel.PUSH:
        to = [str(each.id) for each in await store_people.devices(work, holder)]
        if not to:
            raise NoPhone
    else:
        to = list((await store_numbers.good_numbers(work, [holder])).values())
        if not to:
            raise NoNumber
    since = work.now - timedelta(days=1)
    if await store_people.tried_since(work, holder, tried.event, since) >= TRIES_A_DAY * len(to):
        raise TriedEnough(TRIES_A_DAY)
    await queue(work, [_alert(work, tried, each) for each in to])


def _alert(work: Work, tried: Tried, recipient: str) -> Alert:
    id = AlertId(new_id(work.now))
    return Alert(
        id=id,
        party=tried.party,
        once=OnceKey(f"{_ABOUT}{id}"),
        recipient=recipient,
        template=Template.EVENT,
        locale=tried.language,
        payment=None,
        invoice=None,
        state=AlertState.QUEUED,
        created_at=work.now,
        next_try_at=work.now,
        channel=tried.by,
        event=tried.event,
        about=f"{_ABOUT}{id}",
        facts={"title": tried.said.title, "body": tried.said.body, "page": "/console/alerts"},
        holder=tried.holder,
        too_late_at=work.now + LASTS,
    )
