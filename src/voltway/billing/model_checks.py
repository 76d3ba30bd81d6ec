"""What must always hold of bills and books, and what came of checking it.

The numbers are those of the invariants in docs/money-invariants.md, where each is told with what
holds it in the types, in the database, and here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId


class Invariant(StrEnum):
    ENTRIES = "1"
    PAYMENTS = "2"
    ONCE = "3"
    RECOMPUTED = "4"
    BOUNDS = "5"
    HOLDS = "6"
    INVOICES = "7"
    PREPAID = "8"
    REPEATABLE = "9"
    EVIDENCE = "10"
    CHAIN = "chain"


#: In the words of whoever reads the page.
SAYS: Mapping[Invariant, str] = {
    Invariant.ENTRIES: "Every entry is whole and sums to zero in each currency.",
    Invariant.PAYMENTS: "No more is captured than held, or given back or disputed than captured.",
    Invariant.ONCE: "A payment is captured once at most, and a session is settled once.",
    Invariant.RECOMPUTED: "Recomputed from the raw frames, each bill is the same to the cent.",
    Invariant.BOUNDS: "No more energy is billed than can have flowed, nor more time than passed.",
    Invariant.HOLDS: "Every hold is captured or let go within a day.",
    Invariant.INVOICES: "Lines and tax make the total, the total is booked, no number is missing.",
    Invariant.PREPAID: "No prepaid balance is below its limit.",
    Invariant.REPEATABLE: "Told twice or in another order, the frames make the same bill.",
    Invariant.EVIDENCE: "Every entry has a reason and leads to its evidence.",
    Invariant.CHAIN: "The chain of the books holds: nothing was changed, removed or slipped in.",
}


@dataclass(frozen=True, slots=True)
class Found:
    """Something that does not hold. ``about`` is what it is about, as ``kind:id``."""

    about: str
    said: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking one invariant came to."""

    invariant: Invariant
    checked: int
    found: tuple[Found, ...] = ()
    unchecked: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksCheck:
    """One check of a party's bills and books."""

    id: UUID
    party: PartyId
    asked_by: str
    whole: bool
    began_at: datetime
    ended_at: datetime
    parts: tuple[Checked, ...]

    @property
    def found(self) -> int:
        return sum(len(part.found) for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFinding:
    """What was found and is not closed yet."""

    id: UUID
    invariant: Invariant
    about: str
    said: str
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksFaultFound(Fact):
    """A check found what nobody knew of. Somebody must look."""

    check: UUID
    found: int

    @property
    def subject(self) -> str:
        return f"books:{self.party}"
