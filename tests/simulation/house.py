"""A Voltway as a process of its own, which can be killed, asked to stop, and started again."""

import asyncio
import os
import random
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from voltway.runtime.database import Database, open_database
from voltway.runtime.postgres import EmbeddedPostgres

SRC = Path(__file__).parents[2] / "src"
HOST = "127.0.0.1"
READY_S_MAX = 60
STOP_S_MAX = 30

#: Below the ports that the kernel gives to clients: a station that knocks at a house that is down
#: must not be given the house's own port, and talk to itself.
PORTS = range(20_000, 32_000)


def port_of_its_own() -> int:
    """A port that is free now and that no client will be given."""
    while True:
        port = random.SystemRandom().choice(PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


@dataclass
class HouseProcess:
    """``voltway serve`` on fixed ports, so that stations and drivers find it again."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    http: str = field(default_factory=lambda: f"{HOST}:{port_of_its_own()}")
    ocpp: str = field(default_factory=lambda: f"{HOST}:{port_of_its_own()}")
    words: tuple[str, ...] = ()
    _process: asyncio.subprocess.Process | None = None

    @property
    def process(self) -> asyncio.subprocess.Process | None:
        return self._process

    @property
    def pages(self) -> str:
        return f"http://{self.http}"

    @property
    def stations(self) -> str:
        return f"ws://{self.ocpp}/ocpp"

    async def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "voltway.cli", "serve"),
            *("--data", str(self.folder), "--http", self.http, "--ocpp", self.ocpp),
            *self.words,
            stdout=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join((str(SRC), os.environ.get("PYTHONPATH", ""))),
                "VOLTWAY_LOG_LEVEL": "error",
                **self.environment,
            },
        )
        assert self._process.stdout is not None
        async with asyncio.timeout(READY_S_MAX):
            while not (line := await self._process.stdout.readline()).startswith(b"ready "):
                assert line, f"voltway ended with {await self._process.wait()} before it was ready"

    async def kill(self) -> None:
        """SIGKILL: no goodbye, nothing is flushed."""
        assert self._process is not None
        self._process.kill()
        status = await self._process.wait()
        assert status == -signal.SIGKILL, f"voltway had ended by itself with {status}"

    async def stop(self) -> tuple[int, float]:
        """SIGTERM: the exit status, and how many seconds it took."""
        assert self._process is not None
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_S_MAX):
            status = await self._process.wait()
        return status, loop.time() - began

    @asynccontextmanager
    async def looked_into(self) -> AsyncIterator[Database]:
        """The running house's own database, through its socket, or the one that it was given."""
        address = (
            self.environment.get("VOLTWAY_DATABASE_URL") or EmbeddedPostgres(self.folder).address()
        )
        database = await open_database(address, connections=4)
        try:
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def serving(house: HouseProcess) -> AsyncIterator[HouseProcess]:
    """The house, running; whatever happens, no process is left behind."""
    try:
        await house.start()
        yield house
    finally:
        process = house._process
        if process is not None and process.returncode is None:
            process.kill()
            await process.wait()
