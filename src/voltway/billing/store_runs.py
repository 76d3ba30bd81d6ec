"""Runs as rows."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from voltway.billing.model_runs import Run, RunKind, RunState
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OnceKey, PartyId
from voltway.runtime.work import Row, Work


@dataclass(eq=False)
class NoSuchRun(Refusal):
    """There is no run {run}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    run: UUID


async def add(work: Work, run: Run) -> bool:
    """Whether it is new: what the house asks by itself it asks once."""
    added = await work.run(
        """
        INSERT INTO bulk_run (id, party_id, kind, month, locale, state, total, done, trouble,
                              asked_by, asked_at, moved_at, once)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            ON CONFLICT (once) DO NOTHING
        """,
        run.id,
        run.party,
        run.kind,
        run.month,
        run.locale,
        run.state,
        run.total,
        run.done,
        run.trouble,
        run.asked_by,
        run.asked_at,
        run.moved_at,
        run.once,
    )
    work.touch(run.subject)
    return bool(added)


async def lock(work: Work, id: UUID) -> Run:
    row = await work.one("SELECT * FROM bulk_run WHERE id = $1 FOR UPDATE", id)
    if row is None:
        raise NoSuchRun(id)
    return _run(row)


async def run(work: Work, id: UUID) -> Run:
    row = await work.one("SELECT * FROM bulk_run WHERE id = $1", id)
    if row is None:
        raise NoSuchRun(id)
    return _run(row)


async def run_for(work: Work, once: OnceKey) -> Run | None:
    """The run that the house asked for under this key."""
    row = await work.one("SELECT * FROM bulk_run WHERE once = $1", once)
    return _run(row) if row else None


async def save(work: Work, run: Run) -> None:
    await work.run(
        """
        UPDATE bulk_run SET state = $2, total = $3, done = $4, trouble = $5, moved_at = $6,
                            done_at = $7
         WHERE id = $1
        """,
        run.id,
        run.state,
        run.total,
        run.done,
        run.trouble,
        run.moved_at,
        run.done_at,
    )
    work.touch(run.subject)


async def forget(work: Work, before: datetime) -> int:
    """What was asked so long ago tells nobody anything; what it wrote stays."""
    return await work.run("DELETE FROM bulk_run WHERE asked_at < $1", before)


def _run(row: Row) -> Run:
    return Run(
        id=row["id"],
        party=PartyId(row["party_id"]),
        kind=RunKind(row["kind"]),
        month=row["month"],
        locale=row["locale"],
        state=RunState(row["state"]),
        total=row["total"],
        done=row["done"],
        trouble=row["trouble"],
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        moved_at=row["moved_at"],
        done_at=row["done_at"],
        once=OnceKey(row["once"]) if row["once"] else None,
    )
