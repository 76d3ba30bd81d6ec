"""Charging at home as its driver sees it: the rates, each month, and whether it was paid back."""

import asyncio
from typing import Final
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response
from markupsafe import Markup

from voltway.billing import homes_own
from voltway.billing.homes_own import OwnStatement
from voltway.billing.views_statement import month_words
from voltway.billing.words import language
from voltway.drivers import entry
from voltway.parties import actions as parties
from voltway.web.driver import account, views
from voltway.web.driver.visits import as_pdf
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, page, reader, see_other
from voltway.web.words import PAPERS

_WAY_IN: Final = "/me?back=/me/home"


@get("/me/home", include_in_schema=False)
async def own_home(request: HttpRequest, house: NamedDependency[House]) -> Response[str] | Redirect:
    """What is paid back, with each operator that measures somebody's home."""
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is None:
            return see_other(_WAY_IN)
        known = await entry.drivers_of(work, email)
        shown = [
            (await parties.party(work, driver.party), await homes_own.own(work, driver))
            for driver in known
            if await homes_own.is_at_home(work, [driver])
        ]
        help_ = await views.help_of(work, known[0].party if known else None, about="")
    locale = formats_of(request, house).locale
    return page(
        request,
        house,
        "driver/home.html",
        operators=shown,
        month=lambda each: month_words(f"{each.month:%Y-%m}", locale),
        help=help_,
    )


@get("/me/home/{statement:uuid}", include_in_schema=False)
async def own_month(
    request: HttpRequest, house: NamedDependency[House], statement: FromPath[UUID]
) -> Response[str] | Redirect:
    """A month as it was frozen; the same view as the PDF."""
    found = await _own(request, house, statement)
    if found is None:
        return see_other(_WAY_IN)
    asked = reader(request).papers
    async with house.begin() as work:
        help_ = await views.help_of(work, None, about=found.number)
    return page(
        request,
        house,
        "driver/home_month.html",
        id=statement,
        number=found.number,
        bill=Markup(found.html(asked)),
        spoken=language(asked),
        papers=PAPERS,
        help=help_,
    )


@get("/me/home/{statement:uuid}/pdf", include_in_schema=False)
async def own_month_pdf(
    request: HttpRequest, house: NamedDependency[House], statement: FromPath[UUID]
) -> Response[bytes] | Redirect:
    found = await _own(request, house, statement)
    if found is None:
        return see_other(_WAY_IN)
    drawn = await asyncio.to_thread(found.pdf, reader(request).papers)
    return as_pdf(drawn, found.number)


async def _own(request: HttpRequest, house: House, statement: UUID) -> OwnStatement | None:
    """A month of who has signed in; ``None``: nobody has."""
    async with house.begin() as work:
        email = await account.seated(request, work)
        if email is None:
            return None
        return await homes_own.statement(work, await entry.drivers_of(work, email), statement)
