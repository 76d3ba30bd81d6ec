"""The processes of a world, from the side of who kills them."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[3]
READY_S_MAX = 60
END_S_MAX = 60
OPEN_S_MAX = 60


class EndedByItself(Exception):
    """A process ended that nobody had killed or asked to stop."""


@dataclass(eq=False)
class Life:
    """One process, from its birth to its end."""

    name: str
    pid: int = 0
    born: asyncio.Event = field(default_factory=asyncio.Event)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    status: int | None = None

    def signal(self, number: signal.Signals) -> None:
        """Send it this. One that found no database when it began may have ended at this moment."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    async def kill(self) -> None:
        """SIGKILL: no goodbye, nothing is flushed."""
        if self.status is not None:
            raise EndedByItself(f"{self.name} had ended by itself with {self.status}")
        self.signal(signal.SIGKILL)
        async with asyncio.timeout(END_S_MAX):
            await self.ended.wait()
        if self.ready.is_set() and self.status != -signal.SIGKILL:
            raise EndedByItself(f"{self.name} ended by itself with {self.status}, unkilled")

    async def stop(self) -> int:
        """SIGTERM: its exit status."""
        self.signal(signal.SIGTERM)
        async with asyncio.timeout(END_S_MAX):
            await self.ended.wait()
        assert self.status is not None
        return self.status


class Nursery:
    """Where lives begin. One for a whole campaign."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._by_pid: dict[int, Life] = {}
        self._unborn: dict[str, Life] = {}
        self._count = 0

    async def begin(
        self, name: str, environment: Mapping[str, str], *, clock: Path, log: Path
    ) -> Life:
        """A new process with these settings; it is not ready yet."""
        self._count += 1
        life = Life(f"{name}-{self._count}")
        self._unborn[life.name] = life
        order = {"name": life.name, "environment": dict(environment)}
        order |= {"clock": str(clock), "log": str(log)}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        async with asyncio.timeout(READY_S_MAX):
            await life.born.wait()
        return life

    async def listen(self) -> None:
        """Hear what becomes of the lives, until the nursery is closed."""
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            match line.decode().split():
                case ["born", pid, name]:
                    life = self._unborn.pop(name)
                    life.pid = int(pid)
                    self._by_pid[life.pid] = life
                    life.born.set()
                case ["ready", pid]:
                    self._by_pid[int(pid)].ready.set()
                case ["ended", pid, status]:
                    life = self._by_pid.pop(int(pid))
                    life.status = int(status)
                    life.ended.set()
                case words:
                    raise AssertionError(f"the nursery said {words}")


async def ready(life: Life) -> None:
    """Wait until the process accepts connections. Raises ``EndedByItself`` if it ends before."""
    waits = [asyncio.create_task(event.wait()) for event in (life.ready, life.ended)]
    async with asyncio.timeout(READY_S_MAX):
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
    if not life.ready.is_set():
        raise EndedByItself(f"{life.name} ended with {life.status} before it was ready")


@asynccontextmanager
async def open_nursery() -> AsyncIterator[Nursery]:
    """The nursery; whatever happens, none of its processes is left behind."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.simulation.faults.nursery"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))},
    )
    nursery = Nursery(process)
    assert process.stdout is not None
    listening: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(OPEN_S_MAX):
            assert (await process.stdout.readline()).startswith(b"open ")
        listening = asyncio.create_task(nursery.listen())
        yield nursery
    finally:
        if listening is not None:
            listening.cancel()
            await asyncio.wait({listening})
        if process.returncode is None:
            process.kill()  # each life asked the kernel to end with the nursery
            await process.wait()
