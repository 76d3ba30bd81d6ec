"""An operator's seat at the console, taken in the browser."""

from typing import Final

from playwright.async_api import Page, expect

from tests.stories.world import World
from voltway.parties import actions as parties

AINO: Final = {
    "Your name": "Aino Laine",
    "E-mail": "aino@example.com",
    "Password": "a long word for a seat",
}


async def becomes_the_owner(world: World, page: Page) -> None:
    """By the secret that the first start prints."""
    secret = await parties.make_first_run_secret(world.house.begin)
    assert secret is not None
    await page.goto(f"{world.house.http}/console")
    await page.get_by_label("Secret of the first start").fill(secret)
    for label, words in AINO.items():
        await page.get_by_label(label).fill(words)
    await page.get_by_role("button", name="Become the owner").click()
    await expect(page.get_by_role("heading", name="Live")).to_be_visible()
