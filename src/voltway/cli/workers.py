"""``voltway serve --workers N``: several processes on one machine, kept running.

This process holds the embedded PostgreSQL and the addresses, and starts N gateways that share one
port (SO_REUSEPORT), a process for the pages and a worker. Each is ``voltway serve --role ...``
as on many machines. What ends by itself is started again. SIGHUP renews them one after the other,
each successor beside its predecessor, so that there is always somebody to come to.
"""

import asyncio
import ctypes
import os
import signal
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

import structlog
import typer

from voltway.app import open_ground
from voltway.kernel.errors import Misconfigured
from voltway.runtime.settings import Settings

#: Beyond their own time to drain, processes that do not end are killed.
GRACE_S: Final = 3.0
START_S_MAX: Final = 30.0
AGAIN_S: Final = 0.2
AGAIN_S_MAX: Final = 5.0

#: A process that lived so long did not fail at its start.
LIVED_S: Final = 10.0

#: An embedded server has room for so many connections of ours, beside those of the command line.
CONNECTIONS_MAX: Final = 200
BESIDE_POOL: Final = 4  # connections that a process holds for itself

PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)

log = structlog.get_logger("voltway.workers")


@dataclass(eq=False)
class RoleAndWorkers(Misconfigured):
    """--workers starts processes of all roles by itself: do not name a role beside it."""


@dataclass(eq=False)
class AddressTaken(Misconfigured):
    """{address} cannot be used: {reason}. Check {setting}."""

    address: str
    reason: str
    setting: str


class ProcessFailed(Exception):
    """A process ended before it was ready, with this status; it said why on standard error."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Child:
    """One process, and how it is started again."""

    name: str
    words: Sequence[str]
    environment: dict[str, str]
    is_ready: asyncio.Event = field(default_factory=asyncio.Event)
    process: asyncio.subprocess.Process | None = None
    is_wanted: bool = True
    _listening: set["asyncio.Task[None]"] = field(default_factory=set)

    async def run(self) -> None:
        """Keep it running until it is not wanted any more. Raises ``ProcessFailed`` if it never
        became ready at all."""
        was_ready, pause_s = False, AGAIN_S
        loop = asyncio.get_running_loop()
        while self.is_wanted:
            began_s = loop.time()
            self.process = process = await self._begin(self.is_ready)
            status = await process.wait()
            while self.process is not process:  # its successor took its place
                process = self.process
                status = await process.wait()
            was_ready = was_ready or self.is_ready.is_set()
            self.is_ready.clear()
            if not self.is_wanted:
                return
            if not was_ready:
                raise ProcessFailed(status)
            log.warning("process_ended", name=self.name, status=status)
            pause_s = AGAIN_S if loop.time() - began_s > LIVED_S else min(pause_s * 2, AGAIN_S_MAX)
            await asyncio.sleep(pause_s)

    async def _begin(self, is_ready: asyncio.Event) -> asyncio.subprocess.Process:
        """Start it; ``is_ready`` is set when it says so."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "voltway.cli", "serve", *self.words),
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **self.environment},
            start_new_session=True,  # Ctrl C is for us: we tell them
            preexec_fn=_end_with_parent,
        )
        listening = asyncio.create_task(self._listen(process, is_ready))
        self._listening.add(listening)
        listening.add_done_callback(self._listening.discard)
        return process

    async def _listen(self, process: asyncio.subprocess.Process, is_ready: asyncio.Event) -> None:
        assert process.stdout is not None
        while line := (await process.stdout.readline()).decode(errors="replace").rstrip():
            if line.startswith("ready "):
                log.info("process_ready", name=self.name, process=process.pid)
                is_ready.set()
            else:
                typer.echo(line)

    def tell(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(number)

    async def renew(self, start_s: float, end_s: float) -> bool:
        """Start a successor beside it, at the same address, and end it in order when that serves;
        whether it did. One that does not come up in time is ended instead."""
        before, is_ready = self.process, asyncio.Event()
        if before is None:
            return False
        successor = await self._begin(is_ready)
        try:
            async with asyncio.timeout(start_s):
                await is_ready.wait()
        except TimeoutError:
            await end_in_order(successor, end_s)
            return False
        if self.process is not before:  # it ended by itself meanwhile, and was started again
            await end_in_order(successor, end_s)
            return False
        self.process = successor
        await end_in_order(before, end_s)
        return True


async def end_in_order(process: asyncio.subprocess.Process, within_s: float) -> None:
    """Ask it to end, and kill it when it does not."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(within_s):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


class Workers:
    """All processes of this machine."""

    def __init__(self, children: Sequence[Child], drain_s: float) -> None:
        self._children = children
        self._end_s = drain_s + GRACE_S
        self._renewing: asyncio.Task[None] | None = None

    async def run(self, stop: asyncio.Event, ready: str) -> int:
        """Run all until told to stop, and say once that they are ready; the exit status."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._renew)
        running = [asyncio.create_task(child.run()) for child in self._children]
        waiting = asyncio.create_task(stop.wait())
        coming = asyncio.create_task(self._say_ready(ready))
        try:
            await asyncio.wait({waiting, *running}, return_when=asyncio.FIRST_COMPLETED)
            failed = [task.exception() for task in running if task.done()]
        finally:
            coming.cancel()
            waiting.cancel()
            await self._end(running)
        for trouble in failed:
            if isinstance(trouble, ProcessFailed):
                return trouble.status or 1
            if trouble is not None:
                raise trouble
        return 0

    async def _say_ready(self, ready: str) -> None:
        for child in self._children:
            await child.is_ready.wait()
        typer.echo(f"ready {ready}")

    async def _end(self, running: Sequence["asyncio.Task[None]"]) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
        for child in self._children:
            child.is_wanted = False
            child.tell(signal.SIGTERM)
        _, late = await asyncio.wait(running, timeout=self._end_s)
        for child in self._children if late else ():
            child.tell(signal.SIGKILL)
        for task in late:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _renew(self) -> None:
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.get_running_loop().create_task(self._restart_each())

    async def _restart_each(self) -> None:
        """One after the other, each when the successor of the one before serves."""
        for child in self._children:
            if await child.renew(START_S_MAX, self._end_s):
                log.info("process_renewed", name=child.name)
            else:
                log.error("process_not_renewed", name=child.name)


async def serve_many(settings: Settings, stop: asyncio.Event) -> int:
    """Serve with several processes until told to stop; the exit status."""
    if settings.role != "all":
        raise RoleAndWorkers
    async with open_ground(settings) as url:
        with (
            _reserved(settings.http, "VOLTWAY_HTTP") as http,
            _reserved(settings.ocpp, "VOLTWAY_OCPP") as ocpp,
        ):
            children = _children(settings, url, http, ocpp)
            ready = f"http://{http} ws://{ocpp}/ocpp"
            return await Workers(children, settings.drain_s).run(stop, ready)


def _children(settings: Settings, url: str, http: str, ocpp: str) -> list[Child]:
    processes = settings.workers + 2
    connections = settings.database_connections
    if not settings.database_url:
        connections = max(4, min(connections, CONNECTIONS_MAX // processes - BESIDE_POOL))
    environment = {
        "VOLTWAY_DATABASE_URL": url,
        "VOLTWAY_DATABASE_CONNECTIONS": str(connections),
        "VOLTWAY_WORKERS": "0",
        "VOLTWAY_PUBLIC_URL": settings.public_url or f"http://{http}",
    }
    data = ("--data", str(settings.data))
    aside = ("--http", "127.0.0.1:0")  # health and metrics
    gateway = ("--role", "gateway", *data, *aside, "--ocpp", ocpp)
    return [
        Child("web", ("--role", "web", *data, "--http", http), environment),
        Child("worker", ("--role", "worker", *data, *aside), environment),
        *(
            Child(f"gateway {number}", gateway, environment)
            for number in range(1, settings.workers + 1)
        ),
    ]


@contextmanager
def _reserved(address: str, setting: str) -> Iterator[str]:
    """The address with its port decided, and kept ours while processes come and go: this socket
    is bound and never listens, so the kernel deals no connection to it (SO_REUSEPORT)."""
    host, _, port = address.rpartition(":")
    family, kind, proto, _, place = socket.getaddrinfo(
        host.strip("[]") or "0.0.0.0",
        int(port),
        type=socket.SOCK_STREAM,
        flags=socket.AI_PASSIVE,
    )[0]
    with socket.socket(family, kind, proto) as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            with socket.socket(family, kind, proto) as alone:
                alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                alone.bind(place)  # without sharing: fails where a stranger is
            kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            kept.bind(place)
        except (OSError, OverflowError) as reason:
            said = str(getattr(reason, "strerror", None) or reason).lower()
            raise AddressTaken(address, said, setting) from None
        yield f"{host}:{kept.getsockname()[1]}"


def _end_with_parent() -> None:
    """If we are killed, the kernel asks our processes to end (prctl(2))."""
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
