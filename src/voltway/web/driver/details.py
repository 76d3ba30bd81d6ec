"""What a person keeps in their account so that it is not asked anew: the company that their
invoices go to, and what they need at every place."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Redirect, Response

from voltway.billing.rules_buyer import buyer_of
from voltway.drivers import details as kept
from voltway.kernel.errors import Refusal
from voltway.runtime.work import Work
from voltway.web import words
from voltway.web.appearance import Form
from voltway.web.driver import account, asking, invoices, needs, views
from voltway.web.house import House
from voltway.web.pages import HttpRequest, page, reader, see_other, told
from voltway.web.problems import STATUS

_HERE: Final = "/me/details"
#: Of the form of an invoice all but whether they sell electricity: that is asked each time.
TYPED: Final = (*invoices.TYPED, "xrechnung")


async def needed(request: HttpRequest, work: Work) -> Mapping[str, str]:
    """The needs of who has signed in, as an address has them; none of a guest."""
    email = await account.seated(request, work)
    if email is None:
        return {}
    return needs.as_query((await kept.of_person(work, email)).needs)


@get(_HERE, include_in_schema=False)
async def own_details(
    request: HttpRequest, house: NamedDependency[House], saved: FromQuery[str] = ""
) -> Response[str] | Redirect:
    """What is kept, and the forms to change it."""
    return await _shown(request, house, saved=saved)


async def _shown(
    request: HttpRequest,
    house: House,
    *,
    saved: str = "",
    typed: Mapping[str, str] | None = None,
    trouble: Refusal | None = None,
) -> Response[str] | Redirect:
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is None:
            return see_other(f"/me?back={_HERE}")
        has = await kept.of_person(work, email)
        help_ = await views.help_of(work, None, about="")
    company = has.company if typed is None else typed
    knows: dict[str, Any] = {
        "typed": {name: company.get(name, "") for name in TYPED},
        "always": has.always if typed is None else bool(typed.get("always")),
        "has_company": bool(has.company),
        "needs": has.needs,
        "ticks": {name: asking.TICKS[name] for name in needs.TICKS},
        "plugs": asking.PLUGS,
        "countries": invoices.countries(words.locale(reader(request).language).territories),
    }
    return page(
        request,
        house,
        "driver/details.html",
        status=HTTPStatus.OK if trouble is None else STATUS[trouble.kind],
        trouble="" if trouble is None else told(request, trouble),
        saved=saved,
        help=help_,
        **knows,
    )


@post(f"{_HERE}/company", include_in_schema=False)
async def keep_company(
    request: HttpRequest, house: NamedDependency[House], data: Form
) -> Response[str] | Redirect:
    """Keep the company, as it could be invoiced; with ``forget`` none."""
    typed = {
        name: said for name in TYPED if (said := data.get(name, "").strip()[: invoices.LENGTH_MAX])
    }
    if data.get("forget"):
        typed = {}
    try:
        if typed:
            buyer_of(invoices.buyer_typed(typed))
        async with house.begin() as work:
            email = await account.seated(request, work)
            if email is None:
                return see_other(f"/me?back={_HERE}")
            await kept.keep_company(work, email, typed, always=bool(data.get("always")))
    except Refusal as no:
        return await _shown(
            request, house, typed={**typed, "always": data.get("always", "")}, trouble=no
        )
    return see_other(f"{_HERE}?saved=company")


@post(f"{_HERE}/needs", include_in_schema=False)
async def keep_needs(request: HttpRequest, house: NamedDependency[House], data: Form) -> Redirect:
    """Keep what this person needs at every place."""
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is None:
            return see_other(f"/me?back={_HERE}")
        await kept.keep_needs(work, email, needs.chosen(asking.asked_of(data)))
    return see_other(f"{_HERE}?saved=needs")
