"""The least that a durable gateway in Python does: no sessions, no tokens, no prices, no rules.

``python -m bench.least ADDRESS`` prints its own address. It reads each message as the type that the
standard gives it, makes one row of a meter value, keeps rows and raw frames in one statement a
batch, and answers after the commit with words that are always the same. A batch is everybody who
is connected, or 250, or what came within 50 ms: the best that a group commit can hope for. What
the gateway costs beyond this is what it knows; what this costs beyond the echo is Python, JSON
and a disk.
"""

import asyncio
import resource
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import count
from typing import Any, Final

import asyncpg
import msgspec
import picows
import uvloop
from zstandard import ZstdCompressor

from voltway.ocpp.v16 import wire as wire16
from voltway.ocpp.v201 import wire as wire201
from voltway.runtime.pgwork import COPY_FROM

WAIT_S: Final = 0.05
ENOUGH: Final = 250

TABLES: Final = """
    CREATE TABLE least_reading (station int, at timestamptz, energy int, power int, current int,
                                voltage int, soc int);
    CREATE TABLE least_frames (at timestamptz, frames bytea);
"""
COLUMNS: Final = ("station", "at", "energy", "power", "current", "voltage", "soc")
KEEP: Final = """
    WITH rows AS (
        INSERT INTO least_reading SELECT * FROM unnest(
            $1::int[], $2::timestamptz[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[]))
    INSERT INTO least_frames VALUES ($8, $9)
"""
KEEP_FRAMES: Final = "INSERT INTO least_frames VALUES ($1, $2)"

PLACES: Final = {
    "Energy.Active.Import.Register": 0,
    "Power.Active.Import": 1,
    "Current.Import": 2,
    "Voltage": 3,
    "SoC": 4,
}
NOW: Final = "2026-01-01T00:00:00Z"
ACCEPTED: Final = '{"idTagInfo":{"status":"Accepted"}}'
LET_IN: Final = '{"idTokenInfo":{"status":"Accepted"}}'
BOOTED: Final = f'{{"currentTime":"{NOW}","interval":300,"status":"Accepted"}}'
NUMBERS: Final = count(1)


class Call(msgspec.Struct, array_like=True):
    """A call as it comes (OCPP-J §4.2.1)."""

    kind: int
    id: str
    action: str
    payload: msgspec.Raw


#: How a payload is read, and what is answered, by version and action.
READ: Final[dict[str, dict[str, Callable[[msgspec.Raw], Any]]]] = {
    version: {
        kind.__name__.removesuffix("Request"): msgspec.json.Decoder(kind).decode
        for kind in vars(wire).values()
        if isinstance(kind, type) and kind.__name__.endswith("Request")
    }
    for version, wire in (("ocpp1.6", wire16), ("ocpp2.0.1", wire201))
}
ANSWERS: Final = {
    ("ocpp1.6", "Authorize"): ACCEPTED,
    ("ocpp1.6", "StopTransaction"): ACCEPTED,
    ("ocpp2.0.1", "Authorize"): LET_IN,
    ("ocpp1.6", "BootNotification"): BOOTED,
    ("ocpp2.0.1", "BootNotification"): BOOTED,
    ("ocpp1.6", "Heartbeat"): f'{{"currentTime":"{NOW}"}}',
    ("ocpp2.0.1", "Heartbeat"): f'{{"currentTime":"{NOW}"}}',
}
_CALL: Final = msgspec.json.Decoder(Call).decode

Row = tuple[int, datetime, int | None, int | None, int | None, int | None, int | None]


class Least:
    """All sockets, and the one commit at a time that keeps what they say."""

    def __init__(self, line: Any) -> None:
        self._line = line
        self._squeeze = ZstdCompressor(level=-1).compress
        self._go = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self.connected = 0
        self.said: list[tuple[picows.WSTransport, bytes]] = []
        self.frames: list[bytes] = []
        self.rows: list[Row] = []

    def heard(self, socket: "Socket", transport: picows.WSTransport, text: bytes) -> None:
        call = _CALL(text)
        told = READ[socket.version][call.action](call.payload)
        for value in getattr(told, "meter_value", None) or ():
            self.rows.append(_row(socket.number, value))
        if call.action == "StartTransaction":
            answer = f'{{"transactionId":{next(NUMBERS)},"idTagInfo":{{"status":"Accepted"}}}}'
        elif getattr(told, "id_token", None) is not None:
            answer = LET_IN
        else:
            answer = ANSWERS.get((socket.version, call.action), "{}")
        self.frames.append(text)
        self.said.append((transport, f'[3,"{call.id}",{answer}]'.encode()))
        if len(self.said) >= min(self.connected, ENOUGH):
            self._go.set()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WAIT_S, self._go.set)

    async def run(self) -> None:
        """Keep batches and answer them, for ever."""
        while True:
            await self._go.wait()
            self._go.clear()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            said, frames, rows = self.said, self.frames, self.rows
            self.said, self.frames, self.rows = [], [], []
            if not said:
                continue
            frames += [text for _, text in said]
            await self._keep(rows, self._squeeze(b"\n".join(frames)))
            for transport, text in said:
                transport.send(picows.WSMsgType.TEXT, text)
            if len(self.said) >= min(self.connected, ENOUGH):
                self._go.set()

    async def _keep(self, rows: Sequence[Row], blob: bytes) -> None:
        now = datetime.now().astimezone()
        if len(rows) >= COPY_FROM:
            async with self._line.transaction():
                await self._line.copy_records_to_table(
                    "least_reading", columns=COLUMNS, records=rows
                )
                await self._line.execute(KEEP_FRAMES, now, blob)
        elif rows:
            await self._line.execute(KEEP, *zip(*rows, strict=True), now, blob)
        else:
            await self._line.execute(KEEP_FRAMES, now, blob)


def _row(station: int, value: Any) -> Row:
    columns: list[int | None] = [None] * 5
    for sample in value.sampled_value:
        place = PLACES.get(sample.measurand or "Energy.Active.Import.Register")
        if place is not None and columns[place] is None:
            number = sample.value
            is_whole = isinstance(number, str) and number.isdecimal()
            columns[place] = int(number) if is_whole else int(Decimal(number))
    at = datetime.fromisoformat(value.timestamp)
    return (station, at, columns[0], columns[1], columns[2], columns[3], columns[4])


class Socket(picows.WSListener):
    """One station."""

    def __init__(self, least: Least, version: str, number: int) -> None:
        self.version = version
        self.number = number
        self._least = least

    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        self._least.connected += 1

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.TEXT:
            self._least.heard(self, transport, frame.get_payload_as_bytes())
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        self._least.connected -= 1


async def _serve(address: str) -> None:
    line = await asyncpg.connect(address)
    await line.execute(TABLES)
    least = Least(line)
    numbers = count(1)

    def accept(request: picows.WSUpgradeRequest) -> picows.WSUpgradeResponseWithListener:
        version = request.headers.get("Sec-WebSocket-Protocol", "")
        response = picows.WSUpgradeResponse.create_101_response(
            extra_headers={"Sec-WebSocket-Protocol": version}
        )
        return picows.WSUpgradeResponseWithListener(response, Socket(least, version, next(numbers)))

    server = await picows.ws_create_server(accept, "127.0.0.1", 0, backlog=4096)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"ready - ws://127.0.0.1:{port}/ocpp\n")
    sys.stdout.flush()
    await least.run()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(_serve(sys.argv[1]))
