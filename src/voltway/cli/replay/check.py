"""Each bill of a replay made again from its raw frames, and the provider's payouts reconciled."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import httpx

from voltway.app import OpenHouse
from voltway.billing import recomputing
from voltway.billing.recomputing import Recomputed, Verdict
from voltway.ocpp.hearing import heard_again
from voltway.payments import payouts_read

EXAMPLES_MAX = 5


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What became of the provider's payouts."""

    lines: int
    explained: int
    payouts: int
    posted: int
    owed_minor: int

    @property
    def is_whole(self) -> bool:
        return self.lines == self.explained and self.payouts == self.posted and not self.owed_minor

    def told(self) -> str:
        return (
            f"reconciled      {self.explained:,} of {self.lines:,} lines of the provider are"
            f" explained, {self.posted} of {self.payouts} payouts booked, {self.owed_minor} owed"
        )


@dataclass(frozen=True, slots=True)
class Check:
    """How many bills came out as they were."""

    sessions: int
    results: Sequence[Recomputed]
    seconds: float
    payouts: Reconciled | None = None

    @property
    def is_whole(self) -> bool:
        bills = len(self.results) == self.sessions and not self._odd
        return bills and (self.payouts is None or self.payouts.is_whole)

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
        lines += [self.payouts.told()] if self.payouts else []
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


async def check_payouts(house: OpenHouse, provider_url: str, currency: str) -> Reconciled:
    """Let the simulated provider pay out all that it took, ask it, and match each line."""
    async with httpx.AsyncClient(timeout=30) as world:
        (await world.post(f"{provider_url}/_world/payout/{currency}")).raise_for_status()
    await payouts_read.fetch_own(house.begin, house.provider)
    async with house.begin() as work:
        lines = await work.one(
            """
            SELECT count(*)::int AS n, count(*) FILTER (WHERE doubt IS NULL)::int AS explained
              FROM payout_line_view
            """
        )
        paid = await work.one(
            "SELECT count(*)::int AS n, count(posted_at)::int AS posted FROM payout_view"
        )
        owed = await work.one(
            """
            SELECT coalesce(sum(abs(balance_minor)), 0)::bigint AS minor
              FROM account_view WHERE account LIKE 'provider:%:due'
            """
        )
    assert lines is not None
    assert paid is not None
    assert owed is not None
    return Reconciled(lines["n"], lines["explained"], paid["n"], paid["posted"], owed["minor"])
