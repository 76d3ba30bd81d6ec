"""Lists: every row once, the newest first, as the filters say."""

from datetime import timedelta
from typing import Any

from tests.network import a_location, a_station, a_token
from tests.web.api.conftest import Caller
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork


async def walked(caller: Caller, path: str, limit: int) -> list[list[dict[str, Any]]]:
    pages = []
    cursor = None
    while True:
        params = {"limit": limit, **({"cursor": cursor} if cursor else {})}
        answer = await caller.get(path, params=params)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json()["items"])
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return pages


async def test_a_walk_meets_every_row_once_though_others_are_added(
    owner: Caller, begin: BeginWork, clock: JumpingClock
) -> None:
    async with begin() as work:
        for _ in range(7):
            await a_token(work, owner.party)
    newest = await owner.items("/tokens")
    assert [each["id"] for each in newest] == sorted((each["id"] for each in newest), reverse=True)

    first = (await owner.get("/tokens?limit=3")).json()
    clock.jump(timedelta(seconds=1))
    async with begin() as work:
        await a_token(work, owner.party)
    met = [*first["items"]]
    cursor = first["next_cursor"]
    while cursor:
        page = (await owner.get("/tokens", params={"limit": 3, "cursor": cursor})).json()
        met += page["items"]
        cursor = page["next_cursor"]

    assert met == newest


async def test_the_last_page_has_no_cursor(owner: Caller, begin: BeginWork) -> None:
    async with begin() as work:
        for _ in range(4):
            await a_token(work, owner.party)

    assert [len(page) for page in await walked(owner, "/tokens", 2)] == [2, 2]
    assert [len(page) for page in await walked(owner, "/tokens", 4)] == [4]
    assert [len(page) for page in await walked(owner, "/tokens", 3)] == [3, 1]


async def test_lists_are_filtered(owner: Caller, begin: BeginWork) -> None:
    async with begin() as work:
        place = await a_location(work, owner.party, name="Here")
        here = await a_station(work, owner.party, place, identity="VW-HERE")
        await a_station(work, owner.party, identity="VW-THERE", evses=3)
        card = await a_token(work, owner.party, "04A1B2")

    async def identities(path: str) -> list[str]:
        return sorted(each["identity"] for each in await owner.items(path))

    assert await identities("/stations") == ["VW-HERE", "VW-THERE"]
    assert await identities(f"/stations?location={place.id}") == ["VW-HERE"]
    assert await identities("/stations?identity=VW-THERE") == ["VW-THERE"]
    assert await identities("/stations?connected=true") == []
    assert len(await owner.items("/evses")) == 5
    assert len(await owner.items(f"/evses?station={here.station.id}")) == 2
    assert len(await owner.items("/evses?status=charging")) == 0
    assert [each["id"] for each in await owner.items("/tokens?uid=04a1b2")] == [str(card.id)]
    await owner.ask("PATCH", f"/tokens/{card.id}", json={"status": "blocked"})
    assert len(await owner.items("/tokens?status=blocked")) == 1
    assert len(await owner.items("/tokens?status=active")) == 0
