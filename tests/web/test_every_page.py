"""Each page of drivers in each of its states, said in a language of brackets: what stands in none
was forgotten. Whoever adds an address shows it in ``everywhere``, or says here why not."""

import re
from typing import Final

from httpx import Response
from litestar.handlers import HTTPRouteHandler

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
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
            "/h/{key:str}/live",
            "/l/{location:uuid}/live",
            "/r/{key:str}/live",
            "/t/{key:str}/live",
            "/v/{key:str}/live",
            "/w/{key:str}/live",
        ),
        "sends a part of its page again, from the same template",
    ),
}


#: What says in English that a page is in the state that it is named for.
SAYS: Final = {
    "/": {
        "misspelled": "No place is called “Market Squaree”",
        "empty": "No place fits",
        "with needs": "Only places with what you need",
    },
    "/l/{location:uuid}": {
        "full": "Nothing is free now",
        "planned work": "New cables",
        "with figures": "When it is busy",
    },
    "/l/{location:uuid}/busy": {"too few": "too few to say", "with figures": "Busiest Fri 15"},
    "/e/{public_id:str}": {
        "faulted": "This bay reports a fault",
        "offline": "We lost contact with this bay",
        "reserved for somebody": "Somebody has reserved this bay",
        "reserved for me": "Reserved for you until",
        "with a terminal": "Card at the terminal Entrance",
        "a wrong estimate": "none is no number",
    },
    "/v/{key:str}": {
        "expired": "This visit is over",
        "not started": "Nothing started, so you were not charged",
        "paid": "€4.90 paid",
        "free": "Nothing to pay",
        "owed": "is still to be paid: the hold did not cover it",
        "ended by a fault": "A fault of the station ended your charge",
        "charging": "Charging 10 min ago",
        "battery counted on": "Estimated: your car last told 42 %",
        "battery of then": "Your car told its charge last",
        "idle, and free for a while": "Idle fee starts in",
        "stop asked": "You asked to stop",
        "idle": "0 kW now Your car takes no energy now",
        "full": "Charging is complete",
        "guessed": "A rough guess",
        "counted": "We count from the 35 %",
        "closing": "Your receipt is being written",
        "no contact": "No contact with this bay",
        "plug in": "Plug in now",
        "the bay refused": "The bay refused the start",
        "paying": "Your payment is not confirmed yet",
        "asking": "The payment provider is slow to answer",
        "at a terminal: shows": "Hold your card to the terminal Entrance",
        "at a terminal: declined": "Not held yet at the terminal Entrance",
        "at a terminal: leaves": "It is asking your bank just now",
    },
    "/w/{key:str}": {
        "waits": "We tell you when a bay is free",
        "told": "Bay 1 was free at",
        "outrun": "Somebody was faster",
        "left": "You do not wait any more",
    },
    "/t/{key:str}": {
        "next": "You are next",
        "second in line": "You are number 2 in line",
        "offered": "Say that you come",
        "accepted": "Start from the bay's page",
        "started": "You are charging",
        "missed": "Your time was over",
        "left": "You are not in line any more",
    },
    "/r/{key:str}": {
        "asked": "Asking the station to keep bay 1",
        "kept": "Bay 1 is reserved for you",
        "refused": "The station said no",
        "expired": "Nothing started there in time",
        "no answer": "The station did not answer",
        "taken back": "The operator took it back",
        "given back": "You gave bay 1 back",
    },
    "/h/{key:str}": {
        "sent": "Sent to the operator",
        "read": "The operator has read it",
        "answered": "The operator has answered",
    },
    "/p/{key:str}": {"owed": "€4.89 to pay"},
}

#: What a script reads, and nobody else.
FOR_SCRIPTS: Final = frozenset({"on", "off"})
#: What people of this world wrote, and what is called so.
DATA: Final = re.compile(
    r"""Vans\ Oy|A\ cable\ is\ repaired|New\ cables|Polestar[^<]*|It\ is\ slow
      |We\ have\ sent\ somebody|Visa
      |\b(?:[A-Z0-9]+-)+\d+\b|\b(Apr|April|May|June|Mon|Tue|Wed|Thu|Fri|Sat|Sun)\b""",
    re.VERBOSE,
)


async def test_every_page_is_in_its_state_and_every_word_of_it_can_be_translated(
    browser: Browser, scene: Scene
) -> None:
    world = await made(browser, scene)
    other = {
        page.name: words_of((await opens(world, page, "en")).text)[:900]
        for page in world.pages
        if (says := SAYS.get(page.route, {}).get(page.state))
        and says not in words_of((await opens(world, page, "en")).text)
    }
    assert other == {}
    named = {(page.route, page.state) for page in world.pages}
    assert {(route, state) for route, of in SAYS.items() for state in of} <= named

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
        left = "" if answer.text in FOR_SCRIPTS else forgotten(DATA.sub(" ", answer.text))
        if left or answer.status_code >= 500:
            found.setdefault(f"{answer.status_code} {left}", form.name)

    assert not found, "\n" + "\n".join(f"{name}: {left}" for left, name in found.items())
    assert all(answers.values()), answers


async def opens(world: Everywhere, page: Page, language: str = "qps") -> Response:
    _becomes(world, page, language)
    return await world.browser.opens(page.path)


def _becomes(world: Everywhere, page: Page, language: str = "qps") -> None:
    """The browser of whoever has this page before them, in the language of brackets as a rule."""
    cookies = world.browser.client.cookies
    cookies.clear()
    for cookie in as_who(page, world, language=language):
        cookies.set(cookie["name"], cookie["value"], domain="voltway.test")


def routes_of(method: str) -> set[str]:
    """The addresses of drivers that are asked by this method."""
    return {
        path
        for each in DRIVER
        if isinstance(each, HTTPRouteHandler) and method in each.http_methods
        for path in each.paths
    }
