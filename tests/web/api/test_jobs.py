"""Jobs over the API: listed page by page, tried again by who may, each party its own."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.web.api.conftest import Caller
from voltway.parties.model import Role
from voltway.runtime import outbox
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.runtime.jobs import FAULT_TRIES_MAX, Jobs
from voltway.runtime.work import BeginWork, Job


@pytest.fixture
async def failed(owner: Caller, database: Database, begin: BeginWork) -> list[str]:
    """Three letters that could not be sent."""

    async def broken(begin: BeginWork, body: Mapping[str, str]) -> None:
        raise ValueError("The paper is out")

    jobs, names = Jobs(database, back_off_s=0.0), ["a", "b", "c"]
    jobs.handle("send_alert", broken)
    for name in names:
        async with begin() as work:
            await work.enqueue(Job("send_alert", name, {"alert": name}, party=owner.party.id))
        for _ in range(FAULT_TRIES_MAX):
            with pytest.raises(ValueError, match="paper"):
                await jobs.catch_up()
    return names


async def test_jobs_are_listed_page_by_page_with_their_last_trouble(
    owner: Caller, failed: list[str]
) -> None:
    first = (await owner.get("/jobs", params={"limit": 2, "state": "failed"})).json()
    params = {"limit": 2, "state": "failed", "cursor": first["next_cursor"]}
    second = (await owner.get("/jobs", params=params)).json()

    met = [*first["items"], *second["items"]]
    assert [each["body"]["alert"] for each in met] == failed
    assert {each["last_trouble"] for each in met} == {"ValueError: The paper is out"}
    assert {(each["kind"], each["state"], each["tries"]) for each in met} == {
        ("send_alert", "failed", FAULT_TRIES_MAX)
    }
    assert second["next_cursor"] is None
    assert await owner.items("/jobs?state=waiting") == []
    assert (await owner.get("/jobs", params={"cursor": "eA"})).json()["code"] == "cursor_not_ours"


async def test_one_is_tried_again_and_then_all_of_its_kind(
    owner: Caller, failed: list[str]
) -> None:
    first = (await owner.items("/jobs"))[0]
    path = f"/jobs/{first['id']}/try-again"

    asked = await owner.post(path)
    again = await owner.post(path)
    rest = await owner.post("/jobs/try-again", {"kind": "send_alert"})

    assert (asked.status_code, asked.json()["state"], asked.json()["tries"]) == (200, "waiting", 0)
    assert (again.status_code, again.json()["code"]) == (404, "no_such_job")
    assert rest.json() == {"jobs": 2}
    assert len(await owner.items("/jobs?state=waiting")) == len(failed)


async def test_a_stranger_sees_none_and_a_viewer_tries_none_again(
    owner: Caller, stranger: Caller, with_role: Callable[[Role], Any], failed: list[str]
) -> None:
    first = (await owner.items("/jobs"))[0]
    viewer = await with_role(Role.VIEWER)
    path = f"/jobs/{first['id']}/try-again"

    assert await stranger.items("/jobs") == []
    assert (await stranger.post(path)).status_code == 404
    assert (await stranger.post("/jobs/try-again", {"kind": "send_alert"})).json() == {"jobs": 0}
    assert len(await viewer.items("/jobs")) == len(failed)
    assert (await viewer.post(path)).status_code == 403
    assert len(await owner.items("/jobs?state=failed")) == len(failed)


async def test_a_fact_that_was_laid_aside_is_told_again(
    owner: Caller, stranger: Caller, begin: BeginWork, clock: JumpingClock
) -> None:
    row = {
        "party_id": owner.party.id,
        "subject": "session:x",
        "kind": "SessionEnded",
        "body": "{}",
        "at": clock.now(),
    }
    async with begin() as work:
        await outbox.bury(work, "billing.session_ended", outbox.Told(1, row), "It has no party")
    (fact,) = (await owner.get("/facts-laid-aside")).json()
    path = f"/facts-laid-aside/{fact['id']}/tell-again"

    assert (fact["watcher"], fact["last_trouble"]) == ("billing.session_ended", "It has no party")
    assert (await stranger.get("/facts-laid-aside")).json() == []
    assert (await stranger.post(path)).status_code == 404
    assert (await owner.post(path)).json() == {"id": fact["id"]}
    (fact,) = (await owner.get("/facts-laid-aside")).json()
    assert fact["is_asked"]
    assert [each["kind"] for each in await owner.items("/jobs")] == ["tell_again"]
