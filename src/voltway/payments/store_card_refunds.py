"""The SQL of what is given back to cards that paid bills."""

from collections.abc import Collection, Sequence
from uuid import UUID

from voltway.kernel.ids import EntryId, OnceKey, PartyId
from voltway.kernel.money import Currency, Money
from voltway.payments.model_card_refunds import CardRefund, CardRefundState
from voltway.payments.model_paybacks import Room
from voltway.runtime.work import Row, Work


async def rooms(work: Work, party: PartyId, paid_for: str) -> list[Room]:
    """What cards paid for a bill and can be given back still, the most first. What a bank took back
    already, or is about to, is not."""
    rows = await work.all(
        """
        SELECT * FROM (
            SELECT c.id, c.provider, c.provider_ref, c.ended_at,
                   (c.amount_minor
                    - (SELECT coalesce(sum(amount_minor), 0) FROM card_refund
                        WHERE collection_id = c.id AND state <> 'declined')
                    - (SELECT coalesce(sum(CASE WHEN taken_at IS NULL AND state = 'asks'
                                                THEN amount_minor
                                                ELSE balance_minor + debt_minor END), 0)
                         FROM dispute WHERE collection_id = c.id AND returned_at IS NULL)
                   )::bigint AS left_minor
              FROM collection c
             WHERE c.party_id = $1 AND c.about = $2 AND c.purpose = 'debt'
               AND c.state = 'done') AS room
         ORDER BY left_minor DESC, id
        """,
        party,
        paid_for,
    )
    return [
        Room(
            collection=row["id"],
            provider=row["provider"],
            ref=row["provider_ref"],
            left_minor=max(row["left_minor"], 0),
            ended_at=row["ended_at"],
        )
        for row in rows
    ]


async def lock_rooms(work: Work, party: PartyId, paid_for: str) -> list[Room]:
    """The same, while nobody else gives back, or takes back, any of it."""
    await work.all(
        """
        SELECT id FROM collection
         WHERE party_id = $1 AND about = $2 AND purpose = 'debt' ORDER BY id FOR UPDATE
        """,
        party,
        paid_for,
    )
    return await rooms(work, party, paid_for)


async def under_way(work: Work, party: PartyId, about: str) -> int:
    """What is on its way back to cards and is to be taken off this."""
    row = await work.one(
        """
        SELECT coalesce(sum(amount_minor), 0)::bigint AS minor FROM card_refund
         WHERE party_id = $1 AND about = $2 AND state = 'asked'
        """,
        party,
        about,
    )
    assert row is not None, "a sum always has a row"
    return int(row["minor"])


async def add(work: Work, one: CardRefund) -> None:
    await work.run(
        """
        INSERT INTO card_refund (id, party_id, collection_id, about, amount_minor, currency,
                                 reason, once, provider, hold_ref, asked_by, state, asked_at,
                                 tried_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
        """,
        one.id,
        one.party,
        one.collection,
        one.about,
        one.amount.minor,
        one.amount.currency,
        one.reason,
        one.once,
        one.provider,
        one.hold_ref,
        one.asked_by,
        one.state.value,
        one.asked_at,
    )


async def by_key(work: Work, party: PartyId, once: OnceKey) -> CardRefund | None:
    row = await work.one("SELECT * FROM card_refund WHERE party_id = $1 AND once = $2", party, once)
    return None if row is None else _refund(row)


async def load(work: Work, id: UUID) -> CardRefund:
    row = await work.one("SELECT * FROM card_refund WHERE id = $1", id)
    assert row is not None, "it was noted before it was asked for"
    return _refund(row)


async def lock(work: Work, id: UUID) -> CardRefund:
    row = await work.one("SELECT * FROM card_refund WHERE id = $1 FOR UPDATE", id)
    assert row is not None, "it was noted before it was asked for"
    return _refund(row)


async def end(work: Work, one: CardRefund) -> None:
    await work.run(
        """
        UPDATE card_refund
           SET state = $2, provider_ref = $3, why = $4, document_id = $5, entry_id = $6,
               ended_at = $7, trouble = NULL, tried_at = $7
         WHERE id = $1
        """,
        one.id,
        one.state.value,
        one.ref,
        one.why,
        one.document,
        one.entry,
        one.ended_at,
    )


async def of_collections(
    work: Work, collections: Collection[UUID]
) -> dict[UUID, Sequence[CardRefund]]:
    """What was given back of these bills, the oldest first."""
    if not collections:
        return {}
    rows = await work.all(
        """
        SELECT * FROM card_refund
         WHERE collection_id = ANY($1::uuid[]) AND state = 'done' ORDER BY ended_at, id
        """,
        list(collections),
    )
    found: dict[UUID, list[CardRefund]] = {}
    for row in rows:
        found.setdefault(row["collection_id"], []).append(_refund(row))
    return dict(found)


def _refund(row: Row) -> CardRefund:
    return CardRefund(
        id=row["id"],
        party=PartyId(row["party_id"]),
        collection=row["collection_id"],
        about=row["about"],
        amount=Money(row["amount_minor"], Currency(row["currency"])),
        reason=row["reason"],
        once=OnceKey(row["once"]),
        provider=row["provider"],
        hold_ref=row["hold_ref"],
        asked_by=row["asked_by"],
        state=CardRefundState(row["state"]),
        asked_at=row["asked_at"],
        ref=row["provider_ref"],
        why=row["why"],
        trouble=row["trouble"],
        document=row["document_id"],
        entry=EntryId(row["entry_id"]) if row["entry_id"] else None,
        ended_at=row["ended_at"],
    )
