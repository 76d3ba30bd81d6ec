"""What goes wrong is told as a problem (RFC 9457), whatever is sent."""

from typing import Any

import pytest

from tests.network import a_location
from tests.web.api.conftest import Caller
from voltway.runtime.work import BeginWork
from voltway.web.security import BODY_BYTES_MAX

NO_ONE = "01900000-0000-7000-8000-000000000000"
PLACE = {
    "name": "Market",
    "address": "A 1",
    "city": "Oulu",
    "country": "FIN",
    "lat": 65.0,
    "lon": 25.5,
    "time_zone": "Europe/Helsinki",
}


def is_problem(answer: Any, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["status"] == status
    assert told["code"] == code
    assert told["detail"]
    assert {"type", "title", "fields"} <= told.keys()


async def test_a_path_that_is_not_there_is_a_problem(owner: Caller) -> None:
    for path in ("/api/v1/nothing", "/api/v2/stations", "/api/nothing", "/api/nothing.json"):
        is_problem(await owner.get(path), 404, "not_found")
    is_problem(await owner.get("/stations/not-an-id"), 404, "not_found")


async def test_a_method_that_is_not_served_is_a_problem(owner: Caller) -> None:
    is_problem(await owner.ask("PUT", "/stations"), 405, "method_not_allowed")


@pytest.mark.parametrize("body", ["{", "", "[1,", '{"uid": 04}', "\x00", '{"a":' * 5000])
async def test_what_is_no_json_is_a_problem_that_says_where(owner: Caller, body: str) -> None:
    answer = await owner.ask("POST", "/tokens", content=body.encode())

    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if body == "[1,":
        is_problem(answer, 400, "not_readable")
        assert "truncated" in answer.json()["detail"]


async def test_bytes_that_are_no_text_are_a_problem(owner: Caller) -> None:
    answer = await owner.ask("POST", "/tokens", content=b'{"uid": "\xff\xfe"}')
    assert answer.status_code in (400, 422), answer.text


async def test_a_tariff_that_is_no_json_is_a_problem(owner: Caller) -> None:
    for content in (b"", b"{", b'{"a":' * 5000, b'{"id": "\xff"}', b"[]", b"null", b'{"id": NaN}'):
        answer = await owner.ask("POST", "/tariffs", content=content)
        assert answer.status_code in (400, 422), content[:20]
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_body_that_is_too_large_is_a_problem(owner: Caller) -> None:
    content = b'{"uid": "' + b"a" * BODY_BYTES_MAX + b'"}'
    answer = await owner.ask("POST", "/tokens", content=content)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"lat": 91}, "lat", id="off the globe"),
        pytest.param({"lat": "north"}, "lat", id="a word for a number"),
        pytest.param({"name": ""}, "name", id="an empty name"),
        pytest.param({"name": "a\x00b"}, "name", id="a NUL"),
        pytest.param({"name": "a" * 201}, "name", id="a long name"),
        pytest.param({"country": "Finland"}, "country", id="no country code"),
        pytest.param({"colour": "red"}, "", id="a field that we do not know"),
    ],
)
async def test_a_field_that_is_not_right_is_named(
    owner: Caller, change: dict[str, Any], field: str
) -> None:
    answer = await owner.post("/locations", {**PLACE, **change})

    is_problem(answer, 422, "invalid")
    assert field in {each["field"].split(".")[-1] for each in answer.json()["errors"]} | {""}
    assert await owner.items("/locations") == []


async def test_what_a_room_refuses_is_a_problem_of_its_own_code(
    owner: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        place = await a_location(work, owner.party)
    station = {"location_id": str(place.id), "identity": "VW-1", "evses": [{"number": 1}]}
    await owner.post("/stations", station)

    is_problem(await owner.post("/stations", station), 409, "identity_taken")
    is_problem(await owner.post("/stations", {**station, "identity": "a/b"}), 422, "not_usable")
    is_problem(
        await owner.post("/stations", {**station, "location_id": NO_ONE}), 404, "no_such_location"
    )
    is_problem(await owner.post("/locations", {**PLACE, "time_zone": "X"}), 422, "not_usable")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=many",
        "cursor=nonsense",
        "cursor=" + "A" * 2000,
        "cursor=%00",
        "cursor=4pyT",
        "location=not-an-id",
        "connected=perhaps",
        "identity=%00",
        "identity=" + "x" * 101,
    ],
)
async def test_a_parameter_that_is_not_right_is_a_problem(owner: Caller, query: str) -> None:
    answer = await owner.get(f"/stations?{query}")

    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "query", ["account=%00", "account=';--", "from=yesterday", "session=x", "until=99999-01-01"]
)
async def test_a_filter_of_the_books_that_is_not_right_is_a_problem(
    owner: Caller, query: str
) -> None:
    assert (await owner.get(f"/ledger/entries?{query}")).status_code == 422


async def test_a_cursor_of_another_list_gives_no_fault(owner: Caller) -> None:
    for _ in range(2):
        await owner.post("/locations", PLACE)
    cursor = (await owner.get("/locations?limit=1")).json()["next_cursor"]

    assert (await owner.get("/ledger/accounts", params={"cursor": cursor})).status_code == 200


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"kind": "explode"},
        {"kind": "start"},
        {"kind": "start", "evse": 0, "token": "a"},
        {"kind": "start", "evse": 2**70, "token": "a"},
        {"kind": "start", "evse": 1, "token": "unknown"},
        {"kind": "reset", "now": True},
        {"kind": "trigger", "message": "Status Notification"},
        {"kind": "set_variable", "name": "a\x00", "value": ""},
        [],
        "reset",
        None,
    ],
)
async def test_an_order_that_is_none_is_a_problem(owner: Caller, order: object) -> None:
    answer = await owner.post(f"/stations/{NO_ONE}/orders", order)

    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
