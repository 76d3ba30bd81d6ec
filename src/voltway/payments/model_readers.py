"""Card readers at the place that we drive through their provider, and one use of one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from voltway.kernel.ids import EvseId, LocationId, PartyId, PaymentId
from voltway.payments.provider_more import ReaderNo

ReaderId = NewType("ReaderId", UUID)


class Stage(StrEnum):
    """How far a payment at a reader is."""

    ASKING = "asking"  # the reader is told to show it; no answer yet
    SHOWING = "showing"  # a card can be held to it
    STOPPED = "stopped"  # it shows nothing, and the driver may try again
    LEAVING = "leaving"  # the driver has gone, and the reader is being cleared


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReader:
    """A reader as an operator registered it. Without bays of its own it serves all of its place."""

    id: ReaderId
    party: PartyId
    provider: str
    ref: str
    name: str
    location: LocationId
    set_by: str
    evses: tuple[EvseId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderUse:
    """One payment at one reader. Until it is over nobody else may pay there."""

    payment: PaymentId
    reader: CardReader
    stage: Stage
    trouble: ReaderNo | None
    tells: int  # how often the reader was told something
    asked_at: datetime
    until: datetime
    over_at: datetime | None
