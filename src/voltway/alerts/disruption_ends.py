"""Who was told that bays are out is told what became of it: they work again, or nobody knows."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from voltway.alerts import store_people
from voltway.alerts.bays import Bays, bays_out, in_words
from voltway.alerts.concerned import who_lost
from voltway.alerts.model_events import Event, Person
from voltway.alerts.telling import News, tell_each
from voltway.alerts.whose import who_were
from voltway.alerts.words_disruptions import UNCERTAIN
from voltway.billing.words import language
from voltway.disruptions import actions as found
from voltway.disruptions.model import Disruption, WhyOver
from voltway.kernel.ids import EvseId, LocationId
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.stations.model import Location
from voltway.waiting import actions as watches
from voltway.waiting import reservations, turns
from voltway.waiting.model import WatchState, Why
from voltway.waiting.model_reservations import WhyReservation
from voltway.waiting.model_turns import WhyTurn

#: A station's clock may be ahead of ours.
_CLOCKS_DIFFER: Final = timedelta(minutes=2)


async def restored(
    work: Work, location: LocationId, these: Sequence[Disruption], bays: Bays
) -> None:
    """Each who was told is told once, of the bays that work again; who lost a reservation by it was
    told by that. Those that something else keeps out still are told when that is over, to who was
    told of either."""
    still = await _out_still(work, location, bays)
    back = set().union(*(bays_out(each, bays) for each in these)) - still
    back = {
        id
        for id in back
        if bays[id]["status"] not in ("faulted", "unavailable") and bays[id]["window_id"] is None
    }
    told: set[str] = set()
    for each in these:
        about, mine = f"disruption:{each.id}", back & bays_out(each, bays)
        people = await told_of(work, about, Event.DISRUPTION)
        people += await lost_by(work, mine, first_of([each]), people)
        people += await left_waiting(work, location, mine, each.told_at, bays, people)
        await tell_back(
            work, location, about, [one for one in people if one.holder not in told], back, bays
        )
        told |= {one.holder for one in people}


async def uncertain(
    work: Work, location: LocationId, these: Sequence[Disruption], bays: Bays
) -> None:
    """Each who was told is told once that nobody can say more: the place is closed, which who waits
    there hears by their wait; or nobody has charged there for long."""
    still = await _out_still(work, location, bays)
    place = await stations.location(work, location)
    told: set[str] = set()
    for each in these:
        mine = bays_out(each, bays)
        if each.over_why is WhyOver.TIME and mine and mine <= still:
            continue  # it is known to be out, and its end will be told
        people = await told_of(work, f"disruption:{each.id}", Event.DISRUPTION)
        people += await lost_by(work, mine, first_of([each]), people)
        if each.over_why is WhyOver.GONE:
            people = [one for one in people if not await _hears_by_wait(work, one.wait)]
        them = [one for one in people if one.holder not in told]
        news = [_uncertain(each, person, place, mine, bays) for person in them]
        await tell_each(work, place.party, Event.PLACE_UNCERTAIN, news)
        told |= {one.holder for one in people}


def _uncertain(
    each: Disruption, person: Person, place: Location, out: Collection[EvseId], bays: Bays
) -> News:
    assert each.over_why is not None, "it has ended"
    is_gone = each.over_why is WhyOver.GONE
    shown = {
        "place": place.name,
        "bays": in_words(out, bays, person.locale) if out else place.name,
        "why": UNCERTAIN[language(person.locale)][each.over_why.value],
        "page": "/" if is_gone else f"/l/{place.id}",
    }
    return News(person=person, about=f"disruption:{each.id}", facts=shown)


async def _hears_by_wait(work: Work, wait: str) -> bool:
    """Whether who waits so is told there that the place is closed, or was."""
    kind, _, id = wait.partition(":")
    if kind == "watch":
        watch = (await watches.by_ids(work, [UUID(id)])).get(UUID(id))
        return watch is not None and (watch.state is WatchState.WAITING or watch.why == Why.CLOSED)
    if kind == "turn":
        turn = await turns.by_id(work, UUID(id))
        return turn is not None and (turn.is_open or turn.why == WhyTurn.CLOSED)
    if kind == "reservation":
        it = await reservations.by_id(work, UUID(id))
        return it is not None and (it.is_open or it.why == WhyReservation.CLOSED)
    return False


async def _out_still(work: Work, location: LocationId, bays: Bays) -> set[EvseId]:
    return set().union(*(bays_out(each, bays) for each in await found.open_at(work, location)))


def first_of(these: Sequence[Disruption]) -> datetime:
    """When the first of these began, by the station's clock or a little before."""
    return min(each.began_at for each in these) - _CLOCKS_DIFFER


async def told_of(work: Work, about: str, event: Event) -> list[Person]:
    """Who was told of an event about this, and was reached."""
    return await who_were(work, await store_people.told_about(work, event, about))


async def lost_by(
    work: Work, bays: Collection[EvseId], since: datetime, but: Collection[Person]
) -> list[Person]:
    """Who lost a reservation of these bays since then, and is none of these people."""
    known = {each.holder for each in but}
    people = [each.person for each in await who_lost(work, bays, since)]
    return list({each.holder: each for each in people if each.holder not in known}.values())


async def left_waiting(
    work: Work,
    location: LocationId,
    back: Collection[EvseId],
    since: datetime | None,
    bays: Bays,
    but: Collection[Person],
) -> list[Person]:
    """Who was told of what took these bays too and ended since then, when they were out still; and
    is none of these people."""
    if not back or since is None:
        return []
    people: dict[str, Person] = {}
    for other in await found.ended_at(work, location, since):
        if bays_out(other, bays) & set(back):
            those = await told_of(work, f"disruption:{other.id}", Event.DISRUPTION)
            people |= {each.holder: each for each in those}
    known = {each.holder for each in but}
    return [each for each in people.values() if each.holder not in known]


async def tell_back(
    work: Work,
    location: LocationId,
    about: str,
    people: Sequence[Person],
    back: Collection[EvseId],
    bays: Bays,
) -> None:
    """Tell these that bays are in service again; nothing where none is."""
    if not people or not back:
        return
    place = await stations.location(work, location)
    news = [
        News(
            person=person,
            about=about,
            facts={
                "place": place.name,
                "bays": in_words(back, bays, person.locale),
                "page": f"/l/{location}",
            },
        )
        for person in people
    ]
    await tell_each(work, place.party, Event.BACK_IN_SERVICE, news)
