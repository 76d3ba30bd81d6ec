"""The time zones that this machine knows."""

from functools import cache
from zoneinfo import available_timezones


def is_zone(name: str) -> bool:
    """Whether this is the name of a time zone of IANA's database, as ``Europe/Helsinki``."""
    return name in _zones()


@cache
def _zones() -> frozenset[str]:
    # Asked of the machine once: it walks through a thousand files.
    return frozenset(available_timezones())
