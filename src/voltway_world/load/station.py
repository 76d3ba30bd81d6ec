"""A station under load: one call open at a time, the next at once or at its time."""

import asyncio
import base64
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec
from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from voltway_world.load import frames

CALL, RESULT = ord("2"), ord("3")
KIND: Final = 1  # the place of the message type in a frame: [2,…
POWER_W: Final = 22_000
ANSWER_S_MAX: Final = 60.0


class NotAnswered(Exception):
    """The central system refused, kept silent, or hung up."""


@dataclass(slots=True)
class Measured:
    """What all stations of a process saw while ``on``."""

    on: bool = False
    latencies_s: "array[float]" = field(default_factory=lambda: array("d"))
    refused: int = 0
    lost: int = 0
    asked: int = 0  # calls of the central system to us


@dataclass(frozen=True, slots=True)
class Order:
    """Who the stations are, and how they speak."""

    url: str
    echo: bool = False  # any frame is an answer: nothing but an echo is there
    password: str = ""
    interval_s: float = 0.0  # between the calls of one station; 0: the next one at once

    def key(self, number: int) -> str:
        return self.password.format(number)


class LoadStation(WSListener):
    """Connects, boots, starts a session, and then tells meter values until it is told to rest."""

    def __init__(self, order: Order, number: int, measured: Measured) -> None:
        self.identity = f"CS{number:05d}"
        self._tag = f"TAG{number:05d}"
        self._order, self._number, self._measured = order, number, measured
        self._loop = asyncio.get_running_loop()
        self._transport: WSTransport | None = None
        self._answered: Callable[[bytes], None] | None = None
        self._sent_s = 0.0
        self._due_s = 0.0
        self._calls = 0
        self._register_wh = number * 1000
        self._transaction = 1
        self._is_at_work = False
        self._rested: asyncio.Future[None] | None = None

    # -- before and after

    async def connect(self) -> None:
        """Open the socket. Raises what picows raises."""
        headers = {"Sec-WebSocket-Protocol": "ocpp1.6"}
        if self._order.password:
            proof = f"{self.identity}:{self._order.key(self._number)}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(proof).decode()}"
        await ws_connect(
            lambda: self,
            f"{self._order.url}/{self.identity}",
            extra_headers=headers,
            websocket_handshake_timeout=ANSWER_S_MAX,
            proxy=None,
        )

    async def begin(self) -> None:
        """Boot, and start a session."""
        await self._ask("BootNotification", frames.boot(self.identity))
        await self._ask("StatusNotification", frames.available())
        answer = await self._ask("StartTransaction", frames.start(self._tag, self._register_wh))
        if not self._order.echo:
            self._transaction = msgspec.json.decode(answer)[2]["transactionId"]

    async def end(self) -> None:
        """Finish the call at hand, and end the session."""
        self._is_at_work = False
        if self._answered is not None:
            self._rested = self._loop.create_future()
            await asyncio.wait_for(self._rested, ANSWER_S_MAX)
        payload = frames.stop(self._tag, self._transaction, self._register_wh)
        await self._ask("StopTransaction", payload)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    @property
    def is_up(self) -> bool:
        return self._transport is not None

    # -- under load

    def work(self, first_s: float) -> None:
        """Tell meter values from this moment of the loop's clock on."""
        self._is_at_work = True
        self._due_s = first_s
        self._loop.call_at(first_s, self._tell)

    def _tell(self) -> None:
        if not self._is_at_work or self._transport is None:
            return
        self._register_wh += 1
        # From when it should have gone out, so that who falls behind cannot hide it.
        self._sent_s = self._due_s if self._order.interval_s else self._loop.time()
        self._answered = self._told
        self._send(
            "MeterValues", frames.meter_values(self._transaction, self._register_wh, POWER_W)
        )

    def _told(self, answer: bytes) -> None:
        if self._measured.on:
            now_s = self._loop.time()
            self._measured.latencies_s.append(now_s - self._sent_s)
            if answer[KIND] != RESULT and not self._order.echo:
                self._measured.refused += 1
        if not self._is_at_work:
            if self._rested is not None and not self._rested.done():
                self._rested.set_result(None)
        elif self._order.interval_s:
            self._due_s += self._order.interval_s
            self._loop.call_at(self._due_s, self._tell)
        else:
            self._tell()

    # -- frames

    async def _ask(self, action: str, payload: str) -> bytes:
        future: asyncio.Future[bytes] = self._loop.create_future()
        self._answered = lambda answer: None if future.done() else future.set_result(answer)
        self._send(action, payload)
        answer = await asyncio.wait_for(future, ANSWER_S_MAX)
        if answer[KIND] != RESULT and not self._order.echo:
            raise NotAnswered(answer[:200].decode(errors="replace"))
        return answer

    def _send(self, action: str, payload: str) -> None:
        if self._transport is None:
            raise NotAnswered("the line is lost")
        self._calls += 1
        id = f"{self.identity}-{self._calls}"
        self._transport.send(WSMsgType.TEXT, frames.call(id, action, payload))

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = None
        self._measured.lost += 1
        for waiting in (self._rested,):
            if waiting is not None and not waiting.done():
                waiting.set_exception(NotAnswered("the line is lost"))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
            return
        if frame.msg_type != WSMsgType.TEXT:
            return
        text = frame.get_payload_as_bytes()
        if text[KIND] == CALL and not self._order.echo:
            self._decline(text)
        elif self._answered is not None:
            answered, self._answered = self._answered, None
            answered(text)

    def _decline(self, text: bytes) -> None:
        """No call of the central system is known to a station that does one thing only."""
        self._measured.asked += 1
        id = msgspec.json.decode(text)[1]
        answer = msgspec.json.encode([4, id, "NotImplemented", "", {}])
        assert self._transport is not None, "a frame comes by an open line"
        self._transport.send(WSMsgType.TEXT, answer)
