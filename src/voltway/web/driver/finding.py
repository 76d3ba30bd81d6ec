"""Places that fit what a driver looks for, a page at a time, and what each place is like.

The database finds which places fit and in which order; what stands on the page of them is loaded
for these alone, so ten thousand places cost hardly more than thirty.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from voltway.payments import starts
from voltway.runtime.work import Row, Work
from voltway.stations.rules import heard_since
from voltway.tariffs.at_bays import for_guests
from voltway.web import places_words
from voltway.web.driver import for_car, spelling, views
from voltway.web.driver.asking import Asked
from voltway.web.driver.my_car import MyCar
from voltway.web.driver.views import Place
from voltway.web.formats import Formats
from voltway.web.photos import url_of
from voltway.web.places_words import Accessible

PAGE: Final = 30

#: A price is known only when it was worked out: so many pages are looked through for low ones.
LOOKED_THROUGH_MAX: Final = 6

#: A map shows no more places than this.
POINTS_MAX: Final = 50_000

#: Who sits reaches so high, whatever stands before them (ADA 2010 Standards, 308: 48 inches).
LOW_SCREEN_CM: Final = 120

#: Bays that fit, by place. A doubtful one is not free. $1 to $14 are in ``_arguments``.
_FITTING: Final = """
    WITH ports AS (
        SELECT p.*, p.id IN (SELECT unnest($14::uuid[])) AS is_doubtful,
               is_free(p.connected, p.status, p.session_state, p.last_heard_at, $4)
               AND NOT EXISTS (SELECT FROM bay_hold_view h WHERE h.evse_id = p.id) AS says_free
          FROM port_view p
    ), fitting AS (
        SELECT p.location_id AS id, p.location_name AS name, p.lat, p.lon,
               count(*) FILTER (WHERE NOT p.is_doubtful AND p.says_free)::int AS free,
               count(*) FILTER (WHERE p.is_doubtful AND p.says_free)::int AS doubtful,
               count(*) FILTER (WHERE p.connected AND p.last_heard_at >= $4
                                  AND p.status NOT IN ('faulted', 'unavailable', 'unknown')
                               )::int AS works
          FROM ports p
          LEFT JOIN location_features_view f ON f.location_id = p.location_id
         WHERE p.published AND p.power_w >= $2
           AND (cardinality($3::text[]) = 0 OR p.connector_type = ANY($3))
           AND (cardinality($1::text[]) = 0
                OR concat_ws(' ', p.location_name, p.address, p.postal_code, p.city)
                   ILIKE ALL($1))
           AND (NOT $5 OR f.step_free) AND (NOT $6 OR f.bay_width_cm >= 350)
           AND (NOT $7 OR f.lit) AND (NOT $8 OR f.roofed)
           AND ($13::int IS NULL OR f.screen_height_cm <= $13)
           AND ($12::uuid[] IS NULL OR p.location_id = ANY($12))
           AND (NOT $9 OR is_open(f.hours, p.time_zone, $10))
         GROUP BY p.location_id, p.location_name, p.lat, p.lon
    ), found AS (
        SELECT *, CASE WHEN free > 0 THEN 0 WHEN doubtful > 0 THEN 1 ELSE 2 END AS rank
          FROM fitting WHERE NOT $11 OR free > 0
    )
"""

_BY_NAME: Final = (
    _FITTING
    + """
    SELECT id, rank, (SELECT count(*) FROM found)::int AS places,
           (SELECT coalesce(sum(free), 0) FROM found)::int AS free,
           (SELECT coalesce(sum(doubtful), 0) FROM found)::int AS doubtful
      FROM found
     WHERE $15::int IS NULL
        OR (rank, name, id) > ($15, (SELECT name FROM location_view WHERE id = $16), $16)
     ORDER BY rank, name, id
     LIMIT $17
    """
)

#: Near enough for an order: a degree of longitude is shorter by the cosine of the latitude.
_BY_DISTANCE: Final = (
    _FITTING
    + """
    SELECT id, rank, (SELECT count(*) FROM found)::int AS places,
           (SELECT coalesce(sum(free), 0) FROM found)::int AS free,
           (SELECT coalesce(sum(doubtful), 0) FROM found)::int AS doubtful
      FROM found
     ORDER BY (lat - $15) ^ 2
              + (least(abs(lon - $16), 360 - abs(lon - $16)) * cosd($15)) ^ 2, id
     LIMIT $17
    """
)


#: All that fit, for a map: 0 where a bay is free, 1 where all that work are taken, 2 where none
#: works or was heard of, 3 where those that are free are doubtful.
_POINTS: Final = (
    _FITTING
    + """
    SELECT id, lat, lon, CASE WHEN free > 0 THEN 0 WHEN doubtful > 0 THEN 3
                              WHEN works > 0 THEN 1 ELSE 2 END AS state
      FROM found
     WHERE $15::uuid[] IS NULL OR id = ANY($15)
     ORDER BY id
     LIMIT $16
    """
)


@dataclass(frozen=True, slots=True)
class Found:
    """A page of places. ``places``, ``free`` and ``doubtful`` count all that fit; none where prices
    were asked for, and there ``doubtful`` is of this page. Doubtful are bays that say that they are
    free and whose last starts all failed; ``free`` counts none of them. ``meant`` is what was
    searched for in place of what was typed."""

    page: tuple[Place, ...]
    places: int | None = None
    free: int | None = None
    doubtful: int = 0
    after: tuple[int, UUID] | None = None
    meant: tuple[str, ...] = ()

    @property
    def zone(self) -> str:
        """By whose clock the page says when it was true: that of its first place."""
        return self.page[0].time_zone if self.page else "UTC"


@dataclass(frozen=True, slots=True)
class Spot:
    """Where somebody is, to about a kilometre; it is kept nowhere."""

    lat: float
    lon: float


async def find(
    work: Work,
    asked: Asked,
    formats: Formats,
    expected_s: int,
    near: Spot | None = None,
    *,
    car: MyCar | None = None,
) -> Found:
    """The open places that fit: those with free bays first, then those where the free ones are
    doubtful, or the nearest first; each with what the driver's car would cost and take there. Where
    only what is free is asked for, a place whose free bays are all doubtful is left out: nobody
    drives there for nothing."""
    found = await _found(work, asked, formats, expected_s, near, car)
    if found.page or not asked.words or asked.after:
        return found
    meant = await spelling.likely(work, asked.words)
    for name in meant:
        found = await _found(work, replace(asked, words=name), formats, expected_s, near, car)
        if found.page:
            return replace(found, meant=(name,), after=None)
    return replace(found, meant=())


async def _found(
    work: Work,
    asked: Asked,
    formats: Formats,
    expected_s: int,
    near: Spot | None,
    car: MyCar | None,
) -> Found:
    page: list[Place] = []
    after = asked.after
    doubts = await starts.doubtful(work)
    for _ in range(LOOKED_THROUGH_MAX):
        rows = await _ids(work, _arguments(work, asked, expected_s, doubts), near, after)
        ids = [row["id"] for row in rows]
        shown = await _shown(work, ids, asked, formats, expected_s, car, doubts)
        page += [place for place in shown if _is_cheap(place, asked)]
        has_more = len(rows) == PAGE and near is None
        after = (rows[-1]["rank"], rows[-1]["id"]) if has_more else None
        if asked.price_max is None:
            names = ("places", "free", "doubtful")
            places, free, doubtful = (rows[0][each] if rows else 0 for each in names)
            return Found(tuple(page), places, free, doubtful, after)
        if after is None or len(page) >= PAGE:
            break
    return Found(tuple(page), doubtful=sum(place.doubtful for place in page), after=after)


def _is_cheap(place: Place, asked: Asked) -> bool:
    if asked.price_max is None:
        return True
    return place.price_exact is not None and place.price_exact <= asked.price_max


async def _ids(
    work: Work,
    arguments: Sequence[object],
    near: Spot | None,
    after: tuple[int, UUID] | None,
) -> Sequence[Row]:
    if near is not None:
        return await _planned(work, _BY_DISTANCE, *arguments, near.lat, near.lon, PAGE)
    rank, id = after or (None, None)
    return await _planned(work, _BY_NAME, *arguments, rank, id, PAGE)


async def _planned(work: Work, sql: str, *values: object) -> Sequence[Row]:
    """The rows by a plan for what is asked now: one plan for whatever may be asked takes more than
    twice as long for ten thousand places, and PostgreSQL keeps it after the fifth question."""
    await work.run("SET LOCAL plan_cache_mode = force_custom_plan")
    rows = await work.all(sql, *values)
    await work.run("SET LOCAL plan_cache_mode = auto")
    return rows


def _arguments(
    work: Work, asked: Asked, expected_s: int, doubts: Sequence[UUID]
) -> tuple[object, ...]:
    """$1 to $14 of ``_FITTING``."""
    ticks = asked.ticks
    return (
        [f"%{views.like(word)}%" for word in asked.words.split()],
        asked.power_w,
        asked.connectors,
        heard_since(work.now, expected_s),
        "step_free" in ticks,
        "wide" in ticks,
        "lit" in ticks,
        "roof" in ticks,
        "open" in ticks,
        work.now,
        asked.free,
        list(asked.marked) if "mine" in ticks else None,
        LOW_SCREEN_CM if "low" in ticks else None,
        doubts,
    )


async def _shown(
    work: Work,
    ids: Sequence[UUID],
    asked: Asked,
    formats: Formats,
    expected_s: int,
    car: MyCar | None,
    doubts: Collection[UUID],
) -> list[Place]:
    """These places with the bays that fit, in this order."""
    rows = await work.all(
        f"""
        {views.BAYS}
         WHERE p.location_id = ANY($1) AND p.published AND p.power_w >= $2
           AND (cardinality($3::text[]) = 0 OR p.connector_type = ANY($3))
         ORDER BY p.location_id, p.identity, p.number
        """,
        ids,
        asked.power_w,
        asked.connectors,
    )
    assigned = await for_guests(work, rows)
    worked = {
        row["location_id"]: row["at"]
        for row in await work.all(
            """
            SELECT location_id, max(last_at) AS at FROM session_view
             WHERE evse_id = ANY($1) AND energy_wh > 0 AND started_at > $2
             GROUP BY location_id
            """,
            [row["id"] for row in rows],
            work.now - timedelta(days=7),
        )
    }
    ports = for_car.of_rows(rows, assigned, formats, expected_s, doubts) if car else []
    mine = await for_car.at_places(work, car, ports, formats)
    photos = await _photos(work, ids)
    doubted = set(doubts)
    found = {}
    for id, group in groupby(rows, key=lambda row: row["location_id"]):
        place = views.in_short(list(group), assigned, formats, expected_s, doubted)
        found[id] = replace(
            place, worked_at=worked.get(id), mine=mine.get(id), photo=photos.get(id, "")
        )
    return [found[id] for id in ids if id in found]


async def _photos(work: Work, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The address of the first photo of each place that has one, in the size of a list."""
    rows = await work.all(
        """
        SELECT DISTINCT ON (location_id) location_id, tiny_name FROM location_photo_view
         WHERE location_id = ANY($1) ORDER BY location_id, nth, id
        """,
        ids,
    )
    return {row["location_id"]: url_of(row["tiny_name"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the map; ``state`` is 0 with a free bay, 1 with none, 2 where nothing works, 3
    where no bay is free but doubtful ones."""

    id: UUID
    lat: float
    lon: float
    state: int


async def points(work: Work, asked: Asked, formats: Formats, expected_s: int) -> list[Point]:
    """All places that fit, as the list has them; where a highest price is asked for, those that the
    list has looked through."""
    if asked.price_max is not None:
        found = await find(work, replace(asked, after=None), formats, expected_s)
        words = found.meant[0] if found.meant else asked.words
        only = [place.id for place in found.page]
        return await _points(work, replace(asked, words=words), expected_s, only)
    there = await _points(work, asked, expected_s)
    if there or not asked.words:
        return there
    for name in await spelling.likely(work, asked.words):
        if there := await _points(work, replace(asked, words=name), expected_s):
            break
    return there


async def _points(
    work: Work, asked: Asked, expected_s: int, only: Sequence[UUID] | None = None
) -> list[Point]:
    arguments = _arguments(work, asked, expected_s, await starts.doubtful(work))
    rows = await _planned(work, _POINTS, *arguments, only, POINTS_MAX)
    return [Point(row["id"], row["lat"], row["lon"], row["state"]) for row in rows]


async def one(
    work: Work, location: UUID, formats: Formats, expected_s: int, car: MyCar | None
) -> Place | None:
    """One open place as the list has it."""
    doubts = await starts.doubtful(work)
    found = await _shown(work, [location], Asked(), formats, expected_s, car, doubts)
    return found[0] if found else None


async def like(work: Work, location: UUID, formats: Formats) -> Accessible:
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
    return places_words.in_words(row, formats.say)
