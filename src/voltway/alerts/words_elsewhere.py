"""What is said of places where somebody can charge instead, in the six languages."""

from collections.abc import Mapping
from typing import Final

FREE_NEARBY: Final[Mapping[str, str]] = {
    "en": "Free now: {places}.",
    "de": "Jetzt frei: {places}.",
    "fr": "Libre maintenant : {places}.",
    "es": "Libre ahora: {places}.",
    "nl": "Nu vrij: {places}.",
    "fi": "Nyt vapaana: {places}.",
}
