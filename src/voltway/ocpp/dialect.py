"""A dialect is one version of OCPP, translated: frames in, reports out, and back.

Dialects are pure. They keep no state and open nothing, so a conversation with any station can be
tested from its frames alone. What the versions share has one place, our reports and orders; what
sets them apart has one place each, the dialect. No other code asks for a version.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

import msgspec

from voltway.kernel.errors import Kind, Refusal
from voltway.ocpp.faults import BrokenPayload, Fault, Version
from voltway.ocpp.frame import Call, CallError, CallResult
from voltway.ocpp.shapes import Action, Wire
from voltway.ocpp.times import read_time
from voltway.stations.orders import Answered, Order, Outcome
from voltway.stations.reports import Decision, Deviation, Other, Report


@dataclass(eq=False)
class OrderUnknownToVersion(Refusal):
    """OCPP {version} has no words for this: {what}."""

    kind = Kind.INVALID

    version: str
    what: str


@dataclass(eq=False)
class CallNotOfVersion(Refusal):
    """OCPP {version} does not allow this call of {action}: {why}."""

    kind = Kind.INVALID

    version: str
    action: str
    why: str


class HeardCall(msgspec.Struct, frozen=True, gc=False):
    """What a call tells, and where it departed from the standard."""

    reports: Sequence[Report]
    deviations: Sequence[Deviation] = ()


class Dialect(Protocol):
    """One version of OCPP in our words."""

    version: ClassVar[Version]
    subprotocol: ClassVar[str]
    actions: ClassVar[dict[str, Action]]
    can_say: ClassVar[frozenset[type]]

    def hear(self, call: Call) -> HeardCall:
        """What the station tells us.

        Raises ``BrokenPayload`` where the standard wants a CALLERROR. The messages of transactions
        never raise it, save for a doubled member: a station repeats a refused stop for ever, and
        blocks its queue behind it.
        """
        ...

    def answer(self, call: Call, decision: Decision, now: datetime) -> bytes:
        """The payload that answers a call, as JSON."""
        ...

    def say(self, order: Order) -> tuple[str, bytes]:
        """The action and payload that ask for this; raises ``OrderUnknownToVersion``."""
        ...

    def read(self, order: Order, result: CallResult | CallError) -> Outcome:
        """What became of it, as the station answers."""
        ...


def known(actions: dict[str, Action], call: Call) -> Action:
    """The action of a call, if it is one that a station may send."""
    action = actions.get(call.action)
    if action is None:
        raise BrokenPayload(Fault.NOT_IMPLEMENTED, f"there is no action {call.action[:50]}")
    if action.by == "csms":
        raise BrokenPayload(Fault.NOT_SUPPORTED, f"{call.action} is not for a station to send")
    return action


def unreadable(call: Call, trouble: BrokenPayload) -> HeardCall:
    """A message of a transaction that cannot be read: kept, answered, and looked at by a person."""
    why = f"{trouble.path}: {trouble.why}" if trouble.path else trouble.why
    return HeardCall(
        [Other(call.action, {"unreadable": why})],
        [Deviation("unreadable", trouble.path, why)],
    )


def empty_answers(actions: dict[str, Action]) -> dict[str, Wire]:
    """The answers that need no words of ours: those of all actions whose answer may be empty."""
    found = {}
    for name, action in actions.items():
        if action.by != "csms" and action.response is not None:
            try:
                found[name] = action.response()
            except TypeError:
                continue  # it has members that must be said
    return found


def summary(message: Wire) -> dict[str, str]:
    """The plain members of a message that moves nothing yet, for people to read."""
    given = {name: getattr(message, name) for name in message.__struct_fields__}
    return {name: str(value) for name, value in given.items() if isinstance(value, str | int)}


def moment(text: str | None, deviations: list[Deviation]) -> datetime | None:
    """A claimed time in UTC; what was odd about it is noted."""
    at, odd = read_time(text)
    if odd is not None:
        deviations.append(Deviation(odd.value, "timestamp", (text or "")[:64]))
    return at


#: How a station is answered to its boot, in all versions.
REGISTERED: dict[str, str] = {
    "accepted": "Accepted",
    "pending": "Pending",
    "rejected": "Rejected",
}

#: How DataTransfer is answered; what is not here is of a vendor we do not know.
VENDOR: dict[str, str] = {
    "accepted": "Accepted",
    "rejected": "Rejected",
    "unknown_message": "UnknownMessageId",
}

#: How stations say yes, no and later, in all versions.
ANSWERS: dict[str, Answered] = {
    "Accepted": Answered.ACCEPTED,
    "Unlocked": Answered.ACCEPTED,
    "Scheduled": Answered.SCHEDULED,
    "RebootRequired": Answered.REBOOT_REQUIRED,
    "NotSupported": Answered.NOT_SUPPORTED,
    "NotImplemented": Answered.NOT_SUPPORTED,
    "NotSupportedAttributeType": Answered.NOT_SUPPORTED,
    "UnknownVendorId": Answered.NOT_SUPPORTED,
    "UnknownMessageId": Answered.NOT_SUPPORTED,
}


def answered(word: str) -> Answered:
    """What a status word means for an order; a word we do not know is no yes."""
    return ANSWERS.get(word, Answered.REJECTED)


def refused(error: CallError) -> Outcome:
    """A CALLERROR as an outcome."""
    unsupported = error.fault in (Fault.NOT_IMPLEMENTED, Fault.NOT_SUPPORTED)
    said = f"{error.code}: {error.description}" if error.description else error.code
    return Outcome(
        Answered.NOT_SUPPORTED if unsupported else Answered.ERROR,
        said[:255],
        payload=bytes(error.details).decode("utf-8", "replace"),
    )
