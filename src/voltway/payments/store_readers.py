"""Card readers and their uses, as rows."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from voltway.kernel.ids import EvseId, LocationId, PartyId, PaymentId
from voltway.payments.model_readers import CardReader, ReaderId, ReaderUse, Stage
from voltway.payments.provider_more import ReaderNo
from voltway.runtime.work import Row, Work

_READER: Final = """
    r.id, r.party_id, r.provider, r.ref, r.name, r.location_id, r.set_by,
    (SELECT array_agg(e.evse_id ORDER BY e.evse_id) FROM card_reader_evse e
      WHERE e.reader_id = r.id) AS evses
"""


async def add(work: Work, reader: CardReader) -> bool:
    """Whether it was added: one that stands elsewhere already is not."""
    added = await work.run(
        """
        INSERT INTO card_reader (id, party_id, provider, ref, name, location_id, set_by, set_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
        """,
        reader.id,
        reader.party,
        reader.provider,
        reader.ref,
        reader.name,
        reader.location,
        reader.set_by,
        work.now,
    )
    await work.run_many(
        "INSERT INTO card_reader_evse (reader_id, evse_id, party_id) VALUES ($1, $2, $3)",
        [(reader.id, evse, reader.party) for evse in reader.evses] if added else [],
    )
    return bool(added)


async def remove(work: Work, party: PartyId, reader: UUID) -> bool:
    return bool(
        await work.run(
            """
            UPDATE card_reader SET removed_at = $3
             WHERE id = $1 AND party_id = $2 AND removed_at IS NULL
            """,
            reader,
            party,
            work.now,
        )
    )


async def of_party(work: Work, party: PartyId) -> list[CardReader]:
    rows = await work.all(
        f"""
        SELECT {_READER} FROM card_reader r
         WHERE r.party_id = $1 AND r.removed_at IS NULL ORDER BY r.name, r.id
        """,
        party,
    )
    return [_reader(row) for row in rows]


async def serving(work: Work, evse: EvseId, location: LocationId) -> list[CardReader]:
    """The readers at which a bay can be paid for."""
    rows = await work.all(
        f"""
        SELECT {_READER} FROM card_reader r
         WHERE r.location_id = $2 AND r.removed_at IS NULL
           AND (NOT EXISTS (SELECT 1 FROM card_reader_evse e WHERE e.reader_id = r.id)
                OR EXISTS (SELECT 1 FROM card_reader_evse e
                            WHERE e.reader_id = r.id AND e.evse_id = $1))
         ORDER BY r.name, r.id
        """,
        evse,
        location,
    )
    return [_reader(row) for row in rows]


async def reserve(
    work: Work, reader: CardReader, payment: PaymentId, party: PartyId, until: datetime
) -> bool:
    """Whether the reader is this payment's from now on. One whose last payment was held, or came
    to its end, is free, whether or not anybody has noted that."""
    await work.run(
        """
        UPDATE card_reader_use u SET over_at = $2
          FROM payment p
         WHERE u.reader_id = $1 AND u.over_at IS NULL AND p.id = u.payment_id
           AND (p.held_at IS NOT NULL OR p.ended_at IS NOT NULL)
        """,
        reader.id,
        work.now,
    )
    return bool(
        await work.run(
            """
            INSERT INTO card_reader_use
                (payment_id, reader_id, party_id, stage, asked_at, until)
            VALUES ($1, $2, $3, 'asking', $4, $5) ON CONFLICT DO NOTHING
            """,
            payment,
            reader.id,
            party,
            work.now,
            until,
        )
    )


async def uses(work: Work, payments: Collection[PaymentId]) -> dict[PaymentId, ReaderUse]:
    rows = await work.all(f"{_USES} WHERE u.payment_id = ANY($1::uuid[])", list(payments))
    return {PaymentId(row["payment_id"]): _use(row) for row in rows}


async def use(work: Work, payment: PaymentId, *, lock: bool = False) -> ReaderUse | None:
    row = await work.one(
        f"{_USES} WHERE u.payment_id = $1 {'FOR NO KEY UPDATE OF u' if lock else ''}", payment
    )
    return _use(row) if row else None


async def open_uses(work: Work) -> Sequence[ReaderUse]:
    """All that are not over; there is one a reader at most."""
    return [_use(row) for row in await work.all(f"{_USES} WHERE u.over_at IS NULL")]


async def save(work: Work, use: ReaderUse) -> None:
    await work.run(
        """
        UPDATE card_reader_use
           SET stage = $2, trouble = $3, tells = $4, asked_at = $5, until = $6, over_at = $7
         WHERE payment_id = $1
        """,
        use.payment,
        use.stage,
        use.trouble,
        use.tells,
        use.asked_at,
        use.until,
        use.over_at,
    )
    work.touch(f"payment:{use.payment}")


_USES: Final = f"""
    SELECT u.payment_id, u.stage, u.trouble, u.tells, u.asked_at, u.until, u.over_at, {_READER}
      FROM card_reader_use u JOIN card_reader r ON r.id = u.reader_id
"""


def _reader(row: Row) -> CardReader:
    return CardReader(
        id=ReaderId(row["id"]),
        party=PartyId(row["party_id"]),
        provider=row["provider"],
        ref=row["ref"],
        name=row["name"],
        location=LocationId(row["location_id"]),
        set_by=row["set_by"],
        evses=tuple(EvseId(each) for each in row["evses"] or ()),
    )


def _use(row: Row) -> ReaderUse:
    return ReaderUse(
        payment=PaymentId(row["payment_id"]),
        reader=_reader(row),
        stage=Stage(row["stage"]),
        trouble=ReaderNo(row["trouble"]) if row["trouble"] else None,
        tells=row["tells"],
        asked_at=row["asked_at"],
        until=row["until"],
        over_at=row["over_at"],
    )
