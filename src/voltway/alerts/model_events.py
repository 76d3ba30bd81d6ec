"""What alerts are about: events, how urgent each is, and by which channels it goes at first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID


class Channel(StrEnum):
    MAIL = "mail"
    PUSH = "push"  # a browser's push service, also of a closed page
    SMS = "sms"  # a text to a number that its owner proved to be theirs
    CHAT = "chat"  # a chat of a party's operators, which is no person and wishes nothing
    HOOK = "hook"  # a program of a party's, which is none either


#: What people choose by.
PEOPLES: Final = frozenset({Channel.MAIL, Channel.PUSH, Channel.SMS})


class Event(StrEnum):
    """What a person can be told. A member's words are in ``words_events``."""

    SESSION_STARTED = "session_started"
    SOON_DONE = "soon_done"
    DONE_MOVED = "done_moved"
    COMPLETE = "complete"
    STOPPED_EARLY = "stopped_early"
    FEE_SOON = "fee_soon"
    FEE_BEGAN = "fee_began"
    PAYMENT_FAILED = "payment_failed"
    HOLD_RELEASED = "hold_released"
    RECEIPT = "receipt"
    HOME_PAID = "home_paid"  # what was charged at home
    BAY_FREE = "bay_free"  # by mail they are letters of their own: ``waiting``
    BAY_TAKEN = "bay_taken"
    QUEUE_TURN = "queue_turn"
    QUEUE_OVER = "queue_over"
    RESERVATION_SOON = "reservation_soon"
    RESERVATION_OVER = "reservation_over"
    POWER_REDUCED = "power_reduced"
    DISRUPTION = "disruption"
    WORK_PLANNED = "work_planned"
    WORK_CHANGED = "work_changed"
    BACK_IN_SERVICE = "back_in_service"
    PLACE_UNCERTAIN = "place_uncertain"
    STATION_OFFLINE = "station_offline"
    PORT_FAULTED = "port_faulted"
    STARTS_FAIL = "starts_fail"
    SECURITY = "security"
    METER_DOUBTFUL = "meter_doubtful"
    BILL_RESTS = "bill_rests"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_DUE = "dispute_due"
    REFUND_RETURNED = "refund_returned"
    PROBLEM_REPORTED = "problem_reported"
    CAR_SPOOFED = "car_spoofed"
    CERTIFICATE_ENDS = "certificate_ends"
    CALIBRATION_ENDS = "calibration_ends"
    STATION_BACK = "station_back"
    PORT_CLEAR = "port_clear"
    MANY = "many"  # of what operators are told one by one otherwise
    PROVIDER_DOWN = "provider_down"
    PROVIDER_BACK = "provider_back"
    PAYMENTS_ODD = "payments_odd"
    PAYMENTS_USUAL = "payments_usual"
    MONEY_UNEXPLAINED = "money_unexplained"
    MONEY_EXPLAINED = "money_explained"
    PUSH_REFUSED = "push_refused"
    PUSH_TAKEN = "push_taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How an event is told.

    ``at_first``: the channels where nobody chose otherwise. ``lasts``: how long somebody still
    wants to know. ``holds``: how long it must be true before it is told (flapping).
    ``not_again_within``: so long the same of the same thing is not told to the same person again.
    ``unread_after``: a push that nobody read by then is followed by a text, where there is a
    number, and what did not arrive either by a mail; both go at once where no browser is there.
    ``again_after``: what nobody looks after is told once more after these pauses, the last of them
    again and again; its text waits for that alone.
    """

    at_first: frozenset[Channel]
    lasts: timedelta = timedelta(days=2)
    costs_money: bool = False
    holds: timedelta = timedelta()
    not_again_within: timedelta = timedelta()
    unread_after: timedelta | None = None
    again_after: tuple[timedelta, ...] = ()
    back: Event | None = None  # by which event those who were told are told that it is over
    for_operators: bool = False
    to_owners: bool = False  # others may be told too, but are not unless they choose it
    by: frozenset[Channel] = PEOPLES  # the channels that there are for it


_PUSH: Final = frozenset({Channel.PUSH})
_PHONES: Final = frozenset({Channel.PUSH, Channel.SMS})
_BOTH: Final = frozenset({Channel.PUSH, Channel.MAIL})
_HELD: Final = timedelta(seconds=60)
_QUARTER: Final = timedelta(minutes=15)
#: What goes to owners alone, by mail, until somebody chooses otherwise.
_BY_MAIL: Final = Rule(
    at_first=frozenset({Channel.MAIL}), lasts=timedelta(days=5), for_operators=True, to_owners=True
)

RULES: Final[Mapping[Event, Rule]] = {
    Event.SESSION_STARTED: Rule(at_first=_PUSH, lasts=timedelta(minutes=10)),
    Event.SOON_DONE: Rule(at_first=_PUSH, lasts=_QUARTER, unread_after=timedelta(minutes=2)),
    Event.DONE_MOVED: Rule(at_first=_PUSH, lasts=_QUARTER),
    Event.COMPLETE: Rule(
        at_first=_PUSH, lasts=timedelta(hours=12), unread_after=timedelta(minutes=3)
    ),
    Event.STOPPED_EARLY: Rule(
        at_first=_PUSH,
        lasts=timedelta(hours=12),
        costs_money=True,
        unread_after=timedelta(minutes=3),
    ),
    Event.FEE_SOON: Rule(
        at_first=_PUSH,
        lasts=_QUARTER,
        costs_money=True,
        not_again_within=_QUARTER,
        unread_after=timedelta(minutes=3),
    ),
    Event.FEE_BEGAN: Rule(
        at_first=_PUSH,
        lasts=timedelta(hours=12),
        costs_money=True,
        unread_after=timedelta(minutes=3),
    ),
    Event.PAYMENT_FAILED: Rule(
        at_first=_PUSH, costs_money=True, unread_after=timedelta(minutes=10)
    ),
    Event.HOLD_RELEASED: Rule(at_first=_PUSH),
    Event.RECEIPT: Rule(at_first=_PUSH),
    Event.HOME_PAID: Rule(at_first=frozenset({Channel.MAIL})),
    Event.BAY_FREE: Rule(at_first=_PUSH, lasts=_QUARTER, by=_PHONES),
    Event.BAY_TAKEN: Rule(at_first=_PUSH, lasts=_QUARTER, by=_PHONES),
    Event.QUEUE_TURN: Rule(at_first=_BOTH, lasts=_QUARTER),
    Event.QUEUE_OVER: Rule(at_first=_BOTH, lasts=timedelta(hours=1)),
    Event.RESERVATION_SOON: Rule(at_first=_BOTH, lasts=timedelta(minutes=5)),
    Event.RESERVATION_OVER: Rule(at_first=_BOTH, lasts=timedelta(hours=1)),
    Event.POWER_REDUCED: Rule(
        at_first=_PUSH, lasts=_QUARTER, not_again_within=timedelta(minutes=30)
    ),
    Event.DISRUPTION: Rule(at_first=_BOTH, lasts=timedelta(hours=12)),
    Event.WORK_PLANNED: Rule(at_first=_BOTH, lasts=timedelta(hours=24)),
    Event.WORK_CHANGED: Rule(at_first=_BOTH),
    Event.BACK_IN_SERVICE: Rule(at_first=_BOTH, lasts=timedelta(hours=12)),
    Event.PLACE_UNCERTAIN: Rule(at_first=_BOTH, lasts=timedelta(hours=12)),
    Event.STATION_OFFLINE: Rule(
        at_first=_BOTH,
        lasts=timedelta(hours=12),
        holds=_HELD,
        not_again_within=timedelta(minutes=30),
        back=Event.STATION_BACK,
        for_operators=True,
    ),
    Event.STATION_BACK: Rule(
        at_first=_BOTH, lasts=timedelta(hours=12), holds=_HELD, for_operators=True
    ),
    Event.PORT_FAULTED: Rule(
        at_first=_BOTH,
        lasts=timedelta(hours=12),
        holds=_HELD,
        not_again_within=timedelta(minutes=30),
        back=Event.PORT_CLEAR,
        for_operators=True,
    ),
    Event.PORT_CLEAR: Rule(
        at_first=_BOTH, lasts=timedelta(hours=12), holds=_HELD, for_operators=True
    ),
    Event.MANY: Rule(
        at_first=_BOTH,
        lasts=timedelta(hours=12),
        not_again_within=_QUARTER,
        for_operators=True,
    ),
    Event.STARTS_FAIL: Rule(
        at_first=_BOTH,
        lasts=timedelta(hours=12),
        not_again_within=timedelta(hours=2),
        for_operators=True,
    ),
    Event.SECURITY: Rule(at_first=_BOTH, not_again_within=timedelta(hours=2), for_operators=True),
    Event.METER_DOUBTFUL: Rule(
        at_first=_BOTH, not_again_within=timedelta(hours=24), for_operators=True
    ),
    Event.BILL_RESTS: Rule(
        at_first=_BOTH, not_again_within=timedelta(hours=12), for_operators=True
    ),
    Event.DISPUTE_OPENED: _BY_MAIL,
    Event.DISPUTE_DUE: replace(_BY_MAIL, lasts=timedelta(days=2)),
    Event.REFUND_RETURNED: _BY_MAIL,
    Event.PROBLEM_REPORTED: _BY_MAIL,
    Event.CAR_SPOOFED: _BY_MAIL,
    Event.CERTIFICATE_ENDS: Rule(at_first=_BOTH, for_operators=True),
    Event.CALIBRATION_ENDS: Rule(at_first=_BOTH, for_operators=True),
    Event.PROVIDER_DOWN: Rule(
        at_first=_BOTH,
        costs_money=True,
        unread_after=timedelta(minutes=10),
        again_after=(timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8)),
        for_operators=True,
    ),
    Event.PROVIDER_BACK: Rule(at_first=_BOTH, lasts=timedelta(hours=12), for_operators=True),
    Event.PAYMENTS_ODD: Rule(at_first=_BOTH, for_operators=True),
    Event.PAYMENTS_USUAL: Rule(at_first=_BOTH, lasts=timedelta(hours=12), for_operators=True),
    Event.MONEY_UNEXPLAINED: Rule(
        at_first=_BOTH,
        again_after=(timedelta(days=1), timedelta(days=3)),
        for_operators=True,
    ),
    Event.MONEY_EXPLAINED: Rule(at_first=_BOTH, for_operators=True),
    Event.PUSH_REFUSED: Rule(
        at_first=_BOTH,
        again_after=(timedelta(days=1), timedelta(days=3)),
        for_operators=True,
    ),
    Event.PUSH_TAKEN: Rule(at_first=_BOTH, lasts=timedelta(hours=12), for_operators=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """To whom an event is told: by their address (``holder`` and ``email`` are the same), or a
    guest by their visit, who has no address that was given for this. ``wait``: the holder of what
    they left at the page of what they wait for. ``owns``: what goes to owners goes to them."""

    holder: str
    email: str | None
    locale: str
    wait: str = ""
    owns: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A browser that shows alerts."""

    id: UUID
    holder: str
    endpoint: str
    p256dh: str
    auth: str
    label: str
    made_at: datetime
    gone_at: datetime | None = None
    last_trouble: str | None = None
    refused_at: datetime | None = None  # since when its push service refuses our key for it
    asked_at: datetime | None = None  # and when it said so last

    @property
    def hears(self) -> bool:
        return self.gone_at is None and self.refused_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person chose; without a choice an event goes as its rule says, and what goes to owners
    only to who ``owns`` the party that tells it."""

    holder: str
    time_zone: str = "UTC"
    quiet_from: time | None = None
    quiet_until: time | None = None
    leave_key: str = ""
    chosen: Mapping[tuple[Event, Channel], bool]
    owns: bool = True

    def wants(self, event: Event, channel: Channel) -> bool:
        rule = RULES[event]
        at_first = channel in rule.at_first and (self.owns or not rule.to_owners)
        return channel in rule.by and self.chosen.get((event, channel), at_first)


_VISIT: Final = "visit:"


def visit_holder(payment: UUID) -> str:
    """The holder of a guest's alerts."""
    return f"{_VISIT}{payment}"


def is_guest(holder: str) -> bool:
    """Whether this holder is a guest by their visit, and no person by their address."""
    return holder.startswith(_VISIT)


#: What somebody waits for without an account: its id follows, and who has its page is its driver.
WAITS: Final = ("watch", "turn", "reservation")


def wait_holder(kind: str, id: UUID) -> str:
    """The holder of what somebody left at the page of a wait; it is also what its news are
    about."""
    assert kind in WAITS
    return f"{kind}:{id}"


def is_wait(holder: str) -> bool:
    return holder.partition(":")[0] in WAITS
