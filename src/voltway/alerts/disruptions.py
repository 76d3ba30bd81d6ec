"""Drivers whom it concerns are told that a place is disrupted, and that it is back in service."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from voltway.alerts import elsewhere, store_people
from voltway.alerts.concerned import Concerned, who_lost, whom
from voltway.alerts.model_events import Event, Person
from voltway.alerts.rules_elsewhere import Alternative
from voltway.alerts.telling import News, tell_each
from voltway.alerts.whose import by_holder
from voltway.alerts.words_disruptions import GOES_ON, WHY_OUT, bays_in_words
from voltway.billing.words import language
from voltway.disruptions import actions as found
from voltway.disruptions.model import Disruption, PlaceDisrupted, PlaceRestored
from voltway.kernel.facts import Fact
from voltway.kernel.ids import EvseId, LocationId
from voltway.runtime.work import Row, Work
from voltway.stations import actions as stations

FACTS: Final = (PlaceDisrupted, PlaceRestored)

#: A station's clock may be ahead of ours.
_CLOCKS_DIFFER: Final = timedelta(minutes=2)

#: The bays of a place by their ids: rows of ``evse_view``.
Bays = Mapping[EvseId, Row]


async def hears_places(work: Work, facts: Sequence[Fact]) -> None:
    """Tell whom it concerns, each once for a place, with where they can charge instead; and those
    who were told, that it is over."""
    for fact in facts:
        if not isinstance(fact, PlaceDisrupted | PlaceRestored):
            continue
        known = await found.by_ids(work, fact.disruptions)
        these = [known[id] for id in fact.disruptions if id in known]
        bays = await bays_of(work, fact.location)
        if these and isinstance(fact, PlaceDisrupted):
            await _disrupted(work, fact, these, bays)
        elif these:
            await _restored(work, fact.location, these, bays)


async def bays_of(work: Work, location: LocationId) -> Bays:
    rows = await work.all(
        "SELECT * FROM evse_view WHERE location_id = $1 ORDER BY identity, number", location
    )
    return {EvseId(row["id"]): row for row in rows}


def bays_out(disruption: Disruption, bays: Bays) -> set[EvseId]:
    """The bays of a disruption: one, or all of its station."""
    if disruption.evse is not None:
        return {disruption.evse} & bays.keys()
    return {id for id, row in bays.items() if row["station_id"] == disruption.station}


async def _disrupted(
    work: Work, fact: PlaceDisrupted, these: Sequence[Disruption], bays: Bays
) -> None:
    out = {each.id: bays_out(each, bays) for each in these}
    lost = set().union(*out.values())
    if not lost:
        return
    others = [each for each in await found.open_at(work, fact.location) if each.id not in out]
    knows = await _who_knows(work, others, bays)
    for each in await who_lost(work, lost, _first(these)):
        assert each.evse is not None, "who reserved has reserved a bay"
        knows.setdefault(each.person.holder, set()).add(each.evse)
    place = await stations.location(work, fact.location)
    instead: dict[EvseId, list[Alternative]] = {}
    news = []
    for each in await whom(work, fact.location, lost):
        seen = knows.get(each.person.holder)
        if seen is not None and (each.evse is None or each.evse in seen):
            continue
        theirs = next((one for one in these if each.evse in out[one.id]), these[0])
        at = each.evse or min(lost)
        if at not in instead:
            instead[at] = await elsewhere.alternatives(work, at, but=lost)
        read_of = lost if each.evse is None else [each.evse]
        shown = {
            "place": place.name,
            "bays": in_words(read_of, bays, each.person.locale),
            "why": _why(each, theirs, instead[at]),
            "page": each.page,
        }
        news.append(News(person=each.person, about=f"disruption:{theirs.id}", facts=shown))
    await tell_each(work, fact.party, Event.DISRUPTION, news)


def _first(these: Sequence[Disruption]) -> datetime:
    """When the first of these began, by the station's clock or a little before."""
    return min(each.began_at for each in these) - _CLOCKS_DIFFER


def in_words(these: Collection[EvseId], bays: Bays, locale: str) -> str:
    """These bays by their numbers; all of a place by that."""
    numbers = [row["number"] for id, row in bays.items() if id in these]
    return bays_in_words(numbers, locale, all_of_them=len(numbers) == len(bays))


def _why(each: Concerned, theirs: Disruption, free: Sequence[Alternative]) -> str:
    spoken = language(each.person.locale)
    said = [WHY_OUT[spoken][theirs.kind.value]]
    if each.charges:
        said.append(GOES_ON[spoken])
    said.append(elsewhere.in_words(free, each.person.locale))
    return " ".join(part for part in said if part)


async def _who_knows(
    work: Work, others: Sequence[Disruption], bays: Bays
) -> dict[str, set[EvseId]]:
    """Who was told of what is disrupted at the place already, and of which bays."""
    knows: dict[str, set[EvseId]] = {}
    for other in others:
        for person in await told_of(work, f"disruption:{other.id}", Event.DISRUPTION):
            knows.setdefault(person.holder, set()).update(bays_out(other, bays))
    return knows


async def _restored(
    work: Work, location: LocationId, these: Sequence[Disruption], bays: Bays
) -> None:
    """Each who was told is told once, of the bays that work again; who lost a reservation by it was
    told by that."""
    out = [bays_out(each, bays) for each in await found.open_at(work, location)]
    still = set().union(*out)
    back = set().union(*(bays_out(each, bays) for each in these)) - still
    back = {id for id in back if bays[id]["status"] not in ("faulted", "unavailable")}
    told: set[str] = set()
    for each in these:
        about = f"disruption:{each.id}"
        people = await told_of(work, about, Event.DISRUPTION)
        people += await lost_by(work, back & bays_out(each, bays), _first([each]), people)
        await tell_back(
            work, location, about, [one for one in people if one.holder not in told], back, bays
        )
        told |= {one.holder for one in people}


async def told_of(work: Work, about: str, event: Event) -> list[Person]:
    """Who was told of an event about this, and was reached."""
    return await by_holder(work, await store_people.told_about(work, event, about))


async def lost_by(
    work: Work, bays: Collection[EvseId], since: datetime, but: Collection[Person]
) -> list[Person]:
    """Who lost a reservation of these bays since then, and is none of these people."""
    known = {each.holder for each in but}
    people = [each.person for each in await who_lost(work, bays, since)]
    return list({each.holder: each for each in people if each.holder not in known}.values())


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
