"""What a guest does in the browser, one step at a time, found by the words that a person reads."""

import asyncio
import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from playwright.async_api import Locator, Page, expect

from tests.browser.forecourt import Forecourt
from tests.stories.world import World

ACCEPTED: Final = "4242 4242 4242 4242"
DECLINED: Final = "4000 0000 0000 0002"
ANN: Final = "ann@example.com"
PATIENCE_S: Final = 20


async def opens_bay(page: Page, place: Forecourt) -> None:
    """By the code on the hardware."""
    await page.goto(f"{place.world.house.http}/e/{place.public_id()}")


async def starts(page: Page, *, email: str = "") -> None:
    """From the bay's page to the provider's."""
    if email:
        await page.get_by_label("E-mail for the receipt").fill(email)
    await page.get_by_role("button", name="Start charging").click()
    await expect(page.get_by_label("Card number")).to_be_visible()


async def pays(page: Page, number: str = ACCEPTED) -> None:
    """On the provider's page."""
    await page.get_by_label("Card number").fill(number)
    await page.get_by_label("Expiry date").fill("12/40")
    await page.get_by_label("Security code").fill("123")
    await page.get_by_role("button", name="Hold 50.00 EUR").click()


async def is_charging(page: Page) -> None:
    await expect(page.get_by_role("heading", name="Charging", exact=True)).to_be_visible()


async def stops(page: Page) -> None:
    """By the dock and the dialog that asks once more."""
    await page.get_by_role("link", name="Stop charging").click()
    await page.get_by_role("dialog").get_by_role("button", name="Stop", exact=True).click()


def figure(page: Page, name: str) -> Locator:
    """What stands beside a name in a list of figures."""
    return page.locator(f"dl > div:has(dt:text-is('{name}')) > dd").first


def in_kwh(wh: int) -> str:
    return f"{(Decimal(wh) / 1000).quantize(Decimal('0.01'), ROUND_HALF_UP)}"


def in_exact_kwh(wh: int) -> str:
    """As a bill says it: to the watt-hour, with two decimals at least."""
    return f"{Decimal(wh) / 1000:.3f}".removesuffix("0")


def in_euro(wh: int) -> str:
    """What so much energy costs at €0.49 per kWh, tax within."""
    return f"€{(Decimal(wh) / 1000 * Decimal('0.49')).quantize(Decimal('0.01'), ROUND_HALF_UP)}"


async def code_from_the_mail(world: World) -> str:
    async with asyncio.timeout(PATIENCE_S):
        [mail] = await world.mail.box.wait_for(ANN, count=1)
    said = re.search(r"(\d{4}) (\d{4})", mail.message["Subject"])
    assert said is not None
    return said[1] + said[2]
