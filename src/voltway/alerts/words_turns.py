"""What is said to who stands in line no more, in the six languages."""

from collections.abc import Mapping
from typing import Final

from voltway.waiting.model_turns import WhyTurn

#: Why they stand in line no more. Who left themselves knows.
WHY: Final[Mapping[str, Mapping[WhyTurn, str]]] = {
    "en": {
        WhyTurn.MISSED: "Nothing started in time at the bay that was held for you.",
        WhyTurn.TIME: "No bay was free in time.",
        WhyTurn.CLOSED: "Nobody queues there any more.",
    },
    "de": {
        WhyTurn.MISSED: "An dem Ladeplatz, der für Sie frei war, begann nichts rechtzeitig.",
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
