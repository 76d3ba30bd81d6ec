"""The queue of jobs: pgqueuer's tables, and the statements that rooms' work needs of them.

Note [Queued once, and never lost]
~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
Two pieces of work may queue a job under one key, and it shall wait once. But a job that is already
at work may have read the rows before the second piece of work changed them; were the second
forgotten, so would be its change. So:

- queueing a key that waits *locks* the waiting job until our commit (``ON CONFLICT DO UPDATE``, not
  ``DO NOTHING``), and a worker does not pick a locked job: it runs after our commit, and sees it;
- a worker that picked a job takes its key off before the handler reads anything, and so a key
  queued from then on is a new job.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder
from pgqueuer.domain.models import TableChangedEvent, utc_now
from pgqueuer.domain.settings import DBSettings, Durability

from voltway.runtime.work import Job

NAMES: Final = DBSettings(durability=Durability.durable)
TABLES: Final = (
    NAMES.queue_table,
    NAMES.queue_table_log,
    NAMES.statistics_table,
    NAMES.schedules_table,
)
INSTALL: Final = QueryBuilderEnvironment(NAMES).build_install_query()
ENQUEUE: Final = QueryQueueBuilder(NAMES).build_enqueue_query("update_priority")
REQUEUE: Final = QueryQueueBuilder(NAMES).build_requeue_jobs_query()
TAKE_KEYS_OFF: Final = f"""
    UPDATE {NAMES.queue_table} SET dedupe_key = NULL
     WHERE id IN (SELECT id FROM {NAMES.queue_table}
                   WHERE id = ANY($1::bigint[]) ORDER BY id FOR UPDATE)
"""
# As pgqueuer tries a job again, but this was no try of it.
PUT_OFF: Final = f"""
    UPDATE {NAMES.queue_table}
       SET status = 'queued', execute_after = now() + $2::interval, updated = now(),
           queue_manager_id = NULL
     WHERE id = $1::bigint
"""
FREE: Final = f"""
    UPDATE {NAMES.queue_table}
       SET status = 'queued', queue_manager_id = NULL
     WHERE status = 'picked'
"""
COUNT: Final = f"SELECT status::text, count(*) FROM {NAMES.queue_table} GROUP BY status"
# The real time at which a job may run follows the house clock, when that jumped.
BRING_FORWARD: Final = f"""
    UPDATE {NAMES.queue_table}
       SET execute_after = now() - interval '1 second'
     WHERE status = 'queued' AND execute_after >= now()
       AND convert_from(payload, 'UTF8')::jsonb ->> 'not_before' <= $1
"""
TRIM: Final = f"""
    DELETE FROM {NAMES.queue_table_log} log
     WHERE created < now() - $1::interval
       AND NOT EXISTS (SELECT FROM {NAMES.queue_table} job WHERE job.id = log.job_id)
"""
# One row a second, kind and outcome; our own counters are in /metrics.
TRIM_STATISTICS: Final = f"""
    DELETE FROM {NAMES.statistics_table} WHERE created < now() - $1::interval
"""


def changed() -> str:
    """The news that the queue has changed, as pgqueuer's own trigger tells it of new jobs."""
    return TableChangedEvent(
        channel=NAMES.channel,
        sent_at=utc_now(),
        type="table_changed_event",
        operation="update",
        table=NAMES.queue_table,
    ).model_dump_json()


class Payload(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a queued job carries."""

    key: str
    body: dict[str, str] = {}
    not_before: datetime | None = None
    party: UUID | None = None


def enqueued(jobs: Iterable[Job], now: datetime) -> Sequence[Sequence[Any]]:
    """The columns for ``ENQUEUE``: priority, kind, payload, delay, key, headers.

    Sorted by key, so that two pieces of work lock the same keys in the same order.
    """
    by_key = {(job.kind, job.key): job for job in jobs}
    rows = [by_key[name] for name in sorted(by_key)]
    return (
        [0] * len(rows),
        [job.kind for job in rows],
        [
            msgspec.json.encode(Payload(job.key, dict(job.body), job.not_before, job.party))
            for job in rows
        ],
        [_delay(job, now) for job in rows],
        [f"{job.kind}:{job.key}" for job in rows],
        [None] * len(rows),
    )


def _delay(job: Job, now: datetime) -> timedelta:
    """How long to wait by the machine's clock, from what the house clock says."""
    return max(job.not_before - now, timedelta(0)) if job.not_before else timedelta(0)
