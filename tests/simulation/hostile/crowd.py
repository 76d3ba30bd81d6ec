"""The attackers, a process of their own: ``python -m … HOST PORT KEY SOCKETS``.

Each line abuses the door in one way and dials again when it is closed, until a line comes on
standard input. Those who are gone stay gone until standard input ends.
"""

import asyncio
import ctypes
import json
import os
import socket
import struct
import sys
from collections import Counter
from collections.abc import Iterator
from typing import cast

import uvloop

from tests.simulation.hostile.attacks import Attack, attacks, handshake

TICK_S = 0.1
AGAIN_S = 0.5

#: Who is gone comes back after so long, by another line, as a station behind a lost modem does.
GONE_S = 3.0

#: A filter of packets that takes none (socket(7), ``SO_ATTACH_FILTER``): one instruction, BPF_RET.
SO_ATTACH_FILTER = 26
TAKE_NOTHING = struct.pack("HBBI", 0x06, 0, 0, 0)

#: The attackers run on somebody else's machine; here they must not take the gateway's own time.
NICENESS = 3


class Attacker(asyncio.Protocol):
    """One hostile line."""

    def __init__(self, siege: "Siege", number: int, attack: Attack) -> None:
        self._siege = siege
        self.attack = attack
        self._identity = f"BAD{number:04d}"
        self._transport: asyncio.Transport | None = None
        self._told: Iterator[bytes] | None = None
        self._is_blocked = False
        self._is_gone = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)
        self._transport = transport
        self._is_blocked = self._is_gone = False
        if self._siege.is_over:
            transport.abort()
            return
        self._siege.note(self.attack, "dialled")
        if self.attack.knows_key:
            transport.write(handshake(self._identity, self._siege.key, deflate=self.attack.deflate))
        else:
            self._begin()

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 "):
            self._siege.note(self.attack, data[9:12].decode())
            if data[9:12] == b"101":
                self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._is_gone:
            return
        self._transport = self._told = None
        self._siege.note(self.attack, "ended")
        self._siege.again(self)

    def pause_writing(self) -> None:
        self._is_blocked = True

    def resume_writing(self) -> None:
        self._is_blocked = False

    def _begin(self) -> None:
        assert self._transport is not None
        self._told = self.attack.goes_on()
        if self.attack.deaf:
            self._transport.pause_reading()
        if self.attack.vanishes:
            self._transport.write(next(self._told))
            self._told = None
            self._is_gone = True
            self._siege.gone(self, self._transport)

    def stop(self) -> None:
        """Close the line, where it is not gone."""
        if self._transport is not None and not self._is_gone:
            self._transport.abort()

    def tick(self) -> None:
        """Send what this attack sends in a moment."""
        left = self.attack.a_second * TICK_S
        while left > 0 and self._told is not None and not self._is_blocked:
            told = next(self._told, b"")
            if not told or self._transport is None:
                return
            self._transport.write(told)
            self._siege.sent += len(told)
            left -= len(told)


class Siege:
    def __init__(self, host: str, port: int, key: str) -> None:
        self.key = key
        self._address = (host, port)
        self.sent = 0
        self.seen: dict[str, Counter[str]] = {}
        self._dialling: set[asyncio.Task[None]] = set()
        self._gone: list[asyncio.Transport] = []
        self.is_over = False

    def gone(self, attacker: Attacker, transport: asyncio.Transport) -> None:
        """Let this line vanish: no FIN, no reset, and no packet of the other side is acknowledged
        any more."""
        vanish(transport)
        self._gone.append(transport)
        self.note(attacker.attack, "vanished")
        asyncio.get_running_loop().call_later(GONE_S, self.dial, attacker)

    def note(self, attack: Attack, what: str) -> None:
        self.seen.setdefault(attack.name, Counter())[what] += 1

    def withdraw(self, attackers: list[Attacker]) -> None:
        """Close all lines but those that are gone, and dial no more."""
        self.is_over = True
        for attacker in attackers:
            attacker.stop()

    def again(self, attacker: Attacker) -> None:
        asyncio.get_running_loop().call_later(AGAIN_S, self.dial, attacker)

    def dial(self, attacker: Attacker) -> None:
        if self.is_over:
            return
        task = asyncio.get_running_loop().create_task(self._dial(attacker))
        self._dialling.add(task)
        task.add_done_callback(self._dialling.discard)

    async def _dial(self, attacker: Attacker) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: attacker, *self._address)
        except OSError:
            self.again(attacker)


async def besiege(host: str, port: int, key: str, sockets: int) -> None:
    siege, ways = Siege(host, port, key), attacks()
    attackers = [Attacker(siege, number, ways[number % len(ways)]) for number in range(sockets)]
    for attacker in attackers:
        siege.dial(attacker)
    over = asyncio.get_running_loop().create_task(_end_of_input())
    while not over.done():
        for attacker in attackers:
            attacker.tick()
        await asyncio.wait({over}, timeout=TICK_S)
    siege.withdraw(attackers)
    report = {"bytes": siege.sent, "attacks": siege.seen}
    print(json.dumps(report), flush=True)  # noqa: T201 # the report
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


async def _end_of_input() -> None:
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


def vanish(transport: asyncio.Transport) -> None:
    """Let the kernel drop whatever comes for this line."""
    code = ctypes.create_string_buffer(TAKE_NOTHING)
    program = struct.pack("HxxxxxxQ", 1, ctypes.addressof(code))
    line = socket.socket(fileno=os.dup(transport.get_extra_info("socket").fileno()))
    with line:
        line.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


if __name__ == "__main__":
    os.nice(NICENESS)
    uvloop.run(besiege(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
