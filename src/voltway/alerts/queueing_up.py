"""Who stands in line is told that it is their turn, or that they stand in line no more."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from voltway.alerts.model_events import Event, Person, wait_holder
from voltway.alerts.speaking import speaking
from voltway.alerts.still_theirs import NTH
from voltway.alerts.telling import tell
from voltway.alerts.words_turns import WHY
from voltway.billing.words import language
from voltway.kernel.facts import Fact
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.waiting import turns
from voltway.waiting.model_turns import Turn, TurnCame, TurnOver, WhyTurn


async def hears_turns(work: Work, facts: Sequence[Fact]) -> None:
    """One event for each fact. A turn that went on meanwhile is told as it stands: an offer that is
    over is no news."""
    for fact in facts:
        if not isinstance(fact, TurnCame | TurnOver):
            continue
        turn = await turns.by_id(work, fact.turn)
        if turn is None:
            continue
        [turn] = await speaking(work, [turn])
        person = Person(holder=turn.email, email=turn.email, locale=turn.locale)
        place = await stations.location(work, turn.location)
        shown = {"place": place.name, "page": f"/t/{turn.key}"}
        about = wait_holder("turn", turn.id)
        if isinstance(fact, TurnOver):
            shown["why"] = WHY[language(turn.locale)][WhyTurn(fact.why)]
            await tell(work, turn.party, [person], Event.QUEUE_OVER, about, shown)
        elif turn.has_bay and turn.nth == fact.nth:
            shown |= await _held(work, turn, place.time_zone)
            once = str(fact.nth)
            await tell(work, turn.party, [person], Event.QUEUE_TURN, about, shown, once=once)


async def _held(work: Work, turn: Turn, zone: str) -> dict[str, str]:
    """The bay, until when it is held by the clock of the place, and which of their offers it is."""
    assert turn.evse is not None
    assert turn.held_until is not None
    bay = await stations.place_of(work, turn.evse)
    until = turn.held_until.astimezone(ZoneInfo(zone))
    return {"bay": str(bay.number), "when": f"{until:%H:%M}", NTH: str(turn.nth)}
