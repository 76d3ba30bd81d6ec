"""Which way a settlement goes, and when it is tried again."""

from datetime import timedelta
from typing import Final

from voltway.billing.model import (
    ACCOUNT_ROUTE,
    CARD_ROUTE,
    FREE_ROUTE,
    GIVEN_ROUTE,
    Step,
)

BACK_OFF_MAX: Final = timedelta(hours=1)


def route(*, payable_minor: int, has_hold: bool) -> tuple[Step, ...]:
    """The way of a session that is priced. All ways begin with the price that decides them."""
    if has_hold:
        return CARD_ROUTE if payable_minor else FREE_ROUTE
    return ACCOUNT_ROUTE if payable_minor else GIVEN_ROUTE


def is_remote(reason: str | None) -> bool:
    """Whether a station says that it stopped because we asked it to (1.6 and 2.x: ``Remote``)."""
    return (reason or "").lower() == "remote"


def back_off(tries: int) -> timedelta:
    """How long a settlement rests before its next try: seconds at first, an hour at most."""
    return min(timedelta(seconds=2 ** min(tries, 16)), BACK_OFF_MAX)


def number(ident: str, series: str, year: int, place: int) -> str:
    """An invoice's number as people read it: ``VLT-R2026-000118``."""
    return f"{ident}-{series}{year}-{place:06d}"
