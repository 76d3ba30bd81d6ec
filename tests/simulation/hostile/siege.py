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

import psutil
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
    lines_held: int  # by the gateway, at the end of the siege, the good ones' among them
    gone_after_s: float | None  # when the lines of those who vanished were let go; None: not asked


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
    database: Database,
    url: str,
    *,
    good: int,
    sockets: int,
    calm_s: float,
    siege_s: float,
    gone_s_max: float = 0,
) -> Report:
    """Let the good stations charge for a while alone, then among the attackers. At the end those
    who vanished are waited for, for so long at most: 0: they are not."""
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
        attackers = await stack.enter_async_context(_attackers(door, sockets))
        siege = _Siege(database, attackers, pid, urlsplit(door).port or 0)
        besieged = await _charge(crowd, siege.lasts(siege_s))
        gone_after_s = await siege.empties(good, gone_s_max) if gone_s_max else None
        await asyncio.gather(*(station.end() for station in crowd))
        most = _rss(pid, "VmHWM")
    told = {station.identity: station.register_wh - 1000 for station in crowd}
    kept = await _kept(database)
    return Report(
        calm,
        besieged,
        rss_calm,
        most,
        siege.seen["bytes"],
        siege.seen["attacks"],
        [(name, wh, kept.get(name, -1)) for name, wh in told.items()],
        *await _counted(database),
        siege.lines,
        gone_after_s,
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


@asynccontextmanager
async def _attackers(door: str, sockets: int) -> AsyncIterator[asyncio.subprocess.Process]:
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
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@dataclass
class _Siege:
    """The attackers at work, and what the gateway holds of them."""

    database: Database
    attackers: asyncio.subprocess.Process
    gateway: int  # its process
    port: int
    seen: dict[str, Any] = field(default_factory=dict)
    lines: int = 0

    async def lasts(self, seconds: float) -> None:
        """Until enough of it was heard; then all withdraw but those who are gone."""
        await happens(asyncio.Event(), seconds)
        await comes_true(self._is_under_way, UNDER_WAY_S_MAX, every_s=1.0)
        self.lines = self._held()
        assert self.attackers.stdin is not None
        assert self.attackers.stdout is not None
        self.attackers.stdin.write(b"enough\n")
        self.seen = json.loads(await self.attackers.stdout.readline())

    async def _is_under_way(self) -> bool:
        return (await _counted(self.database))[0] > BROKEN_MIN

    def _held(self) -> int:
        """How many lines the gateway holds."""
        opened = psutil.Process(self.gateway).net_connections("tcp")
        lines = [each.laddr for each in opened if each.status == psutil.CONN_ESTABLISHED]
        return sum(line.port == self.port for line in lines)

    async def empties(self, good: int, within_s: float) -> float:
        """After how many seconds the gateway holds no line any more but the good ones'."""
        clock = asyncio.get_running_loop().time
        began = clock()

        async def is_empty() -> bool:
            return self._held() <= good

        assert await comes_true(is_empty, within_s, every_s=0.5), self._held()
        return clock() - began


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
