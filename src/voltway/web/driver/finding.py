"""What a driver looks for among places, and what each place is like."""

from uuid import UUID

from voltway.runtime.work import Work
from voltway.web import places_words
from voltway.web.places_words import Accessible


async def like(work: Work, location: UUID) -> Accessible:
    """What was told of a place, and whether it is open now."""
    row = await work.one(
        """
        SELECT f.*, is_open(f.hours, l.time_zone, $2) AS is_open
          FROM location_features_view f
          JOIN location_view l ON l.id = f.location_id
         WHERE f.location_id = $1
        """,
        location,
        work.now,
    )
    return places_words.in_words(row)
