"""Tells people what happened, each by the channels that they want: the seam for all other rooms.

``tell`` is called in the transaction that heard the fact. It queues one alert for each channel and
browser, under a key made of what it is about, so that a fact told twice is told to people once.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from voltway.alerts import damping, store_chats, store_hooks, store_numbers, store_people
from voltway.alerts.escalating import TEXT_WITHIN
from voltway.alerts.model import Alert, AlertState, Template
from voltway.alerts.model_events import RULES, Channel, Device, Event, Person, Wishes, is_wait
from voltway.alerts.model_hooks import ALERTS
from voltway.alerts.queueing import queue
from voltway.alerts.rules_events import due_at
from voltway.alerts.telling_waits import asked_at_waits, first_at_wait
from voltway.alerts.words_operators import TITLES
from voltway.kernel.ids import AlertId, OnceKey, PartyId, new_id
from voltway.runtime.work import Work

#: So many people are looked up at once.
AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What one person is told of. ``about`` is what it happened to, ``session:…``, and with
    ``once`` (where it can happen to that more than once) the key under which it is told once.
    ``facts`` are what the event's words name (``words_events``), written as its readers read
    them."""

    person: Person
    about: str
    facts: Mapping[str, str]
    once: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    party: PartyId
    event: Event
    about: str
    facts: Mapping[str, str]
    once: str
    after: timedelta


async def tell(
    work: Work,
    party: PartyId,
    to: Sequence[Person],
    event: Event,
    about: str,
    facts: Mapping[str, str],
    *,
    once: str = "",
    after: timedelta = timedelta(),
) -> None:
    """Tell these people of an event; as ``News`` says.

    Nobody is told again within the event's time, and who wants none of it is told nothing. What may
    turn out otherwise waits for so long ``after`` now, and is looked at again then (``still``).
    """
    people = {each.holder: each for each in to}
    news = {
        holder: News(person=person, about=about, facts=facts, once=once)
        for holder, person in people.items()
    }
    if not RULES[event].for_operators:
        await tell_each(work, party, event, list(news.values()), after=after)
        return
    calm = await damping.damped(work, event, about, list(people))
    now = [each for holder, each in news.items() if calm.is_told_now(holder)]
    alerts = await alerts_of(work, party, event, now, after=after)
    told = _Told(party=party, event=event, about=about, facts=facts, once=once, after=after)
    later = [each for holder, each in news.items() if holder in calm.later]
    wait = RULES[event].not_again_within
    alerts += await alerts_of(work, party, event, later, after=wait)
    many = _many(work, told)
    these = [
        News(person=people[holder], about=many.about, facts=many.facts, once=many.once)
        for holder in people
        if holder in calm.many
    ]
    alerts += await alerts_of(work, party, many.event, these, after=many.after)
    alerts += await _beside(work, told)
    await queue(work, alerts)


async def tell_each(
    work: Work,
    party: PartyId,
    event: Event,
    news: Sequence[News],
    *,
    after: timedelta = timedelta(),
) -> None:
    """Tell drivers of an event, each as they read it, in their order: as ``tell``, for many at the
    price of few."""
    assert not RULES[event].for_operators, "who is told of many things is told so, by tell"
    for begin in range(0, len(news), AT_ONCE):
        batch = news[begin : begin + AT_ONCE]
        by_about: dict[str, list[str]] = {}
        for each in batch:
            by_about.setdefault(each.about, []).append(each.person.holder)
        calm = {
            about: await damping.damped(work, event, about, holders)
            for about, holders in by_about.items()
        }
        now = [each for each in batch if calm[each.about].is_told_now(each.person.holder)]
        await queue(work, await alerts_of(work, party, event, now, after=after))


def _many(work: Work, told: _Told) -> _Told:
    """That there are many such things, when they lasted."""
    return replace(
        told,
        event=Event.MANY,
        about=f"many:{told.event}",
        facts={"what": TITLES[told.event], "count": str(damping.MANY), "page": "/console"},
        once=work.now.isoformat(),
        after=RULES[told.event].holds + damping.AFTER,
    )


async def alerts_of(
    work: Work,
    party: PartyId,
    event: Event,
    news: Sequence[News],
    *,
    after: timedelta = timedelta(),
) -> list[Alert]:
    """The alerts by which these people are told, each of something else, in their order; they are
    not queued yet."""
    holders = [each.person.holder for each in news]
    wishes = await store_people.wishes(work, holders)
    may_text = Channel.SMS in RULES[event].by
    numbers = await store_numbers.good_numbers(work, holders) if may_text else {}
    devices = await store_people.devices_of(work, holders)
    waits = await asked_at_waits(work, party, event, [each for each in map(_wait, news) if each])
    alerts: list[Alert] = []
    for each in news:
        holder = each.person.holder
        told = _Told(
            party=party,
            event=event,
            about=each.about,
            facts=each.facts,
            once=each.once,
            after=after,
        )
        reached = _Reached(
            replace(wishes.get(holder) or Wishes(holder=holder, chosen={}), owns=each.person.owns),
            devices.get(holder, []),
            numbers.get(holder),
        )
        alerts += first_at_wait(
            work.now,
            _alerts(work, each.person, reached, told),
            waits.get(_wait(each)),
            partial(_alert, work, each.person, told),
            wishes=reached.wishes,
        )
    return alerts


def _wait(news: News) -> str:
    """The holder of what somebody left at the page of the wait that they are told of."""
    return news.about if is_wait(news.about) else news.person.wait


async def _beside(work: Work, told: _Told) -> list[Alert]:
    """The same to the chats and programs of the party that want it, as to one more person each."""
    chats = await store_chats.told_of(work, told.party, told.event)
    hooks = await store_hooks.told_of(work, told.party, ALERTS[told.event])
    them = [(each.holder, Channel.CHAT, str(each.id)) for each in chats]
    them += [(f"hook:{each.id}", Channel.HOOK, str(each.id)) for each in hooks]
    calm = await damping.damped(work, told.event, told.about, [holder for holder, _, _ in them])
    alerts = []
    for holder, channel, id in them:
        what, at = told, work.now + RULES[told.event].holds
        if holder in calm.silent:
            continue
        if holder in calm.later:
            at += RULES[told.event].not_again_within
        if holder in calm.many and channel is Channel.CHAT:
            what = _many(work, told)
            at = work.now + what.after
        person = Person(holder=holder, email=None, locale="en")
        alerts.append(_alert(work, person, what, channel, id, at))
    return alerts


@dataclass(frozen=True, slots=True)
class _Reached:
    """How somebody can be reached."""

    wishes: Wishes
    devices: Sequence[Device]
    number: str | None


def _alerts(work: Work, person: Person, by: _Reached, told: _Told) -> list[Alert]:
    """An alert for each channel of a person. Where it is meant for who was not reached otherwise,
    the text waits for the push, and the mail for both."""
    rule, wishes, number = RULES[told.event], by.wishes, by.number
    begins = goes_on = work.now + told.after  # what is for who was not reached waits so long
    alerts = []
    at = due_at(told.event, Channel.PUSH, wishes, begins)
    if at is not None and wishes.wants(told.event, Channel.PUSH):
        alerts = [_alert(work, person, told, Channel.PUSH, str(each.id), at) for each in by.devices]
    if rule.unread_after is not None and (alerts or rule.again_after):
        goes_on = (at or begins) + rule.unread_after
    at = due_at(told.event, Channel.SMS, wishes, begins)
    if number is not None and at is not None:
        is_wanted = wishes.wants(told.event, Channel.SMS)
        if is_wanted or _escalates(told.event, Channel.SMS, wishes):
            goes = at if is_wanted else max(at, goes_on)
            alerts.append(_alert(work, person, told, Channel.SMS, number, goes))
            goes_on = max(goes_on, goes) + TEXT_WITHIN
    at = due_at(told.event, Channel.MAIL, wishes, begins)
    if person.email is None or at is None:
        return alerts
    if wishes.wants(told.event, Channel.MAIL):
        alerts.append(_alert(work, person, told, Channel.MAIL, person.email, at))
    elif _escalates(told.event, Channel.MAIL, wishes):
        alerts.append(_alert(work, person, told, Channel.MAIL, person.email, max(at, goes_on)))
    return alerts


def _escalates(event: Event, channel: Channel, wishes: Wishes) -> bool:
    """Whether an event goes on by this channel to who was not reached, wants to know of it, and did
    not refuse that."""
    goes_on = RULES[event].unread_after is not None and wishes.wants(event, Channel.PUSH)
    return goes_on and (event, channel) not in wishes.chosen


def _alert(
    work: Work, person: Person, told: _Told, channel: Channel, recipient: str, at: datetime
) -> Alert:
    return Alert(
        id=AlertId(new_id(work.now)),
        party=told.party,
        once=OnceKey(f"{told.event}:{told.about}:{told.once}:{channel}:{recipient}"),
        recipient=recipient,
        template=Template.EVENT,
        locale=person.locale,
        payment=None,
        invoice=None,
        state=AlertState.QUEUED,
        created_at=work.now,
        next_try_at=at,
        channel=channel,
        event=told.event,
        about=told.about,
        facts=told.facts,
        holder=person.holder,
        too_late_at=max(at, work.now) + RULES[told.event].lasts,
    )


async def wishes_of(work: Work, holder: str, zone: str) -> Wishes:
    """What a person chose, with the key of the link that ends their mails; made at first sight."""
    found = (await store_people.wishes(work, [holder])).get(holder)
    if found is None:
        await store_people.add_person(work, holder, secrets.token_urlsafe(24), zone)
        found = (await store_people.wishes(work, [holder]))[holder]
    return found
