"""The collected deviations of real stations, as frames to send and answers that will do."""

import json
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from voltway.ocpp.dialects import DIALECTS

CASES = Path(__file__).parents[1] / "cases" / "quirks.jsonl"


@dataclass(frozen=True, slots=True)
class Case:
    """A deviation: whole text frames or upgrade requests, and how they are to be answered."""

    id: str
    version: str
    action: str
    observed: str
    reply: str
    frames: tuple[str, ...]
    upgrades: tuple[str, ...]

    @property
    def subprotocols(self) -> list[str]:
        """The versions of ours in which stations behave so."""
        named = [
            name
            for name in ("ocpp1.6", "ocpp2.0.1")
            if name.removeprefix("ocpp") in self.version or self._is_of_any_2(name)
        ]
        return named or ["ocpp1.6"]

    def _is_of_any_2(self, subprotocol: str) -> bool:
        return "2.x" in self.version and subprotocol == "ocpp2.0.1"

    def wanted(self, frame: str) -> set[str]:
        """The answers that will do: ``callresult``, ``callerror:CODE``, or ``none`` to no call."""
        if not frame.startswith("[2"):
            return {"none"}
        answers = {each for each in self.reply.split("|") if each.startswith("call")}
        return answers or {"callresult"}


def cases() -> list[Case]:
    """All of them, also those that neither a frame nor an upgrade shows."""
    return [
        Case(
            id=told["id"],
            version=told["version"],
            action=told["action"],
            observed=told["observed"],
            reply=told["reply"],
            frames=tuple(told["frames"] or ()),
            upgrades=tuple(told["http"] or ()),
        )
        for told in map(json.loads, CASES.read_text().splitlines())
    ]


def cases_of_frames() -> list[Case]:
    return [case for case in cases() if case.frames]


def is_ours_to_send(frame: str, subprotocol: str) -> bool:
    """Whether the frame is a call that stations are sent, and answer."""
    match = re.match(r'\[2,"[^"]*","(\w+)"', frame)
    action = DIALECTS[subprotocol].actions.get(match[1]) if match else None
    return action is not None and action.by == "csms"


def filled(frame: str, *, tx: str, call: str, now: datetime) -> str:
    """The frame with what stands for something else in the collection put in."""
    stands_for = {
        "{TX}": tx,
        "{ID}": call,
        "<20 kB>": "x" * 20_000,
        "<now-26h>": f"{now - timedelta(hours=26):%Y-%m-%dT%H:%M:%SZ}",
    }
    for sign, meant in stands_for.items():
        frame = frame.replace(sign, meant)
    return frame
