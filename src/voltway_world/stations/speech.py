"""What each version of OCPP must be able to say for a station, and how it obeys."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from voltway_world.stations.bays import Bay, Reading, Session, Token
from voltway_world.stations.post import Payload, Said

if TYPE_CHECKING:
    from voltway_world.stations.mechanism import Mechanism


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an order, and what the station does once it has been sent."""

    payload: Payload
    then: Callable[[], None] | None = None


class NotKnown(Exception):
    """This station does not know the order."""


class Speech(Protocol):
    protocol: str
    format_error: str

    def boot(self, station: "Mechanism", reason: str) -> Said: ...

    def heartbeat(self) -> Said: ...

    def opening(self, at: datetime) -> list[Said]:
        """What is told about the station as a whole once it is booted."""
        ...

    def status_word(self, bay: Bay) -> str: ...

    def status(self, bay: Bay, at: datetime) -> Said: ...

    def authorize(self, token: Token) -> Said: ...

    def token_status(self, answer: Payload) -> str | None: ...

    def started(
        self, session: Session, bay: Bay, reading: Reading, at: datetime, *, why: str, offline: bool
    ) -> Said: ...

    def changed(
        self, session: Session, bay: Bay, at: datetime, *, why: str, offline: bool
    ) -> Said | None:
        """A session went on otherwise than before, if this version has words for it."""
        ...

    def metered(
        self, session: Session, reading: Reading, at: datetime, *, why: str, offline: bool
    ) -> Said: ...

    def ended(
        self, session: Session, reading: Reading, at: datetime, *, reason: str, offline: bool
    ) -> Said: ...

    def reservation_over(self, number: int, why: str) -> Said | None:
        """A reservation ended otherwise than by its use, if this version has words for it."""
        ...

    def take_start(self, session: Session, answer: Payload) -> None: ...

    def obey(self, station: "Mechanism", action: str, payload: Any) -> Reply: ...


def stamp(at: datetime) -> str:
    """A moment as both versions write it (RFC 3339, UTC)."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return text.replace(".000Z", "Z")
