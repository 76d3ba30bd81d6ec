"""Whose account or place a document is of, as rows."""

from collections.abc import Collection
from dataclasses import dataclass

from voltway.billing.store_fleets import PAYER
from voltway.kernel.ids import InvoiceId, PartyId, PaymentId
from voltway.runtime.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A document with whoever it is for, as far as rows tell."""

    document: InvoiceId
    party: PartyId
    kind: str
    text: str
    payment: PaymentId | None
    email: str | None
    locale: str | None
    wants_xrechnung: bool


async def accounts_of(work: Work, ids: Collection[InvoiceId]) -> list[Account]:
    """These documents: a statement and a plan's fee have their customer, a settlement its host, and
    what nobody paid the customer whose card it was."""
    rows = await work.all(
        f"""
        SELECT i.id, i.party_id, i.kind, i.document, i.payment_id,
               coalesce(c.email, h.email, a.email) AS email,
               coalesce(c.locale, h.locale, a.locale) AS locale,
               coalesce(c.wants_xrechnung, a.wants_xrechnung, false) AS wants_xrechnung
          FROM invoice i
          LEFT JOIN statement s ON s.invoice_id = i.id
          LEFT JOIN subscription_fee f ON f.invoice_id = i.id
          LEFT JOIN customer c ON c.id = coalesce(s.customer_id, f.customer_id)
          LEFT JOIN host h ON h.id = s.host_id
          LEFT JOIN LATERAL (
               SELECT k.email, k.locale,
                      k.wants_xrechnung AND i.buyer IS NOT NULL AS wants_xrechnung
                 FROM cdr x
                CROSS JOIN LATERAL (SELECT x.document::jsonb AS made) d
                CROSS JOIN {PAYER}
                 JOIN customer k ON k.id = payer.customer_id
                WHERE x.session_id = i.session_id AND i.payment_id IS NULL) a ON true
         WHERE i.id = ANY($1::uuid[])
        """,
        list(ids),
    )
    return [
        Account(
            document=InvoiceId(row["id"]),
            party=PartyId(row["party_id"]),
            kind=row["kind"],
            text=row["document"],
            payment=PaymentId(row["payment_id"]) if row["payment_id"] else None,
            email=row["email"],
            locale=row["locale"],
            wants_xrechnung=row["wants_xrechnung"],
        )
        for row in rows
    ]
