"""``voltway serve --workers``: many processes that look like one."""

import asyncio
import signal
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import psutil

from tests.simulation.house import HouseProcess, serving
from tests.simulation.town import furnish
from tests.simulation.waiting import comes_true
from voltway_world.calling import a_line

ROLES = ("gateway", "web", "worker")
WITHIN_S = 60
ANSWERS_WITHIN_S = 15
RENEWED_WITHIN_S = 150
STOP_S_MAX = 15


def processes(house: HouseProcess, role: str) -> list[psutil.Process]:
    """The house's living processes of a role."""
    assert house.process is not None
    found = []
    for child in psutil.Process(house.process.pid).children():
        try:
            words = child.cmdline()
        except psutil.NoSuchProcess:  # it died, and is not buried yet
            continue
        if "--role" in words and words[words.index("--role") + 1] == role:
            found.append(child)
    return found


async def test_several_processes_serve_one_address_and_what_is_killed_is_started_again(
    data_folder: Path,
) -> None:
    house = HouseProcess(data_folder / "house", words=("--workers", "2"))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(house))
        posts = await furnish(house, 8, guests=False)
        for post in posts:
            await stack.enter_async_context(post.outside)
        async with asyncio.timeout(WITHIN_S):
            for post in posts:
                await post.outside.settled()
        assert [len(processes(house, role)) for role in ROLES] == [2, 1, 1]

        async with house.looked_into() as database:

            async def all_are_there() -> bool:
                async with database.begin() as work:
                    row = await work.one(
                        """
                        SELECT count(*) FILTER (WHERE connected) AS here, count(*) AS of_all
                          FROM station_view
                        """
                    )
                return row is not None and row["here"] == row["of_all"]

            assert await comes_true(all_are_there, WITHIN_S)
            killed, web = processes(house, "gateway")[0], processes(house, "web")[0]
            killed.kill()
            web.kill()

            async def both_are_back() -> bool:
                now = [len(processes(house, role)) for role in ("gateway", "web")]
                pids = {each.pid for role in ("gateway", "web") for each in processes(house, role)}
                return now == [2, 1] and pids.isdisjoint({killed.pid, web.pid})

            async def serves_pages() -> bool:
                async with a_line(base_url=house.pages) as browser:
                    try:
                        return (await browser.get("/health/ready")).is_success
                    except httpx.TransportError:
                        return False

            assert await comes_true(both_are_back, WITHIN_S)
            assert await comes_true(serves_pages, WITHIN_S)
            assert await comes_true(all_are_there, WITHIN_S)

            # SIGHUP: every process is renewed, and meanwhile there is always one that answers.
            assert house.process is not None
            old = {each.pid for role in ROLES for each in processes(house, role)}
            house.process.send_signal(signal.SIGHUP)

            async def all_are_new() -> bool:
                # A connection that the predecessor had not taken yet is made again, as browsers do.
                assert await comes_true(serves_pages, ANSWERS_WITHIN_S, every_s=0)
                now = [each.pid for role in ROLES for each in processes(house, role)]
                return len(now) == len(old) and old.isdisjoint(now)

            assert await comes_true(all_are_new, RENEWED_WITHIN_S)
            assert await comes_true(all_are_there, WITHIN_S)

        status, seconds = await house.stop()
        assert (status, seconds < STOP_S_MAX) == (0, True)
