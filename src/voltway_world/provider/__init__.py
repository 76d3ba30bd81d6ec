"""The simulated payment provider: holds, captures, refunds, webhooks, and switches for faults."""

import asyncio
import contextlib
from pathlib import Path

from voltway_world.provider.api import make_api
from voltway_world.provider.desk import Desk
from voltway_world.provider.faults import Faults
from voltway_world.provider.journal import Books
from voltway_world.provider.webhooks import Messenger
from voltway_world.serving import Served, Serving

__all__ = ["ProviderServer"]

EXPIRY_LOOK_S = 5


class ProviderServer(Served):
    """The provider inside this event loop: ``async with ProviderServer(...) as p: p.url``."""

    def __init__(
        self,
        data: Path,
        *,
        secret: str = "sk_test",
        webhook: str | None = None,
        webhook_secret: str = "whsec_test",
        webhook_delay_s: float = 0.5,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.secret = secret
        self.webhook_secret = webhook_secret
        self.faults = Faults()
        self.books = Books(data)
        self._messenger = Messenger(
            self.books, self.faults, url=webhook, secret=webhook_secret, delay_s=webhook_delay_s
        )
        self.desk = Desk(self.books, self.faults, self._messenger)
        self._serving = Serving(make_api(self.desk, secret), host=host, port=port)
        self._sweep: asyncio.Task[None] | None = None

    def send_webhooks_to(self, url: str) -> None:
        """Where the merchant listens, when it is known only after we have started."""
        self._messenger.url = url
        self._messenger.start()

    async def told(self) -> None:
        """Wait until the merchant heard all that happened by now, or it was given up."""
        await self._messenger.told()

    async def start(self) -> str:
        self.desk.url = await self._serving.start()
        self._messenger.start()
        self._sweep = asyncio.create_task(self._let_holds_expire())
        return self.url

    async def stop(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sweep
        await self._serving.stop()
        await self._messenger.stop()
        self.books.close()

    async def _let_holds_expire(self) -> None:
        while True:
            self.desk.expire_due()
            await asyncio.sleep(EXPIRY_LOOK_S)
