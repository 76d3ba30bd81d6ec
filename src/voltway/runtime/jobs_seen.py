"""Jobs and laid-aside facts as a person sees them: what waits, what runs, what was given up, and
trying it again.

A job says whose it is (``Job.party``); one that says nothing is the house's own, and every party
sees it. Ages are by the database's clock, as the queue itself counts them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import msgspec
from pgqueuer.domain.types import JobId

from voltway.kernel.ids import PartyId
from voltway.runtime import queue
from voltway.runtime.work import Job, Row, Work

#: The kind of jobs that tell a watcher again of a fact that was laid aside.
TELL_AGAIN: Final = "tell_again"

#: Of one party, or of all where none is named.
_THEIRS: Final = """
    ($1::text IS NULL
     OR coalesce(convert_from(payload, 'UTF8')::jsonb ->> 'party', $1::text) = $1::text)
"""
_TALLY: Final = f"""
    SELECT entrypoint AS kind,
           count(*) FILTER (WHERE status = 'queued') AS waiting,
           count(*) FILTER (WHERE status = 'picked') AS running,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           extract(epoch FROM now() - min(created) FILTER (WHERE status <> 'failed'))::int AS age_s
      FROM {queue.NAMES.queue_table}
     WHERE {_THEIRS}
     GROUP BY entrypoint
     ORDER BY entrypoint
"""
_SEEN: Final = f"""
    SELECT job.id, job.entrypoint AS kind, job.status::text AS state, job.payload,
           job.attempts + (job.status = 'failed')::int AS tries,
           extract(epoch FROM now() - CASE WHEN job.status = 'failed' THEN job.updated
                                           ELSE job.created END)::int AS age_s,
           greatest(extract(epoch FROM job.execute_after - now()), 0)::int AS due_s,
           last.traceback
      FROM {queue.NAMES.queue_table} job
      LEFT JOIN LATERAL (SELECT traceback
                           FROM {queue.NAMES.queue_table_log} log
                          WHERE log.job_id = job.id AND log.traceback IS NOT NULL
                          ORDER BY created DESC, id DESC
                          LIMIT 1) last ON true
     WHERE {_THEIRS} AND job.status::text = ANY($2::text[])
       AND ($3::text IS NULL OR job.entrypoint = $3) AND ($4::bigint IS NULL OR job.id = $4)
       AND ($5::bigint IS NULL OR job.id > $5)
     ORDER BY job.id
     LIMIT $6
"""
_FAILED: Final = f"""
    SELECT id FROM {queue.NAMES.queue_table}
     WHERE {_THEIRS} AND status = 'failed'
       AND ($2::bigint IS NULL OR id = $2) AND ($3::text IS NULL OR entrypoint = $3)
       FOR UPDATE
"""

#: Somewhat less than the whole time, so that no job of that age is overlooked.
BEHIND_SHARE: Final = 0.9

STATES: Final = ("queued", "picked", "failed")


@dataclass(frozen=True, slots=True)
class Tally:
    """How many jobs of a kind there are, and how old the oldest is that is to be done."""

    kind: str
    waiting: int
    running: int
    failed: int
    age_s: int | None


@dataclass(frozen=True, slots=True)
class SeenJob:
    """A job as it stands. A failed one rests until somebody says to try again."""

    id: int
    kind: str
    state: str  # queued | picked | failed
    key: str
    body: Mapping[str, str]
    tries: int
    age_s: int  # since it was queued, or since it failed
    due_s: int  # until it may run
    trouble: str


async def tallies(work: Work, party: PartyId | None) -> list[Tally]:
    return [Tally(**row) for row in await work.all(_TALLY, _name(party))]


async def seen(
    work: Work,
    party: PartyId | None,
    states: Collection[str] = STATES,
    *,
    kind: str | None = None,
    id: int | None = None,
    after: int | None = None,
    limit: int = 100,
) -> list[SeenJob]:
    """The jobs of a party, the oldest first; those after an id for the next page."""
    rows = await work.all(_SEEN, _name(party), list(states), kind, id, after, limit)
    return [_seen(row) for row in rows]


async def failed(work: Work, party: PartyId) -> int:
    """How many jobs and facts wait for somebody to look."""
    row = await work.one(
        f"""
        SELECT (SELECT count(*) FROM {queue.NAMES.queue_table}
                 WHERE status = 'failed' AND {_THEIRS})
             + (SELECT count(*) FROM dead_fact WHERE party_id = $2) AS n
        """,
        str(party),
        party,
    )
    assert row is not None
    return int(row["n"])


async def try_again(
    work: Work, party: PartyId | None, *, id: int | None = None, kind: str | None = None
) -> int:
    """Queue failed jobs as if they were new: one, or all of a kind. How many."""
    ids = [row["id"] for row in await work.all(_FAILED, _name(party), id, kind)]
    if ids:
        await work.run(queue.REQUEUE, [JobId(id) for id in ids])
        await work.run("SELECT pg_notify($1, $2)", queue.NAMES.channel, queue.changed())
    return len(ids)


@dataclass(frozen=True, slots=True)
class LaidAside:
    """A fact that a watcher could not take; ``asked`` while it waits to be told again."""

    id: int
    watcher: str
    subject: str
    kind: str
    trouble: str
    age_s: int
    asked: bool


async def laid_aside(work: Work, party: PartyId, *, limit: int = 100) -> list[LaidAside]:
    """The facts of a party that were laid aside, the newest first."""
    rows = await work.all(
        f"""
        SELECT id, watcher, subject, kind, trouble,
               greatest(extract(epoch FROM $2::timestamptz - died_at), 0)::int AS age_s,
               EXISTS (SELECT FROM {queue.NAMES.queue_table} job
                        WHERE job.entrypoint = '{TELL_AGAIN}' AND job.status <> 'failed'
                          AND convert_from(job.payload, 'UTF8')::jsonb -> 'body' ->> 'fact'
                              = dead_fact.id::text) AS asked
          FROM dead_fact
         WHERE party_id = $1
         ORDER BY id DESC
         LIMIT $3
        """,
        party,
        work.now,
        limit,
    )
    return [LaidAside(**row) for row in rows]


async def tell_again(
    work: Work,
    party: PartyId,
    *,
    id: int | None = None,
    watcher: str | None = None,
    kind: str | None = None,
) -> int:
    """Queue facts that were laid aside to be told again: one, or all of a kind that a watcher
    could not take. How many."""
    rows = await work.all(
        """
        SELECT id FROM dead_fact
         WHERE party_id = $1 AND ($2::bigint IS NULL OR id = $2)
           AND ($3::text IS NULL OR watcher = $3) AND ($4::text IS NULL OR kind = $4)
         ORDER BY id
        """,
        party,
        id,
        watcher,
        kind,
    )
    await work.enqueue(
        *(
            Job(TELL_AGAIN, f"{TELL_AGAIN}:{row['id']}", {"fact": str(row["id"])}, party=party)
            for row in rows
        )
    )
    return len(rows)


async def is_behind(work: Work, kinds: Collection[str], by: timedelta) -> bool:
    """Whether a job of these kinds waits, or is at work, that was due so long ago; by the clock of
    the database, as the queue itself counts."""
    row = await work.one(
        f"""
        SELECT EXISTS (SELECT FROM {queue.NAMES.queue_table}
                        WHERE entrypoint = ANY($1::text[]) AND status IN ('queued', 'picked')
                          AND greatest(created, execute_after) < now() - $2::interval) AS behind
        """,
        list(kinds),
        by * BEHIND_SHARE,
    )
    assert row is not None
    return bool(row["behind"])


def _name(party: PartyId | None) -> str | None:
    return None if party is None else str(party)


def _seen(row: Row) -> SeenJob:
    payload = msgspec.json.decode(row["payload"] or b"{}", type=queue.Payload)
    return SeenJob(
        id=row["id"],
        kind=row["kind"],
        state=row["state"],
        key=payload.key,
        body=payload.body,
        tries=row["tries"],
        age_s=row["age_s"],
        due_s=row["due_s"] if row["state"] == "queued" else 0,
        trouble=_trouble(row["traceback"] or {}),
    )


def _trouble(record: Mapping[str, Any]) -> str:
    """Its last trouble in words; ours are sentences, others are told with their kind."""
    kind, words = record.get("exception_type", ""), record.get("exception_message", "")
    return words if kind in ("RetryRequested", "GaveUp", "") else f"{kind}: {words}"
