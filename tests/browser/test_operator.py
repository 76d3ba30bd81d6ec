"""An operator's whole way in a real browser: the first start, the wall, an order, the money."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from tests.browser.eyes import DESK, Eyes, open_eyes
from tests.browser.forecourt import Forecourt, a_car, a_forecourt
from tests.browser.guest import in_euro, in_kwh
from tests.browser.seat import AINO, becomes_the_owner
from tests.browser.town import pays
from tests.stories.world import World
from voltway.alerts import bounces
from voltway.kernel.ids import TransactionRef
from voltway.parties import actions as parties
from voltway.runtime.work import Job
from voltway.sessions import actions as sessions
from voltway.stations import actions as stations
from voltway.stations.model import FrameForReview
from voltway.stations.reports import Ended, Heard

COMPANY: Final = {
    "Company": "Muster GmbH",
    "Street and number": "Weg 1",
    "Town": "Berlin",
    "VAT number": "DE 136695976",
}

#: The check is a job of the house.
CHECKED_S: Final = 30


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[Eyes]:
    async with open_eyes(browser, size=DESK) as opened:
        yield opened


async def goes_to(page: Page, word: str) -> None:
    await page.get_by_role("navigation", name="Main").get_by_role("link", name=word).click()
    await expect(page.get_by_role("heading", level=1)).to_be_visible()


async def asks(page: Page, what: str, button: str) -> None:
    """Unfold an order on the station's page and send it."""
    order = page.locator("details").filter(has=page.locator("summary", has_text=what))
    await order.locator("summary").click()
    await order.get_by_role("button", name=button).click()


async def test_the_first_owner_needs_the_secret_and_afterwards_a_password(
    world: World, desk: Eyes
) -> None:
    page = desk.page
    await parties.make_first_run_secret(world.house.begin)
    await page.goto(f"{world.house.http}/console")
    await desk.approve("the first start")
    await page.get_by_label("Secret of the first start").fill("not the secret")
    for label, words in AINO.items():
        await page.get_by_label(label).fill(words)
    with desk.expecting("the server responded with a status of 4"):
        await page.get_by_role("button", name="Become the owner").click()
        await expect(page.get_by_role("alert")).to_be_visible()
    await desk.approve("a wrong secret")

    await becomes_the_owner(world, page)
    await desk.approve("a wall without stations")
    await page.get_by_role("button", name="Sign out").first.click()
    await expect(page.get_by_role("heading", name="Sign in to the console")).to_be_visible()
    await desk.approve("the way in")
    await page.get_by_label("E-mail").fill(AINO["E-mail"])
    await page.get_by_label("Password").fill("not the password")
    with desk.expecting("the server responded with a status of 4"):
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Password").fill(AINO["Password"])
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Live")).to_be_visible()


async def test_an_operator_goes_from_the_wall_to_the_station_the_session_and_the_money(
    world: World, desk: Eyes
) -> None:
    place, page = await a_forecourt(world), desk.page
    began_wh = place.register_wh()
    await becomes_the_owner(world, page)
    now = page.get_by_role("region", name="Sessions now, table")

    await page.evaluate("() => { window.stayed = true; }")
    await place.plug_in(car=a_car())
    await pays(world, place, 1, "4242424242424242")
    await expect(now.get_by_role("row", name="Kamppi Garage")).to_be_visible()
    await place.charge(3)
    wh = place.register_wh() - began_wh
    await expect(now.get_by_role("row", name="Kamppi Garage")).to_contain_text(in_kwh(wh))
    assert await page.evaluate("() => window.stayed"), "the wall moved without a reload"
    await desk.approve("the wall")

    await _orders_have_outcomes(desk, place)
    await page.get_by_role("link", name="Open session").click()
    await expect(page.get_by_role("heading", name="Bay 1, Kamppi Garage")).to_be_visible()
    await desk.approve("a running session")
    await page.evaluate("() => { window.stayed = true; }")
    await place.unplug()
    await expect(page.get_by_role("heading", name="Postings")).to_be_visible()
    await expect(page.get_by_role("heading", name="Payment")).to_be_visible()
    await expect(page.locator("main")).to_contain_text(in_euro(wh))
    assert await page.evaluate("() => window.stayed"), "the session moved without a reload"
    await desk.approve("a settled session")
    await _something_is_put_aside(place)
    await _the_money_is_there(desk, wh)
    async with world.house.begin() as work:
        await bounces.came_back(work, world.party.id, "ann@example.org", "550 5.1.1 no such user")
    await goes_to(page, "Jobs")
    await page.get_by_role("link", name="Deliveries to people").press("Enter")
    await expect(page.get_by_role("rowheader", name="ann@example.org")).to_be_visible()
    await desk.approve("deliveries, and an address whose mails come back")


async def _something_is_put_aside(place: Forecourt) -> None:
    """A stop of a session that nobody knows, a frame whose effect could not be kept, and a mail
    that cannot be sent."""
    station = place.inside.station.id
    async with place.world.house.begin() as work:
        stop = Ended(ref=TransactionRef("4711"), reason="Local", at=work.now)
        await sessions.record(work, [Heard(0, station, "StopTransaction", work.now, [stop])])
        frame = FrameForReview(station, work.now, "MeterValues", b"[2,", "No JSON that ends")
        await stations.keep_for_review(work, [frame])
        lost = {"alert": "00000000-0000-7000-8000-000000000001"}
        await work.enqueue(Job("send_alert", "lost", lost, party=place.inside.party.id))


async def _orders_have_outcomes(desk: Eyes, place: Forecourt) -> None:
    """One that takes effect, and one that the station refuses; not just that it was asked."""
    page = desk.page
    await goes_to(page, "Stations")
    await desk.approve("the stations")
    await page.get_by_role("link", name="Kamppi Garage").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Kamppi Garage")
    done = page.get_by_role("region", name="Remote actions, table")

    await asks(page, "Ask for a message", "Ask")
    row = done.get_by_role("row", name="Ask for StatusNotification")
    await expect(row.get_by_role("img", name="Took effect")).to_be_visible()
    await asks(page, "Unlock a cable", "Unlock")
    row = done.get_by_role("row", name="Unlock cable, Bay 1")
    await expect(row.get_by_role("img", name="The station said no")).to_be_visible()
    await desk.approve("a station and its orders")


async def _the_money_is_there(desk: Eyes, wh: int) -> None:
    """The payment, its postings, the receipt, the ledger."""
    page = desk.page
    await goes_to(page, "Money")
    await desk.approve("the money")
    await page.get_by_role("link", name="Kamppi Garage").click()
    drawer = page.get_by_role("complementary")
    await expect(drawer.get_by_role("heading", level=2)).to_contain_text(in_euro(wh))
    await expect(drawer.get_by_role("heading", name="Postings")).to_be_visible()
    await desk.approve("a payment")
    await _a_payment_by_itself_and_its_payout(desk)
    receipt = await drawer.get_by_role("link", name="Receipt").get_attribute("href")
    pdf = await page.request.get(f"{page.url.split('/console')[0]}{receipt}")
    assert (await pdf.body()).startswith(b"%PDF-")
    await page.get_by_role("link", name="Documents").click()
    await expect(page.get_by_text("Simplified invoice")).to_be_visible()
    await desk.approve("the documents")
    await _a_receipt_is_invoiced_and_credited(desk)
    await page.get_by_role("link", name="Money").last.click()
    await page.get_by_role("link", name="Ledger").click()
    await expect(page.get_by_text("Sums to zero")).to_be_visible()
    await desk.approve("the ledger")
    await _the_books_are_checked(desk)
    for word in ("Sessions", "Lobby", "Review", "Jobs", "Tariffs", "People and keys"):
        await goes_to(page, word)
        await desk.approve(f"the console's {word}")
    await _a_webhook_is_added(desk)


async def _a_payment_by_itself_and_its_payout(desk: Eyes) -> None:
    """All of one payment; a report that is no report; and back to the drawer."""
    page, drawer = desk.page, desk.page.url
    await page.get_by_role("link", name="All of it").click()
    await expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    await expect(page.get_by_text("Charging ended")).to_be_visible()
    await desk.approve("a payment by itself")
    await goes_to(page, "Money")
    await page.get_by_role("link", name="Payouts", exact=True).click()
    await page.get_by_text("A file from the provider").click()
    await page.get_by_label("or its text").fill("this is no report")
    with desk.expecting("the server responded with a status of 4"):
        await page.get_by_role("button", name="Take the report").click()
        await expect(page.get_by_role("alert")).to_contain_text("Its first line names no column")
    await desk.approve("a report that cannot be read")
    await page.goto(drawer)


async def _a_webhook_is_added(desk: Eyes) -> None:
    """By keyboard; its secret is shown once, and a session's end is what it is told."""
    page = desk.page
    await page.get_by_role("link", name="Webhooks").press("Enter")
    await page.get_by_text("Add a webhook").focus()
    await page.keyboard.press("Enter")
    await page.get_by_label("Name").fill("Operations")
    await page.get_by_label("Address, https://").fill("https://hooks.example/voltway")
    await page.get_by_label("A session is over").press(" ")
    await desk.approve("webhooks")
    await page.get_by_label("Name").press("Enter")
    await expect(page.get_by_text("Copy its secret now")).to_be_visible()
    await desk.approve("a webhook's secret")
    await page.get_by_role("link", name="I have it").press("Enter")
    await page.get_by_role("button", name="Send a test").press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("It did not hear the test.")
    await desk.approve("a webhook that did not hear")
    await goes_to(page, "People and keys")
    await page.get_by_role("link", name="Chats").press("Enter")
    await page.get_by_label("Name").fill("Night shift")
    await page.get_by_label("Its address").fill(
        "mmosts://chat.example/3ccdd113474722377935511fc85d3"
    )
    await page.get_by_label("A bill rests").press(" ")
    await page.get_by_label("Its address").press("Enter")
    await expect(page.get_by_text("Mattermost, chat.example")).to_be_visible()
    await desk.approve("chats of operators")
    await goes_to(page, "People and keys")
    await page.get_by_role("link", name="Wordings").press("Enter")
    await desk.approve("wordings")
    await page.get_by_role("link", name="English: Charging is complete").press("Enter")
    await page.get_by_label("Title").fill("Done at {place}")
    await page.get_by_role("button", name="Look at it").press("Enter")
    await expect(page.get_by_role("heading", name="How it looks")).to_be_visible()
    await desk.approve("words that are looked at")


async def _the_books_are_checked(desk: Eyes) -> None:
    """An entry and what shows it; and the check, which finds nothing."""
    page = desk.page
    await page.get_by_role("region", name="Entries, table").get_by_role("link").first.click()
    await expect(page.get_by_role("heading", name="What shows it")).to_be_visible()
    await desk.approve("an entry")
    await page.get_by_role("link", name="Ledger").click()
    await page.get_by_role("link", name="Check, months, export").click()
    await expect(page.get_by_role("heading", name="The nightly check")).to_be_visible()
    await page.get_by_role("button", name="Check everything now").click()
    sound = page.get_by_text("All that must hold does")
    async with asyncio.timeout(CHECKED_S):
        while not await sound.is_visible():
            await page.reload()
    await desk.approve("the books")


async def _a_receipt_is_invoiced_and_credited(desk: Eyes) -> None:
    """From the list to a document, an invoice that is looked at, and a credit note that is made."""
    page = desk.page
    await page.get_by_role("row", name="-R20").get_by_role("link").first.click()
    await expect(page.get_by_role("heading", name="Mails")).to_be_visible()
    await desk.approve("a receipt in the console")
    await page.get_by_role("link", name="Write an invoice").click()
    for label, words in COMPANY.items():
        await page.get_by_label(label).fill(words)
    await page.get_by_label("Country").select_option("DE")
    await desk.approve("the form of an invoice")
    await page.get_by_role("button", name="Look at it").click()
    await expect(page.locator("main")).to_contain_text("This is what would be written")
    await desk.approve("an invoice before it is written")
    await page.get_by_role("link", name="Back to the receipt").click()
    await page.get_by_role("link", name="Credit it").click()
    await page.get_by_label("A part of it").check()
    await page.get_by_label("Amount in EUR").fill("0.05")
    await page.get_by_label("Why").fill("The bay was dark")
    await desk.approve("the form of a credit note")
    await page.get_by_role("button", name="Look at it").click()
    await expect(page.get_by_role("heading", name="Credit €0.05?")).to_be_visible()
    await desk.approve("a credit note before it is written")
    await page.get_by_role("button", name="Credit €0.05").click()
    await expect(page.get_by_role("heading", name="Mails")).to_be_visible()
    base = page.url.partition("/console")[0]
    await page.goto(f"{base}/console/statements")
    await expect(page.get_by_role("heading", name="By themselves")).to_be_visible()
    await desk.approve("when months write themselves")
