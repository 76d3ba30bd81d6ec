"""The same whole way by keyboard alone, and by a browser that runs no script."""

from playwright.async_api import Browser, expect

from tests.browser import guest
from tests.browser.eyes import Eyes, open_eyes
from tests.browser.forecourt import a_forecourt
from tests.browser.hands import Hands
from tests.stories.world import World


async def test_everything_from_the_list_to_the_receipt_goes_by_keyboard(
    world: World, eyes: Eyes
) -> None:
    place, page, hands = await a_forecourt(world), eyes.page, Hands(eyes.page)
    began_wh = place.register_wh()

    await page.goto(world.house.http)
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await page.keyboard.press("Enter")
    await hands.press(page.get_by_role("link", name="Kamppi Garage"))
    await expect(page.get_by_role("heading", name="Kamppi Garage")).to_be_visible()
    await hands.press(page.get_by_role("link", name="Bay 1"))
    await expect(page.get_by_role("button", name="Start charging")).to_be_visible()
    await hands.type(page.get_by_label("E-mail for the receipt"), guest.ANN)
    await hands.press(page.get_by_role("button", name="Start charging"))

    await expect(page.get_by_label("Card number")).to_be_visible()
    await hands.type(page.get_by_label("Card number"), guest.ACCEPTED)
    await hands.type(page.get_by_label("Expiry date"), "12/40")
    await hands.type(page.get_by_label("Security code"), "123")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()
    await place.plug_in()
    await guest.is_charging(page)
    await place.charge(2)
    # What moves while somebody tabs would move the focus under the dock: it is let come to rest.
    charged_wh = place.register_wh() - began_wh
    await expect(guest.figure(page, "Cost so far")).to_have_text(guest.in_euro(charged_wh))
    await hands.press(page.get_by_role("link", name="Stop charging"))
    dialog = page.get_by_role("dialog", name="Stop charging?")
    await expect(dialog).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("link", name="Stop charging")).to_be_focused()
    await page.keyboard.press("Enter")
    await hands.press(dialog.get_by_role("button", name="Stop", exact=True))

    await expect(page.get_by_role("link", name="See the receipt")).to_be_visible()
    await hands.press(page.get_by_role("link", name="See the receipt"))
    await expect(page.get_by_role("link", name="Get the PDF")).to_be_visible()
    await hands.go_to(page.get_by_role("link", name="Get the PDF"))


async def test_everything_goes_without_a_script_too(world: World, browser: Browser) -> None:
    place = await a_forecourt(world)
    async with open_eyes(browser, scripts=False) as eyes:
        page = eyes.page

        await page.goto(world.house.http)
        await page.get_by_role("link", name="Kamppi Garage").click()
        await page.get_by_role("link", name="Bay 1").click()
        await guest.starts(page, email=guest.ANN)
        await guest.pays(page)
        await expect(page.get_by_role("heading", name="Plug in now")).to_be_visible()
        await place.plug_in()
        await place.charge(2)
        # The page would look again by itself, in ten seconds; we do not wait for that.
        await expect(page.locator("noscript meta[http-equiv=refresh]")).to_have_count(1)
        await page.reload()
        await guest.is_charging(page)
        await page.get_by_role("link", name="Stop charging").click()
        await expect(page.get_by_role("heading", name="Stop charging?")).to_be_visible()
        await page.get_by_role("button", name="Stop charging").click()
        await world.within(world.mail.box.wait_for(guest.ANN))
        await page.reload()
        await page.get_by_role("link", name="See the receipt").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("paid")
