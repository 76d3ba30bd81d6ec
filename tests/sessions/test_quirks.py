"""No quirk may change an amount silently (design, stations).

A plain session is played with a deviation of a real station put in at every position; the bill
is that of the plain session, or waits for a person.
"""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.network import AStation, a_station
from tests.sessions.telling import CARD, NOON, Line, minute, reading, start16, stop16, values
from voltway.kernel.errors import Violation
from voltway.ocpp import frame
from voltway.ocpp.dialects import DIALECTS
from voltway.ocpp.faults import BrokenFrame, BrokenPayload
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.sessions import actions
from voltway.stations.reports import Report

CASES = Path(__file__).parents[1] / "cases" / "quirks.jsonl"
CATEGORIES = {"transaction", "meter", "clock", "v2", "idtag", "status", "signed", "hostile"}
ENERGY_WH = 4_000


def cases() -> list[dict[str, Any]]:
    found = [json.loads(line) for line in CASES.read_text().splitlines()]
    return [case for case in found if case["frames"] and case["category"] in CATEGORIES]


def heard(text: str, version: str) -> list[Report]:
    """What a frame tells; nothing where it is no call that stations send."""
    try:
        call = frame.decode(text, DIALECTS[version].version)
        if not isinstance(call, frame.Call):
            return []
        return list(DIALECTS[version].hear(call).reports)
    except (BrokenFrame, BrokenPayload, Violation):
        return []


async def play(
    line: Line, clock: JumpingClock, case: dict[str, Any], position: int, version: str
) -> str:
    """The plain session with the quirk before its step of this number; its number."""
    ref = ""
    steps: list[Callable[[], Report]] = [
        lambda: start16(1, 0, 10_000),
        lambda: values(ref, 1, reading(10, 11_000, power_w=6_000)),
        lambda: values(ref, 1, reading(20, 12_000, power_w=6_000)),
        lambda: values(ref, 1, reading(30, 13_000, power_w=6_000)),
        lambda: stop16(ref, 40, 14_000),
    ]
    for nth in range(len(steps) + 1):
        clock.jump_to(max(clock.now(), minute(10 * nth)))
        if nth == position:
            for text in case["frames"]:
                told = text.replace("{TX}", ref or "0").replace("{ID}", "x")
                told = told.replace("<now-26h>", f"{NOON - timedelta(hours=26):%Y-%m-%dT%H:%M:%SZ}")
                await line.tell(*heard(told, version))
        if nth < len(steps):
            answer = await line.tell(steps[nth]())
            ref = ref or str(answer.ref)
    return ref


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["id"])
async def test_no_quirk_changes_an_amount_silently(
    case: dict[str, Any], begin: BeginWork, here: AStation, clock: JumpingClock
) -> None:
    version = "ocpp1.6" if "1.6" in case["version"] else "ocpp2.0.1"
    for position in range(6):
        async with begin() as work:
            station = await a_station(work, here.party)
        line = Line(begin, station.station.id)
        ref = await play(line, clock, case, position, version)
        async with begin() as work:
            rows = await work.all(
                "SELECT id FROM session_view WHERE station_id = $1 AND ref = $2",
                station.station.id,
                ref,
            )
            [record] = [await actions.record_of(work, row["id"]) for row in rows]
        assert record.token == CARD
        if not record.needs_review:
            assert record.energy_wh == ENERGY_WH, f"before step {position}"
            assert (record.begins, record.ends) == (minute(0), minute(40)), f"step {position}"
