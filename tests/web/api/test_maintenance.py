"""Planned work over the API."""

from tests.network import a_station
from tests.web.api.conftest import Caller
from voltway.runtime.work import BeginWork


async def test_work_is_planned_changed_in_part_and_cancelled(
    owner: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        here = await a_station(work, owner.party)
    wanted = {
        "location_id": str(here.location.id),
        "evse_id": str(here.evse(2)),
        "starts_at": "2026-03-04T08:00:00+02:00",
        "ends_at": "2026-03-04T12:00:00+02:00",
        "reason": "New cables",
    }

    made = await owner.post("/maintenance-windows", wanted)
    assert made.status_code == 201, made.text
    id = made.json()["id"]
    assert made.json()["station_id"] == str(here.station.id)
    assert made.json()["starts_at"] == "2026-03-04T06:00:00Z"
    assert made.json()["closes_bays"] is True
    path = f"/maintenance-windows/{id}"
    changed = await owner.ask("PATCH", path, json={"reason": "New screens"})
    moved = await owner.ask("PATCH", path, json={"ends_at": "2026-03-04T12:00:00Z"})
    twice = await owner.post("/maintenance-windows", wanted)
    back = await owner.ask("PATCH", path, json={"ends_at": "2026-03-04T05:00:00Z"})
    cancelled = await owner.post(f"{path}/cancel")
    again = await owner.post(f"{path}/cancel")

    assert (changed.json()["reason"], changed.json()["revision"]) == ("New screens", 1)
    assert (moved.json()["ends_at"], moved.json()["revision"]) == ("2026-03-04T12:00:00Z", 2)
    assert twice.status_code == 409, twice.text
    assert back.status_code == 422, back.text
    assert cancelled.json()["state"] == again.json()["state"] == "cancelled"
    assert await owner.items("/maintenance-windows?state=planned") == []
    assert await owner.items(f"/maintenance-windows?location_id={here.location.id}") == [
        again.json()
    ]


async def test_work_can_leave_its_bays_open(owner: Caller, begin: BeginWork) -> None:
    async with begin() as work:
        here = await a_station(work, owner.party)

    made = await owner.post(
        "/maintenance-windows",
        {
            "location_id": str(here.location.id),
            "starts_at": "2026-03-04T08:00:00Z",
            "ends_at": "2026-03-04T12:00:00Z",
            "reason": "The walls are painted",
            "closes_bays": False,
        },
    )

    assert made.status_code == 201, made.text
    assert made.json()["closes_bays"] is False
    assert (await owner.items("/maintenance-windows"))[0]["closes_bays"] is False


async def test_nobody_plans_work_at_a_place_of_another_party(
    owner: Caller, stranger: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        here = await a_station(work, owner.party)
    wanted = {
        "location_id": str(here.location.id),
        "starts_at": "2026-03-04T08:00:00Z",
        "ends_at": "2026-03-04T12:00:00Z",
        "reason": "Nothing good",
    }

    assert (await stranger.post("/maintenance-windows", wanted)).status_code == 404
    made = (await owner.post("/maintenance-windows", wanted)).json()
    path = f"/maintenance-windows/{made['id']}"
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(f"{path}/cancel")).status_code == 404
