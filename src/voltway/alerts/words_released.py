"""Why nothing was charged, where a driver would wonder, in the six languages."""

from collections.abc import Mapping
from typing import Final

from voltway.billing.words import language
from voltway.payments.model import Why

_SAYS: Final[Mapping[str, Mapping[str, str]]] = {
    Why.OUTRUN: {
        "en": "Somebody else was faster at this bay.",
        "de": "Jemand anderes war an diesem Ladeplatz schneller.",
        "fr": "Quelqu'un a été plus rapide à cette place.",
        "es": "Otra persona fue más rápida en esta plaza.",
        "nl": "Iemand anders was sneller bij deze plek.",
        "fi": "Joku muu ehti ensin tälle paikalle.",
    },
}


def why_released(why: str | None, locale: str) -> str:
    """Why a hold was let go; empty where its driver did it or saw it themselves."""
    said = _SAYS.get(why or "")
    return said[language(locale)] if said else ""
