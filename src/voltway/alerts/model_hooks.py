"""Webhooks: addresses of operators' programs, what each is told, and whether it heard."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from voltway.alerts.model_events import RULES, Event
from voltway.billing.model import DocumentIssued, InvoiceIssued, SettlementRested
from voltway.disruptions.model import PlaceDisrupted, PlaceRestored, PlaceUncertain
from voltway.helpdesk.model import ProblemReported
from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId
from voltway.payments.model import PaymentDeclined, PaymentDisputed, PaymentRefunded
from voltway.payments.model_returned import RefundReturned
from voltway.sessions.model import SessionCorrected, SessionEnded, SessionStarted
from voltway.stations.model import PortStatusChanged, StationConnected, StationLost
from voltway.stations.model_windows import (
    WorkBegan,
    WorkCancelled,
    WorkMoved,
    WorkOver,
    WorkPlanned,
)
from voltway.waiting.model import BayFree
from voltway.waiting.model_reservations import (
    ReservationEnded,
    ReservationKept,
    ReservationSoonOver,
)
from voltway.waiting.model_turns import TurnCame

#: Both secrets sign for so long after a change, so that the other side can change in its time.
OLD_SECRET_LASTS: Final = timedelta(hours=24)
#: Sent on demand, to see whether an address hears.
TEST: Final = "test"


class HookKind(StrEnum):
    """What a program can be told: each fact of the house, and what operators are told."""

    SESSION_STARTED = "session.started"
    SESSION_ENDED = "session.ended"
    SESSION_CORRECTED = "session.corrected"
    STATION_CONNECTED = "station.connected"
    STATION_LOST = "station.lost"
    EVSE_STATUS = "evse.status"
    RECEIPT_ISSUED = "receipt.issued"
    DOCUMENT_ISSUED = "document.issued"
    PAYMENT_DECLINED = "payment.declined"
    PAYMENT_REFUNDED = "payment.refunded"
    PAYMENT_DISPUTED = "payment.disputed"
    PAYMENT_RETURNED = "payment.returned"
    SETTLEMENT_RESTED = "settlement.rested"
    PROBLEM_REPORTED = "problem.reported"
    WATCH_TOLD = "watch.told"
    TURN_OFFERED = "turn.offered"
    RESERVATION_MADE = "reservation.made"
    RESERVATION_EXPIRING = "reservation.expiring"
    RESERVATION_ENDED = "reservation.ended"
    PLACE_DISRUPTED = "place.disrupted"
    PLACE_RESTORED = "place.restored"
    PLACE_UNCERTAIN = "place.uncertain"
    WORK_PLANNED = "work.planned"
    WORK_MOVED = "work.moved"
    WORK_CANCELLED = "work.cancelled"
    WORK_BEGAN = "work.began"
    WORK_ENDED = "work.ended"
    # What operators are told, when they are told it: ``ALERTS``.
    STATION_OFFLINE = "alert.station_offline"
    STATION_BACK = "alert.station_back"
    PORT_FAULTED = "alert.port_faulted"
    PORT_CLEAR = "alert.port_clear"
    STARTS_FAIL = "alert.starts_fail"
    SECURITY = "alert.security"
    METER_DOUBTFUL = "alert.meter_doubtful"
    BILL_RESTS = "alert.bill_rests"
    DISPUTE_OPENED = "alert.dispute_opened"
    DISPUTE_DUE = "alert.dispute_due"
    REFUND_RETURNED = "alert.refund_returned"
    DRIVER_REPORTS = "alert.problem_reported"
    CAR_SPOOFED = "alert.car_spoofed"
    CERTIFICATE_ENDS = "alert.certificate_ends"
    CALIBRATION_ENDS = "alert.calibration_ends"
    PROVIDER_DOWN = "alert.provider_down"
    PROVIDER_BACK = "alert.provider_back"
    PAYMENTS_ODD = "alert.payments_odd"
    PAYMENTS_USUAL = "alert.payments_usual"
    MONEY_UNEXPLAINED = "alert.money_unexplained"
    MONEY_EXPLAINED = "alert.money_explained"
    PUSH_REFUSED = "alert.push_refused"
    PUSH_TAKEN = "alert.push_taken"


FACTS: Final[Mapping[type[Fact], HookKind]] = {
    SessionStarted: HookKind.SESSION_STARTED,
    SessionEnded: HookKind.SESSION_ENDED,
    SessionCorrected: HookKind.SESSION_CORRECTED,
    StationConnected: HookKind.STATION_CONNECTED,
    StationLost: HookKind.STATION_LOST,
    PortStatusChanged: HookKind.EVSE_STATUS,
    InvoiceIssued: HookKind.RECEIPT_ISSUED,
    DocumentIssued: HookKind.DOCUMENT_ISSUED,
    PaymentDeclined: HookKind.PAYMENT_DECLINED,
    PaymentRefunded: HookKind.PAYMENT_REFUNDED,
    PaymentDisputed: HookKind.PAYMENT_DISPUTED,
    RefundReturned: HookKind.PAYMENT_RETURNED,
    SettlementRested: HookKind.SETTLEMENT_RESTED,
    ProblemReported: HookKind.PROBLEM_REPORTED,
    BayFree: HookKind.WATCH_TOLD,
    TurnCame: HookKind.TURN_OFFERED,
    ReservationKept: HookKind.RESERVATION_MADE,
    ReservationSoonOver: HookKind.RESERVATION_EXPIRING,
    ReservationEnded: HookKind.RESERVATION_ENDED,
    PlaceDisrupted: HookKind.PLACE_DISRUPTED,
    PlaceRestored: HookKind.PLACE_RESTORED,
    PlaceUncertain: HookKind.PLACE_UNCERTAIN,
    WorkPlanned: HookKind.WORK_PLANNED,
    WorkMoved: HookKind.WORK_MOVED,
    WorkCancelled: HookKind.WORK_CANCELLED,
    WorkBegan: HookKind.WORK_BEGAN,
    WorkOver: HookKind.WORK_ENDED,
}
#: By which kind a program is told what operators are told.
ALERTS: Final[Mapping[Event, HookKind]] = {
    event: HookKind(f"alert.{event}")
    for event, rule in RULES.items()
    if rule.for_operators and event is not Event.MANY  # programs are told one by one
}


class HookEventState(StrEnum):
    WAITING = "waiting"
    HEARD = "heard"  # answered 2xx
    DEAD = "dead"  # told in vain for more than a day; an operator can send it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    id: UUID
    party: PartyId
    name: str
    url: str
    events: frozenset[HookKind]
    secret: str
    made_at: datetime
    old_secret: str | None = None
    old_until: datetime | None = None
    paused_at: datetime | None = None

    def secrets(self, now: datetime) -> list[str]:
        """By which it is signed now: the newest first."""
        if self.old_secret is None or self.old_until is None or self.old_until <= now:
            return [self.secret]
        return [self.secret, self.old_secret]


@dataclass(frozen=True, slots=True, kw_only=True)
class HookEvent:
    """Something that a program is told, to the byte."""

    id: UUID
    hook: UUID
    party: PartyId
    kind: str
    subject: str
    body: bytes
    made_at: datetime
    tries: int = 0
