"""A photo of a place."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import LocationId, PartyId


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """``width`` and ``height`` are those of the large one, in pixels; a name is made of what is
    under it."""

    id: UUID
    party: PartyId
    location: LocationId
    nth: int
    alt: str
    width: int
    height: int
    tiny_name: str
    small_name: str
    large_name: str
    added_by: str
    added_at: datetime
