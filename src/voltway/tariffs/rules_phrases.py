"""The words in which a price is told, in the languages that we speak."""

from collections.abc import Mapping
from enum import Enum, auto


class Phrase(Enum):
    """What can be said of a price."""

    PER_KWH = auto()
    PER_MINUTE_CHARGING = auto()
    PER_MINUTE_PARKING = auto()
    PER_SESSION = auto()
    PER_MINUTE_RESERVED = auto()
    PER_RESERVATION = auto()
    PER_MINUTE_UNUSED = auto()
    PER_UNUSED_RESERVATION = auto()
    AT_LEAST = auto()
    AT_MOST = auto()
    FROM = auto()
    UP_TO = auto()
    BEFORE = auto()
    AFTER_FREE = auto()
    CAPPED = auto()
    MARKET_NOW = auto()
    MARKET_UNTOLD = auto()


def phrases(locale: str) -> Mapping[Phrase, str]:
    """The words of this language; English where we do not speak it."""
    language = locale.replace("-", "_").partition("_")[0].lower()
    return SPOKEN.get(language, SPOKEN["en"])


def _in_order(*words: str) -> Mapping[Phrase, str]:
    return dict(zip(Phrase, words, strict=True))


SPOKEN: Mapping[str, Mapping[Phrase, str]] = {
    "en": _in_order(
        "{price} per kWh",
        "{price} per minute of charging",
        "{price} per minute connected without charging",
        "{price} per session",
        "{price} per minute of reservation",
        "{price} per reservation",
        "{price} per minute of a reservation that is not used",
        "{price} for a reservation that is not used",
        "at least {price} per session",
        "at most {price} per session",
        "from {what}",
        "up to {what}",
        "before {what}",
        "after {what} free minutes",
        "at most {price}",
        "now, follows the market, at most {price}",
        "at most, follows the market",
    ),
    "de": _in_order(
        "{price} pro kWh",
        "{price} pro Minute Ladezeit",
        "{price} pro Minute Standzeit ohne Laden",
        "{price} pro Ladevorgang",
        "{price} pro Minute Reservierung",
        "{price} pro Reservierung",
        "{price} pro Minute einer nicht genutzten Reservierung",
        "{price} für eine nicht genutzte Reservierung",
        "mindestens {price} pro Ladevorgang",
        "höchstens {price} pro Ladevorgang",
        "ab {what}",
        "bis {what}",
        "vor {what}",  # codespell:ignore
        "nach {what} freien Minuten",
        "höchstens {price}",
        "jetzt, folgt dem Markt, höchstens {price}",
        "höchstens, folgt dem Markt",
    ),
    "fr": _in_order(
        "{price} par kWh",
        "{price} par minute de charge",
        "{price} par minute de branchement sans charge",
        "{price} par session",
        "{price} par minute de réservation",
        "{price} par réservation",
        "{price} par minute d’une réservation non utilisée",  # noqa: RUF001
        "{price} pour une réservation non utilisée",
        "au moins {price} par session",
        "au plus {price} par session",
        "à partir de {what}",
        "jusqu’à {what}",  # noqa: RUF001
        "avant le {what}",
        "après {what} minutes gratuites",
        "au plus {price}",
        "maintenant, suit le marché, au plus {price}",
        "au plus, suit le marché",
    ),
    "es": _in_order(
        "{price} por kWh",
        "{price} por minuto de carga",
        "{price} por minuto conectado sin cargar",
        "{price} por sesión",
        "{price} por minuto de reserva",
        "{price} por reserva",
        "{price} por minuto de una reserva no utilizada",
        "{price} por una reserva no utilizada",
        "al menos {price} por sesión",
        "como máximo {price} por sesión",
        "a partir de {what}",
        "hasta {what}",
        "antes del {what}",
        "tras {what} minutos gratuitos",
        "como máximo {price}",
        "ahora, sigue al mercado, como máximo {price}",
        "como máximo, sigue al mercado",
    ),
    "nl": _in_order(
        "{price} per kWh",
        "{price} per minuut laden",
        "{price} per minuut aangesloten zonder laden",
        "{price} per sessie",
        "{price} per minuut reservering",
        "{price} per reservering",
        "{price} per minuut van een ongebruikte reservering",
        "{price} voor een ongebruikte reservering",
        "ten minste {price} per sessie",
        "ten hoogste {price} per sessie",
        "vanaf {what}",
        "tot {what}",
        "vóór {what}",
        "na {what} gratis minuten",
        "ten hoogste {price}",
        "nu, volgt de markt, ten hoogste {price}",
        "ten hoogste, volgt de markt",
    ),
    "fi": _in_order(
        "{price} / kWh",
        "{price} latausminuutilta",
        "{price} minuutilta kytkettynä ilman latausta",
        "{price} latauskerralta",
        "{price} varausminuutilta",
        "{price} varaukselta",
        "{price} käyttämättä jääneen varauksen minuutilta",
        "{price} käyttämättä jääneestä varauksesta",
        "vähintään {price} latauskerralta",
        "enintään {price} latauskerralta",
        "alkaen {what}",
        "enintään {what}",
        "ennen {what}",
        "{what} ilmaisen minuutin jälkeen",
        "enintään {price}",
        "nyt, seuraa markkinaa, enintään {price}",
        "enintään, seuraa markkinaa",
    ),
}
