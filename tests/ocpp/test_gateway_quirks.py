"""Deviations of real stations, collected, each through the whole gateway by a real socket."""

import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import NOON
from tests.ocpp.gateway_floor import Dialled, Door, a_door, dial
from voltway.ocpp.dialects import DIALECTS
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database

CASES = Path(__file__).parents[1] / "cases" / "quirks.jsonl"

#: What stands for something else in the collection.
STAND_INS = {
    "<20 kB>": "x" * 20_000,
    "<now-26h>": f"{NOON - timedelta(hours=26):%Y-%m-%dT%H:%M:%SZ}",
}


@pytest.fixture
async def door(database: Database, clock: JumpingClock) -> AsyncIterator[Door]:
    async with a_door(database, clock) as opened:
        yield opened


def cases() -> list[dict[str, Any]]:
    found = [json.loads(line) for line in CASES.read_text().splitlines()]
    return [case for case in found if case["frames"]]


def subprotocol(case: dict[str, Any]) -> str:
    return "ocpp1.6" if "1.6" in case["version"] else "ocpp2.0.1"


def is_ours_to_send(frame: str, version: str) -> bool:
    """Whether the frame is a call that stations are sent, and answer."""
    match = re.match(r'\[2,"[^"]*","(\w+)"', frame)
    action = DIALECTS[version].actions.get(match[1]) if match else None
    return action is not None and action.by == "csms"


def wanted(case: dict[str, Any], frame: str) -> set[str]:
    """The answers that will do: ``callresult``, ``callerror:CODE``, or ``none`` to no call."""
    if not frame.startswith("[2"):
        return {"none"}
    answers = {each for each in case["reply"].split("|") if each.startswith("call")}
    return answers or {"callresult"}


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
    for case in cases():
        identity = f"Q-{case['id']}"
        await door.add(identity, evses=2)
        async with dial(door, identity, subprotocol(case)) as line:
            tx = "0"
            if "{TX}" in "".join(case["frames"]) and line.subprotocol == "ocpp1.6":
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
            for frame in case["frames"]:
                if is_ours_to_send(frame, line.subprotocol):
                    continue
                text = frame.replace("{TX}", tx).replace("{ID}", "unasked")
                for sign, meant in STAND_INS.items():
                    text = text.replace(sign, meant)
                got = await answer(line, text)
                if got not in wanted(case, frame):
                    wrong.append(f"{case['id']}: {got} instead of {case['reply']}: {frame[:120]}")
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
