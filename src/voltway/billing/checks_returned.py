"""Invariant 2, of refunds that banks sent back: checked in the database, many rows at a time."""

from typing import Final

from voltway.billing.checks_money import NAMED_MAX
from voltway.billing.model_checks import Found
from voltway.runtime.work import Work

#: Each that is owed is in the books, on an account of the payment's own, and nothing else is there;
#: and what is given back, kept for the driver, or paid otherwise is no more than was taken.
_RETURNED: Final = """
    SELECT * FROM (
        SELECT p.id, p.currency, p.captured_minor, p.refunded_minor, r.owed, r.paid,
               coalesce(-a.balance_minor, 0)::bigint AS booked
          FROM (SELECT party_id, payment_id,
                       coalesce(sum(amount_minor) FILTER (WHERE ended_at IS NULL), 0)::bigint
                           AS owed,
                       coalesce(sum(amount_minor) FILTER (WHERE state = 'paid'), 0)::bigint AS paid
                  FROM returned_refund_view GROUP BY party_id, payment_id) AS r
          JOIN payment_view p ON p.id = r.payment_id
          LEFT JOIN account_view a
                 ON a.party_id = r.party_id AND a.currency = p.currency
                AND a.account = 'driver:' || r.payment_id || ':payable') AS read
     WHERE owed <> booked OR refunded_minor + owed + paid > captured_minor
     LIMIT $1
"""


async def returned(work: Work) -> list[Found]:
    rows = await work.all(_RETURNED, NAMED_MAX)
    return [
        Found(
            f"payment:{row['id']}",
            f"{row['captured_minor']} was taken (in the smallest unit of {row['currency']}) and"
            f" {row['refunded_minor']} given back; of refunds that came back {row['owed']} is owed,"
            f" {row['paid']} was paid otherwise, and the books owe {row['booked']}.",
        )
        for row in rows
    ]
