"""Drivers whom planned work concerns are told 48 and 2 hours before, when it begins at their bay,
when its times change, when it is cancelled, and when it is over."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from voltway.alerts import elsewhere
from voltway.alerts.bays import Bays, bays_of, in_words
from voltway.alerts.concerned import Concerned, who_is_at, whom
from voltway.alerts.disruption_ends import left_waiting, lost_by, tell_back, told_of
from voltway.alerts.model_events import Event, Person
from voltway.alerts.rules_elsewhere import Alternative
from voltway.alerts.telling import News, tell_each
from voltway.alerts.words_disruptions import BEGAN, CANCELLED, GOES_ON, MOVED
from voltway.billing import formats
from voltway.billing.words import language
from voltway.kernel.facts import Fact
from voltway.kernel.ids import EvseId
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.stations import windows
from voltway.stations.model import Location
from voltway.stations.model_windows import (
    Window,
    WindowFact,
    WindowState,
    WorkAhead,
    WorkBegan,
    WorkCancelled,
    WorkMoved,
    WorkOver,
)

FACTS: Final = (WorkAhead, WorkMoved, WorkCancelled, WorkBegan, WorkOver)
#: Places that are free now are named where the work begins this soon.
_FREE_NOW_H: Final = 2


async def hears_windows(work: Work, facts: Sequence[Fact]) -> None:
    """Tell of each fact whom it concerns. A window that went on meanwhile is told as it stands:
    times that are not its times any more are no news."""
    for fact in facts:
        if not isinstance(fact, WindowFact):
            continue
        window = (await windows.by_ids(work, [fact.window])).get(fact.window)
        if window is None:
            continue
        place = await stations.location(work, fact.location)
        if isinstance(fact, WorkAhead):
            if window.revision == fact.revision and window.state is WindowState.PLANNED:
                await _ahead(work, fact, window, place)
        elif isinstance(fact, WorkBegan):
            await _began(work, window, place)
        elif isinstance(fact, WorkOver):
            await _over(work, window)
        elif isinstance(fact, WorkMoved | WorkCancelled):
            await _changed(work, fact, window, place)


async def _ahead(work: Work, fact: WorkAhead, window: Window, place: Location) -> None:
    bays = await bays_of(work, window.location)
    out = set(await windows.bays_of(work, window))
    people = await whom(work, window.location, out, at=window.starts_at)
    free: dict[EvseId, list[Alternative]] = {}
    news = []
    for each in people:
        at = each.evse or min(out)
        if fact.within_h <= _FREE_NOW_H and at not in free:
            free[at] = await elsewhere.alternatives(work, at, but=out)
        told = elsewhere.in_words(free.get(at, ()), each.person.locale)
        news.append(_news(window, place, each, out, bays, told, once=_once(window, fact.within_h)))
    await tell_each(work, window.party, Event.WORK_PLANNED, news)


def _once(window: Window, within_h: int) -> str:
    return f"{window.revision}:{within_h}"


async def _began(work: Work, window: Window, place: Location) -> None:
    """Who charges there, or is about to, is told that nobody cuts them, or that nothing starts."""
    bays = await bays_of(work, window.location)
    out = set(await windows.bays_of(work, window))
    news = []
    for each in await who_is_at(work, out):
        assert each.evse is not None, "who is at a bay is at one"
        free = await elsewhere.alternatives(work, each.evse, but=out) if not each.charges else []
        spoken = language(each.person.locale)
        said = [BEGAN[spoken], GOES_ON[spoken] if each.charges else ""]
        said.append(elsewhere.in_words(free, each.person.locale))
        more = " ".join(part for part in said if part)
        news.append(_news(window, place, each, {each.evse}, bays, more, once="begun"))
    await tell_each(work, window.party, Event.WORK_PLANNED, news)


def _news(
    window: Window,
    place: Location,
    each: Concerned,
    out: set[EvseId],
    bays: Bays,
    more: str,
    *,
    once: str,
) -> News:
    locale = each.person.locale
    shown = {
        "place": place.name,
        "bays": in_words([each.evse] if each.evse else out, bays, locale),
        "when": _moment(window.starts_at, place, locale),
        "until": _moment(window.ends_at, place, locale),
        "why": f"{window.reason.rstrip('.')}. {more}".strip(),
        "page": each.page,
        "revision": str(window.revision),
        "notice": once,
    }
    if each.person.wait:
        shown["wait"] = each.person.wait
    return News(person=each.person, about=f"window:{window.id}", facts=shown, once=once)


async def _changed(
    work: Work, fact: WorkMoved | WorkCancelled, window: Window, place: Location
) -> None:
    """Who was told of the times before is told of the new ones, or that there are none."""
    is_stale = isinstance(fact, WorkMoved) and fact.revision != window.revision
    if is_stale or (isinstance(fact, WorkMoved) and not window.is_open):
        return
    about = f"window:{window.id}"
    once = f"moved:{fact.revision}" if isinstance(fact, WorkMoved) else "cancelled"
    news = []
    for person in await told_of(work, about, Event.WORK_PLANNED):
        shown = {
            "place": place.name,
            "why": _new_times(window, place, person)
            if isinstance(fact, WorkMoved)
            else CANCELLED[language(person.locale)],
            "page": f"/l/{window.location}",
            "revision": str(window.revision),
        }
        news.append(News(person=person, about=about, facts=shown, once=once))
    await tell_each(work, window.party, Event.WORK_CHANGED, news)


def _new_times(window: Window, place: Location, person: Person) -> str:
    return MOVED[language(person.locale)].format(
        when=_moment(window.starts_at, place, person.locale),
        until=_moment(window.ends_at, place, person.locale),
    )


async def _over(work: Work, window: Window) -> None:
    """Who was told is told that the bays are back, where they are: they may be in another window,
    or not have come well out of this one."""
    bays = await bays_of(work, window.location)
    covered = set(await windows.bays_of(work, window)) & bays.keys()
    back = {
        id
        for id in covered
        if bays[id]["window_id"] is None
        and bays[id]["connected"]
        and bays[id]["status"] not in ("faulted", "unavailable")
    }
    about = f"window:{window.id}"
    told = await told_of(work, about, Event.WORK_PLANNED)
    told += await lost_by(work, back, window.starts_at, told)
    told += await left_waiting(work, window.location, back, window.starts_at, bays, told)
    await tell_back(work, window.location, about, told, back, bays)


def _moment(at: datetime, place: Location, locale: str) -> str:
    """The day and the clock of the place."""
    there = at.astimezone(ZoneInfo(place.time_zone))
    spoken = formats.locale_for(locale)
    return format_datetime(there, "EEE d MMM HH:mm", tzinfo=there.tzinfo, locale=spoken)
