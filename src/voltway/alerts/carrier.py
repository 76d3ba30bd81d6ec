"""What we need from who carries texts (SMS), in our words.

A carrier more is a class that keeps to ``Carrier`` and is chosen in ``texting``; what it tells
afterwards comes in by a door of its own and is said as ``News``.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from voltway.kernel.errors import Kind, Outage, Refusal


@dataclass(eq=False)
class CarrierSilent(Outage):
    """The carrier of texts {carrier} did not take the text: {what}."""

    carrier: str
    what: str


@dataclass(eq=False)
class TextRefused(Refusal):
    """The carrier of texts {carrier} refuses this text for good: {what}."""

    kind: ClassVar[Kind] = Kind.INVALID

    carrier: str
    what: str


@dataclass(eq=False)
class NumberGone(TextRefused):
    """This number takes no texts, says {carrier}: {what}."""


@dataclass(eq=False)
class NoCarrier(Refusal):
    """No carrier of texts is set (VOLTWAY_SMS_ACCOUNT), so no text is sent."""


@dataclass(eq=False)
class ForgedNews(Refusal):
    """This was not signed by the carrier of texts."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


class TextState(StrEnum):
    """Where a carrier says that a text is."""

    TAKEN = "taken"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a carrier tells of a text that it took."""

    ref: str
    state: TextState
    trouble: str = ""
    number_gone: bool = False  # nothing that is sent there would arrive


class Carrier(Protocol):
    async def send(self, to: str, words: str, *, tell: str) -> str:
        """Hand a text over; the carrier's name for it. What becomes of it is told to the address
        ``tell``. Raises ``CarrierSilent`` where nobody knows whether it was taken, and
        ``TextRefused`` or ``NumberGone`` where it was not and never will be."""
        ...

    async def sent(self, to: str, words: str, *, since: datetime) -> Collection[str]:
        """The texts of these words that it took for this number since then, the newest last. Raises
        ``CarrierSilent``."""
        ...
