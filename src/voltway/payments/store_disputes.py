"""Disputes as rows."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import EntryId, PartyId, new_id
from voltway.kernel.money import Currency, Money
from voltway.payments.model_disputes import Charged
from voltway.payments.model_payouts import Booked
from voltway.payments.provider_more import DisputeSeen
from voltway.payments.rules_disputes import Shares
from voltway.runtime.work import Row, Work


async def keep(work: Work, charged: Charged, seen: DisputeSeen) -> tuple[Row, bool]:
    """Keep a dispute as it was told now; its row, and whether it is new."""
    before = await work.one(
        "SELECT * FROM dispute WHERE party_id = $1 AND provider = $2 AND ref = $3 FOR UPDATE",
        charged.party,
        charged.provider,
        seen.ref,
    )
    row = await work.one(
        """
        INSERT INTO dispute (id, party_id, payment_id, collection_id, provider, ref, state,
                             is_warning, amount_minor, currency, reason, opened_at, answer_by,
                             looked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            ON CONFLICT (party_id, provider, ref) DO UPDATE
           SET state = excluded.state, is_warning = excluded.is_warning,
               answer_by = excluded.answer_by, looked_at = excluded.looked_at,
               warned_h = CASE WHEN excluded.answer_by > dispute.answer_by THEN NULL
                               ELSE dispute.warned_h END
        RETURNING *
        """,
        new_id(work.now),
        charged.party,
        charged.payment,
        charged.collection.id if charged.collection else None,
        charged.provider,
        seen.ref,
        seen.state.value,
        seen.is_warning,
        seen.amount.minor,
        seen.amount.currency,
        seen.reason,
        seen.opened_at,
        seen.answer_by,
        work.now,
    )
    assert row is not None, "an upsert gives a row"
    return row, before is None


async def taken(
    work: Work,
    id: UUID,
    parts: Shares,
    *,
    owed_minor: int = 0,
    entry: EntryId | None = None,
) -> None:
    """The books have that a bank took it, and who bears it."""
    await work.run(
        """
        UPDATE dispute
           SET taken_at = $2, balance_minor = $3, debt_minor = $4, ours_minor = $5,
               owed_minor = $6, taken_entry_id = $7
         WHERE id = $1
        """,
        id,
        work.now,
        parts.balance_minor,
        parts.debt_minor,
        parts.ours_minor,
        owed_minor,
        entry,
    )


async def returned(work: Work, id: UUID, entry: EntryId | None = None) -> None:
    """The books have that it came back: nothing is owed for it any more."""
    await work.run(
        """
        UPDATE dispute
           SET returned_at = $2, owed_minor = 0, forgiven_minor = 0, returned_entry_id = $3
         WHERE id = $1
        """,
        id,
        work.now,
        entry,
    )


async def forgiven(work: Work, id: UUID) -> None:
    await work.run(
        "UPDATE dispute SET forgiven_minor = owed_minor, owed_minor = 0 WHERE id = $1", id
    )


async def owed(work: Work, party: PartyId, holder: UUID) -> Sequence[Row]:
    """What a driver owes of top-ups that a bank took back after they were spent, the oldest first;
    on a locked balance."""
    return await work.all(
        """
        SELECT d.id, d.owed_minor
          FROM dispute d JOIN collection c ON c.id = d.collection_id
         WHERE d.owed_minor > 0 AND c.party_id = $1 AND c.holder = $2
         ORDER BY d.taken_at, d.id
        """,
        party,
        holder,
    )


async def paid_off(work: Work, id: UUID, minor: int) -> None:
    await work.run("UPDATE dispute SET owed_minor = owed_minor - $2 WHERE id = $1", id, minor)


async def left_of(work: Work, collection: UUID) -> int:
    """What was paid in and neither given back nor taken back by a bank."""
    row = await work.one(
        """
        SELECT (c.amount_minor
                - (SELECT coalesce(sum(amount_minor), 0) FROM prepaid_payback
                    WHERE collection_id = c.id AND state = 'done')
                - (SELECT coalesce(sum(amount_minor), 0) FROM card_refund
                    WHERE collection_id = c.id AND state = 'done')
                - (SELECT coalesce(sum(balance_minor + debt_minor), 0) FROM dispute
                    WHERE collection_id = c.id AND returned_at IS NULL))::bigint AS minor
          FROM collection c WHERE c.id = $1
        """,
        collection,
    )
    assert row is not None, "a dispute names what was charged"
    return int(row["minor"])


async def known_of(work: Work, collection: UUID) -> bool:
    """Whether a bank ever wanted any of it back."""
    row = await work.one("SELECT 1 FROM dispute WHERE collection_id = $1 LIMIT 1", collection)
    return row is not None


async def of_collections(work: Work, collections: Collection[UUID]) -> dict[UUID, Sequence[Booked]]:
    """What the books have of banks that took these back, and gave them back."""
    rows = await work.all(
        """
        SELECT d.collection_id, d.ref, d.currency, entry.id, entry.minor
          FROM dispute d
         CROSS JOIN LATERAL (VALUES (d.taken_entry_id, -d.amount_minor),
                                    (d.returned_entry_id, d.amount_minor)) AS entry (id, minor)
         WHERE d.collection_id = ANY($1::uuid[]) AND entry.id IS NOT NULL
         ORDER BY d.taken_at, d.id
        """,
        list(collections),
    )
    found: dict[UUID, list[Booked]] = {}
    for row in rows:
        one = Booked(
            entry=EntryId(row["id"]),
            amount=Money(row["minor"], Currency(row["currency"])),
            source=row["ref"],
        )
        found.setdefault(row["collection_id"], []).append(one)
    return dict(found)


async def sent(work: Work, id: UUID, by: str) -> None:
    await work.run(
        "UPDATE dispute SET sent_at = $2, sent_by = $3 WHERE id = $1 AND sent_at IS NULL",
        id,
        work.now,
        by,
    )


async def dispute(work: Work, id: UUID) -> Row | None:
    return await work.one("SELECT * FROM dispute WHERE id = $1", id)


async def to_look_at(work: Work, before: datetime) -> Sequence[Row]:
    """Payments and collections with a dispute that is not judged and was last looked at before."""
    return await work.all(
        """
        SELECT DISTINCT payment_id, collection_id FROM dispute
         WHERE state IN ('asks', 'judged') AND looked_at <= $1
           AND opened_at > $2::timestamptz - interval '180 days'  -- no bank judges after that
         LIMIT 100
        """,
        before,
        work.now,
    )


async def warn_due(work: Work, within_h: int) -> Sequence[Row]:
    """Note that somebody is told of what is due within so many hours; of each once, and never of
    less haste after more."""
    return await work.all(
        """
        UPDATE dispute SET warned_h = $2::int
         WHERE state = 'asks' AND sent_at IS NULL
           AND answer_by > $1 AND answer_by <= $1 + make_interval(hours => $2::int)
           AND (warned_h IS NULL OR warned_h > $2::int)
        RETURNING id, party_id, payment_id, collection_id, answer_by
        """,
        work.now,
        within_h,
    )
