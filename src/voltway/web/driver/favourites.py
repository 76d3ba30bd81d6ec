"""Places that somebody marked: kept with their account, or else in their browser alone."""

from dataclasses import replace
from uuid import UUID

from litestar import post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect

from voltway.drivers import favourites as kept
from voltway.drivers.favourites import Favourite
from voltway.kernel.ids import LocationId
from voltway.runtime.work import Work
from voltway.web.appearance import Form
from voltway.web.driver import account, views
from voltway.web.driver.asking import Asked
from voltway.web.driver.own_places import COOKIE, MARKED_MAX, in_browser
from voltway.web.house import House
from voltway.web.pages import HttpRequest, choice, formats_of, reader, see_other


async def marked(request: HttpRequest, work: Work) -> list[UUID]:
    """The places of who sits here: those of their account and of this browser."""
    email = await account.seated(request, work)
    own = [] if email is None else [each.location for each in await kept.of_person(work, email)]
    return list(dict.fromkeys([*in_browser(request), *own]))


async def with_marked(request: HttpRequest, work: Work, asked: Asked) -> Asked:
    """What is asked for, with the places of who asks where their own are asked for."""
    if "mine" not in asked.ticks:
        return asked
    return replace(asked, marked=tuple(await marked(request, work)))


async def of_account(request: HttpRequest, work: Work, location: UUID) -> Favourite | None:
    """How a place stands among those of the account; ``None`` where it does not, or nobody signed
    in."""
    email = await account.seated(request, work)
    own = [] if email is None else await kept.of_person(work, email)
    return next((each for each in own if each.location == location), None)


@post("/l/{location:uuid}/mark", include_in_schema=False)
async def mark(
    request: HttpRequest, house: NamedDependency[House], location: FromPath[UUID], data: Form
) -> Redirect:
    """Mark a place, or take the mark away; said twice it is as said once."""
    wanted = data.get("mark") == "yes"
    others = [each for each in in_browser(request) if each != location]
    answer = see_other(f"/l/{location}")
    async with house.begin() as work:
        email = await account.seated(request, work)
        if wanted:
            await views.place(
                work, LocationId(location), formats_of(request, house), house.settings.heartbeat_s
            )
        if email is not None:
            now_here = [*others, location] if wanted else others
            await kept.mark(work, email, _places(now_here), reader(request).papers)
            if not wanted:
                await kept.unmark(work, email, LocationId(location))
            answer.delete_cookie(COOKIE, path="/")
            return answer
    here = [*others, location][-MARKED_MAX:] if wanted else others
    answer.set_cookie(choice(COOKIE, ".".join(each.hex for each in here)))
    return answer


@post("/l/{location:uuid}/mark/tell", include_in_schema=False)
async def tell(
    request: HttpRequest, house: NamedDependency[House], location: FromPath[UUID], data: Form
) -> Redirect:
    """Say whether one wants to be told of faults and planned work at a place of one's account."""
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is None:
            return see_other(f"/me?back=/l/{location}")
        await kept.tell(work, email, LocationId(location), wanted=data.get("tell") == "yes")
    return see_other(f"/l/{location}")


def _places(ids: list[UUID]) -> list[LocationId]:
    return [LocationId(each) for each in ids]
