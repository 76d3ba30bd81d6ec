"""Who stands in line is told that it is their turn, or that they stand in line no more."""

from collections.abc import Mapping, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from voltway.alerts.model_events import Event, Person
from voltway.alerts.telling import tell
from voltway.billing.words import language
from voltway.kernel.facts import Fact
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.waiting import turns
from voltway.waiting.model_turns import Turn, TurnCame, TurnOver, WhyTurn

#: Why they stand in line no more. Who left themselves knows.
WHY: Final[Mapping[str, Mapping[WhyTurn, str]]] = {
    "en": {
        WhyTurn.MISSED: "Nothing started in time at the bay that was held for you.",
        WhyTurn.TIME: "No bay was free in time.",
        WhyTurn.CLOSED: "Nobody queues there any more.",
    },
    "de": {
        WhyTurn.MISSED: "An dem freigehaltenen Ladeplatz begann nichts rechtzeitig.",
        WhyTurn.TIME: "Kein Ladeplatz wurde rechtzeitig frei.",
        WhyTurn.CLOSED: "Dort steht niemand mehr an.",
    },
    "fr": {
        WhyTurn.MISSED: "Rien n'a commencé à temps à la place qui vous était gardée.",
        WhyTurn.TIME: "Aucune place ne s'est libérée à temps.",
        WhyTurn.CLOSED: "Il n'y a plus de file d'attente à ce lieu.",
    },
    "es": {
        WhyTurn.MISSED: "Nada empezó a tiempo en la plaza que se le guardaba.",
        WhyTurn.TIME: "Ninguna plaza quedó libre a tiempo.",
        WhyTurn.CLOSED: "Allí ya no hay cola.",
    },
    "nl": {
        WhyTurn.MISSED: "Op de plek die voor u vrij was begon niets op tijd.",
        WhyTurn.TIME: "Er kwam op tijd geen plek vrij.",
        WhyTurn.CLOSED: "Daar staat niemand meer in de rij.",
    },
    "fi": {
        WhyTurn.MISSED: "Sinulle pidetyllä paikalla ei alkanut mitään ajoissa.",
        WhyTurn.TIME: "Yksikään paikka ei vapautunut ajoissa.",
        WhyTurn.CLOSED: "Siellä ei enää jonoteta.",
    },
}


async def hears_turns(work: Work, facts: Sequence[Fact]) -> None:
    """One event for each fact. A turn that went on meanwhile is told as it stands: an offer that is
    over is no news."""
    for fact in facts:
        if not isinstance(fact, TurnCame | TurnOver):
            continue
        turn = await turns.by_id(work, fact.turn)
        if turn is None:
            continue
        person = Person(holder=turn.email, email=turn.email, locale=turn.locale)
        place = await stations.location(work, turn.location)
        shown = {"place": place.name, "page": f"/t/{turn.key}"}
        about = f"turn:{turn.id}"
        if isinstance(fact, TurnOver):
            shown["why"] = WHY[language(turn.locale)][WhyTurn(fact.why)]
            await tell(work, turn.party, [person], Event.QUEUE_OVER, about, shown)
        elif turn.has_bay and turn.nth == fact.nth:
            shown |= await _held(work, turn, place.time_zone)
            once = str(fact.nth)
            await tell(work, turn.party, [person], Event.QUEUE_TURN, about, shown, once=once)


async def _held(work: Work, turn: Turn, zone: str) -> dict[str, str]:
    """The bay, and until when it is held by the clock of the place."""
    assert turn.evse is not None
    assert turn.held_until is not None
    bay = await stations.place_of(work, turn.evse)
    until = turn.held_until.astimezone(ZoneInfo(zone))
    return {"bay": str(bay.number), "when": f"{until:%H:%M}"}
