"""Places that somebody marked, kept in their browser: with an account or without one, and nobody
here knows them."""

from typing import Final
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from voltway.kernel.ids import LocationId
from voltway.web.appearance import Form
from voltway.web.driver import views
from voltway.web.house import House
from voltway.web.pages import HttpRequest, choice, formats_of, see_other

COOKIE: Final = "places"

#: As many as a cookie holds with ease; who marks one more loses the oldest.
MARKED_MAX: Final = 40


def marked(request: HttpRequest) -> list[UUID]:
    """The places of this browser, the oldest first; what is none in the cookie is passed over."""
    found: list[UUID] = []
    for part in request.cookies.get(COOKIE, "").split(".")[:MARKED_MAX]:
        try:
            found.append(UUID(part))
        except ValueError:
            continue
    return found


@post("/l/{location:uuid}/mark", include_in_schema=False)
async def mark(
    request: HttpRequest, house: NamedDependency[House], location: FromPath[UUID], data: Form
) -> Redirect:
    """Mark a place, or take the mark away; said twice it is as said once."""
    if data.get("mark") == "yes":
        async with house.begin() as work:
            await views.place(
                work, LocationId(location), formats_of(request, house), house.settings.heartbeat_s
            )
    others = [each for each in marked(request) if each != location]
    kept = [*others, location][-MARKED_MAX:] if data.get("mark") == "yes" else others
    answer = see_other(f"/l/{location}")
    answer.set_cookie(choice(COOKIE, ".".join(each.hex for each in kept)))
    return answer
