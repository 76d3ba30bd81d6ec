"""Phone numbers that take texts, and the codes that prove them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import phonenumbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number that its owner proved to be theirs."""

    holder: str
    number: str  # E.164, +358401234567
    verified_at: datetime
    gone_at: datetime | None = None
    last_trouble: str | None = None

    @property
    def shown(self) -> str:
        return shown(self.number)


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberCode:
    id: UUID
    holder: str
    number: str
    code: str
    made_at: datetime
    until: datetime


def shown(number: str) -> str:
    """A number as a person reads it."""
    found = phonenumbers.parse(number, None)
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
