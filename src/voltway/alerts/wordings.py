"""Own words of a party for what people are told: kept, looked at, tried, and told by."""

from dataclasses import dataclass
from typing import ClassVar

from voltway.alerts import letters_events, mails, rules_wordings, store_wordings
from voltway.alerts.mailer import Mailer
from voltway.alerts.model import Alert, AlertState, Template
from voltway.alerts.model_events import RULES, Event
from voltway.alerts.words_events import Say
from voltway.billing.words import SPOKEN
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import AlertId, OnceKey, PartyId, new_id
from voltway.runtime.work import BeginWork, Work


@dataclass(eq=False)
class NotSpoken(Refusal):
    """This is told in no such language."""

    kind: ClassVar[Kind] = Kind.ABSENT


async def keep(
    work: Work, party: PartyId, event: Event, language: str, title: str, body: str, *, by: str
) -> None:
    """Tell an event in these words from now on. Raises ``NotSpoken`` and as ``checked``."""
    must_be_spoken(event, language)
    words = rules_wordings.checked(event, title, body)
    await store_wordings.keep(work, party, event, language, words, by=by)


async def remove(work: Work, party: PartyId, event: Event, language: str) -> None:
    """Back to the house's words."""
    await store_wordings.remove(work, party, event, language)


async def own(work: Work, party: PartyId, event: Event) -> dict[str, Say]:
    return await store_wordings.of(work, party, event)


def languages(event: Event) -> list[str]:
    """In which languages an event is told: operators speak English here."""
    return ["en"] if RULES[event].for_operators else list(SPOKEN)


def must_be_spoken(event: Event, language: str) -> None:
    """Raises ``NotSpoken``."""
    if language not in languages(event):
        raise NotSpoken


async def send_test(
    begin: BeginWork,
    mailer: Mailer,
    sample: Alert,
    words: Say,
    *,
    seller: str,
    public_url: str,
    mail_from: str,
) -> None:
    """Mail these words with samples to who asked. Nothing is kept of it. Raises as ``Mailer``."""
    async with begin() as work:
        now = work.now
    letter = letters_events.letter(sample, words, seller=seller, public_url=public_url, leave="")
    await mailer.send(mails.mail(sample, letter, mail_from=mail_from, at=now))


def sample_of(work: Work, party: PartyId, event: Event, language: str, email: str) -> Alert:
    """An alert that tells of nothing, to look at its words."""
    return Alert(
        id=AlertId(new_id(work.now)),
        party=party,
        once=OnceKey("sample"),
        recipient=email,
        template=Template.EVENT,
        locale=language,
        payment=None,
        invoice=None,
        state=AlertState.QUEUED,
        created_at=work.now,
        event=event,
        facts=rules_wordings.samples(event),
    )
