"""Reservations over the API: listed, read, cancelled with a reason; and how long they may be."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.network import AStation, a_station
from tests.web.api.conftest import Caller
from voltway.kernel.ids import StationId
from voltway.parties.model import Role
from voltway.runtime.work import BeginWork
from voltway.stations import actions as stations
from voltway.stations.reports import Heard, VariableReported, VariablesReported
from voltway.waiting import reservations


@pytest.fixture
async def station(owner: Caller, begin: BeginWork) -> AStation:
    """A station whose first EVSE is reserved."""
    async with begin() as work:
        built = await a_station(work, owner.party)
        await work.run(
            "UPDATE station SET connected_at = $1, last_heard_at = $1, ocpp_version = '2.0.1'",
            work.now,
        )
        await work.run("UPDATE evse SET status = 'available', status_at = $1", work.now)
        told = VariableReported("ReservationCtrlr", "Available", "true")
        report = VariablesReported(1, 0, last=True, variables=(told,))
        call = Heard(0, StationId(built.station.id), "NotifyReport", work.now, [report])
        await stations.record_reports(work, [call])
        await reservations.reserve(
            work,
            built.evse(),
            email="ann@example.org",
            locale="en",
            minutes=15,
            expected_s=300,
        )
    return built


async def test_a_reservation_is_listed_read_and_cancelled_once(
    owner: Caller, station: AStation
) -> None:
    [listed] = await owner.items(f"/reservations?station={station.station.id}&open=true")
    assert listed["public_id"] == station.evses[1].public_id
    assert (listed["state"], listed["why"], listed["email"]) == ("asked", "", "ann@example.org")
    assert "key" not in listed
    path = f"/reservations/{listed['id']}"
    assert (await owner.get(path)).json() == listed
    assert (await owner.post(f"{path}/cancel", {"reason": " "})).status_code == 422

    done = await owner.post(f"{path}/cancel", {"reason": "Works"})
    again = await owner.post(f"{path}/cancel", {"reason": "Other works"})

    assert done.status_code == 200, done.text
    assert (done.json()["why"], done.json()["said"]) == ("operator", "Works")
    assert again.json() == done.json()
    assert await owner.items("/reservations?open=true") == []
    assert await owner.items(f"/reservations?location={station.location.id}") == [done.json()]


async def test_another_party_s_are_not_there_and_a_viewer_cancels_none(
    owner: Caller, stranger: Caller, with_role: Callable[[Role], Any], station: AStation
) -> None:
    [listed] = await owner.items("/reservations")
    path = f"/reservations/{listed['id']}"
    viewer = await with_role(Role.VIEWER)

    assert await stranger.items("/reservations") == []
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.post(f"{path}/cancel", {"reason": "Mine"})).status_code == 404
    assert (await viewer.get(path)).status_code == 200
    assert (await viewer.post(f"{path}/cancel", {"reason": "x"})).status_code == 403


async def test_for_how_long_is_read_and_set(
    owner: Caller, stranger: Caller, station: AStation
) -> None:
    path = f"/locations/{station.location.id}/reserve-minutes"
    assert (await owner.get(path)).json() == {"minutes_max": 15}
    assert (await owner.ask("PUT", path, json={"minutes_max": 121})).status_code == 422
    assert (await owner.ask("PUT", path, json={"minutes_max": 0})).json() == {"minutes_max": 0}
    assert (await owner.ask("PUT", path, json={"minutes_max": None})).json() == {"minutes_max": 15}
    assert (await stranger.ask("PUT", path, json={"minutes_max": 1})).status_code == 404
