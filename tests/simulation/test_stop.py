"""Asked to stop, the house ends soon and in order, and the next start goes on."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.simulation import audit
from tests.simulation.crowd import Promise
from tests.simulation.house import HouseProcess, serving
from tests.simulation.town import furnish
from tests.simulation.waiting import comes_true

#: A sample of a long campaign: `make samples`.
pytestmark = pytest.mark.campaign

STATIONS = 12
STOP_S_MAX = 10
WITHIN_S = 60


async def test_a_house_full_of_sessions_stops_within_ten_seconds_and_goes_on_when_it_starts_again(
    data_folder: Path,
) -> None:
    house = HouseProcess(data_folder / "house")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(serving(house))
        posts = await furnish(house, STATIONS, guests=False)
        for post in posts:
            await stack.enter_async_context(post.outside)
        promises = [
            Promise(post.outside.identity, post.card or "", 1000 * nth, is_guest=False)
            for nth, post in enumerate(posts)
        ]
        began = datetime.now(UTC) - timedelta(seconds=30)
        async with asyncio.timeout(WITHIN_S):
            for post, promise in zip(posts, promises, strict=True):
                await post.outside.start(1, promise.token, promise.start_wh, began)

        status, seconds = await house.stop()

        assert (status, seconds < STOP_S_MAX) == (0, True)
        told = []
        for post, promise in zip(posts, promises, strict=True):
            promise.readings, promise.end_wh = [promise.start_wh + 50], promise.start_wh + 100
            now = datetime.now(UTC)
            told.append(post.outside.meter(1, promise.start_wh + 50, now))
            told.append(post.outside.stop(1, promise.end_wh, now))
            promise.is_ended = True
        await house.start()
        async with asyncio.timeout(WITHIN_S):
            await asyncio.gather(*told)
        async with house.looked_into() as database:
            assert await comes_true(lambda: audit.is_quiet(database), WITHIN_S)
            kept = await audit.read(database)
        assert list(audit.session_findings(kept, promises)) == []
        assert list(audit.bill_findings(kept)) == []
        assert kept.balances
