"""Theme, contrast and languages: chosen by a form, kept in cookies, no script needed."""

from typing import Annotated

from litestar import post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect

from voltway.web.pages import CONTRASTS, THEMES, HttpRequest, choice, see_other
from voltway.web.words import LANGUAGES, PAPERS

Form = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


@post("/appearance", include_in_schema=False)
async def choose(request: HttpRequest, data: Form) -> Redirect:
    """Keep what was chosen, and go back to where it was chosen."""
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
    return answer


def here(path: str) -> str:
    """A path on this site, whatever was sent."""
    is_here = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_here and path.isprintable() else "/"
