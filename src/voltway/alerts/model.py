"""An alert: one thing that one person must know, told once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from voltway.alerts.model_events import Channel, Event
from voltway.kernel.facts import Fact
from voltway.kernel.ids import AlertId, InvoiceId, OnceKey, PartyId, PaymentId

#: What stands where the address or number of somebody without an account stood.
FORGOTTEN: Final = "-"


class AlertState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"  # handed over
    DELIVERED = "delivered"  # and it was shown, or it arrived
    FAILED = "failed"  # a dead letter: an operator sees it and may try again
    DROPPED = "dropped"  # nobody wants it any more, or nobody is there to take it


class Template(StrEnum):
    RECEIPT = "receipt"
    NOT_CHARGED = "not_charged"
    BOOKS = "books"  # no more: it is told as ``Event.MONEY_UNEXPLAINED``
    PAYMENTS = "payments"  # no more: ``Event.PROVIDER_DOWN`` and ``Event.PAYMENTS_ODD``
    DISPUTE = "dispute"  # no more: ``Event.DISPUTE_OPENED``
    DISPUTE_DUE = "dispute_due"  # no more, and
    DISPUTE_LAST = "dispute_last"  # this neither: ``Event.DISPUTE_DUE``
    RETURNED = "returned"  # no more: ``Event.REFUND_RETURNED``
    CODE = "code"  # to a driver who signs in
    NUMBER = "number"  # to a phone whose owner shall prove that it is theirs
    METHOD_REFUSED = "method_refused"  # to a driver whose bank said no
    CAR = "car"  # to a driver: their car was at two places at once
    COMPANY = "company"  # to a driver: no invoice to the company that they keep
    BUDGET = "budget"  # to a driver or who pays for them: a budget nears its end
    FREE = "free"  # to who waits: a bay is free
    OUTRUN = "outrun"  # to who was told: somebody else was faster
    CLOSED = "closed"  # to who waits: the place is closed
    REPORT = "report"  # no more: ``Event.PROBLEM_REPORTED``
    ANSWER = "answer"  # to a driver: their report is answered
    DUNNING = "dunning"  # to who owes: a bill is not paid
    DOCUMENT = "document"  # an invoice, a credit note, a statement or a settlement
    EVENT = "event"  # what happened: ``Event`` says what


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    id: AlertId
    party: PartyId
    once: OnceKey
    recipient: str
    template: Template
    locale: str
    payment: PaymentId | None
    invoice: InvoiceId | None
    state: AlertState
    created_at: datetime
    tries: int = 0
    next_try_at: datetime | None = None
    sent_at: datetime | None = None
    last_trouble: str | None = None
    with_xml: bool = False  # who gets it asked for an XRechnung
    channel: Channel = Channel.MAIL
    event: Event | None = None
    about: str = ""  # what it happened to, ``session:…``
    facts: Mapping[str, str] | None = None  # what its words name, as a person reads it
    holder: str | None = None
    too_late_at: datetime | None = None
    delivered_at: datetime | None = None
    read_at: datetime | None = None  # a person looked: shown is less, a phone in a bag shows too


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFailed(Fact):
    """It was tried often enough, or can never be sent. An operator sees why."""

    alert: AlertId
    trouble: str

    @property
    def subject(self) -> str:
        return f"alert:{self.alert}"
