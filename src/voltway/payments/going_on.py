"""Visits that go on, so that their drivers find the way back to them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from voltway.kernel.ids import DriverId, EvseId, PaymentId
from voltway.runtime.work import Work

#: A receipt that is not written by then is looked for on the page of its visit, if at all.
_CLOSES_WITHIN: Final = timedelta(hours=1)


class Stage(StrEnum):
    """How far a visit is."""

    STARTING = "starting"  # its money is held, and no session began
    RUNNING = "running"
    CLOSING = "closing"  # the session has ended, the receipt is to come


@dataclass(frozen=True, slots=True)
class GoingOn:
    """A visit that is not over."""

    payment: PaymentId
    visit_key: str
    evse: EvseId
    stage: Stage


async def visits(
    work: Work, *, keys: Collection[str], drivers: Collection[DriverId]
) -> Sequence[GoingOn]:
    """Those that go on, the newest first, of the visits with these keys and those of these
    drivers. One that nobody has paid for yet is none."""
    rows = await work.all(
        """
        SELECT p.id, p.visit_key, p.evse_id,
               CASE WHEN s.id IS NULL THEN 'starting' WHEN s.running THEN 'running'
                    ELSE 'closing' END AS stage
          FROM payment p LEFT JOIN session_view s ON s.id = p.session_id
         WHERE p.id IN (SELECT id FROM payment WHERE visit_key = ANY($1::text[])
                         UNION SELECT id FROM own_payment_view WHERE holder = ANY($2::uuid[]))
           AND CASE WHEN s.id IS NULL THEN p.state = 'held'
                    ELSE s.running OR (p.state IN ('held', 'capturing', 'unknown')
                                       AND s.ended_at > $3) END
         ORDER BY p.created_at DESC
        """,
        list(keys),
        list(drivers),
        work.now - _CLOSES_WITHIN,
    )
    return [
        GoingOn(PaymentId(row["id"]), row["visit_key"], EvseId(row["evse_id"]), Stage(row["stage"]))
        for row in rows
    ]
