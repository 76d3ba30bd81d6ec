"""What the house put aside for a person: strange reports, held sessions, frames not taken."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from voltway.runtime.work import Row, Work
from voltway.sessions.model import HOLDS, SAYS, Doubt
from voltway.web.formats import ELLIPSIS

LINES: Final = 100
TEXT_MAX: Final = 600

#: What the audit says of the click that closes an orphan.
DID: Final = "closed an orphan"

#: Bills are final; what comes after them is shown for so long.
AFTER_BILL_FOR: Final = timedelta(days=90)

_TOLD: Final = {
    "ended": "The end of a session that we do not know",
    "metered": "Readings of a session that we do not know",
}

#: What a station's claim is kept as where it told no time.
_NO_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class OrphanLine:
    """A report that belongs to no known session."""

    row: Row
    told: str
    claimed_at: datetime | None
    report: str


@dataclass(frozen=True, slots=True)
class DoubtfulLine:
    """A session that a person must look at."""

    row: Row
    after_bill: bool
    doubts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FrameLine:
    """A frame whose effect could not be kept."""

    row: Row
    why: str
    frame: str


@dataclass(frozen=True, slots=True)
class Aside:
    """All that waits for a person, the newest first."""

    orphans: tuple[OrphanLine, ...]
    sessions: tuple[DoubtfulLine, ...]
    frames: tuple[FrameLine, ...]
    closed: tuple[Row, ...]


async def waiting(work: Work) -> int:
    """How many things wait; what came after a bill is told, and waits for nobody."""
    row = await work.one(
        """
        SELECT (SELECT count(*) FROM orphan_view WHERE reviewed_at IS NULL)
             + (SELECT count(*) FROM settlement_view WHERE state = 'held')
             + (SELECT count(*) FROM frame_review_view WHERE reviewed_at IS NULL) AS n
        """
    )
    assert row is not None, "a count has one row"
    return int(row["n"])


async def put_aside(work: Work) -> Aside:
    orphans = await work.all(
        "SELECT * FROM orphan_view WHERE reviewed_at IS NULL ORDER BY last_at DESC, id LIMIT $1",
        LINES,
    )
    frames = await work.all(
        "SELECT * FROM frame_review_view WHERE reviewed_at IS NULL ORDER BY at DESC, id LIMIT $1",
        LINES,
    )
    closed = await work.all(
        """
        SELECT o.identity, o.ref, o.reviewed_at, a.actor_name, a.detail ->> 'reason' AS reason
          FROM orphan_view o
          LEFT JOIN audit_view a ON a.on_what = 'orphan:' || o.id AND a.did = $1
         WHERE o.reviewed_at IS NOT NULL
         ORDER BY o.reviewed_at DESC, o.id LIMIT 10
        """,
        DID,
    )
    return Aside(
        tuple(_orphan(row) for row in orphans),
        (*await _held(work), *await _after_bill(work)),
        tuple(FrameLine(row, _short(row["why"]), _short(row["frame"])) for row in frames),
        tuple(closed),
    )


async def _held(work: Work) -> list[DoubtfulLine]:
    rows = await work.all(
        """
        SELECT v.*, s.last_trouble, s.invoice_number
          FROM settlement_view s JOIN session_view v ON v.id = s.session_id
         WHERE s.state = 'held'
         ORDER BY s.opened_at DESC, v.id LIMIT $1
        """,
        LINES,
    )
    return [DoubtfulLine(row, False, _says(row["doubts"], row["last_trouble"])) for row in rows]


async def _after_bill(work: Work) -> list[DoubtfulLine]:
    """Sessions that would be held now, and are billed; and those whose bills would say otherwise.

    A bill without a reviewer means that there was no such doubt when it was made; with one, that
    only what was heard since is new.
    """
    rows = await work.all(
        """
        SELECT v.*, s.invoice_number, c.changed
          FROM session_view v JOIN settlement_view s ON s.session_id = v.id
          LEFT JOIN LATERAL (SELECT changed FROM session_correction_view
                              WHERE session_id = v.id AND outcome = 'review'
                              ORDER BY at DESC LIMIT 1) c ON true
         WHERE v.started_at > $1 AND s.cdr_id IS NOT NULL
           AND (v.doubts && $2::text[] AND (s.reviewed_by IS NULL OR v.heard_at > s.done_at)
                OR c.changed IS NOT NULL)
           AND NOT EXISTS (SELECT FROM adjustment_view a
                            WHERE a.session_id = v.id AND a.decided_at >= v.heard_at)
         ORDER BY v.heard_at DESC, v.id LIMIT $3
        """,
        work.now - AFTER_BILL_FOR,
        [doubt.value for doubt in sorted(HOLDS)],
        LINES,
    )
    return [
        DoubtfulLine(row, True, (*_says(row["doubts"]), *(row["changed"] or ()))) for row in rows
    ]


def _says(doubts: list[str], otherwise: str | None = None) -> tuple[str, ...]:
    said = tuple(SAYS[Doubt(doubt)] for doubt in sorted(set(doubts)))
    if otherwise and not HOLDS & {Doubt(doubt) for doubt in doubts}:
        return (_short(otherwise), *said)
    return said


def _orphan(row: Row) -> OrphanLine:
    return OrphanLine(
        row,
        _TOLD.get(row["kind"], str(row["kind"])),
        None if row["claimed_at"] == _NO_TIME else row["claimed_at"],
        _short(_json(row["report"])),
    )


def _json(told: Any) -> str:
    return msgspec.json.encode(told).decode()


def _short(text: str) -> str:
    return text if len(text) <= TEXT_MAX else text[:TEXT_MAX] + ELLIPSIS
