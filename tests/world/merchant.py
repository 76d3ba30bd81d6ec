"""A merchant that listens for webhooks, for the tests of the simulated provider."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from types import TracebackType
from typing import Any, Self

import msgspec

from voltway_world.serving import Serving

PATIENCE_S = 10


class Merchant:
    """Keeps every webhook as it came, and refuses the first few if told so."""

    def __init__(self, *, refuses: int = 0) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self._refuses = refuses
        self._news = asyncio.Condition()
        self._serving = Serving(self._hear)

    @property
    def url(self) -> str:
        return f"{self._serving.url}/hook"

    @property
    def events(self) -> list[dict[str, Any]]:
        return [msgspec.json.decode(body) for _, body in self.heard]

    async def heard_of(self, kind: str, times: int = 1) -> list[dict[str, Any]]:
        """Wait until events of one type have come."""

        def found() -> list[dict[str, Any]]:
            return [event for event in self.events if event["type"] == kind]

        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: len(found()) >= times)
        return found()

    async def _hear(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        body = (await receive())["body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        async with self._news:
            self.heard.append((headers, body))
            status = 500 if len(self.heard) <= self._refuses else 200
            self._news.notify_all()
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def __aenter__(self) -> Self:
        await self._serving.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._serving.stop()
