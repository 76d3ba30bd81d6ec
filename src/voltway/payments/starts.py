"""How the last paid starts at bays went, of those that say something of the station.

A hold that was let go because somebody else was faster, because its card pays too often, or because
its driver paid too late says nothing of it. Nor does a start that the station accepted and for
which no car came: who never plugs in is no fault of the bay.

A bay whose last starts all failed is doubtful: it says that it is free, and nobody is sent there as
to one that is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from voltway.payments.model import Why
from voltway.runtime.work import Work
from voltway.stations.orders import OrderState

#: How an order stands that its station did not take up; one that was never sent is cancelled when
#: the hold is let go.
_NOT_TAKEN_UP: Final = (
    OrderState.QUEUED,
    OrderState.SENT,
    OrderState.REFUSED,
    OrderState.SILENT,
    OrderState.EXPIRED,
    OrderState.CANCELLED,
)

#: So many starts in a row that failed make a bay doubtful.
MISSES: Final = 3
#: What failed longer ago says nothing of a bay of today.
LATELY: Final = timedelta(days=30)

#: The last starts at the bay ``at.id``, the newest first: at most ``$2``; ``$3`` is
#: ``_NOT_TAKEN_UP``.
_LAST: Final = f"""
    SELECT p.session_id IS NOT NULL AS worked, p.created_at
      FROM payment p LEFT JOIN order_view o ON o.id = p.order_id
     WHERE p.evse_id = at.id AND p.held_at IS NOT NULL
       AND (p.session_id IS NOT NULL
            OR (p.why = '{Why.NOTHING_STARTED}' AND o.state = ANY($3::text[])))
     ORDER BY p.created_at DESC LIMIT $2
"""

#: The few bays at which enough came to nothing lately are looked at one by one.
_DOUBTFUL: Final = f"""
    SELECT at.id
      FROM (SELECT evse_id AS id FROM payment
             WHERE why = '{Why.NOTHING_STARTED}' AND created_at > $1
               AND ($4::uuid[] IS NULL OR evse_id = ANY($4))
             GROUP BY evse_id HAVING count(*) >= $2) AS at
     CROSS JOIN LATERAL (
           SELECT count(*) AS tries, bool_or(worked) AS worked, min(created_at) AS first_at,
                  max(created_at) AS last_at
             FROM ({_LAST}) AS v) AS last
     WHERE last.tries = $2 AND NOT last.worked AND last.first_at > $1
       AND NOT EXISTS (SELECT FROM session_view s
                        WHERE s.evse_id = at.id AND s.started_at > last.last_at
                          AND s.energy_wh > 0)
"""


@dataclass(frozen=True, slots=True)
class Start:
    """A visit that was paid for: whether a session began, and when its driver set out to pay."""

    worked: bool
    at: datetime


async def last_at(work: Work, evses: Collection[UUID], most: int) -> dict[UUID, list[Start]]:
    """The last starts at each of these bays, the newest first, at most so many; none where nothing
    is known of a bay."""
    rows = await work.all(
        f"""
        SELECT at.id, v.worked, v.created_at
          FROM unnest($1::uuid[]) AS at (id) CROSS JOIN LATERAL ({_LAST}) AS v
         ORDER BY v.created_at DESC
        """,
        list(evses),
        most,
        list(_NOT_TAKEN_UP),
    )
    found: dict[UUID, list[Start]] = {evse: [] for evse in evses}
    for row in rows:
        found[row["id"]].append(Start(row["worked"], row["created_at"]))
    return found


async def doubtful(work: Work, evses: Collection[UUID] | None = None) -> list[UUID]:
    """The bays, of these or of all, whose last ``MISSES`` starts failed, all of them ``LATELY``,
    and at which no car has taken energy since, by whatever card."""
    rows = await work.all(
        _DOUBTFUL,
        work.now - LATELY,
        MISSES,
        list(_NOT_TAKEN_UP),
        None if evses is None else list(evses),
    )
    return [row["id"] for row in rows]
