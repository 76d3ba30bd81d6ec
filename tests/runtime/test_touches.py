"""Stale views are told at once, joined while the page draws, and to those who look at them."""

import asyncio
from uuid import UUID

from voltway.kernel.ids import PartyId
from voltway.runtime.bus import Bus
from voltway.runtime.database import Database
from voltway.runtime.touches import PENDING_MAX, LocalTouches
from voltway.runtime.work import BeginWork
from voltway.runtime.work import Touches as TouchesContract


async def test_touches_while_a_page_draws_are_joined_into_one() -> None:
    touches = LocalTouches()
    async with touches.listen("session:1", "evse:9") as told:
        touches.tell(["session:1", "session:2"])
        touches.tell(["evse:9", "session:1"])

        assert await anext(told) == {"session:1", "evse:9"}

        touches.tell(["session:1"])
        assert await anext(told) == {"session:1"}


async def test_a_kind_with_a_star_hears_all_of_its_kind() -> None:
    touches = LocalTouches()
    async with touches.listen("station:*") as told:
        touches.tell(["station:1", "stationary:1", "station:2", "session:1"])

        assert await anext(told) == {"station:1", "station:2"}


async def test_a_page_that_never_draws_costs_little() -> None:
    touches = LocalTouches()
    async with touches.listen("station:*") as told:
        touches.tell(f"station:{n}" for n in range(10 * PENDING_MAX))

        assert "station:*" in await anext(told), "too many to name: all of them"


async def test_a_page_that_was_closed_is_forgotten() -> None:
    touches = LocalTouches()
    async with touches.listen("session:1"):
        pass
    touches.tell(["session:1"])

    assert touches.listening == 0


async def test_touches_leave_after_the_commit_and_not_without_one(
    database: Database, begin: BeginWork
) -> None:
    touches: TouchesContract = Bus(database).touches
    async with touches.listen("session:1", "session:2") as told:
        async with begin() as work:
            work.touch("session:1")
            waiting = asyncio.ensure_future(anext(told))
            await work.one("SELECT 1")
            assert not waiting.done()
        assert await waiting == {"session:1"}


async def test_a_fact_touches_its_subject(database: Database, begin: BeginWork) -> None:
    from tests.runtime.test_bus import counted

    bus = Bus(database)
    async with bus.touches.listen("count:*") as told:
        async with begin(PartyId(UUID(int=1))) as work:
            await work.announce([counted(1, about="one")])

        assert await anext(told) == {"count:one"}
