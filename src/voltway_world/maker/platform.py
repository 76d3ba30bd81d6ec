"""Aurora, an EV maker: its drivers' contracts, its word at the station, its app, and its accounts.

It hears what happens by signed webhooks, keeps each event once by its id, and at the end of a month
holds the statement against the CDRs that it was given.
"""

import asyncio
import hashlib
import hmac
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

import aiohttp
from litestar import Litestar, Response, post
from litestar.datastructures import State

from voltway_world.serving import Served, Serving, cut_line
from voltway_world.web import Asking, quiet_site

HEADER: Final = "Voltway-Signature"
#: What can be wrong with its answers.
FAULTS: Final = frozenset({"slow", "down", "error_500", "wrong_signature", "lost_answer"})


#: The tax of a month is rounded once for each rate; there are no more of them than this.
ROUNDING_MINOR_MAX: Final = 5


class Maker(Served):
    """The platform inside this event loop: ``async with Maker(secret) as maker: maker.url``."""

    def __init__(self, *, secret: str = "", host: str = "127.0.0.1", port: int = 0) -> None:
        self.secret = secret
        #: What is said of a contract, by its uid; of one that is not here, that it may charge.
        self.answers: dict[str, dict[str, Any]] = {}
        #: How it fails: for ``authorize``, ``events``, or both.
        self.faults: dict[str, str] = {}
        self.asked: list[str] = []
        self.heard: dict[str, dict[str, Any]] = {}  # events, by id
        self.came: Counter[str] = Counter()  # how often each event came
        self.forged = 0
        self.sessions: dict[str, dict[str, Any]] = {}
        self.cdrs: dict[str, dict[str, Any]] = {}
        self.statements: dict[str, dict[str, Any]] = {}
        self.moved = asyncio.Condition()
        self._serving = Serving(_site(self), host=host, port=port)

    async def until(self, is_so: Callable[[], Any]) -> Any:
        """Wait until what was heard makes this so; what it gives."""
        async with self.moved:
            await self.moved.wait_for(is_so)
            return is_so()

    def says_of(self, uid: str) -> Mapping[str, Any]:
        return self.answers.get(uid, {"allowed": "ALLOWED"})

    async def hears(self, event: dict[str, Any]) -> None:
        """Take in an event; one that was heard before changes nothing."""
        id = str(event["id"])
        self.came[id] += 1
        if id not in self.heard:
            self.heard[id] = event
            self._keep(str(event["type"]), event["data"])
        async with self.moved:
            self.moved.notify_all()

    def disagreements(self, month: str) -> list[str]:
        """What the statement of a month has other than the CDRs that came; none: they agree."""
        stated: dict[str, int] = {}
        amiss: list[str] = []
        for statement in self.statements.values():
            if statement["month"] == month:
                lines = sum(line["total_minor"] for line in statement["lines"])
                rest = statement["total_minor"] - lines - statement["rounding_minor"]
                if rest or abs(statement["rounding_minor"]) > ROUNDING_MINOR_MAX:
                    amiss.append(f"statement {statement['number']} is not the sum of its lines")
                for line in statement["lines"]:
                    session = line["session_id"]
                    stated[session] = stated.get(session, 0) + line["total_minor"]
        owed: dict[str, int] = {}
        for cdr in self.cdrs.values():
            sign = -1 if cdr.get("credit") else 1
            session = cdr["session_id"]
            owed[session] = owed.get(session, 0) + sign * _minor(cdr["total_cost"])
        return amiss + [
            f"session {session}: {stated.get(session, 0)} stated, {owed.get(session, 0)} by CDR"
            for session in sorted(stated.keys() | owed.keys())
            if stated.get(session, 0) != owed.get(session, 0)
        ]

    def is_from_operator(self, body: bytes, header: str) -> bool:
        parts = dict(part.partition("=")[::2] for part in header.split(","))
        wanted = self.sign(body, int(parts.get("t") or 0))
        is_ours = hmac.compare_digest(wanted, header)
        self.forged += not is_ours
        return is_ours

    def sign(self, body: bytes, at_s: int | None = None) -> str:
        at_s = int(time.time()) if at_s is None else at_s
        secret = self.secret.encode()
        if self.faults.get("authorize") == "wrong_signature" and body.startswith(b'{"request"'):
            secret = b"another"
        digest = hmac.new(secret, f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
        return f"t={at_s},v1={digest}"

    def _keep(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "session.updated":
            self.sessions[data["id"]] = data
        elif kind == "cdr.issued":
            self.cdrs[data["id"]] = data
        elif kind == "statement.issued":
            self.statements[data["id"]] = data


class MakersApp:
    """What the maker's backend does by the partners' API: one line to Voltway with its key."""

    def __init__(self, api: str, key: str) -> None:
        self._api = api.rstrip("/") + "/api/v1/partner"
        self._headers = {"Authorization": f"Bearer {key}"}

    async def ask(self, method: str, path: str = "", body: object = None) -> tuple[int, Any]:
        """The status and what was told."""
        async with (
            aiohttp.ClientSession(headers=self._headers) as client,
            client.request(method, self._api + path, json=body) as response,
        ):
            text = await response.text()
            return response.status, json.loads(text, parse_float=Decimal) if text else None

    async def registers(self, uid: str, **more: object) -> int:
        """Register a driver's contract; the status."""
        return (await self.ask("PUT", f"/contracts/{uid}", more))[0]


def _minor(price: Mapping[str, Any]) -> int:
    """A price of OCPI 2.3.0 with its taxes, in cents."""
    taxes = sum((tax["amount"] for tax in price.get("taxes", ())), start=Decimal())
    return int((Decimal(price["before_taxes"]) + taxes).scaleb(2))


@post("/authorize")
async def _authorize(request: Asking, state: State) -> Response[bytes]:
    maker: Maker = state.maker
    body = await request.body()
    if await _fails(request, maker, "authorize"):
        return Response(b"{}", status_code=500)
    if not maker.is_from_operator(body, request.headers.get(HEADER, "")):
        return Response(b"{}", status_code=403)
    question = json.loads(body)
    uid = question["token"]["uid"]
    maker.asked.append(uid)
    told = json.dumps({"request": question["request"], **maker.says_of(uid)}).encode()
    return Response(
        told,
        status_code=200,
        media_type="application/json",
        headers={HEADER: maker.sign(told)},
    )


@post("/events")
async def _events(request: Asking, state: State) -> Response[bytes]:
    maker: Maker = state.maker
    body = await request.body()
    fault = maker.faults.get("events")
    if fault != "lost_answer" and await _fails(request, maker, "events"):
        return Response(b"{}", status_code=500)
    if not maker.is_from_operator(body, request.headers.get(HEADER, "")):
        return Response(b"{}", status_code=403)
    await maker.hears(json.loads(body, parse_float=Decimal))
    return Response(b"{}", status_code=500 if fault == "lost_answer" else 200)


async def _fails(request: Asking, maker: Maker, where: str) -> bool:
    """Whether an error is to be answered; where it is slow or down, after that."""
    fault = maker.faults.get(where, "")
    if fault == "slow":
        await asyncio.sleep(60)
    if fault == "down" and request.client is not None:
        cut_line((request.client.host, request.client.port))
    return fault in ("slow", "down", "error_500")


def _site(maker: Maker) -> Litestar:
    return quiet_site([_authorize, _events], state=State({"maker": maker}))
