"""Texts (SMS): an alert handed to a carrier, within what its party may send in a day.

A text costs money each time that it is sent, and carriers have no key under which it is sent once.
So it is noted before the carrier is asked; where it was noted already, the answer was lost, and the
carrier is asked first whether it took it: by the words as they were, which are kept until that is
known, whatever has been edited meanwhile.
"""

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from voltway.alerts import letters, rules, rules_texts, store, store_numbers
from voltway.alerts.carrier import Carrier, News, NumberGone, TextRefused, TextState
from voltway.alerts.escalating import hasten
from voltway.alerts.model import Alert, AlertFailed, AlertState, Template
from voltway.alerts.rules_events import zone
from voltway.alerts.twilio_carrier import TwilioCarrier
from voltway.alerts.wording_of import wording_of
from voltway.alerts.words_numbers import code_text
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import AlertId
from voltway.parties import actions as parties
from voltway.runtime.settings import Settings
from voltway.runtime.work import BeginWork, Work

#: Where carriers tell what became of a text, followed by its alert's id.
NEWS_AT: Final = "/webhooks/sms/"


@dataclass(eq=False)
class NoMoreToday(Refusal):
    """The texts of today are used up: {per_day} parts a day (VOLTWAY_SMS_PER_DAY)."""

    kind: ClassVar[Kind] = Kind.LIMIT

    per_day: int


async def text_by(settings: Settings, begin: BeginWork, alert: Alert) -> None:
    """Hand an alert to the carrier of the settings. Raises ``NoCarrier``, and as ``text``."""
    carrier = TwilioCarrier(settings)
    public_url, per_day = settings.public_url, settings.sms_per_day
    await text(begin, alert, carrier, public_url=public_url, per_day=per_day)


async def text(
    begin: BeginWork, alert: Alert, carrier: Carrier, *, public_url: str, per_day: int
) -> None:
    """Hand an alert to the carrier, unless it has it already. Raises ``CarrierSilent``,
    ``TextRefused``, ``NoMoreToday`` and ``TooLate``."""
    async with begin() as work:
        words = await _words(work, alert, public_url)
        noted = await store_numbers.text(work, alert.id)
        if noted is None:
            await _set_aside(work, alert, words, per_day)
        elif noted["ref"] is not None:
            return
        elif noted["words"] is not None:
            words = noted["words"]
    ref = await _found(begin, alert, carrier, words) if noted is not None else None
    try:
        tell = f"{public_url}{NEWS_AT}{alert.id}" if public_url else ""
        ref = ref or await carrier.send(alert.recipient, words, tell=tell)
    except TextRefused as no:
        async with begin() as work:
            await store_numbers.not_taken(work, alert.id)
            if isinstance(no, NumberGone):
                await store_numbers.gone(work, alert.recipient, str(no))
        raise
    async with begin() as work:
        await store_numbers.taken(work, alert.id, ref)


async def _set_aside(work: Work, alert: Alert, words: str, per_day: int) -> None:
    party = await parties.party(work, alert.party)
    day = work.now.astimezone(zone(party.time_zone)).date()
    count = rules_texts.parts(words)
    aside = store_numbers.Aside(alert.id, alert.party, day, words, count)
    if not await store_numbers.set_aside(work, aside, per_day):
        raise NoMoreToday(per_day)


async def _found(begin: BeginWork, alert: Alert, carrier: Carrier, words: str) -> str | None:
    """The text, if the carrier took it and its answer was lost."""
    sent = await carrier.sent(alert.recipient, words, since=alert.created_at)
    async with begin() as work:
        known = await store_numbers.known(work, list(sent))
    return next((ref for ref in sent if ref not in known), None)


async def _words(work: Work, alert: Alert, public_url: str) -> str:
    seller = (await parties.party(work, alert.party)).name
    if alert.template is Template.NUMBER:
        code = await store_numbers.code(work, UUID(alert.once.partition(":")[2]))
        if code is None:
            raise letters.TooLate
        return code_text(code, alert.locale, seller=seller)
    assert alert.facts is not None, "a text is a code, or tells an event"
    said = await wording_of(work, alert)
    page = alert.facts.get("page", "")
    return rules_texts.written(
        said.title, said.body, seller, f"{public_url}{page}" if page and public_url else ""
    )


async def heard(work: Work, id: AlertId, news: News) -> None:
    """Note what the carrier tells of a text. It may come before the carrier's own answer, twice, or
    in another order. Raises ``NoSuchAlert``."""
    before = await store.lock(work, id)
    await store_numbers.taken(work, id, news.ref)
    text = await store_numbers.text(work, id)
    after = _after(before, work, news)
    if text is None or text["ref"] != news.ref or after is before:
        return  # of a text that failed before, or told already
    await store.save(work, after)
    if after.state is AlertState.FAILED:
        await store_numbers.failed(work, id)
        if news.number_gone:
            await store_numbers.gone(work, before.recipient, news.trouble)
        failed = AlertFailed(party=before.party, at=work.now, alert=id, trouble=news.trouble)
        await work.announce([failed])
        await hasten(work, after)


def _after(before: Alert, work: Work, news: News) -> Alert:
    match news.state:
        case TextState.DELIVERED:
            return rules.seen(before, work.now)
        case TextState.TAKEN:
            if before.state is AlertState.QUEUED:
                return rules.sent(before, work.now)
        case TextState.FAILED:
            return rules.undelivered(before, news.trouble)
    return before
