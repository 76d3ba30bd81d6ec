"""How often somebody may try to sign in.

The limit is on (e-mail, source) and on the source, never on the e-mail alone: whoever guesses
from elsewhere slows only himself, and the real person still gets in. Kept in memory, because a
refused try must be counted although its transaction is undone.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from voltway.kernel.errors import Kind, Refusal

FREE_TRIES = 5
FREE_TRIES_OF_SOURCE = 50
WAIT_S_MAX = 300
KEPT_MAX = 10_000


@dataclass(eq=False)
class TooManyTries(Refusal):
    """Too many wrong tries; please wait {retry_after_s} seconds."""

    kind: ClassVar[Kind] = Kind.LIMIT

    retry_after_s: int


@dataclass(slots=True)
class _Count:
    wrong: int
    until: datetime


class Tries:
    """Wrong tries, and until when the next must wait. The oldest are forgotten first."""

    def __init__(self) -> None:
        self._counts: OrderedDict[tuple[str, str], _Count] = OrderedDict()

    def must_not_wait(self, email: str, source: str, now: datetime) -> None:
        waits = [
            count.until
            for key in self._keys(email, source)
            if (count := self._counts.get(key)) is not None
        ]
        until = max(waits, default=now)
        if until > now:
            raise TooManyTries(max(1, round((until - now).total_seconds())))

    def was_wrong(self, email: str, source: str, now: datetime) -> None:
        """Each wrong try beyond the free ones doubles the wait."""
        free = (FREE_TRIES, FREE_TRIES_OF_SOURCE)
        for key, free_tries in zip(self._keys(email, source), free, strict=True):
            count = self._counts.pop(key, None) or _Count(0, now)
            count.wrong += 1
            beyond = count.wrong - free_tries
            wait_s = min(2 ** min(beyond, 30), WAIT_S_MAX) if beyond >= 0 else 0
            count.until = now + timedelta(seconds=wait_s)
            self._counts[key] = count
        while len(self._counts) > KEPT_MAX:
            self._counts.popitem(last=False)

    def was_right(self, email: str, source: str) -> None:
        self._counts.pop(self._keys(email, source)[0], None)

    @staticmethod
    def _keys(email: str, source: str) -> tuple[tuple[str, str], tuple[str, str]]:
        return (email.strip().lower()[:254], source), ("", source)
