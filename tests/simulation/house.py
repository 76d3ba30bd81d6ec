"""A Voltway as a process of its own, which can be killed and started again."""

import asyncio
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.stories.world import SECRET, SIGNING

READY_S_MAX = 60


@dataclass
class HouseProcess:
    """``voltway serve`` on fixed ports, so that stations and drivers find it again."""

    folder: Path
    http: str
    ocpp: str
    provider: str
    environment: dict[str, str] = field(default_factory=dict)
    _process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Start it and wait until it says that it is ready."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "voltway.cli",
            "serve",
            *("--data", str(self.folder), "--http", self.http, "--ocpp", self.ocpp),
            stdout=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "VOLTWAY_PROVIDER_URL": self.provider,
                "VOLTWAY_PROVIDER_SECRET": SECRET,
                "VOLTWAY_PROVIDER_WEBHOOK_SECRET": SIGNING,
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
        await self._process.wait()

    async def stop(self) -> tuple[int, float]:
        """SIGTERM: the exit status, and how many seconds it took."""
        assert self._process is not None
        loop = asyncio.get_running_loop()
        began = loop.time()
        self._process.send_signal(signal.SIGTERM)
        status = await self._process.wait()
        return status, loop.time() - began
