"""Invariants of payments and documents, checked in the database, many rows at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from voltway.billing.model_checks import Checked, Found, Invariant
from voltway.runtime.work import Row, Work

#: So many of a kind are named; that there are more is told by the next check.
NAMED_MAX: Final = 200

#: By when a hold must have ended after its session, or without one.
HOLD_ENDS_WITHIN: Final = timedelta(hours=24)


async def _count(work: Work, sql: str, *values: object) -> int:
    row = await work.one(sql, *values)
    assert row is not None, "a count always has a row"
    return int(row["n"])


async def payments(work: Work, since: datetime) -> Checked:
    """Invariant 2: 0 ≤ captured ≤ held, 0 ≤ refunded + disputed ≤ captured, each as the provider
    answered. What a bank took back by a dispute is known by the provider's payout reports; what it
    sent back of refunds counts as refunded no more."""
    rows = await work.all(
        """
        SELECT p.id, p.hold_minor, p.captured_minor, p.refunded_minor, p.currency,
               s.captured, s.refunded, d.disputed
          FROM payment_view p
         CROSS JOIN LATERAL (
                SELECT coalesce(sum(amount_minor) FILTER (WHERE verb = 'capture'), 0) AS captured,
                       coalesce(sum(amount_minor) FILTER (WHERE verb = 'refund'), 0) AS refunded
                  FROM payment_step_view
                 WHERE payment_id = p.id AND answer = 'done') AS s
         CROSS JOIN LATERAL (
                SELECT coalesce(-sum(gross_minor), 0)::bigint AS disputed
                  FROM payout_line_view
                 WHERE payment_id = p.id AND kind = 'dispute' AND currency = p.currency) AS d
         WHERE p.created_at >= $1
           AND (p.captured_minor NOT BETWEEN 0 AND p.hold_minor
                OR p.refunded_minor NOT BETWEEN 0 AND p.captured_minor
                OR p.captured_minor <> s.captured OR p.refunded_minor <> s.refunded
                OR d.disputed < 0 OR p.refunded_minor + d.disputed > p.captured_minor)
         LIMIT $2
        """,
        since,
        NAMED_MAX,
    )
    n = await _count(work, "SELECT count(*) AS n FROM payment_view WHERE created_at >= $1", since)
    return Checked(Invariant.PAYMENTS, n, tuple(_payment(row) for row in rows))


async def collected(work: Work) -> Checked:
    """Invariant 2, of top-ups and bills: what is given back and what banks have taken back is no
    more than was collected, each with its entries; and what drivers owe is what the books say."""
    over = await work.all(_COLLECTED, NAMED_MAX)
    apart = await work.all(_OWED, NAMED_MAX)
    found = [
        Found(
            f"collection:{row['id']}",
            f"{row['amount_minor']} was taken (in the smallest unit of {row['currency']});"
            f" {row['given_back']} was given back, for which the books have {row['back_booked']},"
            f" and banks have taken back {row['disputed']}, for which the books have"
            f" {row['booked']}.",
        )
        for row in over
    ]
    found += [
        Found(
            f"driver:{row['holder']}",
            f"{row['owed']} is owed for top-ups that banks took back (in the smallest unit of"
            f" {row['currency']}); the books have {row['booked']}.",
        )
        for row in apart
    ]
    n = await _count(work, "SELECT count(*) AS n FROM collection_view WHERE state = 'done'")
    return Checked(Invariant.PAYMENTS, n, tuple(found))


#: What the books moved for a dispute is what its bank took, until it came back; and for what was
#: given back to a card, what that was of.
_COLLECTED: Final = """
    SELECT * FROM (
        SELECT c.id, c.amount_minor, c.currency, b.minor AS given_back, b.booked AS back_booked,
               d.minor AS disputed, d.booked
          FROM collection_view c
         CROSS JOIN LATERAL (
                SELECT coalesce(sum(g.amount_minor), 0)::bigint AS minor,
                       coalesce(sum(e.minor), 0)::bigint AS booked
                  FROM (SELECT party_id, provider, amount_minor, entry_id
                          FROM prepaid_payback_view
                         WHERE collection_id = c.id AND state = 'done'
                         UNION ALL
                        SELECT party_id, provider, amount_minor, entry_id FROM card_refund_view
                         WHERE collection_id = c.id AND state = 'done') AS g
                 CROSS JOIN LATERAL (
                        SELECT sum(amount_minor) AS minor FROM entry_view
                         WHERE party_id = g.party_id AND id = g.entry_id
                           AND credit = 'provider:' || g.provider || ':due') AS e) AS b
         CROSS JOIN LATERAL (
                SELECT coalesce(sum(amount_minor) FILTER (WHERE returned_at IS NULL), 0)::bigint
                           AS minor,
                       coalesce(sum(e.minor), 0)::bigint AS booked
                  FROM dispute_view v
                 CROSS JOIN LATERAL (
                        SELECT sum(CASE WHEN credit = 'provider:' || v.provider || ':due'
                                        THEN amount_minor ELSE -amount_minor END) AS minor
                          FROM entry_view
                         WHERE party_id = v.party_id
                           AND id IN (v.taken_entry_id, v.returned_entry_id)) AS e
                 WHERE collection_id = c.id AND taken_at IS NOT NULL) AS d
         WHERE EXISTS (SELECT FROM dispute_view WHERE collection_id = c.id)
            OR EXISTS (SELECT FROM card_refund_view WHERE collection_id = c.id)) AS read
     WHERE given_back + disputed > amount_minor OR disputed <> booked
        OR given_back <> back_booked
     LIMIT $1
"""

_OWED: Final = """
    SELECT o.holder, o.currency, o.owed, coalesce(a.balance_minor, 0)::bigint AS booked
      FROM (SELECT party_id, holder, currency, sum(owed_minor)::bigint AS owed
              FROM dispute_view WHERE purpose = 'top_up'
             GROUP BY party_id, holder, currency) AS o
      LEFT JOIN account_view a ON a.party_id = o.party_id AND a.currency = o.currency
                              AND a.account = 'driver:' || o.holder || ':receivable'
     WHERE o.owed <> coalesce(a.balance_minor, 0)
     LIMIT $1
"""


def _payment(row: Row) -> Found:
    return Found(
        f"payment:{row['id']}",
        f"Held {row['hold_minor']}, captured {row['captured_minor']}, refunded"
        f" {row['refunded_minor']} (in the smallest unit of {row['currency']}); the provider took"
        f" {row['captured']} and gave back {row['refunded']}, and banks took back"
        f" {row['disputed']} by disputes.",
    )


async def once(work: Work, since: datetime) -> Checked:
    """Invariant 3: one successful capture of a payment, one settlement and one CDR of a session."""
    captures = await work.all(
        """
        SELECT payment_id, count(*) AS n FROM payment_step_view
         WHERE verb = 'capture' AND answer = 'done' AND asked_at >= $1
         GROUP BY payment_id HAVING count(*) > 1 LIMIT $2
        """,
        since,
        NAMED_MAX,
    )
    settled = await work.all(
        """
        SELECT session_id, count(*) AS n FROM settlement
         WHERE session_id IN (SELECT session_id FROM settlement WHERE opened_at >= $1)
         GROUP BY session_id HAVING count(*) > 1 LIMIT $2
        """,
        since,
        NAMED_MAX,
    )
    frozen = await work.all(
        """
        SELECT settlement_id, count(*) AS n FROM cdr
         WHERE settlement_id IN (SELECT settlement_id FROM cdr WHERE made_at >= $1)
         GROUP BY settlement_id HAVING count(*) > 1 LIMIT $2
        """,
        since,
        NAMED_MAX,
    )
    n = await _count(work, "SELECT count(*) AS n FROM settlement WHERE opened_at >= $1", since)
    found = [
        Found(f"payment:{row['payment_id']}", f"It was captured {row['n']} times.")
        for row in captures
    ]
    found += [
        Found(f"session:{row['session_id']}", f"It has {row['n']} settlements.") for row in settled
    ]
    found += [
        Found(f"settlement:{row['settlement_id']}", f"It has {row['n']} CDRs.") for row in frozen
    ]
    return Checked(Invariant.ONCE, n, tuple(found))


async def holds(work: Work, since: datetime) -> Checked:
    """Invariant 6: every hold ends within 24 h of its session's end, or of a start that failed."""
    rows = await work.all(
        """
        SELECT p.id, p.hold_minor, p.currency, p.held_at, s.ended_at
          FROM payment_view p
          LEFT JOIN session_view s ON s.id = p.session_id
         WHERE p.hold_open AND p.held_at IS NOT NULL
           AND CASE WHEN p.session_id IS NULL THEN p.held_at ELSE s.ended_at END < $1
         LIMIT $2
        """,
        work.now - HOLD_ENDS_WITHIN,
        NAMED_MAX,
    )
    n = await _count(
        work,
        "SELECT count(*) AS n FROM payment_view WHERE held_at IS NOT NULL"
        " AND (created_at >= $1 OR hold_open)",
        since,
    )
    return Checked(
        Invariant.HOLDS,
        n,
        tuple(
            Found(
                f"payment:{row['id']}",
                f"Its hold of {row['hold_minor']} (in the smallest unit of {row['currency']}) is"
                f" still open; {_since(row)}.",
            )
            for row in rows
        ),
    )


def _since(row: Row) -> str:
    if row["ended_at"] is None:
        return f"no session began since {row['held_at']:%Y-%m-%d %H:%M} UTC"
    return f"its session ended on {row['ended_at']:%Y-%m-%d %H:%M} UTC"


async def invoices(work: Work, since: datetime) -> Checked:
    """Invariant 7: lines + tax = total = what the receivable was debited; no number is missing."""
    wrong = await work.all(_SUMS, since, NAMED_MAX)
    unbooked = list(await work.all(_BOOKED, since, NAMED_MAX))
    gaps = await work.all(
        """
        SELECT series, year, coalesce(i.n, 0) AS n, coalesce(i.first, 0) AS first,
               coalesce(i.last, 0) AS last, coalesce(c.last, 0) AS counted
          FROM invoice_counter c
          FULL JOIN (SELECT party_id, series, year, count(*) AS n, min(place) AS first,
                            max(place) AS last
                       FROM invoice GROUP BY party_id, series, year) i
         USING (party_id, series, year)
         WHERE i.first IS DISTINCT FROM 1 OR i.n <> i.last OR c.last IS DISTINCT FROM i.last
        """
    )
    parted = await work.all(
        """
        SELECT id, number, total_minor, net_minor, tax_minor, rounding_minor FROM invoice
         WHERE issued_at >= $1 AND net_minor + tax_minor + rounding_minor <> total_minor
         LIMIT $2
        """,
        since,
        NAMED_MAX,
    )
    n = await _count(work, "SELECT count(*) AS n FROM invoice WHERE issued_at >= $1", since)
    unbooked += await work.all(_FEES_BOOKED, since, NAMED_MAX)
    found = await _other_bytes(work, since)
    found += [Found(f"invoice:{row['id']}", _sums(row)) for row in wrong]
    found += [
        Found(
            f"invoice:{row['id']}",
            f"{row['number']} is of {row['total_minor']}, and net {row['net_minor']}, tax"
            f" {row['tax_minor']} and rounding {row['rounding_minor']} do not make it.",
        )
        for row in parted
    ]
    found += [
        Found(
            f"invoice:{row['id']}",
            f"{row['number']} is of {row['total_minor']}, and the books have"
            f" {row['booked_minor'] if row['booked_minor'] is not None else 'nothing'} for it.",
        )
        for row in unbooked
    ]
    found += [
        Found(
            f"series:{row['series']}{row['year']}",
            f"The series {row['series']}{row['year']} has {row['n']} numbers from {row['first']} to"
            f" {row['last']}, and {row['counted']} were given out.",
        )
        for row in gaps
    ]
    return Checked(Invariant.INVOICES, n, tuple(found))


async def _other_bytes(work: Work, since: datetime) -> list[Found]:
    """Documents whose bytes are not those that were frozen under their hash."""
    rows = await work.all(
        """
        SELECT 'invoice' AS kind, id, sha256 FROM invoice
         WHERE issued_at >= $1 AND sha256 <> encode(sha256(convert_to(document, 'UTF8')), 'hex')
         UNION ALL
        SELECT 'cdr', id, sha256 FROM cdr
         WHERE made_at >= $1 AND sha256 <> encode(sha256(convert_to(document, 'UTF8')), 'hex')
         LIMIT $2
        """,
        since,
        NAMED_MAX,
    )
    return [
        Found(f"{row['kind']}:{row['id']}", f"Its bytes are not those of its hash {row['sha256']}.")
        for row in rows
    ]


#: The own sums of what was issued for a session.
_SUMS: Final = """
    SELECT * FROM (
        SELECT i.id, i.number, i.total_minor, i.document::jsonb AS doc,
               (i.document::jsonb ->> 'total_minor')::bigint AS said_minor,
               (i.document::jsonb ->> 'net_minor')::bigint AS net_minor,
               (i.document::jsonb ->> 'tax_minor')::bigint AS tax_minor,
               (SELECT coalesce(sum((line ->> 'gross_minor')::bigint), 0)
                  FROM jsonb_array_elements(i.document::jsonb -> 'lines') AS line) AS lines_minor,
               (SELECT coalesce(sum((tax ->> 'tax_minor')::bigint), 0)
                  FROM jsonb_array_elements(i.document::jsonb -> 'taxes') AS tax) AS taxes_minor
          FROM invoice i
         WHERE i.settlement_id IS NOT NULL AND i.issued_at >= $1) AS read
     WHERE said_minor IS DISTINCT FROM total_minor
        OR net_minor + tax_minor IS DISTINCT FROM total_minor
        OR lines_minor <> total_minor
        OR taxes_minor IS DISTINCT FROM tax_minor
     LIMIT $2
"""

#: What a sale debited the driver's account is what the receipt says.
_BOOKED: Final = """
    SELECT * FROM (
        SELECT i.id, i.number, i.total_minor,
               (SELECT sum(CASE WHEN e.debit ~ ':receivable$' THEN e.amount_minor
                                ELSE -e.amount_minor END)
                  FROM entry_view e
                 WHERE e.party_id = i.party_id AND e.once = i.settlement_id || ':sale'
                   AND (e.debit ~ ':receivable$' OR e.credit ~ ':receivable$')) AS booked_minor
          FROM invoice i
         WHERE i.settlement_id IS NOT NULL AND i.issued_at >= $1) AS read
     WHERE coalesce(booked_minor, 0) <> total_minor
     LIMIT $2
"""

#: What a subscription's month debited the customer's account is what its invoice says.
_FEES_BOOKED: Final = """
    SELECT * FROM (
        SELECT i.id, i.number, i.total_minor,
               (SELECT sum(CASE WHEN e.debit = f.owed THEN e.amount_minor
                                ELSE -e.amount_minor END)
                  FROM entry_view e
                 WHERE e.party_id = i.party_id AND e.once = i.id || ':fee'
                   AND f.owed IN (e.debit, e.credit)) AS booked_minor
          FROM invoice i
          JOIN (SELECT invoice_id, 'customer:' || customer_id || ':receivable' AS owed
                  FROM subscription_fee) f ON f.invoice_id = i.id
         WHERE i.issued_at >= $1) AS read
     WHERE coalesce(booked_minor, 0) <> total_minor
     LIMIT $2
"""


def _sums(row: Row) -> str:
    return (
        f"{row['number']} is of {row['total_minor']}; its document says {row['said_minor']}, lines"
        f" of {row['lines_minor']}, net {row['net_minor']} and tax {row['tax_minor']}, of which"
        f" {row['taxes_minor']} by rates."
    )


def first(found: Sequence[Found]) -> tuple[Found, ...]:
    """So many as are named."""
    return tuple(found[:NAMED_MAX])
