"""The attackers, a process of their own: ``python -m … HOST PORT KEY SOCKETS``.

Each line abuses the door in one way and dials again when it is closed, until standard input ends.
"""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from typing import cast

import uvloop

from tests.simulation.hostile.attacks import Attack, attacks, handshake

TICK_S = 0.1
AGAIN_S = 0.5

#: The attackers run on somebody else's machine; here they must not take the gateway's own time.
NICENESS = 3


class Attacker(asyncio.Protocol):
    """One hostile line."""

    def __init__(self, siege: "Siege", number: int, attack: Attack) -> None:
        self._siege = siege
        self._attack = attack
        self._identity = f"BAD{number:04d}"
        self._transport: asyncio.Transport | None = None
        self._told: Iterator[bytes] | None = None
        self._is_blocked = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)
        self._transport = transport
        self._is_blocked = False
        self._siege.note(self._attack, "dialled")
        if self._attack.knows_key:
            transport.write(
                handshake(self._identity, self._siege.key, deflate=self._attack.deflate)
            )
        else:
            self._begin()

    def data_received(self, data: bytes) -> None:
        if data.startswith(b"HTTP/1.1 "):
            self._siege.note(self._attack, data[9:12].decode())
            if data[9:12] == b"101":
                self._begin()

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = self._told = None
        self._siege.note(self._attack, "ended")
        self._siege.again(self)

    def pause_writing(self) -> None:
        self._is_blocked = True

    def resume_writing(self) -> None:
        self._is_blocked = False

    def _begin(self) -> None:
        assert self._transport is not None
        self._told = self._attack.goes_on()
        if self._attack.deaf:
            self._transport.pause_reading()

    def tick(self) -> None:
        """Send what this attack sends in a moment."""
        left = self._attack.a_second * TICK_S
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

    def note(self, attack: Attack, what: str) -> None:
        self.seen.setdefault(attack.name, Counter())[what] += 1

    def again(self, attacker: Attacker) -> None:
        asyncio.get_running_loop().call_later(AGAIN_S, self.dial, attacker)

    def dial(self, attacker: Attacker) -> None:
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
    print(json.dumps({"bytes": siege.sent, "attacks": siege.seen}))  # noqa: T201 # the report


async def _end_of_input() -> None:
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    os.nice(NICENESS)
    uvloop.run(besiege(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])))
