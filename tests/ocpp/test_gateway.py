"""The gateway by real sockets and a real PostgreSQL."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.ocpp.gateway_floor import Door, a_door, dial
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.stations import actions
from voltway.stations.model import KeptFrame

VERSIONS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]

STATUS = {
    "ocpp1.6": {"connectorId": 1, "errorCode": "NoError", "status": "Available"},
    "ocpp2.0.1": {
        "timestamp": "2026-03-02T12:00:00Z",
        "connectorStatus": "Available",
        "evseId": 1,
        "connectorId": 1,
    },
}
STATUS["ocpp2.1"] = STATUS["ocpp2.0.1"]


@pytest.fixture
async def door(database: Database, clock: JumpingClock) -> AsyncIterator[Door]:
    async with a_door(database, clock) as opened:
        yield opened


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_station_boots_lives_and_shows_its_status(door: Door, version: str) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1", version) as line:
        assert line.line.subprotocol == version

        boot = await line.boot()
        alive = await line.call("Heartbeat", {})
        status = await line.call("StatusNotification", STATUS[version])

        assert boot["status"] == "Accepted"
        assert boot["interval"] > 0
        assert alive == {"currentTime": "2026-03-02T12:00:00Z"}
        assert status == {}
        (row,) = await door.read("SELECT * FROM station_view WHERE id = $1", station.id)
        assert row["connected"]
        assert row["ocpp_version"] == version.removeprefix("ocpp")
        assert (row["vendor"], row["model"]) == ("Acme", "One")
        (evse,) = await door.read("SELECT status FROM evse_view")
        assert evse["status"] == "available"

    await door.until_read("SELECT 1 FROM station_view WHERE NOT connected")


async def test_frames_of_both_directions_are_kept(door: Door) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await line.call("Heartbeat", {}, id="a")
        await line.call("Heartbeat", {}, id="b")

        async def kept() -> list[KeptFrame]:
            async with door.begin() as work:
                frames = await actions.last_frames(work, station.id)
            return frames if len(frames) == 4 else []

        texts = [f"{each.direction} {each.text[:7].decode()}" for each in await door.until(kept)]
        assert sorted(texts) == [
            'heard [2, "a"',
            'heard [2, "b"',
            'said [3,"a",',
            'said [3,"b",',
        ]


async def test_a_socket_that_is_replaced_is_closed_and_its_end_changes_nothing(door: Door) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as old:
        await old.boot()
        async with dial(door, "CS1") as new:
            assert await old.end() == 1008
            await new.boot()
            await new.call("Heartbeat", {})

            (row,) = await door.read("SELECT * FROM station_view WHERE id = $1", station.id)
            assert row["connected"]
            assert row["takeovers"] == 1
            assert door.server.gateway.links[station.id].generation > 0


async def test_a_message_in_fragments_is_one_message(door: Door) -> None:
    await door.add("CS1")
    async with dial(door, "CS1") as line:
        pong = await line.line.ping()

        async def parts() -> AsyncIterator[str]:
            for part in ('[2,"1","Heart', "", 'beat",', "{}]"):
                yield part
                await line.line.ping()

        await line.line.send(parts())
        assert (await line.hear())[:2] == [3, "1"]
        await pong


async def test_compressed_messages_are_understood_and_long_answers_compressed(door: Door) -> None:
    await door.add("CS1")
    async with dial(door, "CS1", compression="deflate") as line:
        assert line.line.protocol.extensions
        assert (await line.boot())["status"] == "Accepted"
        answer = await line.call("X" * 400, {})
        assert answer[2] == "NotImplemented"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param("x" * 10_000, id="whole"),
        pytest.param(["x" * 4_000, "x" * 4_000, "x" * 4_000], id="in fragments"),
    ],
)
@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_a_message_beyond_the_cap_closes_the_socket(
    database: Database, clock: JumpingClock, sent: str | list[str], compression: str | None
) -> None:
    async with a_door(database, clock, frame_bytes_max=8_192) as door:
        await door.add("CS1")
        async with dial(door, "CS1", compression=compression) as line:
            await line.line.send(sent)
            assert await line.end() == 1009


@pytest.mark.parametrize(
    ("version", "code"), [("ocpp1.6", "FormationViolation"), ("ocpp2.0.1", "FormatViolation")]
)
async def test_what_is_no_json_is_answered_as_the_standard_names_and_the_line_lives_on(
    door: Door, version: str, code: str
) -> None:
    await door.add("CS1")
    async with dial(door, "CS1", version) as line:
        await line.say('[2,"a1","MeterValues",{"transactionId":,}]')
        assert (await line.hear())[:3] == [4, "a1", code]

        assert "currentTime" in await line.call("Heartbeat", {})
        (row,) = await door.read("SELECT kind, sample FROM deviation_view")
        assert row["kind"] == "broken_frame"
        assert "transactionId" in row["sample"]


@pytest.mark.parametrize("version", VERSIONS)
async def test_an_unknown_action_is_not_implemented(door: Door, version: str) -> None:
    await door.add("CS1")
    async with dial(door, "CS1", version) as line:
        answer = await line.call("Frobnicate", {})
        assert answer[2] == "NotImplemented"
        assert "currentTime" in await line.call("Heartbeat", {})


async def test_answers_come_in_the_order_of_the_calls(door: Door) -> None:
    await door.add("CS1")
    async with dial(door, "CS1") as line:
        for number in range(200):
            await line.say(json.dumps([2, str(number), "Heartbeat", {}]))
        ids = [(await line.hear())[1] for _ in range(200)]
        assert ids == [str(number) for number in range(200)]


async def test_many_stations_share_commits(door: Door) -> None:
    names = [f"CS{number}" for number in range(20)]
    for name in names:
        await door.add(name)

    async def live(name: str) -> None:
        async with dial(door, name) as line:
            assert (await line.boot())["status"] == "Accepted"
            for _ in range(10):
                assert "currentTime" in await line.call("Heartbeat", {})

    await asyncio.gather(*map(live, names))

    rows = await door.read("SELECT cardinality(stations) AS n FROM frame_batch")
    assert max(row["n"] for row in rows) > 1
    (booted,) = await door.read("SELECT count(*) AS n FROM station WHERE booted_at IS NOT NULL")
    assert booted["n"] == 20


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_message_that_cannot_be_kept_stands_alone_and_the_others_go_through(
    door: Door, version: str
) -> None:
    names = [f"CS{number}" for number in range(8)]
    for name in names:
        await door.add(name)
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(dial(door, name, version)) for name in names]
        poison = dict(STATUS[version])
        if version == "ocpp1.6":
            poison["info"] = "a\x00b"
        for number, line in enumerate(lines):
            payload = poison if number == 3 else {}
            action = "StatusNotification" if number == 3 else "Heartbeat"
            if number == 3 and version != "ocpp1.6":
                action, payload = "DataTransfer", {"vendorId": "a\x00b"}
            await line.say(json.dumps([2, "1", action, payload]))
        answers = [await line.hear() for line in lines]

        assert [answer[0] for answer in answers] == [3, 3, 3, 4, 3, 3, 3, 3]
        assert answers[3][2] == "InternalError"
        (review,) = await door.read("SELECT identity, frame, why FROM frame_review_view")
        assert review["identity"] == "CS3"
        assert "a\\\\u0000b" in review["frame"]
        assert "currentTime" in await lines[3].call("Heartbeat", {})


async def test_draining_answers_what_was_heard_and_says_come_back(
    database: Database, clock: JumpingClock
) -> None:
    async with a_door(database, clock) as door:
        await door.add("CS1")
        async with dial(door, "CS1") as line:
            await line.boot()
            await line.say('[2,"9","Heartbeat",{}]')
            await door.until_read("SELECT 1 FROM station WHERE connected_at IS NOT NULL")
            draining = asyncio.create_task(door.server.drain())
            assert await line.end() == 1012
            await draining
            (row,) = await door.read("SELECT connected FROM station_view")
            assert not row["connected"]


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_security_event_of_a_station_is_a_fact_in_its_own_words(
    door: Door, version: str
) -> None:
    await door.add("CP-1", evses=1)
    told = {
        "type": "TamperDetectionActivated",
        "timestamp": "2026-03-02T12:00:00Z",
        "techInfo": "the door",
    }
    async with dial(door, "CP-1", version) as line:
        assert await line.call("SecurityEventNotification", told) == {}

    (row,) = await door.read("SELECT body FROM outbox WHERE kind = 'SecurityReported'")
    assert '"TamperDetectionActivated"' in row["body"]
    assert '"the door"' in row["body"]
