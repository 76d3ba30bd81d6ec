"""An address whose mails come back."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Bounce:
    """An address that takes no mail, since when and why."""

    address: str
    at: datetime
    why: str
