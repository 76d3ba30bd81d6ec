"""Requests for a second person, as rows."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from voltway.billing.second_person import RequestState
from voltway.kernel.ids import InvoiceId, PartyId
from voltway.kernel.money import Currency, Money
from voltway.runtime.work import Row, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What somebody asks to give back: of a receipt, off what is owed or to the card that paid its
    statement; or what is owed for a refund that came back, by another refund or otherwise."""

    id: UUID
    party: PartyId
    receipt: InvoiceId | None = None
    returned: UUID | None = None
    otherwise: bool = False
    to_card: bool = False
    amount: Money
    reason: str
    asked_by: str
    asker: UUID
    asked_at: datetime
    state: RequestState = RequestState.OPEN
    said: str | None = None


async def add(work: Work, request: Request) -> bool:
    """Whether nobody had asked for this."""
    return bool(
        await work.run(
            """
            INSERT INTO refund_request (id, party_id, invoice_id, amount_minor, currency, reason,
                                        asked_by, asker_id, asked_at, state, returned_id,
                                        otherwise, to_card)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'open', $10, $11, $12)
                ON CONFLICT DO NOTHING
            """,
            request.id,
            request.party,
            request.receipt,
            request.amount.minor,
            request.amount.currency,
            request.reason,
            request.asked_by,
            request.asker,
            request.asked_at,
            request.returned,
            request.otherwise,
            request.to_card,
        )
    )


async def lock(work: Work, id: UUID) -> Request | None:
    row = await work.one("SELECT * FROM refund_request WHERE id = $1 FOR UPDATE", id)
    return None if row is None else _request(row)


async def decide(work: Work, id: UUID, state: RequestState, by: str, said: str | None) -> None:
    await work.run(
        """
        UPDATE refund_request SET state = $2, decided_by = $3, decided_at = $4, said = $5
         WHERE id = $1
        """,
        id,
        state.value,
        by,
        work.now,
        said,
    )


async def done(work: Work, id: UUID, failed: str | None) -> None:
    """Note that what was approved is done, or why it could not be."""
    await work.run(
        """
        UPDATE refund_request SET state = $2, said = $3, done_at = $4
         WHERE id = $1 AND state = 'approved'
        """,
        id,
        (RequestState.DONE if failed is None else RequestState.FAILED).value,
        failed,
        work.now,
    )


async def approved(work: Work) -> list[Request]:
    rows = await work.all(
        "SELECT * FROM refund_request WHERE state = 'approved' ORDER BY decided_at LIMIT 100"
    )
    return [_request(row) for row in rows]


def _request(row: Row) -> Request:
    return Request(
        id=row["id"],
        party=PartyId(row["party_id"]),
        receipt=InvoiceId(row["invoice_id"]) if row["invoice_id"] else None,
        returned=row["returned_id"],
        otherwise=row["otherwise"],
        to_card=row["to_card"],
        amount=Money(row["amount_minor"], Currency(row["currency"])),
        reason=row["reason"],
        asked_by=row["asked_by"],
        asker=row["asker_id"],
        asked_at=row["asked_at"],
        state=RequestState(row["state"]),
        said=row["said"],
    )
