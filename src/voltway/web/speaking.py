"""The language of who has signed in: their account keeps it, so that each browser of theirs speaks
it from the next page on, and mails, texts and alerts do too."""

from typing import Final

from litestar.response import Redirect

from voltway.drivers import entry, languages
from voltway.drivers.model_languages import Spoken
from voltway.runtime.work import Work
from voltway.web import words
from voltway.web.house import House
from voltway.web.pages import SPOKEN, HttpRequest, choice

#: The cookie that holds a driver's seat.
SEAT: Final = "voltway_driver"

#: Where no page of a driver is drawn.
_ELSEWHERE: Final = ("/console", "/api", "/assets", "/photos", "/health", "/metrics", "/webhooks")


async def listen(request: HttpRequest) -> None:
    """Note which language the account of this browser speaks, for whoever draws the page."""
    token = request.cookies.get(SEAT, "")
    if not token or request.url.path.startswith(_ELSEWHERE):
        return
    house: House = request.app.state["house"]
    async with house.begin() as work:
        email = await entry.who(work, token)
        if email is not None:
            request.scope["state"][SPOKEN] = await languages.of_person(work, email)


async def keep(request: HttpRequest, work: Work, pages: str, papers: str) -> None:
    """What somebody chose on a page is their account's choice, where they have signed in."""
    token = request.cookies.get(SEAT, "")
    email = await entry.who(work, token) if token else None
    if email is not None:
        await languages.choose(work, email, Spoken(pages, papers))


async def take_along(request: HttpRequest, work: Work, email: str, answer: Redirect) -> None:
    """Who signs in hears the language of their account; where that has none, it keeps what was
    chosen in this browser."""
    spoken = await languages.of_person(work, email)
    here = _chosen_here(request)
    if not spoken.told:
        await languages.choose(work, email, here)
        return
    for name, value in (("language", spoken.pages), ("papers", spoken.papers)):
        if value:
            answer.set_cookie(choice(name, value))


def _chosen_here(request: HttpRequest) -> Spoken:
    """What the cookies of this browser say, as far as it is a language of ours."""
    pages, papers = request.cookies.get("language", ""), request.cookies.get("papers", "")
    return Spoken(
        pages if pages in words.LANGUAGES else "", papers if papers in words.PAPERS else ""
    )
