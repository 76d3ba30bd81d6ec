"""What the console shows of refunds to cards that paid statements, read from the payments' view."""

from collections.abc import Sequence
from uuid import UUID

from voltway.billing.card_refunds import RECEIPT
from voltway.billing.debts import ABOUT
from voltway.runtime.work import Row, Work

_SELECT = """
    SELECT r.*, i.number AS credit_note, t.id AS receipt_id, t.number AS receipt
      FROM card_refund_view r
      LEFT JOIN document_view i ON i.id = r.document_id
      LEFT JOIN document_view t ON t.id = replace(r.about, 'receipt:', '')::uuid
"""


async def refunds_of(work: Work, receipt: UUID) -> Sequence[Row]:
    """What of a receipt went back to a card, was to, or is on its way; the oldest first."""
    return await work.all(
        f"{_SELECT} WHERE r.about = $1 ORDER BY r.asked_at, r.id", f"{RECEIPT}{receipt}"
    )


async def refunds_of_statement(work: Work, statement: UUID) -> Sequence[Row]:
    """The same, of what a card paid for a statement."""
    return await work.all(
        f"{_SELECT} WHERE r.paid_for = $1 ORDER BY r.asked_at, r.id", f"{ABOUT}{statement}"
    )
