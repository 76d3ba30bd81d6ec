"""What operators are told, in English as their console: a title, and a sentence or two."""

from collections.abc import Mapping
from typing import Final

from voltway.alerts.model_events import Event

SAYS: Final[Mapping[Event, tuple[str, str]]] = {
    Event.STATION_OFFLINE: ("Station offline: {station}", "{place}: not heard since {when}."),
    Event.STATION_BACK: ("Station is back: {station}", "{place}: heard again since {when}."),
    Event.PORT_FAULTED: ("Fault: {station}, bay {bay}", "{place}: {error}."),
    Event.PORT_CLEAR: ("Fault is over: {station}, bay {bay}", "{place}: since {when}."),
    Event.MANY: ("Many at once: {what}", "More than {count} within a quarter of an hour."),
    Event.STARTS_FAIL: (
        "Starts fail: {station}",
        "{place}: {count} starts within an hour came to nothing.",
    ),
    Event.SECURITY: ("Security: {station}", "{place}: the station reports {error}."),
    Event.METER_DOUBTFUL: ("Doubtful meter: {station}, bay {bay}", "{place}: {why}"),
    Event.BILL_RESTS: ("A bill rests", "{place}: {why}"),
    Event.DISPUTE_OPENED: (
        "A driver's bank wants money back",
        "It reads our evidence once, until its deadline. What was billed is ready to be sent.",
    ),
    Event.DISPUTE_DUE: (
        "Evidence for a driver's bank is due within {count} hours",
        "None was sent, and after its deadline the bank reads nothing: what it took stays taken."
        " What was billed is ready to be sent.",
    ),
    Event.REFUND_RETURNED: (
        "A refund came back from a driver's bank",
        "The driver does not have the money: refund it again, or pay it otherwise.",
    ),
    Event.PROBLEM_REPORTED: ("A driver reports: {what}", "{place}."),
    Event.CAR_SPOOFED: (
        "A car was seen at two places at once",
        "Somebody may have copied its address, so it opens no station for now, and its charge was"
        " stopped. Its driver was told to call if it was them: then let it charge again.",
    ),
    Event.CERTIFICATE_ENDS: ("Ends soon: {name}", "Good until {when}. {what}."),
    Event.CALIBRATION_ENDS: ("{what}: {name}", "The last day for bills is {when}. {why}."),
    Event.PROVIDER_DOWN: ("Payment provider down: {name}", "Since {when}. {why}"),
    Event.PROVIDER_BACK: ("Payment provider is back: {name}", "It answers again since {when}."),
    Event.PAYMENTS_ODD: ("Payments are not as usual", "Since {when}. {why}"),
    Event.PAYMENTS_USUAL: ("Payments are as usual again", "Since {when} this is over: {why}"),
    Event.MONEY_UNEXPLAINED: ("Unexplained money: {name}", "Open there: {count}. {why}"),
    Event.MONEY_EXPLAINED: ("Money is explained: {name}", "Nothing is open there since {when}."),
    Event.PUSH_REFUSED: (
        "Push service refuses our key: {name}",
        "Since {when}, for {count} browsers. {why}",
    ),
    Event.PUSH_TAKEN: ("Push service takes our key: {name}", "It refuses it no more since {when}."),
}

#: The facts that these words may name.
NAMES: Final[Mapping[Event, frozenset[str]]] = {
    Event.STATION_OFFLINE: frozenset({"station", "place", "when"}),
    Event.STATION_BACK: frozenset({"station", "place", "when"}),
    Event.PORT_FAULTED: frozenset({"station", "place", "bay", "error"}),
    Event.PORT_CLEAR: frozenset({"station", "place", "bay", "when"}),
    Event.MANY: frozenset({"what", "count"}),
    Event.STARTS_FAIL: frozenset({"station", "place", "count"}),
    Event.SECURITY: frozenset({"station", "place", "error"}),
    Event.METER_DOUBTFUL: frozenset({"station", "place", "bay", "why"}),
    Event.BILL_RESTS: frozenset({"place", "why"}),
    Event.DISPUTE_OPENED: frozenset(),
    Event.DISPUTE_DUE: frozenset({"count"}),
    Event.REFUND_RETURNED: frozenset(),
    Event.PROBLEM_REPORTED: frozenset({"what", "place"}),
    Event.CAR_SPOOFED: frozenset(),
    Event.CERTIFICATE_ENDS: frozenset({"name", "when", "what"}),
    Event.CALIBRATION_ENDS: frozenset({"name", "when", "what", "why"}),
    Event.PROVIDER_DOWN: frozenset({"name", "when", "why"}),
    Event.PROVIDER_BACK: frozenset({"name", "when"}),
    Event.PAYMENTS_ODD: frozenset({"when", "why"}),
    Event.PAYMENTS_USUAL: frozenset({"when", "why"}),
    Event.MONEY_UNEXPLAINED: frozenset({"name", "count", "when", "why"}),
    Event.MONEY_EXPLAINED: frozenset({"name", "when"}),
    Event.PUSH_REFUSED: frozenset({"name", "count", "when", "why"}),
    Event.PUSH_TAKEN: frozenset({"name", "when"}),
}

#: What there is much of, where it is not told one by one.
TITLES: Final[Mapping[Event, str]] = {
    event: title.partition(":")[0].lower() for event, (title, _) in SAYS.items()
} | {Event.CALIBRATION_ENDS: "calibration", Event.DISPUTE_DUE: "evidence for banks is due"}
