"""The outbox as watchers read it: every fact once for each, none skipped, in the order of commits.

Note [Nothing is skipped]
~~~~~~~~~~~~~~~~~~~~~~~~~
A fact is numbered (id) when it is written, but seen when its transaction commits, and those may be
in different orders: a reader that goes by id alone skips the slow transaction's facts. So a
watcher reads in windows of transactions. A window [since, until) ends where the oldest transaction
still at work begins (``pg_snapshot_xmin``): in it, all is decided and nothing can appear any more.

Within a window the order is that of id. It is the right order for each subject: who changes a
subject holds its row until the commit, so of two facts about it the second is numbered after the
first was committed. Transaction numbers would be wrong here: a transaction may begin early, wait
for that row, and speak last. Two such transactions overlap in time, so they always fall in the
same window.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from voltway.kernel.facts import Fact
from voltway.runtime.work import Row, Work

_LOCK: Final = """
    SELECT since::text, until::text, last_id, tries,
           pg_snapshot_xmin(pg_current_snapshot())::text AS horizon
      FROM watcher
     WHERE name = $1
       FOR UPDATE SKIP LOCKED
"""
_READ: Final = """
    SELECT id, party_id, subject, kind, body, at
      FROM outbox
     WHERE xid >= $1::text::xid8 AND xid < $2::text::xid8 AND id > $3 AND kind = ANY($4)
     ORDER BY id
     LIMIT $5
"""
_FIRST: Final = """
    SELECT min(id + 0) AS id
      FROM outbox
     WHERE xid >= $1::text::xid8 AND xid < $2::text::xid8 AND kind = ANY($3)
"""
_MOVE: Final = """
    UPDATE watcher
       SET since = $2::text::xid8, until = $3::text::xid8, last_id = $4,
           tries = 0, last_trouble = ''
     WHERE name = $1
"""
_PLACES: Final = """
    SELECT name, since::text, until::text, pg_snapshot_xmin(pg_current_snapshot())::text AS horizon
      FROM watcher
     WHERE name = ANY($1)
"""
_CAME: Final = """
    SELECT kind, max(xid)::text AS last FROM outbox WHERE xid >= $1::text::xid8 GROUP BY kind
"""
_GO_ON: Final = """
    UPDATE watcher w
       SET since = $3::text::xid8, until = $3::text::xid8, last_id = 0
      FROM (SELECT v.name
              FROM watcher v
              JOIN unnest($1::text[], $2::text[]) AS seen (name, until)
                ON seen.name = v.name
               AND v.since = seen.until::xid8 AND v.until = seen.until::xid8
               FOR UPDATE OF v SKIP LOCKED) AS resting
     WHERE w.name = resting.name
"""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a watcher has heard: a window of transactions, and the last fact heard in it. The
    next window can reach to the horizon."""

    since: str
    until: str
    last_id: int
    tries: int
    horizon: str


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as it stands in the outbox."""

    id: int
    row: Row

    def read(self, kinds: Mapping[str, type[Fact]]) -> Fact:
        """The fact itself."""
        return msgspec.json.decode(self.row["body"], type=kinds[self.row["kind"]])


async def register(work: Work, watcher: str) -> None:
    """Give a new watcher its place, before all that is still kept."""
    await work.run(
        "INSERT INTO watcher (name, since, until) VALUES ($1, '0', '0') ON CONFLICT DO NOTHING",
        watcher,
    )


async def lock_place(work: Work, watcher: str) -> Place | None:
    """The watcher's place, held until the work ends; None while another process holds it."""
    row = await work.one(_LOCK, watcher)
    return Place(**row) if row else None


async def read(
    work: Work, place: Place, kinds: Sequence[str], *, limit: int
) -> tuple[Place, list[Told]]:
    """The next facts of these kinds, and the place that they were read at.

    See Note [A window begins at its first fact] and Note [A horizon of before].
    """
    rows: Sequence[Row] = ()
    if place.since != place.until:
        rows = await work.all(_READ, place.since, place.until, place.last_id, kinds, limit)
    if not rows:
        first = None
        since, until = place.until, max(place.until, place.horizon, key=int)
        if since != until:
            first = await work.one(_FIRST, since, until, kinds)
        if first is None or first["id"] is None:
            return Place(until, until, 0, place.tries, until), []
        place = Place(since, until, first["id"] - 1, place.tries, until)
        rows = await work.all(_READ, since, until, place.last_id, kinds, limit)
    return place, [Told(row["id"], row) for row in rows]


# Note [A window begins at its first fact]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# Facts are read by id, in batches, so that a backlog of any length is walked once. PostgreSQL does
# that by the index on id; told to begin at 0 it would walk through all that was ever told, each
# time that a window opens. So the first id of a new window is asked for, by the index on (xid, id)
# (``id + 0`` keeps it from walking the other one for a minimum), and a window that has nothing for
# this watcher is closed at once: [until, until) is empty.


# Note [A horizon of before]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~
# The question for a watcher's place sees the transactions of the moment at which it begins, but of
# the row that it locks the newest version (PostgreSQL, 13.2.1). If another process tells this
# watcher and commits in between, the place is that one's and the horizon older: a window to it
# would lead back, and what lies between would be told twice. So no window ends before it begins.


async def move(work: Work, watcher: str, place: Place) -> None:
    """Keep how far the watcher has heard, together with what it did."""
    await work.run(_MOVE, watcher, place.since, place.until, place.last_id)


async def behind(work: Work, watchers: Mapping[str, Collection[str]]) -> list[str]:
    """The watchers, each with the kinds that it is told of, for which something may have come that
    they have not heard. The others go on to the horizon together.

    See Note [Who has nothing to hear].
    """
    places = await work.all(_PLACES, list(watchers))
    resting = {row["name"]: int(row["until"]) for row in places if row["since"] == row["until"]}
    if not resting:
        return [row["name"] for row in places]
    rows = await work.all(_CAME, str(min(resting.values())))
    came = {row["kind"]: int(row["last"]) for row in rows}
    idle = {
        name: until
        for name, until in resting.items()
        if not any(came.get(kind, -1) >= until for kind in watchers[name])
    }
    horizon = int(places[0]["horizon"])
    stale = [name for name, until in idle.items() if until < horizon]
    if came and stale:
        seen = [str(idle[name]) for name in stale]
        await work.run(_GO_ON, stale, seen, str(horizon))
    return [row["name"] for row in places if row["name"] not in idle]


# Note [Who has nothing to hear]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# Most facts concern a few of many watchers. If each looked for itself, a transaction that is long
# at work, behind which all facts are out of sight, would have all of them look again and again. So
# what came is asked for once, by its kinds, from where the last of the resting watchers stands. One
# of whose kinds nothing came since has heard all below the horizon, which was seen before: its
# window moves there, so that the next question is as short. It is left where another process holds
# it, or has moved it. Where nothing came at all, nothing is written.


async def note_trouble(work: Work, watcher: str, trouble: str) -> int:
    """Count a failed try; how many there were for this fact."""
    row = await work.one(
        "UPDATE watcher SET tries = tries + 1, last_trouble = $2 WHERE name = $1 RETURNING tries",
        watcher,
        trouble,
    )
    assert row is not None
    tries: int = row["tries"]
    return tries


async def bury(work: Work, watcher: str, told: Told, trouble: str) -> None:
    """Lay aside a fact that a watcher cannot take, where an operator sees it."""
    row = told.row
    await work.run(
        """
        INSERT INTO dead_fact
               (watcher, fact_id, party_id, subject, kind, body, at, trouble, died_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (watcher, fact_id) DO UPDATE SET trouble = excluded.trouble
        """,
        watcher,
        told.id,
        *(row[name] for name in ("party_id", "subject", "kind", "body", "at")),
        trouble,
        work.now,
    )


@dataclass(frozen=True, slots=True)
class DeadFact:
    """A fact that a watcher could not take."""

    id: int
    watcher: str
    subject: str
    kind: str
    at: datetime
    trouble: str
    died_at: datetime


async def dead_facts(work: Work, *, limit: int = 100) -> list[DeadFact]:
    """The newest facts that were laid aside."""
    rows = await work.all(
        """
        SELECT id, watcher, subject, kind, at, trouble, died_at
          FROM dead_fact
         ORDER BY id DESC
         LIMIT $1
        """,
        limit,
    )
    return [DeadFact(**row) for row in rows]


async def exhume(work: Work, dead: int) -> tuple[str, Told] | None:
    """Take a fact that was laid aside out again: whose it was, and the fact."""
    row = await work.one("DELETE FROM dead_fact WHERE id = $1 RETURNING *", dead)
    return (row["watcher"], Told(row["fact_id"], row)) if row else None


async def trim(work: Work, watchers: Sequence[str], *, older_than: datetime, limit: int) -> int:
    """Forget facts that all watchers have heard and that are older than this; how many."""
    return await work.run(
        """
        DELETE FROM outbox
         WHERE id IN (SELECT id
                        FROM outbox
                       WHERE xid < (SELECT min(since) FROM watcher WHERE name = ANY($1))
                         AND at < $2
                       ORDER BY xid, id
                       LIMIT $3)
        """,
        watchers,
        older_than,
        limit,
    )


async def sizes(work: Work) -> tuple[int, int]:
    """About how many facts are kept (as the planner knows it), and how many are laid aside."""
    row = await work.one(
        """
        SELECT greatest(reltuples, 0)::bigint AS kept, (SELECT count(*) FROM dead_fact) AS dead
          FROM pg_class
         WHERE oid = 'outbox'::regclass
        """
    )
    assert row is not None
    return row["kept"], row["dead"]
