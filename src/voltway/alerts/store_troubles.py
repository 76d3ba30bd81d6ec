"""Troubles as rows."""

from datetime import datetime
from uuid import UUID

import msgspec

from voltway.alerts.model_events import Event
from voltway.alerts.model_troubles import Source, Trouble
from voltway.kernel.ids import PartyId
from voltway.runtime.work import Row, Work


async def lock(work: Work, party: PartyId, source: Source) -> None:
    """One look at a time, until this work ends: what two see at once is told once."""
    key = f"{source}:{party}"
    await work.one("SELECT pg_advisory_xact_lock(hashtextextended($1, 181)) AS locked", key)


async def of(work: Work, party: PartyId, source: Source) -> list[Trouble]:
    """What was told of this source, also what is over."""
    rows = await work.all(
        "SELECT * FROM alert_trouble WHERE party_id = $1 AND source = $2", party, source
    )
    return [_trouble(row) for row in rows]


async def one(work: Work, id: UUID) -> Trouble | None:
    row = await work.one("SELECT * FROM alert_trouble WHERE id = $1 FOR UPDATE", id)
    return None if row is None else _trouble(row)


async def told_by(work: Work, party: PartyId, event: Event, about: str) -> Trouble | None:
    """The trouble that this event tells of, or whose end it tells."""
    row = await work.one(
        """
        SELECT * FROM alert_trouble
         WHERE party_id = $1 AND about = $3 AND (event = $2 OR ends = $2)
        """,
        party,
        event,
        about,
    )
    return None if row is None else _trouble(row)


async def save(work: Work, trouble: Trouble) -> None:
    """Keep what was told of it."""
    await work.run(
        """
        INSERT INTO alert_trouble (id, party_id, source, event, about, ends, facts, newest,
               began_at, told_at, told, taken_by, taken_at, over_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7::text::jsonb, $8, $9, $10, $11, $12, $13, $14)
            ON CONFLICT (id) DO UPDATE
           SET facts = excluded.facts, ends = excluded.ends, newest = excluded.newest,
               began_at = excluded.began_at, told_at = excluded.told_at, told = excluded.told,
               taken_by = excluded.taken_by, taken_at = excluded.taken_at,
               over_at = excluded.over_at
        """,
        trouble.id,
        trouble.party,
        trouble.source,
        trouble.event,
        trouble.about,
        trouble.ends,
        msgspec.json.encode(trouble.facts).decode(),
        trouble.newest,
        trouble.began_at,
        trouble.told_at,
        trouble.told,
        trouble.taken_by,
        trouble.taken_at,
        trouble.over_at,
    )


async def has_reached(work: Work, trouble: Trouble, holder: str) -> bool:
    """Whether this person or chat was told of it since it began, as far as is known."""
    row = await work.one(
        """
        SELECT 1 AS reached FROM alert
         WHERE holder = $1 AND event = $2 AND about = $3 AND created_at >= $4 AND party_id = $5
           AND state IN ('sent', 'delivered') LIMIT 1
        """,
        holder,
        trouble.event,
        trouble.about,
        trouble.began_at,
        trouble.party,
    )
    return row is not None


async def forget(work: Work, before: datetime) -> int:
    return await work.run("DELETE FROM alert_trouble WHERE over_at < $1", before)


def _trouble(row: Row) -> Trouble:
    return Trouble(
        id=row["id"],
        party=PartyId(row["party_id"]),
        source=Source(row["source"]),
        event=Event(row["event"]),
        about=row["about"],
        ends=Event(row["ends"]) if row["ends"] else None,
        facts=row["facts"],
        newest=row["newest"],
        began_at=row["began_at"],
        told_at=row["told_at"],
        told=row["told"],
        taken_by=row["taken_by"],
        taken_at=row["taken_at"],
        over_at=row["over_at"],
    )
