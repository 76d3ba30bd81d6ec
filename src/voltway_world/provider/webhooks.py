"""Telling the merchant: signed, and repeated with growing delays until it is heard."""

import asyncio
import hashlib
import hmac
import time
from typing import Any

import aiohttp
import msgspec

from voltway_world.provider.books import Event, Page
from voltway_world.provider.faults import Faults
from voltway_world.provider.journal import Books
from voltway_world.provider.mollie import shapes as mollie
from voltway_world.provider.stripe.shapes import event_body

TRIES_MAX = 8
#: Each shape signs under a name of its own.
HEADERS = {
    "own": "Voltway-Signature",
    "stripe": "Stripe-Signature",
    "mollie": "X-Mollie-Signature",
}


def signature(secret: str, body: bytes, at: int) -> str:
    """The header that proves that we sent exactly these bytes at this second."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={signed}"


def plain_signature(secret: str, body: bytes) -> str:
    """The same without a time, as Mollie has it."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


class Messenger:
    """Brings every event to the merchant at least once, also those left over by the last run."""

    def __init__(
        self, books: Books, faults: Faults, *, url: str | None, secret: str, delay_s: float
    ) -> None:
        self._books = books
        self._faults = faults
        self.url = url
        self._secret = secret
        self._delay_s = delay_s
        self._errands: set[asyncio.Task[None]] = set()
        self._client: aiohttp.ClientSession | None = None

    def start(self) -> None:
        for event in list(self._books.undelivered.values()):
            self.send(event)

    def send(self, event: Event) -> None:
        """Start bringing an event; the caller does not wait for it."""
        if self.url is None:
            return
        errand = asyncio.create_task(self._bring(event, self.url))
        self._errands.add(errand)
        errand.add_done_callback(self._errands.discard)

    async def told(self) -> None:
        """Wait until all that was to be told by now was heard, or was given up."""
        await asyncio.gather(*self._errands)

    async def stop(self) -> None:
        for errand in list(self._errands):
            errand.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    async def _bring(self, event: Event, url: str) -> None:
        fault = self._faults.draw("webhook")
        kind = fault.kind if fault else None
        if kind == "webhook_lost":
            self._books.keep(Page(delivered=event.id))
            return
        if fault is not None and kind == "webhook_late":
            await asyncio.sleep(fault.seconds)
        if kind == "webhook_doubled":
            await self._post(event, url)
        for tried in range(TRIES_MAX):
            if await self._post(event, url):
                self._books.keep(Page(delivered=event.id))
                return
            await asyncio.sleep(self._delay_s * 2**tried)

    async def _post(self, event: Event, url: str) -> bool:
        body = msgspec.json.encode(_written(event))
        signed = (
            plain_signature(self._secret, body)
            if event.shape == "mollie"
            else signature(self._secret, body, int(time.time()))
        )
        headers = {"Content-Type": "application/json", HEADERS[event.shape]: signed}
        if self._client is None:
            self._client = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10))
        try:
            async with self._client.post(url, data=body, headers=headers) as answer:
                return answer.ok
        except (aiohttp.ClientError, TimeoutError):
            return False


def _written(event: Event) -> dict[str, Any]:
    """An event as it is sent, in its shape."""
    if event.shape == "stripe":
        return event_body(event)
    if event.shape == "mollie":
        return mollie.event_body(event)
    body = msgspec.structs.asdict(event)
    del body["shape"]
    return body
