"""Certificates that end soon, and when operators are told of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltway.kernel.ids import PartyId

#: Told when so many days are left, and again.
DAYS: Final = (30, 7)


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
