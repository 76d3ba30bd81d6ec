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
PER_KWH: Final[Mapping[str, str]] = {
    "en": "{price} per kWh",
    "de": "{price} je kWh",
    "fr": "{price} par kWh",
    "es": "{price} por kWh",
    "nl": "{price} per kWh",
    "fi": "{price} kilowattitunnilta",
}
#: How sure it is that a bay is still free on arrival.
SURE: Final[Mapping[str, str]] = {
    "en": "{percent} sure",
    "de": "zu {percent} sicher",
    "fr": "sûr à {percent}",
    "es": "{percent} seguro",
    "nl": "{percent} zeker",
    "fi": "varmuus {percent}",
}
