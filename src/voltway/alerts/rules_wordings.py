"""A party's own words: what may stand in them, and which words an event is told in."""

from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import ClassVar, Final

from voltway.alerts.model_events import Event
from voltway.alerts.text import one_line
from voltway.alerts.words_events import NAMES, Say, filled, house
from voltway.billing.words import language
from voltway.kernel.errors import Kind, Refusal

TITLE_LENGTH_MAX: Final = 80
BODY_LENGTH_MAX: Final = 500

#: What stands for a name where nothing has happened yet.
SAMPLES: Final[Mapping[str, str]] = {
    "place": "Kamppi Garage",
    "when": "14:05",
    "percent": "80%",
    "energy": "21.50 kWh",
    "amount": "€9.80",
    "cost": "€9.80 so far.",
    "fee": "From 14:25 on standing costs €0.10 per minute.",
    "why": "The station had a fault.",
    "bay": "2",
    "station": "KAMPPI-1",
    "error": "GroundFailure",
    "count": "3",
    "number": "VLT-D2026-000003",
    "bays": "Bay 2",
    "until": "16:00",
    "power": "11 kW",
    "before": "50 kW",
    "name": "simulated",
    "what": "Calibration ends in 30 days",
}
_BY_EVENT: Final[Mapping[Event, Mapping[str, str]]] = {
    Event.MANY: {"what": "station offline", "count": "10"},
    Event.SECURITY: {"error": "TamperDetectionActivated (door)"},
    Event.METER_DOUBTFUL: {"why": "It tells more energy than this EVSE can give."},
    Event.BILL_RESTS: {"why": "The bank was silent."},
    Event.DISPUTE_DUE: {"count": "48"},
    Event.PROBLEM_REPORTED: {"what": "it does not start"},
    Event.CERTIFICATE_ENDS: {
        "name": "V2G Root CA",
        "when": "1 May 2027",
        "what": "Cars whose contracts are by this root open nothing afterwards",
    },
    Event.CALIBRATION_ENDS: {
        "name": "KAMPPI-1, bay 2",
        "when": "1 May 2027",
        "why": "Have the meter verified or changed by then, and write down the new day",
    },
    Event.PROVIDER_DOWN: {
        "why": "simulated answers nothing: 5 questions wait for more than 5 minutes.",
    },
    Event.PAYMENTS_ODD: {"why": "40 % of 25 cards were declined; usually 10 %."},
    Event.PAYMENTS_USUAL: {"why": "40 % of 25 cards were declined; usually 10 %."},
    Event.MONEY_UNEXPLAINED: {
        "name": "payouts of simulated",
        "why": "The provider has 12.40, the books have 12.30.",
    },
    Event.MONEY_EXPLAINED: {"name": "payouts of simulated"},
    Event.PUSH_REFUSED: {
        "name": "fcm.googleapis.com",
        "why": "Their owners are told by text and mail.",
    },
    Event.PUSH_TAKEN: {"name": "fcm.googleapis.com"},
}


@dataclass(eq=False)
class UnknownName(Refusal):
    """There is no {name} here. What can be named is: {known}."""

    kind: ClassVar[Kind] = Kind.INVALID

    name: str
    known: str


@dataclass(eq=False)
class BracesWrong(Refusal):
    """
    Braces go around a name alone, such as {braced}. For a brace itself write it twice.
    """

    kind: ClassVar[Kind] = Kind.INVALID

    braced: str


@dataclass(eq=False)
class NoWords(Refusal):
    """A title and a text are needed; the title has at most {title} signs, the text {body}."""

    kind: ClassVar[Kind] = Kind.INVALID

    title: int
    body: int


def checked(event: Event, title: str, body: str) -> Say:
    """Own words as they are kept, if they can be told. Raises ``NoWords``, ``BracesWrong`` and
    ``UnknownName``."""
    words = Say(one_line(title), "\n".join(one_line(line) for line in body.splitlines()).strip())
    if not words.title or not words.body:
        raise NoWords(TITLE_LENGTH_MAX, BODY_LENGTH_MAX)
    if len(words.title) > TITLE_LENGTH_MAX or len(words.body) > BODY_LENGTH_MAX:
        raise NoWords(TITLE_LENGTH_MAX, BODY_LENGTH_MAX)
    for text in (words.title, words.body):
        _must_name_known(text, NAMES[event])
    return words


def _must_name_known(text: str, known: frozenset[str]) -> None:
    braced = "{" + min(known, default="name") + "}"
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise BracesWrong(braced) from None
    for _, name, spec, conversion in parts:
        if name is None:
            continue
        if spec or conversion or not name.isidentifier():
            raise BracesWrong(braced)
        if name not in known:
            listed = ", ".join("{" + each + "}" for each in sorted(known))
            raise UnknownName("{" + name + "}", listed or "nothing")


def said(event: Event, locale: str, facts: Mapping[str, str], own: Mapping[str, Say]) -> Say:
    """An event in words, ``own`` those of its party by language: the reader's language first, the
    party's words before the house's, and English where the house does not speak that language.

    Own words that cannot be told (any more, after a name was taken away) are passed over, so nobody
    goes untold for them.
    """
    spoken = language(locale)
    for tongue in dict.fromkeys((spoken, "en")):
        words = own.get(tongue)
        if words is not None:
            try:
                return filled(checked(event, words.title, words.body), event, facts)
            except Refusal:
                pass
        ours = house(event, tongue)
        if ours is not None:
            return filled(ours, event, facts)
    raise AssertionError("the house has words for each event in English")


def samples(event: Event) -> dict[str, str]:
    """What an event could name."""
    known = {**SAMPLES, **_BY_EVENT.get(event, {})}
    return {name: known[name] for name in NAMES[event]}
