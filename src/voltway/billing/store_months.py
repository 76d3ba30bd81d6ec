"""When months write themselves, as rows."""

from collections.abc import Sequence

from voltway.billing.model_runs import RunKind, Schedule
from voltway.kernel.ids import PartyId
from voltway.runtime.work import Row, Work


async def begin_with(work: Work, schedules: Sequence[Schedule]) -> None:
    """Keep these where a party has none of the kind yet."""
    await work.run_many(
        """
        INSERT INTO month_schedule (party_id, kind, is_on, day, next, changed_by, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT DO NOTHING
        """,
        [_values(each) for each in schedules],
    )


async def lock(work: Work, party: PartyId, kind: RunKind) -> Schedule | None:
    """The schedule, locked: its months are asked for by one work at a time."""
    row = await work.one(
        "SELECT * FROM month_schedule WHERE party_id = $1 AND kind = $2 FOR UPDATE", party, kind
    )
    return _schedule(row) if row else None


async def of_party(work: Work, party: PartyId) -> list[Schedule]:
    rows = await work.all(
        "SELECT * FROM month_schedule WHERE party_id = $1 ORDER BY kind DESC", party
    )
    return [_schedule(row) for row in rows]


async def save(work: Work, schedule: Schedule) -> None:
    await work.run(
        """
        UPDATE month_schedule
           SET is_on = $3, day = $4, next = $5, changed_by = $6, changed_at = $7
         WHERE party_id = $1 AND kind = $2
        """,
        *_values(schedule),
    )


def _values(schedule: Schedule) -> tuple[object, ...]:
    return (
        schedule.party,
        schedule.kind,
        schedule.is_on,
        schedule.day,
        schedule.next,
        schedule.changed_by,
        schedule.changed_at,
    )


def _schedule(row: Row) -> Schedule:
    return Schedule(
        party=PartyId(row["party_id"]),
        kind=RunKind(row["kind"]),
        is_on=row["is_on"],
        day=row["day"],
        next=row["next"],
        changed_by=row["changed_by"],
        changed_at=row["changed_at"],
    )
