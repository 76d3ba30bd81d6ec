"""The places that a browser keeps for somebody without an account, and how they come into one."""

from typing import Final
from uuid import UUID

from litestar.response import Redirect

from voltway.drivers import favourites as kept
from voltway.kernel.ids import LocationId
from voltway.runtime.work import Work
from voltway.web.pages import HttpRequest, reader

COOKIE: Final = "places"

#: As many as a cookie holds with ease; who marks one more loses the oldest.
MARKED_MAX: Final = 40


def in_browser(request: HttpRequest) -> list[UUID]:
    """The places of this browser, the oldest first; what is none in the cookie is passed over."""
    found: list[UUID] = []
    for part in request.cookies.get(COOKIE, "").split(".")[:MARKED_MAX]:
        try:
            found.append(UUID(part))
        except ValueError:
            continue
    return found


async def take_along(request: HttpRequest, work: Work, email: str, answer: Redirect) -> None:
    """Who signs in takes the places of this browser along: from then on their account keeps them,
    and the browser does not, which others may use."""
    here = in_browser(request)
    if here:
        await kept.mark(work, email, [LocationId(each) for each in here], reader(request).papers)
        answer.delete_cookie(COOKIE, path="/")
