"""Clocks: the real one, and one that jumps when it is told to."""

from datetime import UTC, datetime, timedelta


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class JumpingClock:
    """Stands still until it is moved. For tests, and for replays of another year."""

    def __init__(self, at: datetime) -> None:
        assert at.tzinfo is not None, "a moment has a zone"
        self._now = at.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def jump(self, by: timedelta) -> datetime:
        """Move forward; the new moment."""
        assert by >= timedelta(0), "time does not run backwards here"
        self._now += by
        return self._now

    def jump_to(self, at: datetime) -> datetime:
        """Move forward to a moment; one that is past already changes nothing."""
        self._now = max(self._now, at.astimezone(UTC))
        return self._now
