"""The drills of the page on backups: a house is destroyed, and comes back as it was."""

import asyncio
import shutil
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import psutil
import pytest

from tests.operating.copies import (
    Picture,
    archive_from_now_on,
    base_backup,
    bring_back,
    dump,
    picture,
    restore,
)
from tests.operating.servers import given_to_account
from tests.simulation import audit
from tests.simulation.crowd import Crowd
from tests.simulation.house import HouseProcess, serving
from tests.simulation.town import Post, furnish
from tests.simulation.waiting import comes_true, happens
from voltway.runtime.database import connect_owner
from voltway.runtime.postgres import EmbeddedPostgres

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

STATIONS = 4
CHARGE_S = 2.0
WITHIN_S = 120


async def charge(posts: Sequence[Post], crowd: Crowd, seconds: float = CHARGE_S) -> None:
    """Sessions at every station for a while, and each told to its end."""
    async with asyncio.TaskGroup() as tasks:
        for post in posts:
            tasks.create_task(crowd.tell_sessions(post.outside, post.card or ""))
        await happens(crowd.closing, seconds)
        crowd.closing.set()
    for post in posts:
        await post.outside.settled()


async def seen(house: HouseProcess) -> Picture:
    """The house when it has done all that it had to do."""
    async with house.looked_into() as database:
        assert await comes_true(lambda: audit.is_quiet(database), WITHIN_S)
        return await picture(database)


def wrong(seen: Picture, *crowds: Crowd) -> list[str]:
    """What is not as the stations were told, or as the books must be."""
    promises = [promise for crowd in crowds for promise in crowd.promises]
    assert promises, "there was something to lose"
    return [
        *audit.session_findings(seen.records, promises),
        *audit.bill_findings(seen.records),
        *([] if seen.records.balances else ["the books do not balance"]),
    ]


async def destroy(house: HouseProcess) -> None:
    """Kill the house, and take its data folder away when its database is dead too."""
    server = int((house.folder / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
    await house.kill()

    async def is_dead() -> bool:
        return not psutil.pid_exists(server)

    assert await comes_true(is_dead, WITHIN_S)
    shutil.rmtree(house.folder)


async def archived(house: HouseProcess) -> None:
    """Until the last piece of the log is in the archive too."""
    owner = await connect_owner(EmbeddedPostgres(house.folder).address())
    piece = await owner.fetchval("SELECT pg_walfile_name(pg_switch_wal())")

    async def is_there() -> bool:
        return bool(
            await owner.fetchval("SELECT last_archived_wal >= $1 FROM pg_stat_archiver", piece)
        )

    assert await comes_true(is_there, WITHIN_S)
    await owner.close()


async def now(house: HouseProcess) -> str:
    async with house.looked_into() as database, database.begin() as work:
        row = await work.one("SELECT clock_timestamp()::text AS now")
    assert row is not None
    return str(row["now"])


async def test_a_house_comes_back_from_a_copy_taken_at_work_and_the_archive_of_its_log(
    data_folder: Path,
) -> None:
    house = HouseProcess(data_folder / "house")
    archive, copy = data_folder / "archive", data_folder / "copy"
    await archive_from_now_on(house.folder, archive)
    first, second, third = Crowd(1), Crowd(2), Crowd(3)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(house))
        posts = await furnish(house, STATIONS, guests=False)
        for post in posts:
            await stack.enter_async_context(post.outside)
        charging = asyncio.create_task(charge(posts, first))
        await asyncio.to_thread(base_backup, house.folder, copy)
        await charging
        before, moment = await seen(house), await now(house)
        await charge(posts, second)
        last = await seen(house)
        await archived(house)
        await destroy(house)

        # To the last word.
        bring_back(copy, house.folder, archive)
        await house.start()
        assert await seen(house) == last
        assert wrong(last, first, second) == []
        await charge(posts, third)
        assert wrong(await seen(house), first, second, third) == []
        await destroy(house)

        # To a moment, as before somebody's mistake.
        for post in posts:
            post.outside.go_offline()
        target = f"recovery_target_time = '{moment}'"
        bring_back(copy, house.folder, archive, target)
        await house.start()
        assert await seen(house) == before
        assert wrong(before, first) == []
        await destroy(house)


async def test_a_house_comes_back_from_a_dump_in_another_server_and_goes_on(
    data_folder: Path,
) -> None:
    house = HouseProcess(data_folder / "house")
    dumped = given_to_account(data_folder / "dumps") / "voltway.dump"
    first, second = Crowd(1), Crowd(2)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(house))
        posts = await furnish(house, STATIONS, guests=False)
        for post in posts:
            await stack.enter_async_context(post.outside)
        await charge(posts, first)
        last = await seen(house)
        await asyncio.to_thread(dump, house.folder, dumped)
        for post in posts:
            post.outside.go_offline()
        await destroy(house)

        await house.start()  # makes the server and its roles
        assert (await house.stop())[0] == 0
        await asyncio.to_thread(restore, house.folder, dumped)
        await house.start()
        assert await seen(house) == last
        for post in posts:
            post.outside.come_back()
        await charge(posts, second)
        assert wrong(await seen(house), first, second) == []
        await destroy(house)
