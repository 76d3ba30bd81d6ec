"""The SQL of collections."""

from collections.abc import Collection as Many
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import EntryId, OnceKey, PartyId
from voltway.kernel.money import Currency, Money
from voltway.ledger.model import Account
from voltway.payments.model_collections import Collection, Purpose, Stage
from voltway.payments.model_methods import MethodId
from voltway.runtime.work import Row, Work


async def add(work: Work, one: Collection) -> bool:
    """Whether its key is new."""
    return bool(
        await work.run(
            """
            INSERT INTO collection (id, party_id, holder, purpose, account, about, description,
                                    amount_minor, currency, once, provider, method_id, return_url,
                                    cancel_url, state, asked_at, tried_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
                ON CONFLICT (party_id, once) DO NOTHING
            """,
            one.id,
            one.party,
            one.holder,
            one.purpose.value,
            one.account,
            one.about,
            one.description,
            one.amount.minor,
            one.amount.currency,
            one.once,
            one.provider,
            one.method,
            one.return_url,
            one.cancel_url,
            one.stage.value,
            one.asked_at,
        )
    )


async def by_key(work: Work, party: PartyId, once: OnceKey) -> Collection | None:
    row = await work.one("SELECT * FROM collection WHERE party_id = $1 AND once = $2", party, once)
    return None if row is None else _collection(row)


async def load(work: Work, id: UUID) -> Collection | None:
    row = await work.one("SELECT * FROM collection WHERE id = $1", id)
    return None if row is None else _collection(row)


async def lock(work: Work, id: UUID) -> Collection:
    row = await work.one("SELECT * FROM collection WHERE id = $1 FOR UPDATE", id)
    assert row is not None, "it was noted before it was asked for"
    return _collection(row)


async def move(work: Work, one: Collection) -> None:
    await work.run(
        """
        UPDATE collection
           SET state = $2, provider_ref = $3, hosted_url = $4, why = $5, entry_id = $6,
               ended_at = $7, trouble = NULL, tried_at = $8
         WHERE id = $1
        """,
        one.id,
        one.stage.value,
        one.ref,
        one.hosted_url,
        one.why,
        one.entry,
        one.ended_at,
        work.now,
    )


async def troubled(work: Work, id: UUID, trouble: str) -> None:
    await work.run(
        "UPDATE collection SET trouble = $2, tried_at = $3 WHERE id = $1", id, trouble, work.now
    )


async def tried(work: Work, id: UUID) -> None:
    await work.run("UPDATE collection SET tried_at = $2 WHERE id = $1", id, work.now)


async def open_since(work: Work, before: datetime) -> list[Collection]:
    """Those that were last asked about before this and are not over, the longest ago first."""
    rows = await work.all(
        """
        SELECT * FROM collection WHERE ended_at IS NULL AND tried_at <= $1
         ORDER BY tried_at LIMIT 100
        """,
        before,
    )
    return [_collection(row) for row in rows]


async def told_of(work: Work, provider: str, ref: str, reference: str) -> UUID | None:
    """The collection that a provider tells of, by its name for it or by ours."""
    row = await work.one(
        """
        SELECT id FROM collection
         WHERE provider = $1 AND (provider_ref = $2 OR id::text = $3) LIMIT 1
        """,
        provider,
        ref,
        reference,
    )
    return None if row is None else UUID(str(row["id"]))


async def named(
    work: Work, party: PartyId, provider: str, refs: Many[str]
) -> dict[str, Collection]:
    """Those that a provider took, by its names for their holds."""
    if not refs:
        return {}
    rows = await work.all(
        """
        SELECT * FROM collection
         WHERE party_id = $1 AND provider = $2 AND provider_ref = ANY($3::text[])
        """,
        party,
        provider,
        list(refs),
    )
    return {row["provider_ref"]: _collection(row) for row in rows}


async def pages_since(work: Work, party: PartyId, holder: UUID, since: datetime) -> int:
    """How many pages a holder opened since on which nothing was paid."""
    row = await work.one(
        """
        SELECT count(*)::int AS n FROM collection
         WHERE party_id = $1 AND holder = $2 AND method_id IS NULL AND asked_at > $3
           AND state <> 'done'
        """,
        party,
        holder,
        since,
    )
    assert row is not None, "a count always has a row"
    return int(row["n"])


def _collection(row: Row) -> Collection:
    return Collection(
        id=row["id"],
        party=PartyId(row["party_id"]),
        holder=row["holder"],
        purpose=Purpose(row["purpose"]),
        account=Account(row["account"]),
        about=row["about"],
        description=row["description"],
        amount=Money(row["amount_minor"], Currency(row["currency"])),
        once=OnceKey(row["once"]),
        provider=row["provider"],
        method=MethodId(row["method_id"]) if row["method_id"] else None,
        return_url=row["return_url"],
        cancel_url=row["cancel_url"],
        stage=Stage(row["state"]),
        asked_at=row["asked_at"],
        ref=row["provider_ref"],
        hosted_url=row["hosted_url"],
        why=row["why"],
        entry=EntryId(row["entry_id"]) if row["entry_id"] else None,
        ended_at=row["ended_at"],
    )
