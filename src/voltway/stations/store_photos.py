"""The table of photos of places."""

from collections.abc import Sequence
from uuid import UUID

from voltway.kernel.ids import LocationId, PartyId
from voltway.runtime.work import Work
from voltway.stations.model_photos import Photo
from voltway.stations.picturing import Pictures


async def lock(work: Work, location: LocationId) -> None:
    """Nobody else changes the photos of this place meanwhile."""
    await work.run(
        "SELECT pg_advisory_xact_lock(hashtextextended('photos ' || $1, 0))", str(location)
    )


async def of(work: Work, location: LocationId) -> list[Photo]:
    rows = await work.all(
        "SELECT * FROM location_photo_view WHERE location_id = $1 ORDER BY nth, id", location
    )
    return [
        Photo(
            id=row["id"],
            party=PartyId(row["party_id"]),
            location=LocationId(row["location_id"]),
            **{
                name: row[name]
                for name in (
                    *("nth", "alt", "width", "height", "tiny_name", "small_name"),
                    *("large_name", "added_by", "added_at"),
                )
            },
        )
        for row in rows
    ]


async def add(work: Work, photo: Photo, pictures: Pictures) -> None:
    await work.run(
        """
        INSERT INTO location_photo (id, party_id, location_id, nth, alt, width, height, tiny_name,
                                    small_name, large_name, tiny, small, large, added_by, added_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,
        photo.id,
        photo.party,
        photo.location,
        photo.nth,
        photo.alt,
        photo.width,
        photo.height,
        photo.tiny_name,
        photo.small_name,
        photo.large_name,
        pictures.tiny.content,
        pictures.small.content,
        pictures.large.content,
        photo.added_by,
        photo.added_at,
    )


async def describe(work: Work, location: LocationId, photo: UUID, alt: str) -> int:
    return await work.run(
        "UPDATE location_photo SET alt = $3 WHERE id = $2 AND location_id = $1",
        location,
        photo,
        alt,
    )


async def put_in_order(work: Work, location: LocationId, ids: Sequence[UUID]) -> None:
    await work.run(
        """
        UPDATE location_photo SET nth = w.nth
          FROM unnest($2::uuid[]) WITH ORDINALITY AS w (id, nth)
         WHERE location_photo.id = w.id AND location_id = $1
        """,
        location,
        ids,
    )


async def remove(work: Work, location: LocationId, photo: UUID) -> int:
    return await work.run(
        "DELETE FROM location_photo WHERE id = $2 AND location_id = $1", location, photo
    )


async def content(work: Work, name: str) -> bytes | None:
    row = await work.one(
        """
        SELECT CASE $1 WHEN tiny_name THEN tiny WHEN small_name THEN small ELSE large END AS content
          FROM location_photo WHERE tiny_name = $1 OR small_name = $1 OR large_name = $1 LIMIT 1
        """,
        name,
    )
    return None if row is None else bytes(row["content"])
