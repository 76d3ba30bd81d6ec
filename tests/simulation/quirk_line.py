"""A station that charges one car as the standard says, by a real socket, a step at a time."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect

from tests.ocpp.gateway_floor import KEY, basic
from voltway.kernel.ids import StationId

WITHIN_S: Final = 60.0
CARD: Final = "04A1B2C3D4E5F6"
ANOTHER_CARD: Final = "04F6E5D4C3B2A1"
STEPS: Final = ("boot", "status", "authorize", "start", "read", "read", "read", "stop")
#: How much the register rises from each step to the next, once the session runs.
RISE_WH: Final = 1_000
POWER_W: Final = 6_000

Call = tuple[str, dict[str, Any]]


@dataclass
class Line:
    """One station's side of a plain session."""

    url: str
    identity: str
    station: StationId
    subprotocol: str
    begin_wh: int
    ref: str = ""
    evse: int = 1
    card: str = CARD
    beside: "Line | None" = None  # another car's session, on the same socket
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    said: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    last: tuple[str, Call] = ("", ("Heartbeat", {}))
    _socket: ClientConnection | None = None
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    async def dial(self) -> None:
        """Come in by a new socket; an older one is left as it is."""
        self._socket = await self.stack.enter_async_context(
            connect(
                f"{self.url}/{self.identity}",
                subprotocols=[self.subprotocol],  # type: ignore[list-item] # a NewType of theirs
                additional_headers=basic(self.identity, KEY),
                compression=None,
                max_size=None,
                ping_interval=None,
                open_timeout=WITHIN_S,
            )
        )

    @property
    def socket(self) -> ClientConnection:
        assert self._socket is not None, "the line was not dialled"
        return self._socket

    async def hear(self) -> list[Any]:
        async with asyncio.timeout(WITHIN_S):
            heard: list[Any] = json.loads(await self.socket.recv())
        return heard

    async def say(self, *texts: str) -> list[list[Any]]:
        """Send these frames, and what came back for them: all until a heartbeat is answered."""
        for text in texts:
            self.said.append(text)
            await self.socket.send(text)
        return await self.answers()

    async def answers(self) -> list[list[Any]]:
        """All that comes until a heartbeat is answered, which shows that the line is alive."""
        alive = f"alive-{next(self._ids)}"
        await self.socket.send(json.dumps([2, alive, "Heartbeat", {}]))
        heard = [await self.hear()]
        while heard[-1][1] != alive:
            heard.append(await self.hear())
        assert heard[-1][0] == 3, f"a heartbeat was answered by {heard[-1]}"
        return heard[:-1]

    async def call(self, action: str, payload: dict[str, Any], id: str = "") -> dict[str, Any]:
        """The answer to a call of the plain session; any but a result is a trouble."""
        id = id or f"plain-{self.evse}-{next(self._ids)}"
        self.last = (id, (action, payload))
        await self.socket.send(json.dumps([2, id, action, payload]))
        while (heard := await self.hear())[1] != id:
            pass  # the answer to something else, or an order that this station leaves lying
        if heard[0] != 3:
            self.troubles.append(f"{action} was answered by {heard}")
            return {}
        return dict(heard[2])

    async def take(self, step: int, now: datetime) -> None:
        """Take a step of the session."""
        plain = PLAIN[self.subprotocol]
        answer = await self.call(*plain(self, step, f"{now:%Y-%m-%dT%H:%M:%SZ}"))
        if "transactionId" in answer:
            self.ref = str(answer["transactionId"])
        if self.beside is not None and STEPS[step] != "boot":
            self.beside._socket = self._socket
            await self.beside.take(step, now)

    async def repeat(self) -> None:
        """Send the last message of the session again, by its own id and by a new one."""
        id, call = self.last
        before = self.ref
        for again in (id, "", id):
            answer = await self.call(*call, again)
            if str(answer.get("transactionId", before)) != before:
                self.troubles.append(f"{call} told twice is two transactions")

    def wh(self, step: int) -> int:
        return self.begin_wh + RISE_WH * (step - STEPS.index("start"))


def plain16(line: Line, step: int, now: str) -> Call:
    """The messages of OCPP 1.6."""
    ref = int(line.ref or 0)
    match STEPS[step]:
        case "boot":
            return "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"}
        case "status":
            status = {"connectorId": line.evse, "status": "Preparing", "errorCode": "NoError"}
            return "StatusNotification", {**status, "timestamp": now}
        case "authorize":
            return "Authorize", {"idTag": line.card}
        case "start":
            start = {"connectorId": line.evse, "idTag": line.card, "meterStart": line.wh(step)}
            return "StartTransaction", {**start, "timestamp": now}
        case "read":
            reading = {"timestamp": now, "sampledValue": sampled(line.wh(step), "Sample.Periodic")}
            told = {"connectorId": line.evse, "transactionId": ref, "meterValue": [reading]}
            return "MeterValues", told
        case _:
            stop = {"transactionId": ref, "meterStop": line.wh(step), "idTag": line.card}
            return "StopTransaction", {**stop, "timestamp": now, "reason": "Local"}


def plain201(line: Line, step: int, now: str) -> Call:
    """The messages of OCPP 2.0.1."""
    token = {"idToken": line.card, "type": "ISO14443"}
    line.ref = line.ref or f"tx-{line.identity}-{line.evse}"
    match STEPS[step]:
        case "boot":
            maker = {"vendorName": "Acme", "model": "One"}
            return "BootNotification", {"reason": "PowerUp", "chargingStation": maker}
        case "status":
            status = {"connectorStatus": "Occupied", "evseId": line.evse, "connectorId": 1}
            return "StatusNotification", {**status, "timestamp": now}
        case "authorize":
            return "Authorize", {"idToken": token}
        case "start":
            kind, trigger, context = "Started", "Authorized", "Transaction.Begin"
        case "read":
            kind, trigger, context = "Updated", "MeterValuePeriodic", "Sample.Periodic"
        case _:
            kind, trigger, context = "Ended", "StopAuthorized", "Transaction.End"
    values = sampled(line.wh(step), context)
    for value in values:
        value["value"] = int(value["value"])
        value["unitOfMeasure"] = {"unit": value.pop("unit")}
    event: dict[str, Any] = {
        "eventType": kind,
        "timestamp": now,
        "triggerReason": trigger,
        "seqNo": step - STEPS.index("start"),
        "transactionInfo": {"transactionId": line.ref},
        "meterValue": [{"timestamp": now, "sampledValue": values}],
    }
    if kind == "Started":
        event |= {"evse": {"id": line.evse, "connectorId": 1}, "idToken": token}
    if kind == "Ended":
        event["transactionInfo"]["stoppedReason"] = "Local"
    return "TransactionEvent", event


def sampled(wh: int, context: str) -> list[dict[str, Any]]:
    """Register and power at one moment."""
    energy, power = "Energy.Active.Import.Register", "Power.Active.Import"
    return [
        {"value": str(wh), "measurand": energy, "unit": "Wh", "context": context},
        {"value": str(POWER_W), "measurand": power, "unit": "W", "context": context},
    ]


PLAIN: Mapping[str, Callable[[Line, int, str], Call]] = {
    "ocpp1.6": plain16,
    "ocpp2.0.1": plain201,
}
