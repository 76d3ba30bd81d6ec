"""A real NATS server for a test, which can be killed and started again at its address."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import pytest

from tests.simulation.house import HOST, port_of_its_own

START_S_MAX = 10.0
#: Where Debian's package puts it, which is not in everybody's path.
PLACES = ("nats-server", "/usr/sbin/nats-server")


@dataclass
class NatsServer:
    """One server, on a port that stays its own."""

    port: int = field(default_factory=port_of_its_own)
    process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"nats://{HOST}:{self.port}"

    async def start(self) -> None:
        """Start it and wait until it takes connections."""
        program = next(filter(None, map(shutil.which, PLACES)), None)
        if program is None:
            pytest.fail("There is no nats-server here: sudo apt install nats-server.")
        self.process = await asyncio.create_subprocess_exec(
            program,
            *("-a", HOST, "-p", str(self.port)),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        assert self.process.stderr is not None
        async with asyncio.timeout(START_S_MAX):
            while line := await self.process.stderr.readline():
                if b"Server is ready" in line:
                    return
        raise AssertionError(f"nats-server ended with {await self.process.wait()}")

    async def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.communicate()


@asynccontextmanager
async def a_nats_server() -> AsyncIterator[NatsServer]:
    """A running server; whatever happens, no process is left behind."""
    server = NatsServer()
    try:
        await server.start()
        yield server
    finally:
        if server.process is not None and server.process.returncode is None:
            await server.kill()
