"""The tables of packed readings, and the hot days that they are packed from.

Note [Hot, packed, or both]
~~~~~~~~~~~~~~~~~~~~~~~~~~~
Readings are hot in the partition of the day on which they were heard. When the day is over they are
packed, session by session; the partition stays until all of it is packed, and is dropped then. So
meanwhile a reading may be in both, and whoever reads takes the hot ones first and the packs second:
what moves between the two looks is seen twice and not missed. Told twice and kept twice are told
apart by nobody anyway, see Note [Kept twice].
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from voltway.kernel.ids import PartyId, SessionId
from voltway.runtime import parts
from voltway.runtime.work import Row, Work
from voltway.sessions.model import Session
from voltway.sessions.rules_packing import KeptReading, packed, unpacked

#: Whose readings are packed first, second and third: the column that says it, and its condition.
KINDS: Final = (
    ("session_id", "session_id IS NOT NULL"),
    ("evse_id", "session_id IS NULL AND evse_id IS NOT NULL"),
    ("station_id", "session_id IS NULL AND evse_id IS NULL"),
)

#: A session's readings are looked for so long before it was first heard of, and after it last was:
#: our own clock may have been set back meanwhile, and then they seem to have come before it.
SET_BACK_MAX: Final = timedelta(hours=1)

_COLUMNS: Final = ", ".join(KeptReading._fields)


@dataclass(frozen=True, slots=True)
class Day:
    """A day that is being packed, and how far. ``kind`` beyond the last: all of it."""

    day: date
    kind: int
    up_to: UUID
    packed: int

    @property
    def part(self) -> str:
        return f"session_reading_{self.day:%Y%m%d}"

    @property
    def is_through(self) -> bool:
        return self.kind >= len(KINDS)


@dataclass(frozen=True, slots=True)
class Pack:
    """The readings of a day of one session, EVSE or main meter."""

    of: UUID
    party: PartyId
    day: date
    kind: int
    readings: Sequence[KeptReading]
    grain_m: int = 0


async def hot_days(work: Work, before: date) -> list[date]:
    """The days before this one that have a partition of hot readings, the oldest first."""
    rows = await work.all(
        """
        SELECT to_date(right(part, 8), 'YYYYMMDD') AS day
          FROM parts_of('session_reading') AS part
         WHERE part < 'session_reading_' || to_char($1::date, 'YYYYMMDD')
         ORDER BY 1
        """,
        before,
    )
    return [row["day"] for row in rows]


async def lock_day(work: Work, day: date) -> Day | None:
    """How far this day is packed; ``None`` while another packs it, or has just dropped it."""
    await work.run("INSERT INTO reading_day (day) VALUES ($1) ON CONFLICT DO NOTHING", day)
    row = await work.one(
        """
        SELECT day, of_kind AS kind, up_to, packed
          FROM reading_day WHERE day = $1 FOR UPDATE SKIP LOCKED
        """,
        day,
    )
    if row is None:
        return None
    found = Day(**row)
    part = await work.one("SELECT to_regclass($1) IS NOT NULL AS stands", found.part)
    if part is None or not part["stands"]:
        await work.run("DELETE FROM reading_day WHERE day = $1", day)
        return None
    return found


async def save_day(work: Work, day: Day) -> None:
    await work.run(
        "UPDATE reading_day SET of_kind = $2, up_to = $3, packed = $4 WHERE day = $1",
        day.day,
        day.kind,
        day.up_to,
        day.packed,
    )


async def drop_day(work: Work, day: Day) -> bool:
    """Drop the partition of a day if it has no more readings than were packed; whether it has
    gone. If more came meanwhile, the day is packed again from its beginning."""
    row = await work.one("SELECT drop_part($1::text::regclass, $2)", day.part, day.packed)
    if row and row["drop_part"]:
        await work.run("DELETE FROM reading_day WHERE day = $1", day.day)
        return True
    row = await work.one(f"SELECT count(*) AS n FROM {day.part}")
    if row and row["n"] != day.packed:
        await save_day(work, Day(day.day, 0, UUID(int=0), 0))
    return False


async def hot_readings(work: Work, day: Day, limit: int) -> list[Row]:
    """The next hot readings of a day, whole sessions at a time, about as many as the limit."""
    # Written out, the limit tells the planner that the index is shorter than sorting the day.
    column, condition = KINDS[day.kind]
    return list(
        await work.all(
            f"""
            SELECT {column} AS of, party_id AS party, {_COLUMNS}
              FROM {day.part}
             WHERE {condition} AND {column} > $1
             ORDER BY {column}
             FETCH FIRST {int(limit)} ROWS WITH TIES
            """,
            day.up_to,
        )
    )


async def packs_of_day(work: Work, of: Collection[UUID], day: date) -> list[Pack]:
    rows = await work.all(
        """
        SELECT of_id, party_id, day, of_kind, grain_m, readings
          FROM reading_pack WHERE of_id = ANY($1::uuid[]) AND day = $2
        """,
        list(of),
        day,
    )
    return [_pack(row) for row in rows]


async def keep_packs(work: Work, packs: Iterable[Pack], encoded: Iterable[bytes]) -> None:
    """Keep packs instead of those that there are of the same days; empty ones are not kept."""
    rows = list(zip(packs, encoded, strict=True))
    await parts.ensure_months(work, "reading_pack", {pack.day for pack, _ in rows})
    await work.run(
        """
        DELETE FROM reading_pack p
         USING unnest($1::uuid[], $2::date[]) AS w (of_id, day)
         WHERE p.of_id = w.of_id AND p.day = w.day
        """,
        [pack.of for pack, _ in rows],
        [pack.day for pack, _ in rows],
    )
    await work.copy(
        "reading_pack",
        ("of_id", "party_id", "day", "count", "of_kind", "grain_m", "readings"),
        [
            (
                pack.of,
                pack.party,
                pack.day,
                len(pack.readings),
                pack.kind,
                pack.grain_m,
                blob,
            )
            for pack, blob in rows
            if blob
        ],
    )


def encoded(packs: Iterable[Pack]) -> list[bytes]:
    return [packed(pack.readings) if pack.readings else b"" for pack in packs]


async def months(work: Work) -> list[str]:
    """The parts that packs are kept in, the oldest first, each named for its month."""
    rows = await work.all("SELECT part FROM parts_of('reading_pack') AS part")
    return [row["part"] for row in rows]


async def packs_behind(work: Work, month: str, up_to: UUID, limit: int) -> list[tuple[UUID, int]]:
    """Whose packs of a month, behind this one, are not thinned yet, and of what kind they are."""
    rows = await work.all(
        f"""
        SELECT of_id, min(of_kind) AS kind FROM {month}
         WHERE of_id > $1 AND grain_m = 0
         GROUP BY of_id ORDER BY of_id LIMIT $2
        """,
        up_to,
        limit,
    )
    return [(row["of_id"], row["kind"]) for row in rows]


async def packs_of(work: Work, of: Collection[UUID]) -> dict[UUID, list[Pack]]:
    """All packs of these, locked."""
    rows = await work.all(
        """
        SELECT of_id, party_id, day, of_kind, grain_m, readings
          FROM reading_pack WHERE of_id = ANY($1::uuid[]) ORDER BY of_id, day FOR UPDATE
        """,
        list(of),
    )
    found: dict[UUID, list[Pack]] = {}
    for row in rows:
        found.setdefault(row["of_id"], []).append(_pack(row))
    return found


#: Packs of sessions that wait for the station's word or for a person.
_NEEDED: Final = """
    EXISTS (SELECT FROM session s WHERE s.id = p.of_id
               AND (s.told_at IS NULL OR (s.doubts || s.judged) && $1::text[]))
"""


async def forget_month(work: Work, month: str, holds: Sequence[str], limit: int) -> bool:
    """Drop the packs of a month, or some of them where others are needed; whether it has gone."""
    row = await work.one(f"SELECT EXISTS (SELECT FROM {month} p WHERE {_NEEDED})", list(holds))
    if row and not row["exists"]:
        gone = await work.one("SELECT drop_part($1::text::regclass, NULL)", month)
        return bool(gone and gone["drop_part"])
    await work.run(
        f"""
        DELETE FROM {month}
         WHERE ctid = ANY(ARRAY(SELECT p.ctid FROM {month} p WHERE NOT {_NEEDED} LIMIT $2))
        """,
        list(holds),
        limit,
    )
    return False


async def packed_readings(
    work: Work, sessions: Collection[Session]
) -> dict[SessionId, list[KeptReading]]:
    """The packed readings of these sessions, from the months in which they were heard."""
    found: dict[SessionId, list[KeptReading]] = {}
    # What is of today is hot, and most sessions that end do so on the day on which they began.
    older = [each for each in sessions if each.created_at.date() < work.now.date()]
    if older:
        rows = await work.all(
            """
            SELECT of_id, readings FROM reading_pack
             WHERE of_id = ANY($1::uuid[]) AND day BETWEEN $2 AND $3
            """,
            [each.id for each in older],
            (min(each.created_at for each in older) - SET_BACK_MAX).date(),
            (max(each.heard_at for each in older) + SET_BACK_MAX).date(),
        )
        for row in rows:
            found.setdefault(row["of_id"], []).extend(unpacked(row["readings"]))
    return found


def _pack(row: Row) -> Pack:
    values: dict[str, Any] = {
        "of": row["of_id"],
        "party": row["party_id"],
        "day": row["day"],
        "kind": row["of_kind"],
        "grain_m": row["grain_m"],
    }
    return Pack(readings=unpacked(row["readings"]), **values)
