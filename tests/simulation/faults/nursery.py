"""Gives birth to Voltways: imports it once, and forks a process for each life.

    python -m tests.simulation.faults.nursery

A campaign starts thousands of processes, and a start costs more than a second of processor time
for imports alone. Each life here is a process of its own, which runs the same ``open_house`` as
``voltway serve`` and dies as that does. Its clock is the machine's, moved by as much as a file
says, so that clocks can jump.

Orders are lines of JSON; what became of them is told in lines of words.
"""

import ctypes
import json
import mmap
import os
import signal
import struct
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uvloop

from voltway.app import open_house
from voltway.cli.serve import asked_to_stop
from voltway.kernel.errors import Misconfigured
from voltway.runtime import logs
from voltway.runtime import settings as configuration

PR_SET_PDEATHSIG = 1
OFFSET = struct.Struct("d")


class MovedClock:
    """The machine's clock, moved by the seconds that a file holds."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            self._seconds = mmap.mmap(opened.fileno(), OFFSET.size, access=mmap.ACCESS_READ)

    def now(self) -> datetime:
        (seconds,) = OFFSET.unpack_from(self._seconds)
        return datetime.now(UTC) + timedelta(seconds=seconds)


def move_clock(file: Path, seconds: float) -> None:
    """Let all processes on this file see the clock so far from the machine's."""
    with file.open("r+b" if file.exists() else "w+b") as opened:
        opened.write(OFFSET.pack(seconds))


async def _serve(settings: configuration.Settings, clock: MovedClock) -> int:
    stop = asked_to_stop()
    async with open_house(settings, clock):
        _say("ready", os.getpid())
        await stop.wait()
    return 0


def _live(order: dict[str, Any]) -> int:
    """A whole life, in a process of its own; its exit status."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 2)
    settings = configuration.load(environment=order["environment"])
    logs.set_up(settings.log_level, settings.log_format)
    try:
        return int(uvloop.run(_serve(settings, MovedClock(Path(order["clock"])))))
    except Misconfigured as reason:
        os.write(2, f"{reason}\n".encode())
        return 2


def _say(*words: object) -> None:
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def _bury_the_dead(*_: object) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _say("ended", pid, os.waitstatus_to_exitcode(status))


def main() -> None:
    signal.signal(signal.SIGCHLD, _bury_the_dead)
    _say("open", os.getpid())
    for line in sys.stdin.buffer:
        order = json.loads(line)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
        pid = os.fork()
        if pid == 0:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
            status = 1
            try:
                status = _live(order)
            finally:
                os._exit(status)
        _say("born", pid, order["name"])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})


if __name__ == "__main__":
    main()
