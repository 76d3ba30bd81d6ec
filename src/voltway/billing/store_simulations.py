"""Simulations that a job works off, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

import msgspec

from voltway.billing.model_runs import RunState
from voltway.billing.model_simulations import Outcome, SimulationRun
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId, PartyId
from voltway.runtime.work import Row, Work


@dataclass(eq=False)
class NoSuchSimulation(Refusal):
    """There is no simulation {run}. Those of long ago are forgotten."""

    kind: ClassVar[Kind] = Kind.ABSENT

    run: UUID


async def add(work: Work, run: SimulationRun) -> None:
    await work.run(
        """
        INSERT INTO tariff_simulation (id, party_id, document, first_day, last_day, location_id,
                                       state, total, done, asked_by, asked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        """,
        run.id,
        run.party,
        run.document,
        run.first,
        run.last,
        run.location,
        run.state.value,
        run.total,
        run.done,
        run.asked_by,
        run.asked_at,
    )


async def load(work: Work, id: UUID) -> SimulationRun:
    row = await work.one("SELECT * FROM tariff_simulation WHERE id = $1", id)
    if row is None:
        raise NoSuchSimulation(id)
    return _run(row)


async def newest(work: Work, party: PartyId, limit: int) -> Sequence[SimulationRun]:
    rows = await work.all(
        """
        SELECT * FROM tariff_simulation WHERE party_id = $1 ORDER BY asked_at DESC, id DESC LIMIT $2
        """,
        party,
        limit,
    )
    return [_run(row) for row in rows]


async def waiting(work: Work, party: PartyId) -> int:
    row = await work.one(
        """
        SELECT count(*)::int AS n FROM tariff_simulation
         WHERE party_id = $1 AND state IN ('waiting', 'running')
        """,
        party,
    )
    return int(row["n"]) if row else 0


async def save(work: Work, run: SimulationRun) -> None:
    """Keep how far it is; one that is over stays as it is."""
    await work.run(
        """
        UPDATE tariff_simulation
           SET state = $2, total = $3, done = $4, outcome = $5, trouble = $6, done_at = $7
         WHERE id = $1 AND state IN ('waiting', 'running')
        """,
        run.id,
        run.state.value,
        run.total,
        run.done,
        None if run.outcome is None else msgspec.to_builtins(run.outcome),
        run.trouble,
        run.done_at,
    )
    work.touch(run.subject)


async def forget(work: Work, before: datetime) -> int:
    return await work.run("DELETE FROM tariff_simulation WHERE asked_at < $1", before)


def _run(row: Row) -> SimulationRun:
    told = row["outcome"]
    return SimulationRun(
        id=row["id"],
        party=PartyId(row["party_id"]),
        document=row["document"],
        first=row["first_day"],
        last=row["last_day"],
        location=None if row["location_id"] is None else LocationId(row["location_id"]),
        state=RunState(row["state"]),
        total=row["total"],
        done=row["done"],
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        outcome=None if told is None else msgspec.convert(told, Outcome),
        trouble=row["trouble"],
        done_at=row["done_at"],
    )
