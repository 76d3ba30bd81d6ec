"""What one line may cost: by real sockets, frame by frame, against the listener alone."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.ocpp.gateway_floor import WITHIN_S
from tests.simulation.hostile.attacks import (
    CONTINUATION,
    PING,
    TEXT,
    bomb,
    frame,
    handshake,
    in_pieces,
)
from tests.simulation.waiting import comes_true
from voltway.ocpp import sockets, sockets_line
from voltway.ocpp.listening import PicowsListener, listen
from voltway.ocpp.sockets import PicowsSocket
from voltway.ocpp.sockets_line import Bounds
from voltway.ocpp.transport import Admitted, Close, Handshake, Socket

LONG = 300_000
BYTES_MAX = 1024 * 1024


class Station:
    """The other end of a line, as the gateway would see it."""

    def __init__(self) -> None:
        self.heard_texts: list[bytes] = []
        self.pieces: list[int] = []
        self.signs_of_life = 0
        self.socket: Socket | None = None
        self.is_gone = asyncio.Event()
        self.shuts_at = 0
        self.violations = 0

    def opened(self, socket: Socket) -> None:
        assert self.socket is None, "a line is opened once"
        self.socket = socket

    def heard(self, text: bytes) -> None:
        self.heard_texts.append(text)
        assert self.socket is not None
        self.socket.send(b"%d" % len(text))
        if len(self.heard_texts) == self.shuts_at:
            self.socket.shut(Close.POLICY, "enough")

    def alive(self) -> None:
        self.signs_of_life += 1

    def in_pieces(self, count: int) -> None:
        self.pieces.append(count)

    def violated(self) -> None:
        self.violations += 1

    def closed(self) -> None:
        self.is_gone.set()


class Client:
    """A raw socket, and the frames that come back on it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(WITHIN_S):
            await self._writer.drain()

    async def hear(self) -> tuple[int, bytes]:
        """The opcode and the payload of the next frame."""
        async with asyncio.timeout(WITHIN_S):
            first, size = await self._reader.readexactly(2)
            if size == 126:
                (size,) = struct.unpack("!H", await self._reader.readexactly(2))
            return first & 0x0F, await self._reader.readexactly(size)

    async def end(self) -> int:
        """The code with which the server says goodbye."""
        while True:
            opcode, payload = await self.hear()
            if opcode == 8:
                return int(struct.unpack("!H", payload[:2])[0])

    async def is_hung_up(self) -> bool:
        async with asyncio.timeout(WITHIN_S):
            try:
                while await self._reader.read(65_536):
                    pass
            except ConnectionResetError:
                return True
            return self._reader.at_eof()

    def read_nothing(self) -> None:
        transport = self._writer.transport
        assert isinstance(transport, asyncio.ReadTransport)
        transport.pause_reading()

    def close(self) -> None:
        self._writer.close()


class Door:
    def __init__(self) -> None:
        self.stations: list[Station] = []
        self.shuts_at = 0
        self.listener: PicowsListener

    def decide(self, handshake: Handshake) -> Admitted:
        station = Station()
        station.shuts_at = self.shuts_at
        self.stations.append(station)
        return Admitted(station, "ocpp1.6")

    async def raw(self) -> Client:
        return Client(*await asyncio.open_connection(*self.listener.address))

    @asynccontextmanager
    async def dial(self, *, deflate: bool = False) -> AsyncIterator[tuple[Client, Station]]:
        client = await self.raw()
        await client.say(handshake("CS1", "x" * 16, deflate=deflate))
        async with asyncio.timeout(WITHIN_S):
            head = await client._reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        try:
            yield client, self.stations[-1]
        finally:
            client.close()

    @property
    def unfinished(self) -> int:
        return self.listener.front.unfinished.used


@asynccontextmanager
async def a_door(**bounds: Any) -> AsyncIterator[Door]:
    opened = Door()
    opened.listener = await listen(
        "127.0.0.1", 0, opened.decide, BYTES_MAX, bounds=Bounds(**bounds)
    )
    yield opened
    await opened.listener.close()
    for station in opened.stations:
        await asyncio.wait_for(station.is_gone.wait(), WITHIN_S)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    async with a_door() as opened:
        yield opened


def _is(ask: Callable[[], bool], within_s: float = WITHIN_S) -> Awaitable[bool]:
    async def asked() -> bool:
        return ask()

    return comes_true(asked, within_s, every_s=0.01)


async def test_a_long_message_is_heard_and_its_memory_is_given_back(door: Door) -> None:
    async with door.dial() as (client, station):
        for _ in range(3):
            await client.say(frame(b"x" * LONG))
            assert await client.hear() == (TEXT, b"%d" % LONG)
            assert await _is(lambda: door.unfinished == 0)
        line = station.socket.line  # type: ignore[union-attr] # it is picows's
        assert not line.has_grown

        await client.say(frame(b"short") + frame(b"", PING))
        assert await client.hear() == (TEXT, b"5")
        assert (await client.hear())[0] == 10
        assert not station.is_gone.is_set()
    await asyncio.wait_for(station.is_gone.wait(), WITHIN_S)


async def test_messages_behind_a_long_one_are_heard_in_their_order(door: Door) -> None:
    async with door.dial() as (client, station):
        texts = [bytes([65 + number]) * (LONG if number % 2 else 3) for number in range(8)]
        await client.say(b"".join(frame(text) for text in texts))

        assert [(await client.hear())[1] for _ in texts] == [b"%d" % len(each) for each in texts]
        assert station.heard_texts == texts
        assert await _is(lambda: door.unfinished == 0)


async def test_a_promise_reserves_nothing(door: Door) -> None:
    async with door.dial() as (client, _):
        await client.say(frame(b"[", promised=BYTES_MAX) + b" " * 1000)
        await client.say(b" " * 100)
        assert door.unfinished == 0


async def test_who_holds_most_for_longest_is_dropped_for_who_comes() -> None:
    async with (
        a_door(unfinished_bytes=4 * LONG) as door,
        door.dial() as (lingering, first),
        door.dial() as (honest, _),
    ):
        await lingering.say(frame(b"x" * (BYTES_MAX - 1), promised=BYTES_MAX))
        assert await lingering.is_hung_up()
        await asyncio.wait_for(first.is_gone.wait(), WITHIN_S)
        await honest.say(frame(b"x" * LONG))
        assert await honest.hear() == (TEXT, b"%d" % LONG)


async def test_a_thousand_pieces_are_one_message(door: Door) -> None:
    async with door.dial() as (client, station):
        await client.say(in_pieces(b'[2,"1","Heartbeat",{}]', 1000))

        assert await client.hear() == (TEXT, b"22")
        assert station.heard_texts == [b'[2,"1","Heartbeat",{}]']
        assert station.pieces == [1000]
        assert door.unfinished == 0


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(in_pieces(b"[]", sockets.FRAGMENTS_MAX + 1), 1009, id="too many pieces"),
        pytest.param(
            frame(b"x", fin=False) + frame(b"x" * BYTES_MAX, CONTINUATION), 1009, id="too long"
        ),
        pytest.param(frame(b"", promised=BYTES_MAX + 1), 1009, id="a promise of too much"),
        pytest.param(bomb(), 1009, id="a bomb"),
        pytest.param(frame(b"\xff" * 50, packed=True), 1007, id="no compressed message"),
        pytest.param(frame(b"x", CONTINUATION), 1002, id="a fragment of no message"),
        pytest.param(frame(b"x", fin=False) * 2, 1002, id="a message within a message"),
        pytest.param(frame(b"x" * 126, PING), 1002, id="a long ping"),
        pytest.param(b"\x81\x01x", 1002, id="no mask"),
        pytest.param(frame(b"x", 3), 1002, id="an unknown opcode"),
    ],
)
async def test_what_no_station_sends_ends_the_line(door: Door, data: bytes, code: int) -> None:
    async with door.dial(deflate=True) as (client, station):
        await client.say(data)
        assert await client.end() == code
        assert await client.is_hung_up()
        await asyncio.wait_for(station.is_gone.wait(), WITHIN_S)
        assert station.heard_texts == []
        assert station.violations == 1
    assert await _is(lambda: door.unfinished == 0)


@pytest.mark.parametrize(
    "unfinished",
    [
        pytest.param(frame(b"[", fin=False), id="fragments"),
        pytest.param(frame(b"[" * 9000, promised=BYTES_MAX), id="a frame"),
    ],
)
async def test_a_message_that_is_not_whole_in_time_ends_the_line(unfinished: bytes) -> None:
    async with a_door(message_s=0.05) as door, door.dial() as (client, _):
        await client.say(unfinished)
        assert await client.end() == 1008


async def test_a_line_that_was_shut_is_heard_no_more(door: Door) -> None:
    door.shuts_at = 3
    async with door.dial() as (client, station):
        await client.say(frame(b"x") * 50)
        assert await client.end() == 1008
        assert await client.is_hung_up()
        assert len(station.heard_texts) == 3


async def test_who_does_not_read_is_read_no_further_and_dropped() -> None:
    async with a_door(unsent_s=0.5) as door, door.dial() as (client, station):
        client.read_nothing()
        socket = station.socket
        assert isinstance(socket, PicowsSocket)
        for _ in range(10_000):  # asyncio's own loop had no end to it (CVE-2024-12254)
            if socket.is_paused and not await _is(lambda: not socket.is_paused, within_s=0.1):
                break
            socket.send(b"x" * 10_000)
        assert socket.is_paused
        await client.say(frame(b"hello"))
        await asyncio.wait_for(station.is_gone.wait(), WITHIN_S)
        assert station.heard_texts == []


async def test_more_unread_words_than_the_most_are_never_held(door: Door) -> None:
    async with door.dial() as (client, station):
        client.read_nothing()
        assert station.socket is not None
        for _ in range(2000):
            station.socket.send(b"x" * 10_000)
        await asyncio.wait_for(station.is_gone.wait(), WITHIN_S)


async def test_handshakes_that_never_end_make_room_for_stations() -> None:
    async with a_door(handshakes=5, young_s=0.0) as door:
        lingering = [await door.raw() for _ in range(20)]
        async with door.dial() as (client, _):
            await client.say(frame(b"hello"))
            assert await client.hear() == (TEXT, b"5")
            assert all([await each.is_hung_up() for each in lingering[:15]])
            assert len(door.listener.front.porch) <= 5
        for each in lingering:
            each.close()


async def test_a_refused_handshake_leaves_nothing_for_the_collector(door: Door) -> None:
    import gc

    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            client = await door.raw()
            await client.say(b"nonsense\r\n\r\n")
            assert await client.is_hung_up()
            client.close()
        assert await _is(
            lambda: not any(isinstance(each, sockets_line.Line) for each in gc.get_objects())
        )
    finally:
        gc.enable()
