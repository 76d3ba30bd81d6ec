"""Facts: what we decided and stored. Past, certain, never refused.

A fact is announced in the transaction that stores it, and brought to the watchers at least once,
in order per subject. So a watcher must be harmless when told twice.
"""

from dataclasses import dataclass
from datetime import datetime

from voltway.kernel.ids import PartyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Whose it is and when it became true. Subclasses say what."""

    party: PartyId
    at: datetime

    @property
    def subject(self) -> str:
        """What the fact is about, ``session:<id>``: facts of one subject arrive in their order."""
        raise AssertionError("every fact names its subject")
