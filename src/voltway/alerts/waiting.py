"""Who waits for a bay is told that one is free, that somebody was faster, or that it is closed."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final
from uuid import UUID

from voltway.alerts import letters, store_people
from voltway.alerts.model import Alert, Template
from voltway.alerts.model_events import Event, Person
from voltway.alerts.queueing import a_mail, queue
from voltway.alerts.telling import tell
from voltway.alerts.words_waiting import words
from voltway.kernel.facts import Fact
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
    """One mail for each watch of a fact, in their order."""
    for fact in facts:
        if not isinstance(fact, BayFree | BayTaken | PlaceClosed):
            continue
        watches = await waiting.by_ids(work, fact.watches)
        template = _OF[type(fact)]
        await queue(
            work,
            [_mail(work, watches[id], template) for id in fact.watches if id in watches],
        )
        if type(fact) in _PUSHED:
            await _push(work, fact, [watches[id] for id in fact.watches if id in watches])


async def _push(work: Work, fact: Fact, watches: Sequence[Watch]) -> None:
    """The same on the phones of those who have one here: of many who wait, few do."""
    reachable = await store_people.reachable(work, [each.email.lower() for each in watches])
    for watch in watches:
        if watch.email.lower() not in reachable:
            continue
        person = Person(holder=watch.email.lower(), email=watch.email, locale=watch.locale)
        place = await stations.location(work, watch.location)
        bay = await stations.place_of(work, watch.told_evse) if watch.told_evse else None
        shown = {"place": place.name, "page": f"/w/{watch.key}"}
        if bay is not None:
            shown["bay"] = str(bay.number)
        about = f"watch:{watch.id}"
        await tell(work, watch.party, [person], _PUSHED[type(fact)], about, shown)


def _mail(work: Work, watch: Watch, template: Template) -> Alert:
    once = f"watch:{watch.id}:{template.value}"
    return a_mail(work, watch.party, template, watch.email, watch.locale, once)


async def writer(
    work: Work, alert: Alert, *, seller: str, public_url: str
) -> Callable[[], letters.Letter]:
    """What writes the letter. Raises ``TooLate`` where it is no news any more."""
    id = UUID(alert.once.split(":")[1])
    watch = (await waiting.by_ids(work, [id])).get(id)
    if watch is None or (alert.template is Template.FREE and watch.state is not WatchState.TOLD):
        raise letters.TooLate
    place = await stations.location(work, watch.location)
    bay = await stations.place_of(work, watch.told_evse) if watch.told_evse else None
    given = {"place": place.name, "bay": str(bay.number) if bay else ""}
    page = f"{public_url}/w/{watch.key}" if public_url else ""
    return partial(_letter, alert.template, given, alert.locale, seller, page)


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
