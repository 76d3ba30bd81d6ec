"""The SQL of favourites."""

from collections.abc import Sequence
from typing import Any, Final

from voltway.kernel.ids import LocationId
from voltway.runtime.work import Work

_COLUMNS: Final = "email, location_id AS location, tells, locale, marked_at"


async def add(work: Work, email: str, places: Sequence[LocationId], locale: str) -> None:
    await work.run(
        """
        INSERT INTO favourite (email, location_id, locale, marked_at)
        SELECT $1, l.id, $3, $4::timestamptz + w.nth * interval '1 microsecond'
          FROM unnest($2::uuid[]) WITH ORDINALITY AS w (id, nth)
          JOIN location_view l ON l.id = w.id
            ON CONFLICT (email, location_id) DO NOTHING
        """,
        email,
        list(places),
        locale,
        work.now,
    )


async def keep_newest(work: Work, email: str, most: int) -> None:
    await work.run(
        """
        DELETE FROM favourite WHERE email = $1 AND location_id IN
               (SELECT location_id FROM favourite WHERE email = $1
                 ORDER BY marked_at DESC, location_id OFFSET $2)
        """,
        email,
        most,
    )


async def remove(work: Work, email: str, place: LocationId) -> None:
    await work.run("DELETE FROM favourite WHERE email = $1 AND location_id = $2", email, place)


async def set_tells(work: Work, email: str, place: LocationId, wanted: bool) -> None:
    await work.run(
        "UPDATE favourite SET tells = $3 WHERE email = $1 AND location_id = $2",
        email,
        place,
        wanted,
    )


async def of_person(work: Work, email: str) -> list[dict[str, Any]]:
    rows = await work.all(
        f"SELECT {_COLUMNS} FROM favourite WHERE email = $1 ORDER BY marked_at, location_id", email
    )
    return [dict(row) for row in rows]


async def told_of(work: Work, place: LocationId) -> list[dict[str, Any]]:
    rows = await work.all(
        f"SELECT {_COLUMNS} FROM favourite WHERE location_id = $1 AND tells ORDER BY email", place
    )
    return [dict(row) for row in rows]


async def forget(work: Work, email: str) -> None:
    await work.run("DELETE FROM favourite WHERE email = $1", email)
