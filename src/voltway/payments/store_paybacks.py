"""The SQL of what is paid back of balances."""

from collections.abc import Collection, Sequence
from uuid import UUID

from voltway.kernel.ids import EntryId, OnceKey, PartyId
from voltway.kernel.money import Currency, Money
from voltway.payments.model_paybacks import Payback, PaybackState, Room
from voltway.runtime.work import Row, Work


async def rooms(work: Work, party: PartyId, holder: UUID) -> list[Room]:
    """The top-ups of a holder of which something can be given back, the newest first. What a bank
    took back already, or is about to, is not."""
    rows = await work.all(
        """
        SELECT * FROM (
            SELECT c.id, c.provider, c.provider_ref, c.ended_at,
                   (c.amount_minor
                    - (SELECT coalesce(sum(amount_minor), 0) FROM prepaid_payback
                        WHERE collection_id = c.id AND state <> 'declined')
                    - (SELECT coalesce(sum(CASE WHEN taken_at IS NULL AND state = 'asks'
                                                THEN amount_minor
                                                ELSE balance_minor + debt_minor END), 0)
                         FROM dispute WHERE collection_id = c.id AND returned_at IS NULL)
                   )::bigint AS left_minor
              FROM collection c
             WHERE c.party_id = $1 AND c.holder = $2 AND c.purpose = 'top_up'
               AND c.state = 'done') AS room
         WHERE left_minor > 0
         ORDER BY ended_at DESC, id DESC
        """,
        party,
        holder,
    )
    return [
        Room(
            collection=row["id"],
            provider=row["provider"],
            ref=row["provider_ref"],
            left_minor=row["left_minor"],
            ended_at=row["ended_at"],
        )
        for row in rows
    ]


async def add(work: Work, one: Payback) -> None:
    await work.run(
        """
        INSERT INTO prepaid_payback (id, party_id, holder, collection_id, amount_minor, currency,
                                     wanted_minor, once, provider, hold_ref, asked_by, state,
                                     asked_at, tried_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13)
        """,
        one.id,
        one.party,
        one.holder,
        one.collection,
        one.amount.minor,
        one.amount.currency,
        one.wanted.minor,
        one.once,
        one.provider,
        one.hold_ref,
        one.asked_by,
        one.state.value,
        one.asked_at,
    )


async def of_order(work: Work, party: PartyId, once: OnceKey) -> list[Payback]:
    """The parts of an order, that of the newest top-up first."""
    rows = await work.all(
        """
        SELECT b.* FROM prepaid_payback b JOIN collection c ON c.id = b.collection_id
         WHERE b.party_id = $1 AND b.once = $2 ORDER BY c.ended_at DESC, c.id DESC
        """,
        party,
        once,
    )
    return [_payback(row) for row in rows]


async def load(work: Work, id: UUID) -> Payback:
    row = await work.one("SELECT * FROM prepaid_payback WHERE id = $1", id)
    assert row is not None, "it was noted before it was asked for"
    return _payback(row)


async def end(work: Work, one: Payback) -> None:
    await work.run(
        """
        UPDATE prepaid_payback
           SET state = $2, provider_ref = $3, why = $4, entry_id = $5, ended_at = $6,
               trouble = NULL, tried_at = $6
         WHERE id = $1
        """,
        one.id,
        one.state.value,
        one.ref,
        one.why,
        one.entry,
        one.ended_at,
    )


async def of_collections(
    work: Work, collections: Collection[UUID]
) -> dict[UUID, Sequence[Payback]]:
    """What was given back of these top-ups, the oldest first."""
    if not collections:
        return {}
    rows = await work.all(
        """
        SELECT * FROM prepaid_payback
         WHERE collection_id = ANY($1::uuid[]) AND state = 'done' ORDER BY ended_at, id
        """,
        list(collections),
    )
    found: dict[UUID, list[Payback]] = {}
    for row in rows:
        found.setdefault(row["collection_id"], []).append(_payback(row))
    return dict(found)


def _payback(row: Row) -> Payback:
    currency = Currency(row["currency"])
    return Payback(
        id=row["id"],
        party=PartyId(row["party_id"]),
        holder=row["holder"],
        collection=row["collection_id"],
        amount=Money(row["amount_minor"], currency),
        wanted=Money(row["wanted_minor"], currency),
        once=OnceKey(row["once"]),
        provider=row["provider"],
        hold_ref=row["hold_ref"],
        asked_by=row["asked_by"],
        state=PaybackState(row["state"]),
        asked_at=row["asked_at"],
        ref=row["provider_ref"],
        why=row["why"],
        entry=EntryId(row["entry_id"]) if row["entry_id"] else None,
        ended_at=row["ended_at"],
    )
