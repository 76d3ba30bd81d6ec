"""A report: what a driver says is wrong with a bay, and what we knew at that moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import EvseId, PartyId, PaymentId, StationId


class ReportKind(StrEnum):
    """What can be wrong; ``words`` says it as a driver would."""

    NO_START = "no_start"
    STOPPED = "stopped"
    SLOW = "slow"
    CABLE = "cable"
    SCREEN = "screen"
    PRICE = "price"
    ACCESS = "access"
    OTHER = "other"

    @property
    def words(self) -> str:
        return _WORDS[self]


_WORDS: Final = {
    ReportKind.NO_START: "It does not start",
    ReportKind.STOPPED: "It stopped by itself",
    ReportKind.SLOW: "It charges too slowly",
    ReportKind.CABLE: "The cable or plug is broken or stuck",
    ReportKind.SCREEN: "The screen or card reader does not work",
    ReportKind.PRICE: "The price or the bill is wrong",
    ReportKind.ACCESS: "I cannot get to the bay",
    ReportKind.OTHER: "Something else",
}


class ReportState(StrEnum):
    SENT = "sent"
    SEEN = "seen"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened before a report: a sentence, and what is put into it."""

    at: datetime
    what: str
    given: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    id: UUID
    party: PartyId
    key: str
    evse: EvseId
    station: StationId
    payment: PaymentId | None
    kind: ReportKind
    words: str
    email: str | None
    locale: str
    timeline: tuple[Moment, ...]
    created_at: datetime
    seen_at: datetime | None = None
    seen_by: str | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    answer: str | None = None

    @property
    def state(self) -> ReportState:
        if self.answered_at is not None:
            return ReportState.ANSWERED
        return ReportState.SEEN if self.seen_at is not None else ReportState.SENT


@dataclass(frozen=True, slots=True, kw_only=True)
class _ReportFact(Fact):
    report: UUID

    @property
    def subject(self) -> str:
        return f"report:{self.report}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemReported(_ReportFact):
    """A driver says that something is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemAnswered(_ReportFact):
    """The operator has answered."""
