"""Deviations of real stations, collected, each through the whole gateway by a real socket."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.conftest import NOON
from tests.ocpp.collected import cases_of_frames, filled, is_ours_to_send
from tests.ocpp.gateway_floor import Dialled, Door, a_door, dial
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database


@pytest.fixture
async def door(database: Database, clock: JumpingClock) -> AsyncIterator[Door]:
    async with a_door(database, clock) as opened:
        yield opened


async def answer(line: Dialled, frame: str) -> str:
    """What came back, in the words of the collection; the line is alive after it."""
    await line.say(frame)
    await line.say('[2,"still-there","Heartbeat",{}]')
    heard: list[Any] = []
    while not heard or heard[-1][1] != "still-there":
        heard.append(await line.hear())
    assert "currentTime" in heard[-1][2]
    match heard[:-1]:
        case []:
            return "none"
        case [[3, *_]]:
            return "callresult"
        case [[4, _, code, *_]]:
            return f"callerror:{code}"
        case more:
            return f"too much: {more}"


async def test_every_quirk_is_answered_as_it_must_and_leaves_the_line_alive(door: Door) -> None:
    wrong = []
    played = [(case, version) for case in cases_of_frames() for version in case.subprotocols]
    for case, version in played:
        identity = f"Q-{case.id}-{version}"
        await door.add(identity, evses=2)
        async with dial(door, identity, version) as line:
            tx = "0"
            if "{TX}" in "".join(case.frames) and line.subprotocol == "ocpp1.6":
                started = await line.call(
                    "StartTransaction",
                    {
                        "connectorId": 1,
                        "idTag": "A",
                        "meterStart": 0,
                        "timestamp": "2026-03-02T11:00:00Z",
                    },
                )
                tx = str(started["transactionId"])
            for frame in case.frames:
                if is_ours_to_send(frame, line.subprotocol):
                    continue
                got = await answer(line, filled(frame, tx=tx, call="unasked", now=NOON))
                if got not in case.wanted(frame):
                    wrong.append(f"{case.id}: {got} instead of {case.reply}: {frame[:120]}")
    assert wrong == []
    assert await door.read("SELECT action, why FROM frame_review_view") == []


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_message_of_a_transaction_that_cannot_be_read_is_answered_and_looked_at(
    door: Door, version: str
) -> None:
    await door.add("CS1")
    actions = {
        "ocpp1.6": ("StartTransaction", "StopTransaction", "MeterValues"),
        "ocpp2.0.1": ("TransactionEvent", "MeterValues"),
    }[version]
    async with dial(door, "CS1", version) as line:
        for action in actions:
            answered = await line.call(action, [1, 2, 3])
            assert isinstance(answered, dict), answered
            if action == "StartTransaction":
                assert answered["transactionId"] > 0
                assert answered["idTagInfo"]["status"] == "Invalid"
    reviews = await door.read("SELECT action FROM frame_review_view ORDER BY id")
    assert sorted(row["action"] for row in reviews) == sorted(actions)
