"""A gateway process under siege, and what its good stations notice: the same calm and besieged."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from tests.network import a_location, a_party, a_token
from tests.ocpp.gateway_floor import basic
from tests.simulation.waiting import comes_true, happens
from voltway.kernel.units import PowerW
from voltway.runtime.database import Database
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlan

ROOT = Path(__file__).parents[3]
KEY = "0123456789abcdef"
START_S_MAX = 60.0
ANSWER_S_MAX = 60.0
PAUSE_S = 0.1
WH_A_READING = 10

#: On a busy machine attackers come late: a siege lasts until so much of it was heard.
BROKEN_MIN = 200
UNDER_WAY_S_MAX = 60


#: So that a reading each tenth of a second is physically possible.
STRONG = EvsePlan(1, power_w=PowerW(1_000_000))


@dataclass
class Phase:
    """What the good stations noticed, in seconds for each answer."""

    answers: list[float] = field(default_factory=list)

    def quantile(self, part: float) -> float:
        ordered = sorted(self.answers)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


@dataclass
class Report:
    calm: Phase
    besieged: Phase
    rss_calm: int
    rss_most: int
    sent_bytes: int
    attacks: dict[str, dict[str, int]]
    sessions: list[tuple[str, int, int]]  # identity, Wh that were told, Wh that were kept
    broken_counted: int
    frames_of_worst: int


class Good:
    """A station that charges: each reading when the last was answered."""

    def __init__(self, identity: str, line: ClientConnection, token: str) -> None:
        self.identity = identity
        self._line = line
        self._token = token
        self._numbers = count(1)
        self._transaction = 0
        self.register_wh = 1000

    async def call(self, action: str, payload: object) -> Any:
        id = str(next(self._numbers))
        await self._line.send(json.dumps([2, id, action, payload]))
        async with asyncio.timeout(ANSWER_S_MAX):
            while True:
                answer = json.loads(await self._line.recv())
                if answer[0] == 2:  # an order
                    await self._line.send(json.dumps([4, answer[1], "NotSupported", "", {}]))
                    continue
                assert answer[:2] == [3, id], answer
                return answer[2]

    async def begin(self) -> None:
        await self.call(
            "BootNotification", {"chargePointVendor": "Acme", "chargePointModel": "One"}
        )
        started = await self.call(
            "StartTransaction",
            {
                "connectorId": 1,
                "idTag": self._token,
                "meterStart": self.register_wh,
                "timestamp": _now(),
            },
        )
        assert started["idTagInfo"]["status"] == "Accepted"
        self._transaction = started["transactionId"]

    async def charge(self, phase: Phase, over: asyncio.Event) -> None:
        clock = asyncio.get_running_loop().time
        while not over.is_set():
            self.register_wh += WH_A_READING
            began = clock()
            await self.call(
                "MeterValues",
                {
                    "connectorId": 1,
                    "transactionId": self._transaction,
                    "meterValue": [
                        {
                            "timestamp": _now(),
                            "sampledValue": [{"value": str(self.register_wh), "unit": "Wh"}],
                        }
                    ],
                },
            )
            phase.answers.append(clock() - began)
            await happens(over, PAUSE_S)

    async def end(self) -> None:
        await self.call(
            "StopTransaction",
            {
                "transactionId": self._transaction,
                "meterStop": self.register_wh,
                "timestamp": _now(),
            },
        )


async def besiege(
    database: Database, url: str, *, good: int, sockets: int, calm_s: float, siege_s: float
) -> Report:
    """Let the good stations charge for a while alone, then among the attackers."""
    tokens = await _furnish(database, good, sockets)
    async with AsyncExitStack() as stack:
        pid, door = await stack.enter_async_context(_gateway(url))
        crowd = [
            Good(name, await stack.enter_async_context(_dial(door, name)), token)
            for name, token in tokens.items()
        ]
        await asyncio.gather(*(station.begin() for station in crowd))
        calm = await _charge(crowd, happens(asyncio.Event(), calm_s))
        rss_calm = _rss(pid)
        seen: dict[str, Any] = {}
        besieged = await _charge(crowd, _siege(database, door, sockets, siege_s, seen))
        await asyncio.gather(*(station.end() for station in crowd))
        most = _rss(pid, "VmHWM")
    told = {station.identity: station.register_wh - 1000 for station in crowd}
    kept = await _kept(database)
    return Report(
        calm,
        besieged,
        rss_calm,
        most,
        seen["bytes"],
        seen["attacks"],
        [(name, wh, kept.get(name, -1)) for name, wh in told.items()],
        *await _counted(database),
    )


async def _charge(crowd: list[Good], meanwhile: Any) -> Phase:
    phase, over = Phase(), asyncio.Event()
    charging = [asyncio.create_task(station.charge(phase, over)) for station in crowd]
    try:
        await meanwhile
    finally:
        over.set()
    await asyncio.gather(*charging)
    return phase


async def _siege(
    database: Database, door: str, sockets: int, seconds: float, seen: dict[str, Any]
) -> None:
    address = urlsplit(door)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.simulation.hostile.crowd"),
        *(str(address.hostname), str(address.port), KEY, str(sockets)),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )

    async def is_under_way() -> bool:
        return (await _counted(database))[0] > BROKEN_MIN

    await happens(asyncio.Event(), seconds)
    await comes_true(is_under_way, UNDER_WAY_S_MAX, every_s=1.0)
    told, _ = await process.communicate(b"")  # which closes its input
    seen.update(json.loads(told))


async def _furnish(database: Database, good: int, bad: int) -> dict[str, str]:
    """The good stations' names, each with a card that may charge there."""
    tokens = {}
    async with database.begin() as work:
        party = await a_party(work)
        place = await a_location(work, party)
        for number in range(good):
            name = f"GOOD{number:04d}"
            await stations.add_station(work, party.id, place.id, name, [STRONG], KEY)
            tokens[name] = str((await a_token(work, party)).uid)
        for number in range(bad):
            await stations.add_station(
                work, party.id, place.id, f"BAD{number:04d}", [EvsePlan(1)], KEY
            )
    return tokens


@asynccontextmanager
async def _gateway(url: str) -> AsyncIterator[tuple[int, str]]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.ocpp.gateway_process", url),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdout is not None
    draining = None
    try:
        async with asyncio.timeout(START_S_MAX):
            door = (await process.stdout.readline()).decode().strip()
        draining = asyncio.create_task(process.stdout.read())  # its log must not fill the pipe
        yield process.pid, door
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        if draining is not None:
            await draining


@asynccontextmanager
async def _dial(door: str, identity: str) -> AsyncIterator[ClientConnection]:
    async with connect(
        f"{door}/{identity}",
        subprotocols=["ocpp1.6"],  # type: ignore[list-item] # a NewType of theirs
        additional_headers=basic(identity, KEY),
        compression=None,
        ping_interval=None,
        proxy=None,
    ) as line:
        yield line


async def _kept(database: Database) -> dict[str, int]:
    async with database.begin() as work:
        rows = await work.all(
            "SELECT identity, energy_wh FROM session_view WHERE identity LIKE 'GOOD%'"
        )
    return {row["identity"]: row["energy_wh"] for row in rows}


async def _counted(database: Database) -> tuple[int, int]:
    """Broken frames on the conformance pages, and raw frames kept of the worst station."""
    async with database.begin() as work:
        [counted] = await work.all(
            "SELECT coalesce(sum(count), 0)::bigint AS n FROM deviation_view"
            " WHERE kind IN ('broken_frame', 'refused')"
        )
        [worst] = await work.all("SELECT id FROM station_view WHERE identity = 'BAD0000'")
        frames = await stations.last_frames(work, worst["id"], 100_000)
    return counted["n"], len(frames)


def _rss(pid: int, what: str = "VmRSS") -> int:
    """Bytes of memory, as the kernel counts them (proc(5))."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) * 1024
    raise AssertionError(what)


def _now() -> str:
    return datetime.now(UTC).isoformat()
