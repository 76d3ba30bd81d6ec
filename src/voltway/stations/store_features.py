"""The table of what places are like."""

from voltway.kernel.ids import LocationId
from voltway.runtime.work import Work
from voltway.stations.model import Location
from voltway.stations.model_features import Features
from voltway.stations.rules_hours import Hours


async def save(
    work: Work, place: Location, told: Features, hours: Hours | None, *, by: str
) -> None:
    """What was kept before is replaced."""
    await work.run(
        """
        INSERT INTO location_features (location_id, party_id, step_free, lit, roofed, bay_width_cm,
                                       screen_height_cm, facilities, hours, hours_words,
                                       help_phone, set_by, set_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (location_id) DO UPDATE
           SET step_free = excluded.step_free, lit = excluded.lit, roofed = excluded.roofed,
               bay_width_cm = excluded.bay_width_cm,
               screen_height_cm = excluded.screen_height_cm, facilities = excluded.facilities,
               hours = excluded.hours, hours_words = excluded.hours_words,
               help_phone = excluded.help_phone, set_by = excluded.set_by,
               set_at = excluded.set_at
        """,
        place.id,
        place.party,
        told.step_free,
        told.lit,
        told.roofed,
        told.bay_width_cm,
        told.screen_height_cm,
        list(told.facilities),
        hours.as_json() if hours else None,
        hours.words if hours else "",
        told.help_phone,
        by,
        work.now,
    )


async def load(work: Work, location: LocationId) -> Features | None:
    row = await work.one("SELECT * FROM location_features WHERE location_id = $1", location)
    if row is None:
        return None
    return Features(
        step_free=row["step_free"],
        lit=row["lit"],
        roofed=row["roofed"],
        bay_width_cm=row["bay_width_cm"],
        screen_height_cm=row["screen_height_cm"],
        facilities=tuple(row["facilities"]),
        hours_words=row["hours_words"],
        help_phone=row["help_phone"],
    )
