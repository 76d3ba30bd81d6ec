"""Two demos that start at once do not take each other's ports."""

import asyncio
import sys

from voltway.cli.demo.processes import free_port

ASKS = "from voltway.cli.demo.processes import free_port; print(free_port({})); input()"


async def told_a_port(wished: int) -> tuple[asyncio.subprocess.Process, int]:
    """A program that is told a port, and waits with listening there."""
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", ASKS.format(wished)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert program.stdout is not None
    return program, int(await program.stdout.readline())


async def test_a_port_is_promised_to_one_of_several_that_begin_at_once() -> None:
    wished = free_port(0)
    told = await asyncio.gather(*(told_a_port(wished) for _ in range(3)))
    for program, _ in told:
        await program.communicate(b"\n")
    ports = [port for _, port in told]

    assert len(set(ports)) == 3
    assert ports.count(wished) == 1
