"""The simulated world's processes: started one by one, ready when they say so, ended with us."""

import asyncio
import ctypes
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

from voltway.kernel.errors import Misconfigured

READY_S_MAX: Final = 30
STOP_S_MAX: Final = 4
PR_SET_PDEATHSIG: Final = 1
HOST: Final = "127.0.0.1"

_LIBC: Final = ctypes.CDLL(None)


@dataclass(eq=False)
class WorldDidNotStart(Misconfigured):
    """The simulated world did not start: {module} said {said}."""

    module: str
    said: str


#: The names by which the ports of this demo are ours, for as long as it runs.
_ours: Final[list[socket.socket]] = []


def free_port(wished: int) -> int:
    """The wished port of this machine, or another where it is taken, or promised to another demo
    whose process does not listen yet."""
    for port in (wished, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                probe.bind((HOST, port))
                if port == 0 or _becomes_ours(port):
                    return int(probe.getsockname()[1])
    return wished  # whoever listens there will say what is wrong


def _becomes_ours(port: int) -> bool:
    """By a name without a file, which goes with us (unix(7), abstract sockets)."""
    name = socket.socket(socket.AF_UNIX)
    try:
        name.bind(f"\0voltway-demo-{port}")
    except OSError:
        name.close()
        return False
    _ours.append(name)
    return True


@asynccontextmanager
async def running(module: str, *words: str) -> AsyncIterator[str]:
    """A module as a process of its own, until the block ends; what stood behind its ``ready``."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *words,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl C is for us: the world ends last
        preexec_fn=_end_with_parent,
    )
    try:
        yield await _ready(module, process)
    finally:
        await _end(process)


@asynccontextmanager
async def side_by_side(*each: AbstractAsyncContextManager[str]) -> AsyncIterator[list[str]]:
    """Several of them: begun at once, and ended at once, for each may take its time to end."""
    stacks = [AsyncExitStack() for _ in each]
    try:
        async with asyncio.TaskGroup() as group:
            begun = [
                group.create_task(stack.enter_async_context(one))
                for stack, one in zip(stacks, each, strict=True)
            ]
        yield [one.result() for one in begun]
    finally:
        async with asyncio.TaskGroup() as group:
            for stack in stacks:
                group.create_task(stack.aclose())


async def _ready(module: str, process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(READY_S_MAX):
            line = (await process.stdout.readline()).decode().strip()
    except TimeoutError:
        line = "nothing"
    if not line.startswith("ready "):
        raise WorldDidNotStart(module, line or "nothing; its reason stands above")
    return line.removeprefix("ready ")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(STOP_S_MAX):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _end_with_parent() -> None:
    """Linux ends the child when we die, however we die (prctl(2), PR_SET_PDEATHSIG)."""
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
