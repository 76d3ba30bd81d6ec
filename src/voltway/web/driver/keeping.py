"""What is kept for a driver, a bay or a turn: its key in their browser."""

from datetime import timedelta

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
