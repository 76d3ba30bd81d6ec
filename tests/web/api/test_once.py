"""Requests that carry an Idempotency-Key, and requests that must."""

import asyncio
from datetime import timedelta

import pytest

from tests.network import a_location
from tests.web.api.conftest import Caller
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.web.api.once import forget_old_answers

NO_ONE = "01900000-0000-7000-8000-000000000000"


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


async def test_the_same_request_twice_is_done_once_and_answered_alike(
    owner: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        place = await a_location(work, owner.party)
    station = {"location_id": str(place.id), "identity": "VW-1", "evses": [{"number": 1}]}

    first = await owner.post("/stations", station, headers=keyed("k"))
    again = await owner.post("/stations", station, headers=keyed("k"))

    assert first.status_code == 201, first.text
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert len(await owner.items("/stations")) == 1


async def test_a_kept_answer_tells_its_reader_nothing(owner: Caller, begin: BeginWork) -> None:
    async with begin() as work:
        place = await a_location(work, owner.party)
    station = {"location_id": str(place.id), "identity": "VW-1", "evses": [{"number": 1}]}
    first = await owner.post("/stations", station, headers=keyed("k"))

    async with begin() as work:
        rows = await work.all("SELECT * FROM api_answer")

    assert len(rows) == 1
    assert first.json()["key"].encode() not in bytes(rows[0]["body"])
    assert b"VW-1" not in bytes(rows[0]["body"])


async def test_a_key_stands_for_one_request(owner: Caller, stranger: Caller) -> None:
    first = await owner.post("/tokens", {"uid": "04A1"}, headers=keyed("k"))
    other = await owner.post("/tokens", {"uid": "04A2"}, headers=keyed("k"))
    elsewhere = await owner.post("/locations", {"uid": "04A1"}, headers=keyed("k"))
    of_another = await stranger.post("/tokens", {"uid": "04A3"}, headers=keyed("k"))

    assert first.status_code == 201
    assert (other.status_code, elsewhere.status_code) == (409, 409)
    assert other.json()["code"] == "idempotency_key_of_another_request"
    assert of_another.status_code == 201
    assert [each["uid"] for each in await owner.items("/tokens")] == ["04A1"]


async def test_a_refusal_is_an_answer_too(owner: Caller) -> None:
    await owner.post("/tokens", {"uid": "04A1"})

    first = await owner.post("/tokens", {"uid": "04A1"}, headers=keyed("k"))
    again = await owner.post("/tokens", {"uid": "04A1"}, headers=keyed("k"))

    assert (first.status_code, again.status_code) == (409, 409)
    assert again.json() == first.json()
    assert again.json()["code"] == "token_taken"


async def test_of_requests_at_once_under_one_key_one_is_done(owner: Caller) -> None:
    answers = await asyncio.gather(
        *(owner.post("/tokens", {"uid": "04A1"}, headers=keyed("k")) for _ in range(8))
    )

    told = {answer.status_code for answer in answers}
    assert told <= {201, 409}
    assert 201 in told
    for answer in answers:
        if answer.status_code == 409:
            assert answer.json()["code"] == "still_under_way"
            assert answer.headers["retry-after"] == "1"
    assert len(await owner.items("/tokens")) == 1


async def test_a_request_whose_process_died_is_done_by_the_next_one(
    owner: Caller, begin: BeginWork, clock: JumpingClock
) -> None:
    await owner.post("/tokens", {"uid": "04A1"}, headers=keyed("k"))
    async with begin() as work:
        await work.run(
            "UPDATE api_answer SET ended_at = NULL, status = NULL, headers = NULL, body = NULL"
        )

    waits = await owner.post("/tokens", {"uid": "04A1"}, headers=keyed("k"))
    clock.jump(timedelta(minutes=6))
    done = await owner.post("/tokens", {"uid": "04A1"}, headers=keyed("k"))

    assert waits.json()["code"] == "still_under_way"
    assert done.json()["code"] == "token_taken", "it was tried, and the first try had its effect"


async def test_answers_are_kept_for_a_day_and_then_forgotten(
    owner: Caller, begin: BeginWork, clock: JumpingClock
) -> None:
    await owner.post("/tokens", {"uid": "04A1"}, headers=keyed("k"))

    clock.jump(timedelta(hours=24))
    assert await forget_old_answers(begin) == 0
    assert (await owner.post("/tokens", {"uid": "04A1"}, headers=keyed("k"))).status_code == 201
    clock.jump(timedelta(hours=2))
    assert await forget_old_answers(begin) == 1


@pytest.mark.parametrize("key", ["", "x" * 256, "é"])
async def test_a_key_that_cannot_be_kept_is_refused(owner: Caller, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    answer = await owner.ask("POST", "/tokens", json={"uid": "04A1"}, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency_key_not_usable"


async def test_what_moves_money_is_not_taken_without_a_key(owner: Caller) -> None:
    answer = await owner.post(f"/payments/{NO_ONE}/refunds", {"amount": "1", "reason": "x"})

    assert answer.status_code == 400
    assert answer.json()["code"] == "idempotency_key_missing"
