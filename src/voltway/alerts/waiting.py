"""Who waits for a bay is told that one is free, that somebody was faster, or that it is closed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import Final
from uuid import UUID

from voltway.alerts import letters, store_people
from voltway.alerts.model import Alert, Template
from voltway.alerts.model_events import RULES, Event, Person, wait_holder
from voltway.alerts.queueing import a_mail, queue
from voltway.alerts.speaking import speaking
from voltway.alerts.still_waits import BESIDE
from voltway.alerts.telling import News, alerts_of
from voltway.alerts.telling_waits import READ_WITHIN
from voltway.alerts.words_waiting import words
from voltway.kernel.errors import Refusal
from voltway.kernel.facts import Fact
from voltway.kernel.ids import AlertId, EvseId, LocationId, PartyId
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.waiting import actions as waiting
from voltway.waiting.model import BayFree, BayTaken, PlaceClosed, Watch, WatchState

_OF: Final = {
    BayFree: Template.FREE,
    BayTaken: Template.OUTRUN,
    PlaceClosed: Template.CLOSED,
}

_PUSHED: Final[Mapping[type[Fact], Event]] = {BayFree: Event.BAY_FREE, BayTaken: Event.BAY_TAKEN}


async def hears_watches(work: Work, facts: Sequence[Fact]) -> None:
    """One mail for each watch of a fact, and the same on the phones of those who have one here, in
    their order: who asked first is told first, by whichever way. Where a phone was added for the
    watch alone, the mail goes only if it is not read there."""
    told = [fact for fact in facts if isinstance(fact, BayFree | BayTaken | PlaceClosed)]
    for (kind, party), those in groupby(told, key=lambda fact: (type(fact), fact.party)):
        ids = [id for fact in those for id in fact.watches]
        found = await waiting.by_ids(work, ids)
        watches = await speaking(work, [found[id] for id in ids if id in found])
        pushes: dict[str, list[Alert]] = {}
        if kind in _PUSHED:
            for push in await _pushes(work, party, _PUSHED[kind], watches):
                pushes.setdefault(push.about, []).append(push)
        phones = await store_people.devices_of(work, [_about(each) for each in watches])
        alerts: list[Alert] = []
        for watch in watches:
            about = _about(watch)
            mail = _mail(work, watch, _OF[kind], is_second=about in phones)
            alerts += [mail, *pushes.get(about, [])]
        await queue(work, sorted(alerts, key=lambda each: each.next_try_at or work.now))


async def _pushes(
    work: Work, party: PartyId, event: Event, watches: Sequence[Watch]
) -> list[Alert]:
    places = _Places(work)
    news = [
        News(
            person=Person(holder=watch.email.lower(), email=watch.email, locale=watch.locale),
            about=_about(watch),
            facts=await places.named(watch) | {"page": f"/w/{watch.key}"},
        )
        for watch in watches
    ]
    return await alerts_of(work, party, event, news)


class _Places:
    """The names of places and bays, each asked for once: many wait for the same."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._known: dict[tuple[LocationId, EvseId | None], dict[str, str]] = {}

    async def named(self, watch: Watch) -> dict[str, str]:
        key = (watch.location, watch.told_evse)
        if key not in self._known:
            place = await stations.location(self._work, watch.location)
            shown = {"place": place.name}
            if watch.told_evse is not None:
                bay = await stations.place_of(self._work, watch.told_evse)
                shown["bay"] = str(bay.number)
            self._known[key] = shown
        return self._known[key]


def _about(watch: Watch) -> str:
    return wait_holder("watch", watch.id)


def _mail(work: Work, watch: Watch, template: Template, *, is_second: bool) -> Alert:
    once = f"watch:{watch.id}:{template.value}"
    made = a_mail(work, watch.party, template, watch.email, watch.locale, once)
    if is_second and template in BESIDE:
        made = replace(made, next_try_at=work.now + READ_WITHIN, about=_about(watch))
    if template is not Template.FREE:
        return made
    return replace(made, too_late_at=work.now + RULES[Event.BAY_FREE].lasts)


async def writers(
    work: Work, alerts: Sequence[Alert], sellers: Mapping[PartyId, str], public_url: str
) -> dict[AlertId, Callable[[], letters.Letter] | Refusal]:
    """What writes each of these letters; ``TooLate`` for one that is no news any more."""
    if not alerts:
        return {}
    ids = {each.id: UUID(each.once.split(":")[1]) for each in alerts}
    watches = await waiting.by_ids(work, list(ids.values()))
    places = _Places(work)
    made: dict[AlertId, Callable[[], letters.Letter] | Refusal] = {}
    for each in alerts:
        watch = watches.get(ids[each.id])
        if watch is None or (each.template is Template.FREE and watch.state is not WatchState.TOLD):
            made[each.id] = letters.TooLate()
            continue
        given = {"bay": ""} | await places.named(watch)
        page = f"{public_url}/w/{watch.key}" if public_url else ""
        seller = sellers[each.party]
        made[each.id] = partial(_letter, each.template, given, each.locale, seller, page)
    return made


def _letter(
    template: Template, given: dict[str, str], locale: str, seller: str, page: str
) -> letters.Letter:
    said = words(locale)
    subject, text = {
        Template.FREE: (said.free, said.free_text),
        Template.OUTRUN: (said.outrun, said.outrun_text),
        Template.CLOSED: (said.closed, said.closed_text),
    }[template]
    body = [text.format(**given), page]
    title = subject.format(**given)
    return letters.plain(locale, title, [each for each in body if each], seller, said.why)
