"""An operator's own program, simulated: it takes webhooks, and believes those that are signed.

It checks what it is told as the documentation says: the newest of its secrets, the bytes as they
came, and a time that is not long ago. ``status`` is what it answers, ``loses_answers`` makes it
take something and cut the line.
"""

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any, Final

from litestar import Litestar, Request, post
from litestar.response import Response

from voltway_world.serving import Served, Serving, cut_line
from voltway_world.web import quiet_site

TOLERANCE_S: Final = 300


@dataclass(eq=False)
class HookProgram(Served):
    """The program inside this event loop: ``async with HookProgram() as program: program.url``."""

    secret: str = ""
    now_s: float = 0.0  # the moment that it takes it to be
    status: int = 204
    loses_answers: bool = False
    #: What it refuses by the type of an event.
    refuses: set[str] = field(default_factory=set)
    heard: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    asked: int = 0
    unsigned: int = 0
    came: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def __post_init__(self) -> None:
        self._serving = Serving(self._app())

    def _app(self) -> Litestar:
        @post("/hook")
        async def take(request: Request[Any, Any, Any]) -> Response[str]:
            return Response("", status_code=self._answer(request, await request.body()))

        return quiet_site([take])

    def _answer(self, request: Request[Any, Any, Any], body: bytes) -> int:
        self.asked += 1
        self.bodies.append(body)
        self.headers.append({key.lower(): value for key, value in request.headers.items()})
        if not is_signed(
            self.secret, body, request.headers.get("voltway-signature", ""), self.now_s
        ):
            self.unsigned += 1
            return 401
        event = json.loads(body)
        if self.status < 300 and event["type"] not in self.refuses:
            self.heard.append(event)
            self.came.put_nowait(event["type"])
        if self.loses_answers and request.client is not None:
            cut_line((request.client.host, request.client.port))
        return 500 if event["type"] in self.refuses else self.status


def is_signed(secret: str, body: bytes, header: str, now_s: float) -> bool:
    """Whether these bytes were signed by this secret, and not long ago."""
    parts = [part.partition("=")[::2] for part in header.split(",")]
    stamp = next((value for name, value in parts if name == "t"), "")
    if not stamp.isdecimal() or abs(now_s - int(stamp)) > TOLERANCE_S:
        return False
    signed = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return any(name == "v1" and hmac.compare_digest(value, signed) for name, value in parts)
