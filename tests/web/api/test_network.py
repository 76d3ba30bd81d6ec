"""Locations, tokens, tariffs and the lobby over the API."""

import base64
import json
from datetime import timedelta
from typing import Any

from tests.network import a_location, a_station
from tests.web.api.conftest import Caller
from tests.web.test_photos import photo
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.stations import actions as stations
from voltway.stations.model import Knock, Refused

PLACE = {
    "name": "Market",
    "address": "A 1",
    "city": "Oulu",
    "country": "FIN",
    "lat": 65.0,
    "lon": 25.5,
    "time_zone": "Europe/Helsinki",
}
#: A price with more digits than a float has: it must come back as it went in.
TARIFF = """{"id": "DAY", "currency": "EUR", "elements": [{"price_components": [
  {"type": "ENERGY", "price": 0.490000000000010, "vat": 25.50, "step_size": 1}]}]}"""


async def test_a_location_is_added_and_changed_in_part(owner: Caller) -> None:
    added = await owner.post("/locations", PLACE)
    assert added.status_code == 201, added.text
    id = added.json()["id"]

    changed = await owner.ask("PATCH", f"/locations/{id}", json={"published": False})

    assert changed.status_code == 200, changed.text
    assert changed.json() == {**added.json(), "published": False}
    assert (await owner.get(f"/locations/{id}")).json() == changed.json()


async def test_what_a_location_is_like_is_said_whole_each_time(owner: Caller) -> None:
    id = (await owner.post("/locations", PLACE)).json()["id"]
    path = f"/locations/{id}/features"
    nothing = (await owner.get(path)).json()
    told = {**nothing, "step_free": True, "facilities": ["CAFE"], "hours": "Mon-Fri 08:00-20:00"}

    put = await owner.ask("PUT", path, json=told)
    read = await owner.get(path)
    wrong = await owner.ask("PUT", path, json={"hours": "whenever"})
    again = await owner.ask("PUT", path, json={"lit": False})

    assert put.status_code == 200, put.text
    assert put.json() == read.json() == told
    assert wrong.status_code == 422
    assert "says no opening hours" in wrong.text
    assert again.json() == {**nothing, "lit": False}


async def test_a_token_is_blocked_and_let_in_again(owner: Caller) -> None:
    until = "2026-12-24T18:00:00+02:00"
    added = await owner.post("/tokens", {"uid": "04A1", "label": "Ann", "valid_until": until})
    assert added.status_code == 201, added.text
    assert added.json()["valid_until"] == "2026-12-24T16:00:00Z"
    path = f"/tokens/{added.json()['id']}"

    blocked = await owner.ask("PATCH", path, json={"status": "blocked"})
    assert blocked.json()["status"] == "blocked"
    assert (await owner.ask("PATCH", path, json={"status": "active"})).json() == added.json()


async def test_a_tariff_is_kept_digit_for_digit(owner: Caller) -> None:
    added = await owner.ask("POST", "/tariffs", content=TARIFF.encode())
    assert added.status_code == 201, added.text
    again = await owner.ask("POST", "/tariffs", content=TARIFF.replace("0.49", "0.59").encode())

    first = await owner.get(f"/tariffs/{added.json()['id']}")
    assert TARIFF in first.text
    assert (first.json()["version"], first.json()["newest"]) == (1, False)
    assert (again.json()["version"], again.json()["newest"]) == (2, True)
    assert [each["version"] for each in await owner.items("/tariffs?newest=true")] == [2]


async def test_a_tariff_with_a_fault_is_refused_with_the_place_of_it(owner: Caller) -> None:
    wrong = TARIFF.replace('"ENERGY"', '"SUNSHINE"')
    answer = await owner.ask("POST", "/tariffs", content=wrong.encode())
    assert answer.status_code == 422
    assert "price_components" in answer.json()["detail"]
    broken = await owner.ask("POST", "/tariffs", content=b'{"id": ')
    assert broken.status_code == 422
    assert "line 1" in broken.json()["detail"]


async def test_a_tariff_is_assigned_to_a_place(
    owner: Caller, begin: BeginWork, clock: JumpingClock
) -> None:
    async with begin() as work:
        built = await a_station(work, owner.party)
    await owner.ask("POST", "/tariffs", content=TARIFF.encode())

    everywhere = await owner.post("/tariff-assignments", {"tariff": "DAY"})
    later = (clock.now() + timedelta(days=1)).isoformat()
    here = {"tariff": "DAY", "station_id": str(built.station.id), "since": later}
    there = await owner.post("/tariff-assignments", here)

    assert everywhere.status_code == 201, everywhere.text
    assert everywhere.json()["scope_id"] == str(owner.party.id)
    assert there.json()["since"] == "2026-03-03T12:00:00Z"
    listed = await owner.items(f"/tariff-assignments?scope_id={built.station.id}")
    assert [each["tariff"] for each in listed] == ["DAY"]
    unknown = await owner.post("/tariff-assignments", {"tariff": "NIGHT"})
    assert unknown.status_code == 404
    both = {**here, "location_id": str(built.location.id)}
    assert (await owner.post("/tariff-assignments", both)).status_code == 422


async def test_a_tariff_is_looked_over_without_being_added(owner: Caller) -> None:
    flat = json.dumps(
        {
            "id": "FLAT",
            "currency": "EUR",
            "elements": [{"price_components": [{"type": "FLAT", "price": 2, "step_size": 1}]}],
        }
    ).encode()

    fast = await owner.ask("POST", "/tariffs/lint?power_w=150000", content=flat)
    slow = await owner.ask("POST", "/tariffs/lint?power_w=11000", content=flat)

    assert fast.status_code == 200, fast.text
    assert fast.json()["findings"]
    assert slow.json()["findings"] == []
    assert await owner.items("/tariffs") == []


async def test_a_station_of_the_lobby_is_adopted(owner: Caller, begin: BeginWork) -> None:
    async with begin() as work:
        place = await a_location(work, owner.party)
        await stations.record_knocks(
            work,
            [Knock(name, Refused.UNKNOWN, work.now, source="10.0.0.7") for name in ("NEW", "ODD")],
        )
    waiting = {each["identity"]: each for each in await owner.items("/lobby")}
    assert waiting["NEW"]["source"] == "10.0.0.7"

    wanted: dict[str, Any] = {"location_id": str(place.id), "evses": [{"number": 1}]}
    adopted = await owner.post(f"/lobby/{waiting['NEW']['id']}/adopt", wanted)
    gone = await owner.ask("DELETE", f"/lobby/{waiting['ODD']['id']}")

    assert adopted.status_code == 201, adopted.text
    assert len(adopted.json()["key"]) >= 16
    assert [each["identity"] for each in await owner.items("/stations")] == ["NEW"]
    assert gone.status_code == 204
    assert await owner.items("/lobby") == []
    again = await owner.post(f"/lobby/{waiting['NEW']['id']}/adopt", wanted)
    assert again.status_code in (404, 409)
    assert again.json()["code"] == "not_in_lobby"


async def test_a_station_that_was_removed_is_seen_no_more(owner: Caller, begin: BeginWork) -> None:
    async with begin() as work:
        built = await a_station(work, owner.party)
    path = f"/stations/{built.station.id}"

    rotated = await owner.post(f"{path}/rotate-key")
    assert rotated.status_code == 200, rotated.text
    assert rotated.json()["key"] != built.key
    assert (await owner.ask("DELETE", path)).status_code == 204
    assert (await owner.get(path)).status_code == 404


async def test_what_is_written_is_in_the_audit(owner: Caller, begin: BeginWork) -> None:
    await owner.post("/tokens", {"uid": "04A1"})

    async with begin() as work:
        row = await work.one("SELECT * FROM audit_view")
    assert row is not None
    assert (row["actor_kind"], row["actor_name"], row["did"]) == (
        "api_key",
        "The owner",
        "added a token",
    )


async def test_photos_of_a_location_are_added_put_in_order_and_taken_away(owner: Caller) -> None:
    path = f"/locations/{(await owner.post('/locations', PLACE)).json()['id']}/photos"
    first, second = (
        {"photo": base64.b64encode(photo(shade=shade)).decode(), "alt": f"Photo {shade}"}
        for shade in (10, 200)
    )

    added = [await owner.post(path, each) for each in (first, second)]
    twice = await owner.post(path, first)
    wrong = await owner.post(path, {"photo": "PHN2Zz4=", "alt": "An SVG"})
    no_base64 = await owner.post(path, {"photo": "!", "alt": "Nothing"})
    silent = await owner.post(path, {**first, "alt": ""})

    assert [each.status_code for each in added] == [201, 201], added[0].text
    assert [each.status_code for each in (twice, wrong, no_base64, silent)] == [409, 422, 422, 422]
    one, other = (each.json() for each in added)
    assert one["large"].startswith("/photos/")
    order = await owner.ask("PUT", path, json={"photos": [other["id"], one["id"]]})
    assert [each["alt"] for each in order.json()] == ["Photo 200", "Photo 10"]
    part = await owner.ask("PUT", path, json={"photos": [other["id"]]})
    assert part.status_code == 404
    said = await owner.ask("PATCH", f"{path}/{one['id']}", json={"alt": "The roof"})
    assert said.json()[1]["alt"] == "The roof"
    gone = await owner.ask("DELETE", f"{path}/{other['id']}")
    assert gone.status_code == 204
    assert [each["alt"] for each in (await owner.get(path)).json()] == ["The roof"]
