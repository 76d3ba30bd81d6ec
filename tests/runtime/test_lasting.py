"""Tasks that last, and a line that uvloop lost a moment ago."""

import asyncio
import socket

import pytest
import uvloop
from structlog.testing import capture_logs

from voltway.runtime.database_trouble import DatabaseUnreachable, translate
from voltway.runtime.lasting import lasting


async def test_a_part_that_fails_is_told_of_and_begins_again_until_it_ends() -> None:
    begun = list[str]()

    async def part() -> None:
        begun.append("again")
        if len(begun) == 1:
            raise RuntimeError("nobody thought of this")

    with capture_logs() as logged:
        await asyncio.wait_for(lasting("a part", part), 10)

    assert begun == ["again", "again"]
    [told] = logged
    assert (told["event"], told["part"]) == ("part_failed", "a part")
    assert told["exc_info"]


async def test_a_part_that_is_cancelled_ends() -> None:
    begun = asyncio.Event()

    async def part() -> None:
        begun.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(lasting("a part", part))
    await begun.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def _written_to_a_line_that_is_lost() -> Exception:
    near, far = socket.socketpair()
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=near)
    transport.abort()
    await asyncio.get_running_loop().run_in_executor(None, far.recv, 1)  # until it is closed
    far.close()
    with pytest.raises(RuntimeError) as told:
        transport.write(b"SELECT 1")
    return told.value


def test_what_uvloop_says_of_a_lost_line_is_a_database_that_does_not_answer() -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        trouble = runner.run(_written_to_a_line_that_is_lost())

    with pytest.raises(DatabaseUnreachable):
        translate(trouble)
    translate(RuntimeError("something else"))
