"""Drivers whom it concerns are told that a place is disrupted, and that it is back in service."""

from collections.abc import Sequence
from typing import Final

from voltway.alerts import disruption_ends, elsewhere
from voltway.alerts.bays import Bays, bays_of, bays_out, in_words
from voltway.alerts.concerned import Concerned, who_lost, whom
from voltway.alerts.disruption_ends import first_of, told_of
from voltway.alerts.model_events import Event
from voltway.alerts.rules_elsewhere import Alternative
from voltway.alerts.telling import News, tell_each
from voltway.alerts.words_disruptions import GOES_ON, WHY_OUT
from voltway.billing.words import language
from voltway.disruptions import actions as found
from voltway.disruptions.model import Disruption, PlaceDisrupted, PlaceRestored, PlaceUncertain
from voltway.kernel.facts import Fact
from voltway.kernel.ids import EvseId
from voltway.runtime.work import Work
from voltway.stations import actions as stations

FACTS: Final = (PlaceDisrupted, PlaceRestored, PlaceUncertain)


async def hears_places(work: Work, facts: Sequence[Fact]) -> None:
    """Tell whom it concerns, each once for a place, with where they can charge instead; and those
    who were told, that it is over, or that nobody knows."""
    for fact in facts:
        if not isinstance(fact, PlaceDisrupted | PlaceRestored | PlaceUncertain):
            continue
        known = await found.by_ids(work, fact.disruptions)
        these = [known[id] for id in fact.disruptions if id in known]
        bays = await bays_of(work, fact.location)
        if these and isinstance(fact, PlaceDisrupted):
            await _disrupted(work, fact, these, bays)
        elif these and isinstance(fact, PlaceRestored):
            await disruption_ends.restored(work, fact.location, these, bays)
        elif these:
            await disruption_ends.uncertain(work, fact.location, these, bays)


async def _disrupted(
    work: Work, fact: PlaceDisrupted, these: Sequence[Disruption], bays: Bays
) -> None:
    out = {each.id: bays_out(each, bays) for each in these}
    lost = set().union(*out.values())
    if not lost:
        return
    others = [each for each in await found.open_at(work, fact.location) if each.id not in out]
    knows = await _who_knows(work, others, bays)
    for each in await who_lost(work, lost, first_of(these)):
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
        if each.person.wait:
            shown["wait"] = each.person.wait
        news.append(News(person=each.person, about=f"disruption:{theirs.id}", facts=shown))
    await tell_each(work, fact.party, Event.DISRUPTION, news)


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
