"""What becomes of an order, how often a station should tell that it lives, public names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from voltway.kernel.ids import PublicEvseId, StationId
from voltway.stations.orders import (
    Answered,
    CancelReservation,
    ChangeAvailability,
    Order,
    OrderState,
    Outcome,
    ReadVariables,
    ReserveNow,
    Reset,
    SetVariable,
    StartCharging,
    StopCharging,
    Trigger,
)
from voltway.stations.reports import PortStatus

#: A station may need more than half a minute to answer (quirk K-013).
ANSWER_WITHIN = timedelta(seconds=60)

START_WITHIN = timedelta(seconds=120)
STOP_WITHIN = timedelta(seconds=120)
BOOT_WITHIN = timedelta(minutes=10)  # from reset to the next boot (quirk K-013)
STATUS_WITHIN = timedelta(seconds=60)
REPORT_WITHIN = timedelta(minutes=2)
READ_BACK_WITHIN = timedelta(minutes=5)
SCHEDULED_WITHIN = timedelta(hours=24)  # after a session that may be long

#: No station has more than so many; a larger number that nobody added is a mistake of the station,
#: and so many rows for the asking would be a gift to a hostile one.
EVSE_NUMBER_MAX = 256

HEARTBEAT_S_MIN = 30
HEARTBEAT_S_MAX = 86_400
#: What a station said counts no more once it was silent for so many of its heartbeats.
SILENT_TIMES = 4

#: With so many stations the interval doubles, so that heartbeats never are the load.
FLEET = 20_000

#: A reservation is let go and kept in the order in which that was asked with the starts: the start
#: that waits behind it would be refused.
_URGENCY: Mapping[type[Order], int] = {
    StopCharging: 0,
    StartCharging: 1,
    ReserveNow: 1,
    CancelReservation: 1,
    Reset: 2,
}
URGENCY_COMMON = 5
URGENCY_READ_BACK = 8

_NO = frozenset({Answered.REJECTED, Answered.NOT_SUPPORTED, Answered.ERROR})

_REFUSALS: Mapping[Answered, str] = {
    Answered.REJECTED: "The station refused: {word}.",
    Answered.NOT_SUPPORTED: "The station does not support this: {word}.",
    Answered.ERROR: "The station answered with an error: {word}.",
}


def urgency(order: Order) -> int:
    """What waits first on a socket: a stop before a start, both before all else."""
    return _URGENCY.get(type(order), URGENCY_COMMON)


@dataclass(frozen=True, slots=True)
class Stand:
    """Where an order stands. ``effect_by`` is until when its effect is waited for."""

    state: OrderState
    why: str | None = None
    effect_by: datetime | None = None


def after_answer(
    order: Order, outcome: Outcome, now: datetime, *, already_true: bool = False
) -> Stand:
    """Where an order stands after its answer.

    ``Accepted`` is not an effect: what has one beyond its answer waits for it.
    ``already_true``: the station was in the wanted state before it was asked.
    """
    if outcome.answered in _NO:
        return Stand(
            OrderState.REFUSED, _REFUSALS[outcome.answered].format(word=outcome.word.rstrip("."))
        )
    within = _effect_within(order, outcome)
    if within is None or already_true:
        return Stand(OrderState.DONE)
    if outcome.answered in (Answered.SCHEDULED, Answered.REBOOT_REQUIRED):
        within = SCHEDULED_WITHIN
    return Stand(OrderState.ANSWERED, effect_by=now + within)


def _effect_within(order: Order, outcome: Outcome) -> timedelta | None:
    """How long the effect may take; ``None`` where the answer is all there is."""
    match order:
        case StartCharging():
            return START_WITHIN
        case StopCharging():
            return STOP_WITHIN
        case Reset():
            return BOOT_WITHIN
        case ChangeAvailability():
            return STATUS_WITHIN
        case Trigger():
            return STATUS_WITHIN
        case SetVariable():
            return READ_BACK_WITHIN
        case ReadVariables(names=()) if not outcome.variables:
            return REPORT_WITHIN  # 2.x sends the report afterwards
        case _:
            return None


def without_effect(order: Order) -> str:
    """Why an order that was accepted is called without effect."""
    match order:
        case StartCharging():
            return "The station accepted, but no session started in time."
        case StopCharging():
            return "The station accepted, but the session did not end in time."
        case Reset():
            return "The station accepted, but did not come back in time."
        case ChangeAvailability():
            return "The station accepted, but its status did not change in time."
        case Trigger():
            return "The station accepted, but the message did not come in time."
        case SetVariable():
            return "The station accepted, but the new value could not be read back in time."
        case _:
            return "The station accepted, but what it announced did not come in time."


def fulfils(order: ChangeAvailability, evse: int, status: PortStatus) -> bool:
    """Whether this status is what was asked for. ``evse`` 0 is the station as a whole."""
    if order.evse is not None and evse not in (order.evse, 0):
        return False
    if status is PortStatus.FAULTED:
        return False
    return (status is not PortStatus.UNAVAILABLE) == order.operative


def is_same_value(wanted: str, told: str | None) -> bool:
    """Whether a value read back is the one that was set; lists may be spaced (quirk K-004)."""
    if told is None:
        return False
    return _plain(wanted) == _plain(told)


def _plain(value: str) -> tuple[str, ...]:
    parts = tuple(part.strip(" \t'\"").lower() for part in value.split(","))
    return tuple("1" if part == "true" else "0" if part == "false" else part for part in parts)


def heard_since(now: datetime, expected_s: int) -> datetime:
    """Since when a station must have been heard of for what it said to count: it speaks at least
    every ``expected_s`` seconds."""
    return now - timedelta(seconds=SILENT_TIMES * expected_s)


def heartbeat_s(wished_s: int, fleet: int, station: StationId) -> int:
    """The interval for a station's boot answer: never 0, longer for a large fleet, and a little
    different for each station, so that they do not speak in chorus."""
    spread = station.int % 21 - 10  # percent
    interval_s = wished_s * (FLEET + fleet) // FLEET * (100 + spread) // 100
    return min(max(interval_s, HEARTBEAT_S_MIN), HEARTBEAT_S_MAX)


def public_id(country_code: str, ident: str, number: int, evse: int) -> PublicEvseId:
    """The name on the hardware and in OCPI; it tells nothing of the station's OCPP identity."""
    return PublicEvseId(f"{country_code}*{ident}*E{number}*{evse}")
