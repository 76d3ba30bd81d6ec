"""A chat, simulated: it takes messages as Mattermost and a plain JSON receiver do."""

from dataclasses import dataclass, field
from typing import Any

from litestar import Litestar, Request, post
from litestar.params import FromPath
from litestar.response import Response

from voltway_world.serving import Served, Serving
from voltway_world.web import quiet_site

TOKEN = "3ccdd113474722377935511fc85d3dd4"


@dataclass(eq=False)
class ChatServer(Served):
    """The chat inside this event loop: ``async with ChatServer() as chat: chat.url``."""

    status: int = 200
    #: What was said, as it came.
    said: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self._serving = Serving(self._app())

    @property
    def host(self) -> str:
        return self.url.partition("://")[2]

    def _app(self) -> Litestar:
        @post("/hooks/{token:str}")
        async def hook(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[str]:
            return await self._take(request, known=token == TOKEN)

        @post("/plain")
        async def plain(request: Request[Any, Any, Any]) -> Response[str]:
            return await self._take(request, known=True)

        return quiet_site([hook, plain])

    async def _take(self, request: Request[Any, Any, Any], *, known: bool) -> Response[str]:
        self.asked += 1
        status = self.status if known else 403
        headers = {}
        if 300 <= status < 400:
            headers["Location"] = f"{self.url}/plain"
        elif status == 200:
            self.said.append(await request.json())
        return Response("ok", status_code=status, headers=headers)
