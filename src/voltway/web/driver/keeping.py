"""What is kept for a driver, a bay or a turn: its key in their browser, and how long it lasts."""

from datetime import datetime, timedelta

from litestar.datastructures import Cookie

from voltway.web.house import House
from voltway.web.pages import HttpRequest, public_url


def key_cookie(
    request: HttpRequest, house: House, name: str, key: str, *, lasts: timedelta
) -> Cookie:
    """The cookie with the key of what is kept: a visit begins from this browser."""
    return Cookie(
        key=name,
        value=key,
        path="/",
        httponly=True,
        samesite="lax",
        secure=public_url(request, house).startswith("https"),
        max_age=int(lasts.total_seconds()),
    )


def countdown(until: datetime | None, now: datetime) -> str:
    """The time that is left, as ``minutes:seconds``; after the end, and without one, ``0:00``."""
    left_s = max(0, int((until - now).total_seconds())) if until else 0
    return f"{left_s // 60}:{left_s % 60:02d}"
