"""A push service that refuses our key: whether that is its browser's trouble, or ours."""

from datetime import datetime, timedelta
from typing import Final

#: A browser for which our key is refused is asked again after so long.
AGAIN_AFTER: Final = timedelta(hours=1)
#: A service that takes nothing of ours for so long, and refuses so many browsers, refuses us.
HOLDS: Final = timedelta(minutes=15)
MANY: Final = 2


def is_for_good(
    refused_at: datetime | None, took_at: datetime | None, others_at: datetime | None
) -> bool:
    """Whether a browser that is refused now is bound to another key: it was refused before, its
    service took our key from another since then, and refused no other after that."""
    if refused_at is None or took_at is None or took_at <= refused_at:
        return False
    return others_at is None or others_at <= took_at


def is_ours(browsers: int, since: datetime, now: datetime) -> bool:
    """Whether a service that refuses so many browsers, and took nothing since, refuses us."""
    return browsers >= MANY and now - since >= HOLDS
