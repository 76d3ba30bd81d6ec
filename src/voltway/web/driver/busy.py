"""When a place is busy: what share of its bays was in use, by day of the week and time of day."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from voltway.kernel.ids import LocationId
from voltway.runtime.work import Work
from voltway.web.driver import views
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, page

WEEKS: Final = 8
BLOCK_H: Final = 3

#: A place with fewer charges tells nothing yet.
CHARGES_MIN: Final = 100

#: A time with fewer charges has no figure: it would tell of single people.
CELL_MIN: Final = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """A day and a time: in percent of bays in use; none where too few charged to say."""

    day: int  # 1 is Monday
    hour: int
    percent: int | None


@dataclass(frozen=True, slots=True)
class Busy:
    """``cells`` are days of blocks; empty where too few charged. ``charges`` is n."""

    charges: int
    weeks: int
    cells: tuple[tuple[Cell, ...], ...] = ()

    @property
    def busiest(self) -> Cell | None:
        return max(self._known, key=lambda cell: cell.percent or 0, default=None)

    @property
    def quietest(self) -> Cell | None:
        """Among the times of which there is a figure."""
        return min(self._known, key=lambda cell: cell.percent or 0, default=None)

    @property
    def _known(self) -> list[Cell]:
        return [cell for day in self.cells for cell in day if cell.percent is not None]


def busy_of(
    rows: Iterable[Mapping[str, Any]],
    *,
    charges: int,
    first: datetime | None,
    now: datetime,
    bays: int,
) -> Busy:
    """``rows`` are day, hour of the block's begin, seconds in use and number of charges."""
    seen = now - first if first else timedelta()
    weeks = max(1, min(WEEKS, -(-seen // timedelta(weeks=1))))
    if charges < CHARGES_MIN or not bays:
        return Busy(charges, weeks)
    there = bays * weeks * BLOCK_H * 3600
    found = {
        (row["day"], row["hour"]): min(100, round(100 * float(row["seconds"]) / there))
        for row in rows
        if row["charges"] >= CELL_MIN
    }
    return Busy(
        charges,
        weeks,
        tuple(
            tuple(Cell(day, hour, found.get((day, hour))) for hour in range(0, 24, BLOCK_H))
            for day in range(1, 8)
        ),
    )


async def busy(work: Work, bays: Sequence[UUID]) -> Busy:
    """How busy the bays of a place were lately, by its own clock."""
    since = work.now - timedelta(weeks=WEEKS)
    whole = await work.one(
        """
        SELECT count(*)::int AS charges, min(started_at) AS first FROM session_view
         WHERE evse_id = ANY($1) AND started_at >= $2 AND ended_at < started_at + interval '2 days'
        """,
        bays,
        since,
    )
    rows = await work.all(
        """
        SELECT extract(isodow FROM h)::int AS day,
               extract(hour FROM h)::int / $3 * $3 AS hour,
               count(DISTINCT id)::int AS charges,
               sum(extract(epoch FROM least(h + interval '1 hour', ends) - greatest(h, begins)))
                   AS seconds
          FROM (SELECT s.id, s.started_at AT TIME ZONE l.time_zone AS begins,
                       s.ended_at AT TIME ZONE l.time_zone AS ends
                  FROM session_view s
                  JOIN location_view l ON l.id = s.location_id
                 WHERE s.evse_id = ANY($1) AND s.started_at >= $2
                   AND s.ended_at < s.started_at + interval '2 days') s
         CROSS JOIN LATERAL generate_series(date_trunc('hour', begins), ends, interval '1 hour') h
         GROUP BY 1, 2
        """,
        bays,
        since,
        BLOCK_H,
    )
    assert whole is not None
    return busy_of(
        rows, charges=whole["charges"], first=whole["first"], now=work.now, bays=len(bays)
    )


@get("/l/{location:uuid}/busy", include_in_schema=False)
async def when_busy(
    request: HttpRequest, house: NamedDependency[House], location: FromPath[UUID]
) -> Response[str]:
    """A table of the week, with how many charges it was made of."""
    async with house.begin() as work:
        place, bays = await views.place(
            work, LocationId(location), formats_of(request, house), house.settings.heartbeat_s
        )
        found = await busy(work, [bay.evse for bay in bays])
        help_ = await views.help_of(work, place.party, about=place.name, place=place.id)
    return page(
        request,
        house,
        "driver/busy.html",
        place=place,
        busy=found,
        block_h=BLOCK_H,
        least=CHARGES_MIN,
        help=help_,
    )
