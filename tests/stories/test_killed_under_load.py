"""The fifth story: SIGKILL in the middle of the fourth's load, in both versions."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.simulation import audit
from tests.simulation.crowd import Promise
from tests.simulation.house import HouseProcess, serving
from tests.simulation.town import Post, furnish
from tests.simulation.waiting import comes_true

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

STATIONS = 50
READINGS = 40
WH_A_READING = 30
WITHIN_S = 90


class Load:
    """What fifty stations tell: a session each with its readings, its end, and the next start."""

    def __init__(self, posts: list[Post]) -> None:
        self.told: list[asyncio.Future[object]] = []
        self.promises: list[Promise] = []
        self.answered = 0
        self.is_half_told = asyncio.Event()
        before = datetime.now(UTC) - timedelta(minutes=5)
        for index, post in enumerate(posts):
            self._tell(post, 100_000 * (index + 1), before)

    def _tell(self, post: Post, register_wh: int, before: datetime) -> None:
        station, card = post.outside, post.card or ""
        end_wh = register_wh + WH_A_READING * READINGS + 10
        told: list[Awaitable[object]] = [station.start(1, card, register_wh, before)]
        readings = [register_wh + WH_A_READING * nth for nth in range(1, READINGS + 1)]
        for nth, reading in enumerate(readings, 1):
            told.append(station.meter(1, reading, before + timedelta(seconds=nth)))
        told.append(station.stop(1, end_wh, before + timedelta(minutes=2)))
        told.append(station.start(1, card, end_wh, before + timedelta(minutes=2, seconds=5)))
        for future in told:
            assert isinstance(future, asyncio.Future)
            future.add_done_callback(self._hear)
            self.told.append(future)
        first = Promise(station.identity, card, register_wh, is_guest=False)
        first.end_wh, first.readings, first.is_ended = end_wh, readings, True
        self.promises += [first, Promise(station.identity, card, end_wh, is_guest=False)]

    def _hear(self, _: "asyncio.Future[object]") -> None:
        self.answered += 1
        if self.answered > len(self.told) // 2:
            self.is_half_told.set()


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_kill_in_the_middle_of_the_load_loses_no_reading_and_sessions_go_on(
    data_folder: Path, version: str
) -> None:
    house = HouseProcess(data_folder / "house")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(house))
        posts = await furnish(house, STATIONS, versions=[version], guests=False)
        for post in posts:
            await stack.enter_async_context(post.outside)
        async with asyncio.timeout(WITHIN_S):
            for post in posts:
                await post.outside.online()
            load = Load(posts)
            await load.is_half_told.wait()
            assert load.answered < len(load.told), "the kill comes in the middle"
            await house.kill()
            await house.start()
            await asyncio.gather(*load.told)
        async with house.looked_into() as database:

            async def all_billed() -> bool:
                return len((await audit.read(database)).invoices) == STATIONS

            assert await comes_true(all_billed, WITHIN_S, every_s=0.5)
            kept = await audit.read(database)

        assert list(audit.session_findings(kept, load.promises)) == []
        assert sum(1 for row in kept.sessions if row["running"]) == STATIONS
        billed = {row["session_id"]: row["total_minor"] for row in kept.invoices}
        ended = [row for row in kept.sessions if not row["running"]]
        assert {(row["energy_wh"], billed[row["id"]]) for row in ended} == {(1210, 61)}
        assert {tuple(row["doubts"]) for row in ended} == {()}
        assert kept.balances
