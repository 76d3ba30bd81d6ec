"""The CDRs that partners are given, as rows: added, never changed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar
from uuid import UUID

from voltway.billing import documents
from voltway.billing.documents_cdr import ChargeRecord, charge_record
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, SessionId
from voltway.kernel.money import Currency
from voltway.runtime.work import Row, Work


@dataclass(eq=False)
class NoSuchCdr(Refusal):
    """There is no CDR {cdr}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    cdr: str


@dataclass(frozen=True, slots=True)
class KeptCdr:
    """A frozen CDR, whose it is, and its hash. ``credited_by``: what took it back."""

    record: ChargeRecord
    party: PartyId
    session: SessionId
    total_minor: int
    currency: Currency
    sha256: str
    made_at: datetime
    credited_by: str | None

    @property
    def id(self) -> str:
        return self.record.id


async def keep(work: Work, party: PartyId, records: Sequence[ChargeRecord]) -> int:
    """Keep CDRs of one party. What was billed has one: kept again, the first stays."""
    frozen = [documents.frozen(record) for record in records]
    return await work.run(
        """
        INSERT INTO ocpi_cdr (id, party_id, session_id, cdr_id, credits, total_minor, currency,
                              document, sha256, made_at)
        SELECT id, $1, session_id, cdr_id, credits, total_minor, currency, document, sha256, $2
          FROM unnest($3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::bigint[], $8::text[],
                      $9::text[], $10::text[])
               AS w (id, session_id, cdr_id, credits, total_minor, currency, document, sha256)
            ON CONFLICT DO NOTHING
        """,
        party,
        work.now,
        [each.id for each in records],
        [UUID(each.session) for each in records],
        [UUID(each.cdr) for each in records],
        [each.credits for each in records],
        [each.total.gross_minor for each in records],
        [each.currency for each in records],
        [raw.decode() for raw, _ in frozen],
        [sha256 for _, sha256 in frozen],
    )


async def of_session(work: Work, session: SessionId) -> list[KeptCdr]:
    """All CDRs of a session, in the order in which they were made: a credit after what it takes
    back."""
    rows = await work.all(
        "SELECT * FROM ocpi_cdr_view WHERE session_id = $1 ORDER BY made_at, credits IS NULL, id",
        session,
    )
    return [kept(row) for row in rows]


async def one(work: Work, id: str) -> KeptCdr:
    row = await work.one("SELECT * FROM ocpi_cdr_view WHERE id = $1", id)
    if row is None:
        raise NoSuchCdr(id)
    return kept(row)


async def known(work: Work, billed: Collection[UUID]) -> set[UUID]:
    """Which of these bills have a CDR already."""
    rows = await work.all(
        "SELECT cdr_id FROM ocpi_cdr WHERE credits IS NULL AND cdr_id = ANY($1::uuid[])",
        list(billed),
    )
    return {row["cdr_id"] for row in rows}


def kept(row: Row) -> KeptCdr:
    return KeptCdr(
        record=charge_record(row["document"]),
        party=PartyId(row["party_id"]),
        session=SessionId(row["session_id"]),
        total_minor=row["total_minor"],
        currency=Currency(row["currency"]),
        sha256=row["sha256"],
        made_at=row["made_at"],
        credited_by=row["credited_by"],
    )
