"""The SQL of transfers."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import EntryId, PartyId
from voltway.kernel.money import Currency, Money
from voltway.ledger.model import Account
from voltway.payments.model_transfers import Transfer, TransferState
from voltway.runtime.work import Row, Work


async def add(work: Work, transfer: Transfer) -> bool:
    """Whether its document had none that was sent or is on its way."""
    return bool(
        await work.run(
            """
            INSERT INTO transfer (id, party_id, provider, destination, about, number, owed,
                                  amount_minor, currency, asked_by, asked_at, tried_at, state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, 'asked')
                ON CONFLICT DO NOTHING
            """,
            transfer.id,
            transfer.party,
            transfer.provider,
            transfer.destination,
            transfer.about,
            transfer.number,
            transfer.owed,
            transfer.amount.minor,
            transfer.amount.currency,
            transfer.asked_by,
            transfer.asked_at,
        )
    )


async def lock(work: Work, id: UUID) -> Transfer:
    row = await work.one("SELECT * FROM transfer WHERE id = $1 FOR UPDATE", id)
    assert row is not None, "it was noted before it was asked"
    return _transfer(row)


async def end(work: Work, transfer: Transfer) -> None:
    await work.run(
        """
        UPDATE transfer SET state = $2, provider_ref = $3, why = $4, entry_id = $5, ended_at = $6,
                            trouble = NULL
         WHERE id = $1
        """,
        transfer.id,
        transfer.state.value,
        transfer.ref,
        transfer.why,
        transfer.entry,
        transfer.ended_at,
    )


async def troubled(work: Work, id: UUID, trouble: str) -> None:
    await work.run(
        "UPDATE transfer SET trouble = $2, tried_at = $3 WHERE id = $1", id, trouble, work.now
    )


async def open_since(work: Work, before: datetime) -> list[Transfer]:
    """Those that were last asked for before this and have no answer, the oldest first."""
    rows = await work.all(
        """
        SELECT * FROM transfer WHERE state = 'asked' AND tried_at <= $1
         ORDER BY tried_at LIMIT 100
        """,
        before,
    )
    return [_transfer(row) for row in rows]


async def of_document(work: Work, about: UUID) -> list[Transfer]:
    """What was asked for a document, the newest first."""
    rows = await work.all("SELECT * FROM transfer WHERE about = $1 ORDER BY id DESC", about)
    return [_transfer(row) for row in rows]


async def named(
    work: Work, party: PartyId, provider: str, refs: Collection[str]
) -> dict[str, Transfer]:
    """Those that a provider sent, by its names for them."""
    if not refs:
        return {}
    rows = await work.all(
        """
        SELECT * FROM transfer
         WHERE party_id = $1 AND provider = $2 AND provider_ref = ANY($3::text[])
        """,
        party,
        provider,
        list(refs),
    )
    return {row["provider_ref"]: _transfer(row) for row in rows}


def _transfer(row: Row) -> Transfer:
    return Transfer(
        id=row["id"],
        party=PartyId(row["party_id"]),
        provider=row["provider"],
        destination=row["destination"],
        about=row["about"],
        number=row["number"],
        owed=Account(row["owed"]),
        amount=Money(row["amount_minor"], Currency(row["currency"])),
        asked_by=row["asked_by"],
        asked_at=row["asked_at"],
        state=TransferState(row["state"]),
        ref=row["provider_ref"],
        why=row["why"],
        entry=EntryId(row["entry_id"]) if row["entry_id"] else None,
        ended_at=row["ended_at"],
    )
