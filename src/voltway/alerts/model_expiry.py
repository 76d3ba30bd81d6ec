"""Certificates and calibrations of meters that end soon, and when operators are told of them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from voltway.kernel.ids import EvseId, PartyId, StationId

#: Told when so many days are left, and again.
DAYS: Final = (30, 7)
#: So of meters; the last is told once the last day is over.
ENDED: Final = -1
METER_DAYS: Final = (90, 30, 7, ENDED)


@dataclass(frozen=True, slots=True)
class Ending:
    """A certificate that ends soon: of a root, or of a contract that a car showed."""

    party: PartyId
    about: str
    name: str
    ends_at: datetime

    @property
    def is_root(self) -> bool:
        return self.about.startswith("root:")

    def stage(self, now: datetime) -> int:
        """Of ``DAYS`` the last that was reached."""
        return min(days for days in DAYS if self.ends_at <= now + timedelta(days=days))


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterEnding:
    """The meter of a bay whose calibration ends soon or has ended: ``until`` is its last day there,
    ``ends_at`` the end of that day, ``left`` the days until it, ``stage`` the last of
    ``METER_DAYS`` that was reached."""

    party: PartyId
    evse: EvseId
    station: StationId
    name: str
    until: date
    ends_at: datetime
    left: int
    stage: int

    @property
    def about(self) -> str:
        """Another day is another thing, and told of anew."""
        return f"meter:{self.evse}:{self.until}"
