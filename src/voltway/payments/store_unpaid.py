"""What of visits is kept for a time: those that nobody paid, and whom receipts were mailed to."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import PartyId, PaymentId, TokenUid
from voltway.payments import rules
from voltway.payments.model import PaymentState
from voltway.runtime.work import Work

#: In which nothing is held, nothing was taken, and nothing more is on its way.
OVER = [PaymentState.DECLINED.value, PaymentState.EXPIRED.value, PaymentState.RELEASED.value]


async def unpaid(
    work: Work, since: datetime, before: datetime, limit: int
) -> Sequence[tuple[PaymentId, PartyId, TokenUid]]:
    """Visits begun in this time of which no money was ever held, each with its token; locked."""
    rows = await work.all(
        """
        SELECT id, party_id, token_uid FROM payment
         WHERE id >= $1 AND id < $2 AND held_at IS NULL AND session_id IS NULL
           AND captured_minor = 0 AND NOT hold_open AND state = ANY($3::text[])
         ORDER BY id LIMIT $4
           FOR UPDATE SKIP LOCKED
        """,
        _first_id(since),
        _first_id(before),
        OVER,
        limit,
    )
    return [(row["id"], row["party_id"], row["token_uid"]) for row in rows]


async def forget(work: Work, payments: Collection[PaymentId]) -> None:
    """Forget these visits, what was asked of their provider, and what it told."""
    for table, column in (
        ("webhook_event", "payment_id"),
        ("payment_step", "payment_id"),
        ("card_reader_use", "payment_id"),
        ("payment", "id"),
    ):
        await work.run(f"DELETE FROM {table} WHERE {column} = ANY($1::uuid[])", list(payments))


async def forget_addresses(work: Work, before: datetime, limit: int) -> int:
    """Forget the addresses of visits that began before this and are over; how many."""
    return await work.run(
        """
        UPDATE payment SET email = NULL
         WHERE id IN (SELECT id FROM payment
                       WHERE id < $1 AND email IS NOT NULL AND state = ANY($2::text[])
                       ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
        """,
        _first_id(before),
        [state for state in PaymentState if rules.is_over(state)],
        limit,
    )


def _first_id(moment: datetime) -> UUID:
    """The least id that can have been made at this moment: ids of version 7 begin with it, and so
    their index finds a time without an index of its own."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
