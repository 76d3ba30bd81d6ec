"""How often a key may ask: a bucket of tokens for each, refilled with time."""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal

#: Asked more often in the long run than this, a key waits.
REFILL_PER_S: Final = 50.0

#: So many requests may come at once.
BURST: Final = 200.0

#: Keys that asked lately and are remembered; who is forgotten begins with a full bucket.
KEYS_MAX: Final = 10_000


@dataclass(eq=False)
class TooFast(Refusal):
    """This key asks too often. Ask again in {retry_after_s} s."""

    kind = Kind.LIMIT

    retry_after_s: int


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


@dataclass(slots=True, eq=False)
class Pace:
    """The buckets of one process."""

    refill_per_s: float = REFILL_PER_S
    burst: float = BURST
    _buckets: OrderedDict[UUID, _Bucket] = field(default_factory=OrderedDict)

    def take(self, key: UUID, now_s: float) -> None:
        """Take a token from the key's bucket, or refuse with the time until there is one."""
        bucket = self._buckets.setdefault(key, _Bucket(self.burst, now_s))
        self._buckets.move_to_end(key)
        if len(self._buckets) > KEYS_MAX:
            self._buckets.popitem(last=False)
        since_s = max(0.0, now_s - bucket.at_s)
        bucket.tokens = min(self.burst, bucket.tokens + since_s * self.refill_per_s)
        bucket.at_s = now_s
        if bucket.tokens < 1:
            raise TooFast(1 + int((1 - bucket.tokens) / self.refill_per_s))
        bucket.tokens -= 1
