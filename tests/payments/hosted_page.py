"""What a driver does on the provider's hosted page."""

import httpx

from voltway_world.calling import a_line


async def pay(hosted_url: str, number: str = "4242 4242 4242 4242") -> httpx.Response:
    """Do what a driver does on the hosted page."""
    async with a_line() as browser:
        form = {"number": number, "expiry": "12/34", "cvc": "123"}
        return await browser.post(hosted_url, data=form, follow_redirects=False)


async def pay_by_wallet(hosted_url: str, wallet: str) -> httpx.Response:
    """The same, with ``apple_pay`` or ``google_pay``."""
    async with a_line() as browser:
        return await browser.post(hosted_url, data={"wallet": wallet}, follow_redirects=False)
