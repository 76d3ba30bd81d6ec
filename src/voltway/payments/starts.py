"""How the last paid starts at bays went, of those that say something of the station.

A hold that was let go because somebody else was faster, because its card pays too often, or because
its driver paid too late says nothing of it. Nor does a start that the station accepted and for
which no car came: who never plugs in is no fault of the bay.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True)
class Start:
    """A visit that was paid for: whether a session began, and when its driver set out to pay."""

    worked: bool
    at: datetime


async def last_at(work: Work, evses: Collection[UUID], most: int) -> dict[UUID, list[Start]]:
    """The last starts at each of these bays, the newest first, at most so many; none where nothing
    is known of a bay."""
    rows = await work.all(
        """
        SELECT e.id, v.worked, v.created_at
          FROM unnest($1::uuid[]) AS e(id)
         CROSS JOIN LATERAL (
               SELECT p.session_id IS NOT NULL AS worked, p.created_at
                 FROM payment p LEFT JOIN order_view o ON o.id = p.order_id
                WHERE p.evse_id = e.id AND p.held_at IS NOT NULL
                  AND (p.session_id IS NOT NULL OR (p.why = $3 AND o.state = ANY($4::text[])))
                ORDER BY p.created_at DESC LIMIT $2) v
         ORDER BY v.created_at DESC
        """,
        list(evses),
        most,
        Why.NOTHING_STARTED,
        list(_NOT_TAKEN_UP),
    )
    found: dict[UUID, list[Start]] = {evse: [] for evse in evses}
    for row in rows:
        found[row["id"]].append(Start(row["worked"], row["created_at"]))
    return found
