"""What lasts until somebody looks after it: a provider down, money that nothing explains, our key
refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from voltway.alerts.model_events import Event
from voltway.kernel.ids import PartyId


class Source(StrEnum):
    """Where is looked whether it is so."""

    ALARMS = "alarms"  # of payments
    BOOKS = "books"  # what a check of the books found
    PAYOUTS = "payouts"  # what nothing explains of what providers report
    UNREPORTED = "unreported"  # money that no report names
    PUSHES = "pushes"  # push services that refuse our key


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """That something is so now. ``ends`` is told when it is over, if anything; ``newest`` is when
    the newest came of the things that it is made of, where there are several."""

    event: Event
    about: str
    facts: Mapping[str, str]
    ends: Event | None = None
    newest: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What operators were told of it: since ``began_at`` so often, the last time at ``told_at``,
    its end too."""

    id: UUID
    party: PartyId
    source: Source
    event: Event
    about: str
    ends: Event | None
    facts: Mapping[str, str]
    newest: datetime | None
    began_at: datetime
    told_at: datetime
    told: int
    taken_by: str | None = None
    taken_at: datetime | None = None
    over_at: datetime | None = None
