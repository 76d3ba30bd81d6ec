"""Invariant 7 of what is issued beside receipts: full invoices, credit notes, statements and
settlements add up by themselves, and the books have what they say."""

from datetime import datetime
from typing import Final

from voltway.billing.checks_money import NAMED_MAX
from voltway.billing.model_checks import Found
from voltway.runtime.work import Row, Work


async def documents(work: Work, since: datetime) -> list[Found]:
    """Documents whose lines and tax do not make what they come to, or that are not so booked."""
    wrong = await work.all(_SUMS, since, NAMED_MAX)
    unbooked = await work.all(_BOOKED, since, NAMED_MAX)
    found = [Found(f"invoice:{row['id']}", _said(row)) for row in wrong]
    found += [
        Found(
            f"invoice:{row['id']}",
            f"{row['number']} is of {row['said_minor']}, and the books have {row['booked_minor']}"
            " for it.",
        )
        for row in unbooked
    ]
    return found


#: The own sums of a document. A line's own amount has another name on each kind of it; what is
#: taken off an invoice as a whole stands apart from its lines.
_SUMS: Final = """
    SELECT * FROM (
        SELECT i.id, i.number, i.total_minor, i.net_minor, i.tax_minor,
               (i.made ->> 'total_minor')::bigint AS said_minor,
               (i.made ->> 'net_minor')::bigint AS said_net,
               (i.made ->> 'tax_minor')::bigint AS said_tax,
               coalesce((i.made ->> 'rounding_minor')::bigint, 0) AS said_rounding,
               (SELECT coalesce(sum(
                           coalesce(line -> 'amount_minor', line -> 'net_minor')::bigint), 0)
                  FROM jsonb_array_elements(coalesce(i.made -> 'lines', '[]')
                                            || coalesce(i.made -> 'charges', '[]')
                                            || coalesce(i.made -> 'shares', '[]')) AS line)
               - (SELECT coalesce(sum((off -> 'net_minor')::bigint), 0)
                    FROM jsonb_path_query(i.made, '$.allowances[*]') AS off) AS lines_minor,
               (SELECT coalesce(sum((tax ->> 'net_minor')::bigint), 0)
                  FROM jsonb_path_query(i.made, '$.taxes[*]') AS tax) AS taxed_minor,
               (SELECT coalesce(sum((tax ->> 'tax_minor')::bigint), 0)
                  FROM jsonb_path_query(i.made, '$.taxes[*]') AS tax) AS taxes_minor
          FROM (SELECT *, document::jsonb AS made FROM invoice
                 WHERE settlement_id IS NULL AND issued_at >= $1) i) AS read
     WHERE (said_minor, said_net, said_tax) IS DISTINCT FROM (total_minor, net_minor, tax_minor)
        OR said_net + said_tax + said_rounding IS DISTINCT FROM said_minor
        OR (lines_minor, taxed_minor, taxes_minor) IS DISTINCT FROM (said_net, said_net, said_tax)
     LIMIT $2
"""

#: What the books have for a document, beside what they must have: a credit note takes its amount
#: off revenue and tax; an invoice that took a receipt's place is its sale and what was corrected of
#: it; one that supplements a receipt is a sale besides; a statement is what its customer owes; and
#: a settlement is the shares on it (its net) and the tax that the host is owed besides.
_BOOKED: Final = """
    SELECT * FROM (
        SELECT i.id, i.number, i.total_minor AS said_minor,
               (SELECT coalesce(sum(e.amount_minor * ((e.debit ~ '^(revenue|tax):')::int
                                                    - (e.credit ~ '^(revenue|tax):')::int)), 0)
                  FROM entry_view e
                 WHERE e.party_id = i.party_id AND e.evidence @> jsonb_build_object(
                       'credit_note', i.id::text)) AS booked_minor
          FROM invoice i
         WHERE i.relation = 'credits' AND i.issued_at >= $1
         UNION ALL
        SELECT i.id, i.number, i.total_minor,
               (SELECT coalesce(sum(e.amount_minor * ((e.debit ~ ':receivable$')::int
                                                    - (e.credit ~ ':receivable$')::int)), 0)
                  FROM entry_view e
                 WHERE e.party_id = i.party_id
                   AND e.once IN (r.settlement_id || ':sale', i.id || ':correction'))
          FROM invoice i
          JOIN invoice r ON r.id = i.original_id
         WHERE i.relation = 'replaces' AND i.issued_at >= $1
         UNION ALL
        SELECT i.id, i.number, i.total_minor,
               (SELECT coalesce(sum(e.amount_minor * ((e.debit ~ ':receivable$')::int
                                                    - (e.credit ~ ':receivable$')::int)), 0)
                  FROM entry_view e
                 WHERE e.party_id = i.party_id AND e.once = i.id || ':supplement')
          FROM invoice i
         WHERE i.kind = 'invoice' AND i.once LIKE 'adjustment:%:supplement' AND i.issued_at >= $1
         UNION ALL
        SELECT i.id, i.number, i.total_minor,
               (SELECT coalesce(sum(CASE WHEN e.debit ~ '^customer:' THEN e.amount_minor
                                         ELSE -e.amount_minor END), 0)
                  FROM entry_view e
                 WHERE e.party_id = i.party_id AND e.once = 'statement:' || i.id
                   AND (e.debit ~ '^customer:' OR e.credit ~ '^customer:'))
          FROM invoice i
          JOIN statement s ON s.invoice_id = i.id AND s.customer_id IS NOT NULL
         WHERE i.issued_at >= $1
         UNION ALL
        SELECT i.id, i.number, i.total_minor,
               (SELECT coalesce(sum(h.amount_minor), 0)
                  FROM statement_item x JOIN host_share h ON h.id = x.item_id
                 WHERE x.invoice_id = i.id)
               + (SELECT coalesce(sum(CASE WHEN e.credit ~ '^host:' THEN e.amount_minor
                                           ELSE -e.amount_minor END), 0)
                    FROM entry_view e
                   WHERE e.party_id = i.party_id AND e.once = 'settlement:' || i.id)
          FROM invoice i
          JOIN statement s ON s.invoice_id = i.id AND s.host_id IS NOT NULL
         WHERE i.issued_at >= $1) AS read
     WHERE booked_minor <> said_minor
     LIMIT $2
"""


def _said(row: Row) -> str:
    return (
        f"{row['number']} is of {row['total_minor']}; its document says {row['said_minor']}, net"
        f" {row['said_net']} of lines of {row['lines_minor']}, tax {row['said_tax']} of which"
        f" {row['taxes_minor']} on {row['taxed_minor']} by rates, and rounding"
        f" {row['said_rounding']}."
    )
