"""The calibration of a bay's meter: until when it may be used for bills by law."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

#: So long before its end it is a matter for operators.
SOON_DAYS: Final = 90


class MeterState(StrEnum):
    GOOD = "good"
    ENDING = "ending"  # within ``SOON_DAYS``
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Calibration:
    """``valid_until`` is the last day, by the clock of the place; ``note`` is what somebody wrote
    of it, as the year of its mark or the number of its papers."""

    valid_until: date
    note: str = ""

    def days_left(self, today: date) -> int:
        """None on its last day, fewer after it."""
        return (self.valid_until - today).days

    def state(self, today: date) -> MeterState:
        left = self.days_left(today)
        if left < 0:
            return MeterState.ENDED
        return MeterState.ENDING if left <= SOON_DAYS else MeterState.GOOD
