"""What about payments a person should look at, and from when on it is too much."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.money import Money


class AlarmKind(StrEnum):
    DECLINES = "declines"
    CAPTURES_REST = "captures_rest"
    PROVIDER_SILENT = "provider_silent"
    AMOUNT = "amount"
    CARD_PLACES = "card_places"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From when on something is an alarm. See the settings of the same names."""

    declines_points: int = 20  # percentage points above the usual rate
    declines_tries: int = 20  # fewer tries say nothing
    capture_rests_min: int = 30
    silent_min: int = 5
    amount_times: int = 5  # times what is usually taken
    card_places: int = 4


@dataclass(frozen=True, slots=True)
class Tries:
    """How many cards were asked for a hold, and how many of their banks said no."""

    held: int
    declined: int

    @property
    def n(self) -> int:
        return self.held + self.declined

    @property
    def percent(self) -> int:
        """Of banks that said no, rounded down."""
        return 100 * self.declined // self.n if self.n else 0


@dataclass(frozen=True, slots=True)
class Resting:
    """Captures that were asked for and not answered."""

    n: int
    oldest_at: datetime
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What a provider was asked within the time in which it should answer."""

    provider: str
    waiting: int  # asked longer ago, and not answered
    answered: int  # answered lately


@dataclass(frozen=True, slots=True)
class Captured:
    """An amount that was just taken, as ``payment:<id>``."""

    payment: str
    amount: Money
    place: str


@dataclass(frozen=True, slots=True)
class Usual:
    """What was taken in the last weeks in one currency."""

    n: int
    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class CardSeen:
    """A card as far as anybody may know it, and at how many places it was shown lately."""

    brand: str
    last4: str
    places: int
    #: Whether it is surely one card, by its provider's word, and not several that end alike.
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something to look at: of which kind, about what, and in words."""

    kind: AlarmKind
    about: str
    said: str

    @property
    def key(self) -> tuple[AlarmKind, str]:
        return self.kind, self.about


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAlarm:
    id: UUID
    alarm: Alarm
    raised_at: datetime
    seen_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a look makes of the alarms: new ones are told, those that came back are not."""

    raised: tuple[Alarm, ...] = ()
    seen: tuple[tuple[UUID, str], ...] = ()  # still so, or again, in today's words
    closed: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAlarmRaised(Fact):
    """Somebody should look at payments. Told once for as long as it is so."""

    alarm: UUID

    @property
    def subject(self) -> str:
        return f"payments:{self.party}"
