"""A chat of a party's operators, and what it is told."""

from dataclasses import dataclass, field
from uuid import UUID

from voltway.alerts.model_events import Event
from voltway.kernel.ids import PartyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    id: UUID
    party: PartyId
    name: str
    address: str = field(repr=False)
    shown: str
    events: frozenset[Event]

    @property
    def holder(self) -> str:
        """As an alert names whom it is for."""
        return f"chat:{self.id}"
