"""What a driver does on the provider's hosted page."""

import httpx


async def pay(hosted_url: str, number: str = "4242 4242 4242 4242") -> httpx.Response:
    """Do what a driver does on the hosted page."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        form = {"number": number, "expiry": "12/34", "cvc": "123"}
        return await browser.post(hosted_url, data=form, follow_redirects=False)


async def pay_by_wallet(hosted_url: str, wallet: str) -> httpx.Response:
    """The same, with ``apple_pay`` or ``google_pay``."""
    async with httpx.AsyncClient(trust_env=False) as browser:
        return await browser.post(hosted_url, data={"wallet": wallet}, follow_redirects=False)
