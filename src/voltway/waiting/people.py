"""What one person waits for, or waited for until yesterday: all of it, and none of it any more."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from voltway.runtime.work import Row, Work
from voltway.waiting import actions, reservations, turns

#: The key of each is the way to leave it; no file says it to whoever reads along.
_WATCHES: Final = """
    SELECT w.key, l.name AS place, w.power_w_min, w.state, w.created_at, w.until
      FROM watch w LEFT JOIN location_view l ON l.id = w.location_id
     WHERE w.email = $1 ORDER BY w.created_at
"""
_TURNS: Final = """
    SELECT t.key, l.name AS place, t.power_w_min, t.state, t.created_at, t.ended_at
      FROM waiting_turn t LEFT JOIN location_view l ON l.id = t.location_id
     WHERE t.email = $1 ORDER BY t.created_at
"""
_RESERVATIONS: Final = """
    SELECT r.key, l.name AS place, r.state, r.created_at, r.until, r.ended_at
      FROM reservation r LEFT JOIN location_view l ON l.id = r.location_id
     WHERE r.email = $1 AND r.turn_id IS NULL ORDER BY r.created_at
"""


_ALL: Final = """
    SELECT 'watch' AS kind, id, email FROM watch
     UNION ALL SELECT 'turn', id, email FROM waiting_turn
     UNION ALL SELECT 'reservation', id, email FROM reservation
"""


@dataclass(frozen=True, slots=True)
class Waits:
    """Rows with what a person waits for: ``key``, ``place`` (its name), ``state``, ``created_at``
    and when it is over."""

    watches: Sequence[Row]
    turns: Sequence[Row]
    reservations: Sequence[Row]


async def of_person(work: Work, email: str) -> Waits:
    """What an address waits for, and what is over and not forgotten yet."""
    address = email.lower()
    return Waits(
        watches=await work.all(_WATCHES, address),
        turns=await work.all(_TURNS, address),
        reservations=await work.all(_RESERVATIONS, address),
    )


async def waits_of(work: Work, email: str) -> list[tuple[str, UUID]]:
    """The same by kind (``watch``, ``turn``, ``reservation``) and id."""
    rows = await work.all(
        f"SELECT kind, id FROM ({_ALL}) AS w WHERE email = $1 ORDER BY id", email.lower()
    )
    return [(row["kind"], row["id"]) for row in rows]


async def kept(work: Work, ids: Collection[UUID]) -> set[UUID]:
    """Those of these waits that are not forgotten, whatever kind they are."""
    rows = await work.all(f"SELECT id FROM ({_ALL}) AS w WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"] for row in rows}


async def forget_person(work: Work, email: str) -> None:
    """They wait for nothing any more: bays that are held for them go to whoever is next, and the
    rounds forget the address with what is over."""
    waits = await of_person(work, email)
    for row in waits.watches:
        await actions.leave(work, row["key"])
    for row in waits.turns:
        await turns.leave(work, row["key"])
    for row in waits.reservations:
        await reservations.leave(work, row["key"])
