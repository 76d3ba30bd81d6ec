"""The network of the worlds of faults can be harmed in each way that a real one is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from tests.simulation.faults.wire import HOST, Harm, Wire, open_wire
from tests.simulation.waiting import comes_true

WITHIN_S = 20
#: For what must not arrive: a wire that lets it pass does so in less.
LITTLE_S = 0.2


@dataclass
class Ends:
    """A wire between one who dialled and one who was dialled, and what each of them heard."""

    wire: Wire
    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    heard: dict[str, bytes] = field(default_factory=lambda: {"near": b"", "far": b""})
    ended: set[str] = field(default_factory=set)

    async def listen(self, name: str, ear: asyncio.StreamReader) -> None:
        try:
            while chunk := await ear.read(100):
                self.heard[name] += chunk
        except OSError:
            pass
        self.ended.add(name)

    async def hears(self, name: str, words: bytes, within_s: float = WITHIN_S) -> bool:
        async def heard() -> bool:
            return self.heard[name] == words

        return await comes_true(heard, within_s, every_s=0.01)

    async def ends(self, name: str, within_s: float = WITHIN_S) -> bool:
        async def ended() -> bool:
            return name in self.ended

        return await comes_true(ended, within_s, every_s=0.01)


@asynccontextmanager
async def both_ends() -> AsyncIterator[Ends]:
    taken: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue()
    server = await asyncio.start_server(lambda *line: taken.put_nowait(line), HOST, 0)
    port = server.sockets[0].getsockname()[1]
    async with open_wire(lambda: asyncio.open_connection(HOST, port)) as wire:
        near_ear, near = await asyncio.open_connection(HOST, wire.port)
        far_ear, far = await asyncio.wait_for(taken.get(), WITHIN_S)
        ends = Ends(wire, near, far)
        tasks = [
            asyncio.create_task(ends.listen("near", near_ear)),
            asyncio.create_task(ends.listen("far", far_ear)),
        ]
        try:
            yield ends
        finally:
            near.close()
            far.close()
            await asyncio.wait(tasks, timeout=WITHIN_S)
    server.close()


@pytest.mark.parametrize(
    ("harm", "arrives_far", "arrives_near"),
    [(Harm.MUTE, False, True), (Harm.DEAF, True, False), (Harm.STALLED, False, False)],
)
async def test_a_harmed_direction_carries_nothing_and_tells_it_late(
    harm: Harm, arrives_far: bool, arrives_near: bool
) -> None:
    async with both_ends() as ends:
        ends.wire.suffer(harm)
        ends.near.write(b"a question")
        ends.far.write(b"an answer")
        for name, words, arrives in (
            ("far", b"a question", arrives_far),
            ("near", b"an answer", arrives_near),
        ):
            assert await ends.hears(name, words, WITHIN_S if arrives else LITTLE_S) is arrives

        ends.wire.mend()

        assert await ends.hears("far", b"a question")
        assert await ends.hears("near", b"an answer")
        assert not ends.ended


@pytest.mark.parametrize("harm", [Harm.MUTE, Harm.DEAF, Harm.STALLED])
async def test_who_is_not_reached_for_long_is_let_go_and_learns_it_when_the_wire_is_mended(
    harm: Harm,
) -> None:
    async with both_ends() as ends:
        ends.wire.let_go_s = 0.05
        ends.wire.suffer(harm)
        ends.near.write(b"a question")

        assert await ends.ends("far")
        assert not await ends.ends("near", LITTLE_S)
        ends.wire.mend()

        assert await ends.ends("near")
        assert ends.heard["far"] == (b"a question" if harm is Harm.DEAF else b"")


async def test_a_half_open_line_is_closed_for_one_side_alone() -> None:
    async with both_ends() as ends:
        ends.wire.suffer(Harm.HALF_OPEN)

        assert await ends.ends("far")
        assert not await ends.ends("near", LITTLE_S)
        ends.wire.mend()
        assert await ends.ends("near")


async def test_a_cut_wire_resets_its_lines_and_every_new_one() -> None:
    async with both_ends() as ends:
        ends.wire.suffer(Harm.CUT)

        assert await ends.ends("near")
        assert await ends.ends("far")
        ear, mouth = await asyncio.open_connection(HOST, ends.wire.port)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(ear.read(1), WITHIN_S)
        mouth.close()
