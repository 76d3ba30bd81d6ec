"""Webhooks and their events as rows."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from voltway.alerts.model_hooks import Hook, HookEvent, HookKind
from voltway.kernel.ids import PartyId
from voltway.runtime.work import Row, Work

#: Who takes an event to tell it has so long; then another may.
TOLD_WITHIN: Final = timedelta(seconds=60)


async def add(work: Work, hook: Hook) -> None:
    await work.run(
        """
        INSERT INTO alert_hook (id, party_id, name, url, events, secret, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        hook.id,
        hook.party,
        hook.name,
        hook.url,
        sorted(hook.events),
        hook.secret,
        hook.made_at,
    )


async def one(work: Work, id: UUID, *, lock: bool = False) -> Hook | None:
    sql = "SELECT * FROM alert_hook WHERE id = $1" + (" FOR UPDATE" if lock else "")
    row = await work.one(sql, id)
    return None if row is None else _hook(row)


async def count(work: Work, party: PartyId) -> int:
    row = await work.one("SELECT count(*) AS n FROM alert_hook WHERE party_id = $1", party)
    assert row is not None, "a count is always there"
    return int(row["n"])


async def of_parties(work: Work, parties: Collection[PartyId]) -> list[Hook]:
    """The hooks of these parties that want to be told."""
    rows = await work.all(
        "SELECT * FROM alert_hook WHERE party_id = ANY($1::uuid[]) AND paused_at IS NULL",
        list(parties),
    )
    return [_hook(row) for row in rows]


async def told_of(work: Work, party: PartyId, kind: HookKind) -> list[Hook]:
    """The hooks of a party that want to be told this."""
    rows = await work.all(
        """
        SELECT * FROM alert_hook
         WHERE party_id = $1 AND $2 = ANY(events) AND paused_at IS NULL
        """,
        party,
        kind,
    )
    return [_hook(row) for row in rows]


async def save(work: Work, hook: Hook) -> None:
    await work.run(
        """
        UPDATE alert_hook
           SET name = $2, url = $3, events = $4, secret = $5, old_secret = $6, old_until = $7,
               paused_at = $8
         WHERE id = $1
        """,
        hook.id,
        hook.name,
        hook.url,
        sorted(hook.events),
        hook.secret,
        hook.old_secret,
        hook.old_until,
        hook.paused_at,
    )


async def remove(work: Work, id: UUID) -> None:
    await work.run("DELETE FROM alert_hook WHERE id = $1", id)


async def note_answer(work: Work, id: UUID, trouble: str) -> None:
    """Whether it heard us last, and why not."""
    await work.run(
        """
        UPDATE alert_hook
           SET trouble = $2, heard_at = CASE WHEN $2 = '' THEN $3 ELSE heard_at END
         WHERE id = $1
        """,
        id,
        trouble,
        work.now,
    )


async def add_events(work: Work, events: Sequence[HookEvent]) -> None:
    """Keep events to be told; what is kept already stays as it is."""
    await work.run(
        """
        INSERT INTO alert_hook_event
            (id, hook_id, party_id, kind, subject, body, state, made_at, next_at)
        SELECT id, hook_id, party_id, kind, subject, body, 'waiting', made_at, $8
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[],
                      $7::timestamptz[])
               AS w (id, hook_id, party_id, kind, subject, body, made_at)
            ON CONFLICT (id) DO NOTHING
        """,
        [each.id for each in events],
        [each.hook for each in events],
        [each.party for each in events],
        [each.kind for each in events],
        [each.subject for each in events],
        [each.body.decode() for each in events],
        [each.made_at for each in events],
        work.now,
    )


async def due(work: Work) -> list[UUID]:
    """The hooks for which something waits whose time has come."""
    rows = await work.all(
        """
        SELECT DISTINCT e.hook_id FROM alert_hook_event e JOIN alert_hook h ON h.id = e.hook_id
         WHERE e.state = 'waiting' AND e.next_at <= $1 AND h.paused_at IS NULL
        """,
        work.now,
    )
    return [row["hook_id"] for row in rows]


async def take(work: Work, hook: UUID) -> HookEvent | None:
    """What waits for a hook, first what was tried least, then the oldest; kept from others while
    it is told."""
    row = await work.one(
        """
        UPDATE alert_hook_event SET next_at = $3
         WHERE id = (SELECT id FROM alert_hook_event
                      WHERE hook_id = $1 AND state = 'waiting' AND next_at <= $2
                      ORDER BY tries, number LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING *
        """,
        hook,
        work.now,
        work.now + TOLD_WITHIN,
    )
    return None if row is None else _event(row)


async def take_one(work: Work, id: UUID) -> HookEvent | None:
    """This event, if it waits."""
    row = await work.one(
        """
        UPDATE alert_hook_event SET next_at = $2 WHERE id = $1 AND state = 'waiting' RETURNING *
        """,
        id,
        work.now + TOLD_WITHIN,
    )
    return None if row is None else _event(row)


async def heard(work: Work, id: UUID) -> None:
    await work.run(
        """
        UPDATE alert_hook_event
           SET state = 'heard', heard_at = $2, next_at = NULL, tries = tries + 1, trouble = ''
         WHERE id = $1
        """,
        id,
        work.now,
    )


async def in_vain(work: Work, id: UUID, again: datetime | None, trouble: str) -> None:
    """It was told in vain: ``again`` is when it is tried next, and without that it is dead."""
    await work.run(
        """
        UPDATE alert_hook_event
           SET state = CASE WHEN $2::timestamptz IS NULL THEN 'dead' ELSE 'waiting' END,
               next_at = $2, tries = tries + 1, trouble = $3
         WHERE id = $1 AND state <> 'heard'
        """,
        id,
        again,
        trouble,
    )


async def hold_back(work: Work, hook: UUID, until: datetime) -> None:
    """What waits for a hook that did not hear just now waits so long at least."""
    await work.run(
        """
        UPDATE alert_hook_event SET next_at = $2
         WHERE hook_id = $1 AND state = 'waiting' AND next_at < $2
        """,
        hook,
        until,
    )


async def again(work: Work, hook: UUID, event: UUID | None) -> int:
    """Have an event told again that was not heard, or all that are dead; how many."""
    return await work.run(
        """
        UPDATE alert_hook_event SET state = 'waiting', next_at = $3, tries = 0
         WHERE hook_id = $1 AND state <> 'heard' AND (id = $2 OR ($2 IS NULL AND state = 'dead'))
        """,
        hook,
        event,
        work.now,
    )


async def forget(work: Work, before: datetime, limit: int) -> int:
    return await work.run(
        """
        DELETE FROM alert_hook_event WHERE id IN (
            SELECT id FROM alert_hook_event
             WHERE made_at < $1 AND state <> 'waiting' ORDER BY made_at LIMIT $2)
        """,
        before,
        limit,
    )


def _hook(row: Row) -> Hook:
    known = set(HookKind)
    return Hook(
        id=row["id"],
        party=PartyId(row["party_id"]),
        name=row["name"],
        url=row["url"],
        events=frozenset(HookKind(each) for each in row["events"] if each in known),
        secret=row["secret"],
        made_at=row["made_at"],
        old_secret=row["old_secret"],
        old_until=row["old_until"],
        paused_at=row["paused_at"],
    )


def _event(row: Row) -> HookEvent:
    return HookEvent(
        id=row["id"],
        hook=row["hook_id"],
        party=PartyId(row["party_id"]),
        kind=row["kind"],
        subject=row["subject"],
        body=row["body"].encode(),
        made_at=row["made_at"],
        tries=row["tries"],
    )
