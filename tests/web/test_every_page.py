"""Each page of drivers in each of its states, said in a language of brackets: what stands in none
was forgotten. Whoever adds an address shows it in ``everywhere``, or says here why not."""

import re
from typing import Final

from httpx import Response
from litestar.handlers import HTTPRouteHandler

from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.everywhere import Everywhere, Page, as_who, made
from tests.web.everywhere_sent import sent
from tests.web.test_balance import provider
from tests.web.test_languages import forgotten
from voltway.web.driver.site import DRIVER

__all__ = ["provider"]

#: Addresses that no driver reads as a page, and why not.
NO_PAGE: Final = {
    "/manifest.webmanifest": "a file for phones: tests/web/test_shell.py",
    "/sw.js": "a script",
    "/map/places": "points of the map, for a script",
    "/e/{public_id:str}/qr.svg": "a picture",
    "/me/code": "leads to the account",
    "/me/enter": "leads to the account",
    "/me/charges.csv": "a file for a spreadsheet, with columns for programs",
    "/me/export": "a file for programs",
    "/v/{key:str}/signed.xml": "a file for the transparency software",
    **dict.fromkeys(
        (
            "/v/{key:str}/proof",
            "/v/{key:str}/documents/{number:str}/proof",
            "/v/{key:str}/documents/{number:str}/xrechnung",
        ),
        "a file for a program",
    ),
    **dict.fromkeys(
        (
            "/me/home/{statement:uuid}/pdf",
            "/p/{key:str}/bill.pdf",
            "/v/{key:str}/documents/{number:str}/pdf",
            "/v/{key:str}/receipt.pdf",
        ),
        "a document, in the language of documents: tests/billing",
    ),
    **dict.fromkeys(
        (
            "/e/{public_id:str}/live",
            "/l/{location:uuid}/live",
            "/r/{key:str}/live",
            "/t/{key:str}/live",
            "/v/{key:str}/live",
        ),
        "sends a part of its page again, from the same template",
    ),
}


#: What people of this world wrote, and what is called so.
DATA: Final = re.compile(
    r"""Vans\ Oy|A\ cable\ is\ repaired|New\ cables|Polestar[^<]*|It\ is\ slow
      |We\ have\ sent\ somebody|Visa
      |\b(?:[A-Z0-9]+-)+\d+\b|\b(Apr|April|May|June|Mon|Sun)\b""",
    re.VERBOSE,
)


async def test_every_word_of_every_page_can_be_translated(browser: Browser, scene: Scene) -> None:
    world = await made(browser, scene)

    found = {}
    for page in world.pages:
        answer = await opens(world, page)
        left = forgotten(DATA.sub(" ", answer.text))
        if left or answer.status_code != page.status:
            found[page.name] = f"{answer.status_code} {left}"

    assert not found, "\n" + "\n".join(f"{name}: {left}" for name, left in found.items())
    shown = {page.route for page in world.pages} | set(NO_PAGE)
    assert routes_of("GET") - shown == set(), "show it in tests/web/everywhere.py"
    assert set(NO_PAGE) - routes_of("GET") == set()


async def test_every_word_of_every_refusal_can_be_translated(
    browser: Browser, scene: Scene
) -> None:
    world = await made(browser, scene)
    routes = routes_of("POST")

    found: dict[str, str] = {}
    answers = dict.fromkeys(routes, 0)
    for form in sent(world, routes):
        _becomes(world, form.page)
        answer = await browser.sends(form.page.path, **form.fields)
        answers[form.route] += 1
        left = forgotten(DATA.sub(" ", answer.text))
        if left or answer.status_code >= 500:
            found.setdefault(f"{answer.status_code} {left}", form.name)

    assert not found, "\n" + "\n".join(f"{name}: {left}" for left, name in found.items())
    assert all(answers.values()), answers


async def opens(world: Everywhere, page: Page) -> Response:
    _becomes(world, page)
    return await world.browser.opens(page.path)


def _becomes(world: Everywhere, page: Page) -> None:
    """The browser of whoever has this page before them, in the language of brackets."""
    cookies = world.browser.client.cookies
    cookies.clear()
    for cookie in as_who(page, world, language="qps"):
        cookies.set(cookie["name"], cookie["value"], domain="voltway.test")


def routes_of(method: str) -> set[str]:
    """The addresses of drivers that are asked by this method."""
    return {
        path
        for each in DRIVER
        if isinstance(each, HTTPRouteHandler) and method in each.http_methods
        for path in each.paths
    }
