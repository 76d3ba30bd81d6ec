"""Orphans over the API: listed page by page, closed once and with a reason."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.network import AStation, a_station
from tests.web.api.conftest import Caller
from voltway.kernel.ids import TransactionRef
from voltway.kernel.units import RegisterWh
from voltway.parties.model import Role
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.sessions import actions as sessions
from voltway.stations.reports import Context, Ended, Heard, Reading


@pytest.fixture
async def station(owner: Caller, begin: BeginWork, clock: JumpingClock) -> AStation:
    """A station that told the ends of three sessions that nobody knows, one of them twice."""
    async with begin() as work:
        built = await a_station(work, owner.party, identity="VW-ODD")
    for ref in ("1", "2", "3", "3"):
        register = Reading(clock.now(), register_wh=RegisterWh(9_000), context=Context.END)
        stop = Ended(ref=TransactionRef(ref), reason="Local", at=clock.now(), readings=(register,))
        async with begin() as work:
            await sessions.record(
                work, [Heard(0, built.station.id, "StopTransaction", clock.now(), [stop])]
            )
    return built


async def test_orphans_are_listed_page_by_page(owner: Caller, station: AStation) -> None:
    met = []
    cursor = None
    while True:
        params = {"limit": 2, **({"cursor": cursor} if cursor else {})}
        page = (await owner.get("/orphans", params=params)).json()
        met += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert sorted((each["transaction_ref"], each["told"]) for each in met) == [
        ("1", 1),
        ("2", 1),
        ("3", 2),
    ]
    assert {each["identity"] for each in met} == {"VW-ODD"}
    assert {each["kind"] for each in met} == {"ended"}
    assert {each["register_wh"] for each in met} == {9_000}
    assert await owner.items(f"/orphans?station={station.station.id}") == met


async def test_an_orphan_is_closed_once_and_the_audit_says_why(
    owner: Caller, station: AStation, begin: BeginWork
) -> None:
    first, *rest = await owner.items("/orphans?open=true")
    path = f"/orphans/{first['id']}/close"

    nothing = await owner.post(path, {"reason": " "})
    closed = await owner.post(path, {"reason": "A test by the installer"})
    again = await owner.post(path, {"reason": "Once more"})

    assert nothing.status_code == 422
    assert closed.status_code == 200, closed.text
    assert closed.json() == {**first, "reviewed_at": "2026-03-02T12:00:00Z"}
    assert (again.status_code, again.json()["code"]) == (404, "no_such_orphan")
    assert await owner.items("/orphans?open=true") == rest
    assert await owner.items("/orphans?open=false") == [closed.json()]
    async with begin() as work:
        row = await work.one(
            "SELECT on_what, detail FROM audit_view WHERE did = 'closed an orphan'"
        )
    assert row is not None
    assert row["on_what"] == f"orphan:{first['id']}"
    assert row["detail"] == {"reason": "A test by the installer"}


async def test_another_party_s_orphans_are_not_there_and_a_viewer_closes_none(
    owner: Caller, stranger: Caller, with_role: Callable[[Role], Any], station: AStation
) -> None:
    first = (await owner.items("/orphans"))[0]
    viewer = await with_role(Role.VIEWER)
    path = f"/orphans/{first['id']}/close"

    assert await stranger.items("/orphans") == []
    assert (await stranger.post(path, {"reason": "Not mine"})).status_code == 404
    assert len(await viewer.items("/orphans")) == 3
    assert (await viewer.post(path, {"reason": "Looked at"})).status_code == 403
    assert len(await owner.items("/orphans?open=true")) == 3
