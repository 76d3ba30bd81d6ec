"""What somebody needs at every place, a plug, a step-free way, light: kept in their browser, with
an account or without one. What a person needs says something of the person, so that nobody here
knows, unless they keep it in their account themselves (``details``).
"""

from collections.abc import Collection, Mapping
from typing import Final

from litestar import post
from litestar.response import Redirect

from voltway.web.appearance import Form
from voltway.web.driver import asking
from voltway.web.driver.asking import Asked
from voltway.web.pages import HttpRequest, choice, see_other

COOKIE: Final = "needs"

#: Of the filters, those that are so at every place for the same person.
TICKS: Final = ("step_free", "wide", "low", "lit", "roof")


def needed(request: HttpRequest) -> Mapping[str, str]:
    """The filters of this browser, as an address has them; what is none is passed over."""
    return as_query(request.cookies.get(COOKIE, "").split("."))


def as_query(kept: Collection[str]) -> Mapping[str, str]:
    """Filters by their names, as an address has them."""
    found = {name: "1" for name in TICKS if name in kept}
    plug = next((each for each in asking.PLUGS if each in kept), None)
    return found | ({"plug": plug} if plug else {})


def chosen(asked: Asked) -> list[str]:
    """Of what is asked for, the names of those filters that are needs."""
    return [*(name for name in TICKS if name in asked.ticks), *([asked.plug] if asked.plug else [])]


def named(needed: Mapping[str, str]) -> list[str]:
    """How these filters read."""
    plugs = [asking.PLUGS[needed["plug"]][0]] if "plug" in needed else []
    return plugs + [asking.TICKS[name] for name in TICKS if name in needed]


@post("/needs", include_in_schema=False)
async def keep(request: HttpRequest, data: Form) -> Redirect:
    """Keep the needs among the filters of a search, or with ``forget`` none; and search."""
    if data.get("forget"):
        answer = see_other("/")
        answer.set_cookie(choice(COOKIE, ""))
        return answer
    asked = asking.asked_of(data)
    answer = see_other(asked.address())
    answer.set_cookie(choice(COOKIE, ".".join(chosen(asked))))
    return answer
