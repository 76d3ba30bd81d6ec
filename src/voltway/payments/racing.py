"""Two drivers at one EVSE: who was first starts, and no money of the other is kept.

A visit is refused while another start is under way there. Who is on a provider's page meanwhile
can still be outrun: their hold is let go the moment it is seen, and nothing is ordered for it.
Starts at one EVSE are decided one after the other, whichever process decides them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import DriverId, EvseId, PublicEvseId
from voltway.payments.model import Payment
from voltway.runtime.work import Row, Work
from voltway.stations import actions as stations
from voltway.stations.orders import OrderState

#: A saved method's hold is answered by then, or its driver may be outrun.
_ASKED_WITHIN: Final = timedelta(seconds=30)
#: No order of a visit waits longer for its start.
_STARTS_WITHIN: Final = timedelta(hours=3)
#: How a start stands that may still begin a session.
_UNDER_WAY: Final = (OrderState.QUEUED, OrderState.SENT, OrderState.ANSWERED, OrderState.DONE)
#: The same where no visit waits for its session: what began is in use.
_NOT_BEGUN: Final = _UNDER_WAY[:-1]
#: Who places the starts of visits.
BY_VISIT: Final = "driver"


@dataclass(eq=False)
class SomebodyStarts(Refusal):
    """
    Somebody else starts a charge at {evse} just now. Please take another one, or look again in two
    minutes.
    """

    kind: ClassVar[Kind] = Kind.CONFLICT

    evse: PublicEvseId


@dataclass(eq=False)
class YouStart(Refusal):
    """You start a charge at {evse} just now."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    evse: PublicEvseId
    visit_key: str


async def must_be_first(
    work: Work, evse: EvseId, driver: DriverId | None, mine: Collection[str] = ()
) -> None:
    """Raises ``SomebodyStarts``; ``YouStart`` where that is this driver, or one of the visits with
    these keys, which are theirs: their button was pressed twice. Whoever asks of the same EVSE at
    the same time waits until what this work decides is kept."""
    await _one_by_one(work, evse)
    found = await _starting(work, evse)
    if not found:
        return
    public_id = (await stations.place_of(work, evse)).public_id
    for row in found:
        is_own = driver is not None and row["driver_id"] == driver
        if is_own or row["visit_key"] in mine:
            raise YouStart(public_id, row["visit_key"])
    raise SomebodyStarts(public_id)


async def is_outrun(work: Work, payment: Payment) -> bool:
    """Whether somebody else was faster than this hold, which stands now and has no start yet."""
    await _one_by_one(work, payment.evse)
    if await _starting(work, payment.evse, but=payment):
        return True
    row = await work.one(
        """
        SELECT EXISTS (SELECT FROM session_view
                        WHERE evse_id = $1 AND running AND token_uid IS NOT NULL
                          AND lower(token_uid) <> lower($2)) AS so
        """,
        payment.evse,
        payment.token,
    )
    assert row is not None, "a truth is always there"
    return bool(row["so"])


async def _starting(work: Work, evse: EvseId, *, but: Payment | None = None) -> Sequence[Row]:
    """The other starts under way at an EVSE: those of visits, which were ordered and may come to
    something, or for which a saved method is being asked for its hold; and those that a partner or
    an operator ordered, which have no visit."""
    return await work.all(
        """
        SELECT p.visit_key, p.driver_id
          FROM payment p LEFT JOIN order_view o ON o.id = p.order_id
         WHERE p.evse_id = $1 AND p.id IS DISTINCT FROM $2 AND p.session_id IS NULL
           AND p.created_at > $3
           AND ((p.state = 'held' AND o.state = ANY($4::text[]))
                OR (p.state = 'asked' AND p.method_id IS NOT NULL AND p.created_at > $5))
           AND NOT EXISTS (  -- it was, and we have not heard yet for whom
                SELECT FROM session_view s
                 WHERE s.evse_id = $1 AND s.started_at > $3 AND NOT s.running
                   AND lower(s.token_uid) = lower(p.token_uid))
         UNION ALL
        SELECT NULL, NULL
          FROM order_view o JOIN evse_view e ON e.station_id = o.station_id AND e.number = o.evse
         WHERE e.id = $1 AND o.kind = 'StartCharging' AND o.placed_by <> $7
           AND o.placed_at > $3 AND o.state = ANY($6::text[])
           AND lower(o.body ->> 'token') IS DISTINCT FROM lower($8)
        """,
        evse,
        but and but.id,
        work.now - _STARTS_WITHIN,
        list(_UNDER_WAY),
        work.now - _ASKED_WITHIN,
        list(_NOT_BEGUN),
        BY_VISIT,
        but and but.token,
    )


async def _one_by_one(work: Work, evse: EvseId) -> None:
    await work.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"start:{evse}")
