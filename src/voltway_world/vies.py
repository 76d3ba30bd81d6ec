"""The EU's register of VAT ids, simulated: every id is registered but those that end in 000.

It answers as VIES does over REST. ``silent`` makes it say that a country's register is closed.
"""

from types import TracebackType
from typing import Any, Self

from litestar import Litestar, get
from litestar.params import FromPath

from voltway_world.serving import Serving


class ViesServer:
    """The register inside this event loop: ``async with ViesServer() as vies: vies.url``."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.silent = False
        self.asked: list[str] = []
        self._serving = Serving(self._app(), host=host, port=port)

    def _app(self) -> Litestar:
        @get("/ms/{country:str}/vat/{number:str}", sync_to_thread=False)
        def look_up(country: FromPath[str], number: FromPath[str]) -> dict[str, Any]:
            self.asked.append(country + number)
            if self.silent:
                return {"isValid": False, "userError": "MS_UNAVAILABLE", "vatNumber": number}
            valid = not number.endswith("000")
            return {
                "isValid": valid,
                "userError": "VALID" if valid else "INVALID",
                "vatNumber": number,
                "name": f"Company {number}" if valid else "---",
            }

        return Litestar([look_up], openapi_config=None)

    @property
    def url(self) -> str:
        return self._serving.url

    async def start(self) -> str:
        return await self._serving.start()

    async def stop(self) -> None:
        await self._serving.stop()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
