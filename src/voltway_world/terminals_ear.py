"""Where the simulated platform of terminals hears a network: what an OCPI platform lets be pushed
to it, with what can go wrong there."""

import asyncio
import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from typing import Any

from litestar import Litestar, Response, get, route
from litestar.datastructures import State
from litestar.params import FromPath

from voltway_world.serving import Served, Serving, cut_line
from voltway_world.web import Asking, quiet_site


class Ear(Served):
    """Inside this event loop: ``async with Ear(token) as ear: ear.url``."""

    def __init__(self, token: str = "what-the-platform-gave") -> None:
        self.token = token
        #: ``down``: no line. ``refuses``: says no in its envelope. ``lost_answer``: hears, and the
        #: answer is lost.
        self.fault = ""
        #: Where its versions say that its modules are, and what they are there.
        self.modules = {"sessions": "RECEIVER", "cdrs": "RECEIVER", "payments": "SENDER"}
        self.versions = ["2.2.1", "2.3.0"]
        self.elsewhere = ""  # the address that it names for its modules, in the place of its own
        self.heard: dict[str, Any] = {}  # what came, by its correlation
        self.came: Counter[str] = Counter()  # how often each came
        self.forged = 0
        self.sessions: dict[str, dict[str, Any]] = {}
        self.cdrs: dict[str, dict[str, Any]] = {}
        self.results: dict[str, str] = {}  # by the last part of the address that we named
        self.terminals: list[tuple[str, str, dict[str, Any]]] = []
        self.moved = asyncio.Condition()
        self._serving = Serving(_site(self))

    @property
    def url(self) -> str:
        return f"{self._serving.url}/ocpi/2.3.0"

    @property
    def versions_url(self) -> str:
        return f"{self._serving.url}/ocpi/versions"

    def credentials(self, **more: Any) -> dict[str, Any]:
        """How it is asked, as its program tells (module credentials)."""
        role = {"role": "PTP", "party_id": "KIO", "country_code": "FI"}
        return {"token": self.token, "url": self.versions_url, "roles": [role], **more}

    async def until(self, is_so: Callable[[], Any]) -> Any:
        """Wait until what was heard makes this so; what it gives."""
        async with self.moved:
            await self.moved.wait_for(is_so)
            return is_so()

    async def hears(self, method: str, path: str, id: str, body: dict[str, Any]) -> None:
        """Take in what was pushed; what was heard before changes nothing."""
        self.came[id] += 1
        if id not in self.heard:
            self.heard[id] = (method, path, body)
            last = path.rsplit("/", 1)[-1]
            if path.startswith("sessions/"):
                self.sessions[body["id"]] = body
            elif path == "cdrs":
                self.cdrs[body["id"]] = body
            elif path.startswith("commands/"):
                self.results[last] = body["result"]
            else:
                self.terminals.append((method, path, body))
        async with self.moved:
            self.moved.notify_all()


@route("/ocpi/2.3.0/{path:path}", http_method=["PUT", "POST", "PATCH"])
async def _push(request: Asking, state: State, path: FromPath[str]) -> Response[bytes]:
    ear: Ear = state.ear
    body = await request.body()
    if ear.fault == "down" and request.client is not None:
        cut_line((request.client.host, request.client.port))
        return _says(3000, "down", 500)
    if request.headers.get("Authorization") != f"Token {_base64(ear.token)}":
        ear.forged += 1
        return _says(2000, "Who are you?", 401)
    if ear.fault == "refuses":
        return _says(2001, "It is refused")
    told = json.loads(body)
    await ear.hears(request.method, path.strip("/"), request.headers["X-Correlation-ID"], told)
    if ear.fault == "lost_answer":
        return _says(3000, "It breaks", 500)
    return _says(1000, "Success")


@get("/ocpi/versions")
async def _versions(request: Asking, state: State) -> Response[bytes]:
    ear: Ear = state.ear
    if ear.fault == "down" and request.client is not None:
        cut_line((request.client.host, request.client.port))
    if request.headers.get("Authorization") != f"Token {_base64(ear.token)}":
        return _says(2000, "Who are you?", 401)
    if ear.fault == "leads_elsewhere":
        return Response(b"", status_code=302, headers={"location": ear.url})
    return _says(1000, "Success", data=[{"version": v, "url": ear.url} for v in ear.versions])


@get("/ocpi/2.3.0")
async def _modules(request: Asking, state: State) -> Response[bytes]:
    ear: Ear = state.ear
    if request.headers.get("Authorization") != f"Token {_base64(ear.token)}":
        return _says(2000, "Who are you?", 401)
    base = ear.elsewhere or ear.url
    endpoints = [
        {"identifier": name, "role": role, "url": f"{base}/{name}"}
        for name, role in ear.modules.items()
    ]
    return _says(1000, "Success", data={"version": "2.3.0", "endpoints": endpoints})


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _says(code: int, words: str, http: int = 200, data: Any = None) -> Response[bytes]:
    told = {"status_code": code, "status_message": words, "timestamp": "2026-01-01T00:00:00Z"}
    if data is not None:
        told["data"] = data
    return Response(json.dumps(told).encode(), status_code=http, media_type="application/json")


def _site(ear: Ear) -> Litestar:
    return quiet_site([_push, _versions, _modules], state=State({"ear": ear}))
