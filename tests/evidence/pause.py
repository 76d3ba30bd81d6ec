"""How long a loop waits while signatures of the slowest curve are judged.

``python -m tests.evidence.pause`` prints it, on the loop and beside it, for sessions of some sizes.
"""

import asyncio
import sys
from collections.abc import Coroutine
from datetime import UTC, datetime
from time import perf_counter
from typing import Any, TypeVar

from tests.evidence.signing import SlowMeter
from voltway.evidence import actions, container
from voltway.evidence.keys import read_key
from voltway.evidence.model import Finding, MeterKey, Question, Sent
from voltway.kernel.ids import PartyId, SessionId, StationId, new_id

TICK_S = 0.001
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

T = TypeVar("T")


def a_charge(records: int) -> Question:
    """A charge of which a meter of the slowest curve signed so many records."""
    meter, party = SlowMeter(), PartyId(new_id(NOON))
    key = MeterKey(
        id=new_id(NOON),
        party=party,
        station=StationId(new_id(NOON)),
        evse_number=None,
        meter="",
        key=read_key(meter.public),
        source="operator",
        holds_from=NOON,
        holds_until=None,
        added_by="Olga",
    )
    return Question(
        session=SessionId(new_id(NOON)),
        party=party,
        pieces=tuple(Sent(text=text) for text in meter.charge(records)),
        is_cut=False,
        key=key,
        by_time=False,
    )


async def longest_pause(doing: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """What something gives, and for how long the loop stood still meanwhile, in seconds."""
    loop = asyncio.get_running_loop()
    worst, before = 0.0, perf_counter()
    beats: list[asyncio.Handle] = [loop.call_soon(int)]

    def beat() -> None:
        nonlocal worst, before
        now = perf_counter()
        worst, before = max(worst, now - before - TICK_S), now
        beats[0] = loop.call_later(TICK_S, beat)

    beat()
    try:
        given = await doing
        beats[0].cancel()
        beat()
        return given, worst
    finally:
        beats[0].cancel()


async def _on_the_loop(question: Question) -> Finding:
    return actions.judged(question)


def main() -> None:
    for records in (2, 100, container.RECORDS_MAX):
        question = a_charge(records)
        for name, doing in (("on the loop", _on_the_loop), ("beside it", actions.judge)):
            began = perf_counter()
            finding, pause = asyncio.run(longest_pause(doing(question)))
            sys.stdout.write(
                f"{records:5} records {name:11} {finding.verdict}: {perf_counter() - began:.3f} s,"
                f" longest pause {pause * 1000:.1f} ms\n"
            )


if __name__ == "__main__":
    main()
