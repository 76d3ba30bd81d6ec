"""A driver checks a bill in a real browser: from the receipt, and with what was pasted."""

from cryptography.hazmat.primitives.asymmetric import ec
from playwright.async_api import Browser, Page, expect

from tests.browser import guest
from tests.browser.eyes import Eyes, open_eyes
from tests.browser.forecourt import Forecourt, a_forecourt
from tests.browser.guest import in_exact_kwh
from tests.browser.seat import becomes_the_owner
from tests.browser.town import pays
from tests.evidence.signing import Meter
from tests.stories.world import World
from voltway.evidence import actions as evidence
from voltway_world.stations import SigningMeter


async def a_visit(world: World, meter: SigningMeter) -> tuple[Forecourt, str, int]:
    """A guest who charged at a bay whose meter signs: the address of the visit, and the energy."""
    place = await a_forecourt(world, meter=meter, bays=1)
    async with world.house.begin() as work:
        await evidence.register_key(
            work, place.inside.station.id, meter.public_key, by="Olga", evse_number=1
        )
    began_wh = place.register_wh()
    await place.plug_in()
    address = await pays(world, place, 1, guest.ACCEPTED.replace(" ", ""))

    async def is_charging() -> bool:
        return any(row["running"] for row in await world.sessions())

    await world.until("session:*", is_charging)
    await place.charge(3)
    await place.unplug()
    await world.bills(1)
    return place, address, place.register_wh() - began_wh


async def test_a_driver_checks_the_bill_from_the_receipt_and_sees_a_changed_digit(
    world: World, browser: Browser, eyes: Eyes
) -> None:
    meter = SigningMeter("1VLT0007")
    place, address, charged_wh = await a_visit(world, meter)
    page = eyes.page

    await page.goto(f"{address}/receipt")
    await expect(page.get_by_role("heading", name="Signed by the meter")).to_be_visible()
    await eyes.approve("a receipt that the meter signed")
    await page.get_by_role("link", name="Check this bill yourself").click()
    says = page.get_by_role("region", name="Your browser says")
    await expect(says).to_contain_text("The signature fits")
    await expect(says).to_contain_text("the one on the receipt")
    await expect(says).to_contain_text(in_exact_kwh(charged_wh))
    await expect(page.get_by_role("region", name="We say: valid")).to_be_visible()
    await eyes.approve("the bill, checked")
    async with page.expect_download() as file:
        await page.get_by_role("link", name="File for the transparency software").click()
    path = await (await file.value).path()
    assert meter.public_key in path.read_text()

    field = page.get_by_role("textbox", name="Signed data")
    written = await field.input_value()
    await field.fill(written.replace('"RU":"kWh"', '"RU":"Wh"', 1))
    await expect(says).to_contain_text("The signature does not fit")
    await expect(says).to_contain_text("not the one on the receipt")
    await page.get_by_role("button", name="Ask Voltway as well").click()
    theirs = page.get_by_role("region", name="We say: not valid")
    await expect(theirs).to_contain_text("one was changed")
    await pastes_what_others_signed(page)
    await asks_without_scripts(world, browser)

    await becomes_the_owner(world, page)
    await page.goto(f"{world.house.http}/console/meters")
    await expect(page.get_by_role("row", name=place.inside.station.identity)).to_be_visible()
    await page.get_by_text("Register a key").click()
    await eyes.approve("the keys of meters")
    await page.goto(f"{world.house.http}/console/sessions")
    await page.get_by_role("link", name="Kamppi Garage").first.click()
    await expect(page.get_by_role("region", name="Signed by the meter")).to_contain_text("Valid")
    eyes.was_calm()


async def pastes_what_others_signed(page: Page) -> None:
    """On curves that the browser itself does not know."""
    says = page.get_by_role("region", name="Your browser says")
    key = page.get_by_label("Public key of the meter")
    for curve in (ec.SECP256K1(), ec.BrainpoolP384R1()):
        meter = Meter(curve, f"ECDSA-{curve.name}-SHA256")
        await page.get_by_role("textbox", name="Signed data").fill(meter.ocmf())
        await key.fill("")
        await expect(says).to_contain_text("Enter the key")
        await key.fill(meter.public)
        await expect(says).to_contain_text("The signature fits")
        await expect(says).to_contain_text("12.8")


async def asks_without_scripts(world: World, browser: Browser) -> None:
    async with open_eyes(browser, scripts=False) as plain:
        await plain.page.goto(f"{world.house.http}/check")
        await plain.page.get_by_role("textbox", name="Signed data").fill("OCMF|garbage")
        await plain.page.get_by_role("button", name="Ask Voltway as well").click()
        wrong = plain.page.get_by_role("region", name="We say: not valid")
        await expect(wrong).to_contain_text("cut off or damaged")
