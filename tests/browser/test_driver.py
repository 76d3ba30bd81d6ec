"""A driver's whole way in a real browser, from the list of places to the mailed receipt."""

from io import BytesIO

import pytest
import segno
from playwright.async_api import expect
from pypdf import PdfReader

from tests.browser import guest
from tests.browser.eyes import Eyes
from tests.browser.forecourt import a_car, a_forecourt
from tests.browser.guest import in_euro, in_exact_kwh, in_kwh
from tests.browser.town import pays
from tests.stories.world import World


async def shows(eyes: Eyes, wh: int) -> None:
    await expect(guest.figure(eyes.page, "Energy")).to_contain_text(in_kwh(wh))


async def test_a_guest_goes_from_the_list_of_places_to_the_mailed_receipt(
    world: World, eyes: Eyes
) -> None:
    place = await a_forecourt(world)
    page = eyes.page
    began_wh = place.register_wh()

    await page.goto(world.house.http)
    await eyes.approve("the list of places")
    await page.get_by_role("link", name="Kamppi Garage").click()
    await expect(page.get_by_role("heading", name="Kamppi Garage")).to_be_visible()
    await eyes.approve("a place")
    await page.get_by_role("link", name="Bay 1").click()
    await expect(page.get_by_text("per kWh").first).to_be_visible()
    await expect(page.get_by_role("heading", name="€50 is held, not taken")).to_be_visible()
    await eyes.approve("a bay, its price and its hold")

    await guest.starts(page, email=guest.ANN)
    await eyes.approve("the provider's page")
    await guest.pays(page)
    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()
    await eyes.approve("the visit before the plug")

    await page.evaluate("() => { window.stayed = true; }")
    await place.plug_in(car=a_car())
    await guest.is_charging(page)
    await place.charge(1)
    await shows(eyes, place.register_wh() - began_wh)
    await place.charge(4)
    charged_wh = place.register_wh() - began_wh
    await shows(eyes, charged_wh)
    await expect(guest.figure(page, "Cost so far")).to_have_text(in_euro(charged_wh))
    await expect(page.get_by_role("heading", name="kW now")).to_be_visible()
    assert await page.evaluate("() => window.stayed"), "the page moved without a reload"
    await eyes.approve("the live charge")

    await page.get_by_role("link", name="Stop charging").click()
    dialog = page.get_by_role("dialog", name="Stop charging?")
    await expect(dialog).to_contain_text(f"You pay {in_euro(charged_wh)}.")
    await place.charge(1)
    charged_wh = place.register_wh() - began_wh
    await expect(dialog).to_contain_text(f"You pay {in_euro(charged_wh)}.")
    await expect(dialog).to_be_visible()
    await eyes.approve("the question before the stop")
    await dialog.get_by_role("button", name="Stop", exact=True).click()
    await expect(page.get_by_role("heading", name=f"{in_euro(charged_wh)} paid")).to_be_visible()
    await eyes.approve("the end of the charge")

    await page.get_by_role("link", name="See the receipt").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(in_euro(charged_wh))
    await eyes.approve("the receipt")
    await _the_receipt_is_whole(eyes, charged_wh)
    await _without_a_line_nothing_old_looks_new(world, eyes)
    await _the_mail_is_whole(world, charged_wh)
    await _the_company_has_its_invoice(eyes, charged_wh)
    assert await world.books_balance()


async def _the_receipt_is_whole(eyes: Eyes, wh: int) -> None:
    """On the page and as a PDF: energy, price, tax, total."""
    page = eyes.page
    shown = await page.locator("main").inner_text()
    link = await page.get_by_role("link", name="Get the PDF").get_attribute("href")
    answer = await page.request.get(f"{page.url.split('/v/')[0]}{link}")
    assert answer.headers["content-type"] == "application/pdf"
    for words in (shown, _words_of_pdf(await answer.body())):
        _names_all(words, wh)


async def _without_a_line_nothing_old_looks_new(world: World, eyes: Eyes) -> None:
    """Receipts are kept, no other page is, and what stands on an open page says how old it is."""
    page, receipt = eyes.page, eyes.page.url
    old, paid = page.get_by_text("No connection. This page"), page.get_by_role("heading", level=1)
    await expect(old).to_be_hidden()
    with eyes.expecting("ERR_INTERNET_DISCONNECTED", "[object Event]"):
        await page.context.set_offline(True)
        await expect(old).to_be_visible()
        await page.goto(world.house.http)
        await expect(page.get_by_role("heading", name="No connection")).to_be_visible()
        await eyes.approve("no line")
        await page.get_by_role("link", name="Receipt").click()
        await expect(paid).to_contain_text("paid")
        await expect(old).to_be_visible()
        await eyes.approve("a receipt out of the phone's memory")
        await page.goto(world.house.http)
        await page.get_by_role("button", name="Remove them from this device").click()
        await expect(page.get_by_text("None yet.")).to_be_visible()
        await page.goto(receipt)
        await expect(page.get_by_role("heading", name="No connection")).to_be_visible()
        await page.context.set_offline(False)
        # The page comes by itself.
        await expect(paid).to_contain_text("paid")
        await expect(old).to_be_hidden()


async def _the_company_has_its_invoice(eyes: Eyes, wh: int) -> None:
    """The form, what it says of a slip, and the invoice."""
    page = eyes.page
    await page.get_by_role("link", name="Invoice for a company").click()
    await eyes.approve("the form for a company")
    for label, text in (
        ("Company", "Muster & Söhne GmbH"),
        ("Street and number", "Weg 1"),
        ("Postal code", "10115"),
        ("Town", "Berlin"),
        ("VAT number", "FR40303265045"),
    ):
        await page.get_by_label(label).fill(text)
    await page.get_by_label("Country").select_option("DE")
    with eyes.expecting("422"):
        await page.get_by_role("button", name="Write the invoice").click()
        await expect(page.get_by_role("alert")).to_contain_text("is one of FR")
    await eyes.approve("the form with a slip")
    await page.get_by_label("VAT number").fill("DE 136695976")
    await page.get_by_role("button", name="Write the invoice").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text(in_euro(wh))
    await expect(page.get_by_text("Muster & Söhne GmbH")).to_be_visible()
    await eyes.approve("the invoice")


async def _the_mail_is_whole(world: World, wh: int) -> None:
    (mail,) = await world.within(world.mail.box.wait_for(guest.ANN))
    assert in_euro(wh) in (mail.text or "")
    (attached,) = mail.attachments
    pdf = attached.get_payload(decode=True)
    assert isinstance(pdf, bytes)
    _names_all(_words_of_pdf(pdf), wh)


def _words_of_pdf(content: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def _names_all(words: str, wh: int) -> None:
    plain = words.replace("\u00a0", " ").replace("\n", " ")
    for each in (in_exact_kwh(wh), "€0.49", "25.5 %", "VAT", in_euro(wh), "Kamppi Garage"):
        assert each in plain, f"{each} is not in: {plain}"


async def test_the_code_on_the_hardware_leads_to_the_bay(world: World, eyes: Eyes) -> None:
    place = await a_forecourt(world)
    address = f"{world.house.http}/e/{place.public_id(2)}"

    code = await eyes.page.request.get(f"{address}/qr.svg")
    drawn = BytesIO()
    segno.make(address, error="m").save(
        drawn, kind="svg", scale=8, border=4, xmldecl=False, svgclass=None, lineclass=None
    )
    await eyes.page.goto(address)

    assert await code.body() == drawn.getvalue()
    await expect(eyes.page.get_by_role("heading", level=1)).to_have_text("Bay 2, Kamppi Garage")


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_bay_where_somebody_charges_is_in_use_and_then_idle_for_everybody_else(
    world: World, eyes: Eyes, version: str
) -> None:
    place, page = await a_forecourt(world, version=version), eyes.page
    await guest.opens_bay(page, place)
    await place.plug_in(car=a_car(60, target=62))
    await expect(page.get_by_role("heading", name="Plugged in")).to_be_visible()
    start = page.get_by_role("button", name="Start charging")
    offered = await start.evaluate("it => getComputedStyle(it).backgroundColor")

    await pays(world, place, 1, "4242424242424242")

    await expect(page.get_by_role("heading", name="In use")).to_be_visible()
    await expect(start).not_to_have_css("background-color", offered)
    await place.charge(5)
    await expect(page.get_by_role("heading", name="Idle, still plugged in")).to_be_visible()


async def test_a_state_that_changes_shows_without_a_reload(world: World, eyes: Eyes) -> None:
    place = await a_forecourt(world)
    await guest.opens_bay(eyes.page, place)
    await expect(eyes.page.get_by_role("heading", name="Available")).to_be_visible()

    await world.within(place.outside.fault())

    await expect(eyes.page.get_by_role("heading", name="Faulted")).to_be_visible()
    await eyes.approve("a bay with a fault")
