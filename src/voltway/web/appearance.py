"""Theme, contrast and languages: chosen by a form, kept in cookies, no script needed."""

from typing import Annotated

from litestar import post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from voltway.web import speaking
from voltway.web.house import House
from voltway.web.pages import CONTRASTS, THEMES, HttpRequest, choice, see_other
from voltway.web.words import LANGUAGES, PAPERS

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@post("/appearance", include_in_schema=False)
async def choose(request: HttpRequest, house: NamedDependency[House], data: Form) -> Redirect:
    """Keep what was chosen, and go back to where it was chosen. The languages are kept in the
    account too, where somebody has signed in."""
    answer = see_other(here(data.get("back", "/")))
    choices = (
        ("theme", THEMES),
        ("contrast", CONTRASTS),
        ("language", LANGUAGES),
        ("papers", PAPERS),
    )
    for name, among in choices:
        if data.get(name) in among:
            answer.set_cookie(choice(name, data[name]))
    pages, papers = data.get("language", ""), data.get("papers", "")
    async with house.begin() as work:
        await speaking.keep(
            request,
            work,
            pages if pages in LANGUAGES else "",
            papers if papers in PAPERS else "",
        )
    return answer


def here(path: str) -> str:
    """A path on this site, whatever was sent."""
    is_here = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_here and path.isprintable() else "/"
