"""Stations over the API."""

from tests.network import a_location, a_station
from tests.web.api.conftest import Caller
from voltway.runtime.work import BeginWork


async def test_a_station_is_added_read_and_listed(owner: Caller, begin: BeginWork) -> None:
    async with begin() as work:
        place = await a_location(work, owner.party)

    added = await owner.post(
        "/stations",
        {
            "location_id": str(place.id),
            "identity": "VW-NEW",
            "evses": [{"number": 1, "current": "DC", "power_w": 150000}],
        },
    )
    assert added.status_code == 201, added.text
    assert len(added.json()["key"]) >= 16
    id = added.json()["station"]["id"]

    read = await owner.get(f"/stations/{id}")
    assert read.status_code == 200
    assert read.json() == added.json()["station"]
    assert read.json()["connected"] is False
    assert [each["id"] for each in await owner.items("/stations")] == [id]


async def test_a_station_of_another_party_is_not_there(
    owner: Caller, stranger: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        theirs = await a_station(work, stranger.party)

    assert await owner.items("/stations") == []
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/rotate-key")):
        answer = await owner.ask(method, f"/stations/{theirs.station.id}{path}")
        assert answer.status_code == 404, path
        assert answer.json()["code"] == "no_such_station"
    assert [each["id"] for each in await stranger.items("/stations")] == [str(theirs.station.id)]
