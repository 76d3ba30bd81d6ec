"""Each bill of a replay made again from the raw frames that its station sent, and compared."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from voltway.app import OpenHouse
from voltway.billing import recomputing
from voltway.billing.recomputing import Recomputed, Verdict
from voltway.ocpp.hearing import heard_again

EXAMPLES_MAX = 5


@dataclass(frozen=True, slots=True)
class Check:
    """How many bills came out as they were."""

    sessions: int
    results: Sequence[Recomputed]
    seconds: float

    @property
    def is_whole(self) -> bool:
        return len(self.results) == self.sessions and not self._odd

    @property
    def _odd(self) -> list[Recomputed]:
        return [one for one in self.results if one.verdict is not Verdict.EQUAL]

    def told(self) -> str:
        equal = recomputing.counted(self.results)[Verdict.EQUAL]
        frames = sum(one.frames for one in self.results)
        lines = [
            f"recomputed      {equal:,} of {self.sessions:,} bills are equal from their raw frames",
            f"frames          {frames:,} were heard again in {self.seconds:.1f} s",
        ]
        lines += [f"otherwise       {_words(one)}" for one in self._odd[:EXAMPLES_MAX]]
        return "\n".join(lines)


def _words(one: Recomputed) -> str:
    if one.verdict is Verdict.UNTOLD:
        return f"session {one.session}: its frames are not there"
    said = "; ".join(f"{d.what} {d.billed}, not {d.recomputed}" for d in one.differences)
    return f"session {one.session}: {said}"


async def check_bills(house: OpenHouse, sessions: int) -> Check:
    """Recompute all bills, those of a station together."""
    began = time.perf_counter()
    async with house.begin() as work:
        rows = await work.all("SELECT id, station_id FROM session_view ORDER BY station_id, id")
    results: list[Recomputed] = []
    for _, own in groupby(rows, key=lambda row: row["station_id"]):
        async with house.begin() as work:
            results += await recomputing.recompute(work, heard_again, [row["id"] for row in own])
    return Check(sessions, results, time.perf_counter() - began)
