"""Customers and statements as rows, and what stands on no statement yet."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from voltway.billing.model_hosts import Share
from voltway.billing.model_statements import Customer, Unstated
from voltway.billing.store_fleets import PAYER
from voltway.billing.store_hosts import share_of
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import InvoiceId, PartyId
from voltway.runtime.work import Row, Work


@dataclass(eq=False)
class NoSuchCustomer(Refusal):
    """There is no customer {customer}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    customer: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """A statement or settlement beside the document that it is."""

    invoice: InvoiceId
    party: PartyId
    customer: UUID | None
    host: UUID | None
    month: date
    currency: str
    due_on: date
    items: tuple[UUID, ...]
    about: str = "charges"


async def add_customer(work: Work, customer: Customer) -> bool:
    """Whether there was no customer of this name yet."""
    return bool(
        await work.run(
            """
            INSERT INTO customer (id, party_id, name, street, postal_code, city, country, vat_id,
                                  email, reference, locale, is_business, due_days, created_at,
                                  wants_xrechnung)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
                ON CONFLICT (party_id, name) DO NOTHING
            """,
            customer.id,
            customer.party,
            customer.name,
            customer.street,
            customer.postal_code,
            customer.city,
            customer.country,
            customer.vat_id,
            customer.email,
            customer.reference,
            customer.locale,
            customer.is_business,
            customer.due_days,
            customer.created_at,
            customer.wants_xrechnung,
        )
    )


async def give_tokens(
    work: Work, customer: Customer, tokens: Collection[UUID], since: datetime
) -> None:
    """These cards are this customer's from now on, whosever they were."""
    await work.run(
        """
        INSERT INTO customer_token (token_id, party_id, customer_id, since)
        SELECT token, $2, $1, $4 FROM unnest($3::uuid[]) AS given (token)
            ON CONFLICT (token_id) DO UPDATE
                    SET customer_id = excluded.customer_id, since = excluded.since,
                        fleet_id = NULL
                  WHERE customer_token.customer_id <> excluded.customer_id
                     OR customer_token.fleet_id IS NOT NULL
        """,
        customer.id,
        customer.party,
        list(tokens),
        since,
    )


async def reach_customer(
    work: Work, id: UUID, *, email: str | None, locale: str, wants_xrechnung: bool
) -> bool:
    """Where a customer's documents go from now on; whether there is such a customer."""
    return bool(
        await work.run(
            "UPDATE customer SET email = $2, locale = $3, wants_xrechnung = $4 WHERE id = $1",
            id,
            email,
            locale,
            wants_xrechnung,
        )
    )


async def take_token(work: Work, customer: UUID, token: UUID) -> bool:
    """Whether it was this customer's, given by itself."""
    return bool(
        await work.run(
            """
            DELETE FROM customer_token
             WHERE token_id = $1 AND customer_id = $2 AND fleet_id IS NULL
            """,
            token,
            customer,
        )
    )


async def lock_customers(work: Work, ids: Collection[UUID]) -> dict[UUID, Customer]:
    """These customers, locked in one order: their statements are written by one work at a time."""
    rows = await work.all(
        "SELECT * FROM customer WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", list(ids)
    )
    return {row["id"]: _customer(row) for row in rows}


#: Receipts that nobody paid, and what credits them, of customers: by whose the card is, or was.
#: What was given back to a card is credited by that, and stands on no statement.
#: A receipt that a full invoice took the place of is that invoice's.
#: ``only`` narrows it before a CDR is read, which is what takes the time.
_UNSTATED = """
    WITH open AS (
        SELECT r.id, r.kind, r.number, r.document, r.sha256, r.settlement_id,
               NULL::text AS corrects, NULL::uuid AS corrected
          FROM invoice r
         WHERE r.party_id = $1 AND r.settlement_id IS NOT NULL AND r.payment_id IS NULL
           AND r.total_minor <> 0 {only_r}
           AND NOT EXISTS (SELECT FROM invoiced_session v WHERE v.session_id = r.session_id)
         UNION ALL
        SELECT c.id, c.kind, c.number, c.document, c.sha256, r.settlement_id, r.number, r.id
          FROM invoice c
          JOIN invoice r ON r.id = c.original_id
         WHERE c.party_id = $1 AND c.relation = 'credits' AND r.settlement_id IS NOT NULL
           AND r.payment_id IS NULL {only_c}
           AND NOT EXISTS (SELECT FROM card_refund_view g WHERE g.document_id = c.id)
    )
    SELECT o.id, o.kind, o.number, o.document, o.sha256, o.corrects, k.id AS customer,
           d.made ->> 'account' AS account,
           coalesce(nullif(t.label, ''), '…' || right(t.uid, 4), '') AS label,
           (d.made #>> '{{visit,ends}}')::timestamptz AS ended_at,
           (SELECT s.number FROM statement_item e JOIN invoice s ON s.id = e.invoice_id
             WHERE e.item_id = o.corrected) AS stated_on
      FROM open o
      JOIN cdr x ON x.settlement_id = o.settlement_id
     CROSS JOIN LATERAL (SELECT x.document::jsonb AS made) d
     CROSS JOIN {payer}
      JOIN customer k ON k.id = payer.customer_id
      LEFT JOIN token_view t ON t.id::text = d.made ->> 'account'
     WHERE NOT EXISTS (SELECT FROM statement_item i WHERE i.item_id = o.id)
       AND (d.made #>> '{{visit,ends}}')::timestamptz < $2
"""


_EACH = _UNSTATED.format(only_r="", only_c="", payer=PAYER)
_THESE = _UNSTATED.format(
    only_r="AND r.id = ANY($3::uuid[])", only_c="AND c.id = ANY($3::uuid[])", payer=PAYER
)


async def open_of_customers(
    work: Work, party: PartyId, until: datetime
) -> dict[UUID, list[InvoiceId]]:
    """By customer, what stands on no statement yet, of sessions that ended before this."""
    rows = await work.all(
        f"SELECT customer, id FROM ({_EACH}) AS open ORDER BY customer, id", party, until
    )
    found: dict[UUID, list[InvoiceId]] = {}
    for row in rows:
        found.setdefault(row["customer"], []).append(InvoiceId(row["id"]))
    return found


async def unstated(
    work: Work,
    party: PartyId,
    until: datetime,
    customers: Collection[UUID],
    among: Collection[InvoiceId] | None = None,
) -> list[Unstated]:
    """What stands on no statement yet, of these customers; ``among`` these alone, where it is known
    which they are."""
    these = "k.id = ANY($4::uuid[])" if among is not None else "k.id = ANY($3::uuid[])"
    rows = await work.all(
        f"{_THESE if among is not None else _EACH} AND {these} ORDER BY ended_at, o.number",
        party,
        until,
        *([list(among)] if among is not None else []),
        list(customers),
    )
    return [
        Unstated(
            id=InvoiceId(row["id"]),
            kind=row["kind"],
            number=row["number"],
            document=row["document"].encode(),
            sha256=row["sha256"],
            customer=row["customer"],
            account=row["account"],
            label=row["label"],
            ended_at=row["ended_at"],
            corrects=row["corrects"],
            stated_on=row["stated_on"],
        )
        for row in rows
    ]


async def hosts_with_open(work: Work, party: PartyId, until: datetime) -> list[UUID]:
    """Hosts with shares on no settlement yet, or with an agreement that gives a monthly fee."""
    rows = await work.all(
        """
        SELECT host_id FROM host_share s
         WHERE party_id = $1 AND at < $2
           AND NOT EXISTS (SELECT FROM statement_item i WHERE i.item_id = s.id)
         UNION
        SELECT host_id FROM host_agreement WHERE party_id = $1 AND per_month > 0
         ORDER BY host_id
        """,
        party,
        until,
    )
    return [row["host_id"] for row in rows]


async def unsettled(work: Work, host: UUID, until: datetime) -> list[Share]:
    """Shares of a host that stand on no settlement yet."""
    rows = await work.all(
        """
        SELECT s.* FROM host_share s
         WHERE host_id = $1 AND at < $2
           AND NOT EXISTS (SELECT FROM statement_item i WHERE i.item_id = s.id)
         ORDER BY at, id
        """,
        host,
        until,
    )
    return [share_of(row) for row in rows]


async def about_shares(work: Work, shares: Sequence[Share]) -> dict[UUID, Row]:
    """By share: its place, and the documents that it is about."""
    rows = await work.all(
        """
        SELECT s.id, l.name AS location_name, l.time_zone, coalesce(v.public_id, '') AS public_id,
               coalesce(c.number, r.number) AS number,
               CASE WHEN s.kind = 'correction' THEN
                    (SELECT i.number FROM host_share f
                       JOIN statement_item e ON e.item_id = f.id
                       JOIN invoice i ON i.id = e.invoice_id
                      WHERE f.kind = 'session' AND f.session_id = s.session_id
                        AND f.host_id = s.host_id) END AS settled_on
          FROM host_share s
          JOIN host_agreement a ON a.id = s.agreement_id
          JOIN location_view l ON l.id = a.location_id
          LEFT JOIN session_view v ON v.id = s.session_id
          LEFT JOIN invoice r ON r.session_id = s.session_id AND r.settlement_id IS NOT NULL
          LEFT JOIN invoice c ON c.id = s.corrected_by
         WHERE s.id = ANY($1::uuid[])
        """,
        [each.id for each in shares],
    )
    return {row["id"]: row for row in rows}


async def stated(
    work: Work,
    month: date,
    *,
    customers: Collection[UUID] = (),
    hosts: Collection[UUID] = (),
    about: str = "charges",
) -> dict[UUID, list[InvoiceId]]:
    """By customer or host, the statements of a month that are written already."""
    rows = await work.all(
        """
        SELECT coalesce(customer_id, host_id) AS whose, invoice_id FROM statement
         WHERE month = $1 AND (customer_id = ANY($2::uuid[]) OR host_id = ANY($3::uuid[]))
           AND about = $4
        """,
        month,
        list(customers),
        list(hosts),
        about,
    )
    found: dict[UUID, list[InvoiceId]] = {}
    for row in rows:
        found.setdefault(row["whose"], []).append(InvoiceId(row["invoice_id"]))
    return found


async def stated_on(work: Work, item: InvoiceId) -> InvoiceId | None:
    """The customer's statement on which a receipt stands, if it stands on one."""
    row = await work.one(
        """
        SELECT s.invoice_id FROM statement_item i JOIN statement s ON s.invoice_id = i.invoice_id
         WHERE i.item_id = $1 AND s.customer_id IS NOT NULL
        """,
        item,
    )
    return None if row is None else InvoiceId(row["invoice_id"])


async def about(work: Work, invoice: InvoiceId) -> str | None:
    """What a customer's statement is of (``statements.CHARGES`` or ``HOME``)."""
    row = await work.one("SELECT about FROM statement WHERE invoice_id = $1", invoice)
    return row["about"] if row else None


async def keep_statements(work: Work, statements: Sequence[Stated]) -> None:
    await work.copy(
        "statement",
        (
            "invoice_id",
            "party_id",
            "customer_id",
            "host_id",
            "month",
            "currency",
            "due_on",
            "items",
            "about",
        ),
        [
            (
                each.invoice,
                each.party,
                each.customer,
                each.host,
                each.month,
                each.currency,
                each.due_on,
                len(each.items),
                each.about,
            )
            for each in statements
        ],
    )
    await work.copy(
        "statement_item",
        ("item_id", "party_id", "invoice_id"),
        [(item, each.party, each.invoice) for each in statements for item in each.items],
    )


async def uncorrected(work: Work, party: PartyId) -> list[Row]:
    """Credit notes of sessions that were shared, whose shares were not corrected yet."""
    return list(
        await work.all(
            """
            SELECT c.id, c.document, c.issued_at, r.session_id, r.number AS corrects
              FROM invoice c
              JOIN invoice o ON o.id = c.original_id
              JOIN invoice r ON r.id = CASE WHEN o.relation = 'replaces' THEN o.original_id
                                            ELSE o.id END
             WHERE c.party_id = $1 AND c.relation = 'credits' AND r.session_id IS NOT NULL
               AND EXISTS (SELECT FROM host_share s
                            WHERE s.session_id = r.session_id AND s.kind = 'session')
               AND NOT EXISTS (SELECT FROM host_share s WHERE s.corrected_by = c.id)
             ORDER BY c.issued_at, c.id
               FOR UPDATE OF r
            """,
            party,
        )
    )


def _customer(row: Row) -> Customer:
    return Customer(
        id=row["id"],
        party=PartyId(row["party_id"]),
        name=row["name"],
        street=row["street"],
        postal_code=row["postal_code"],
        city=row["city"],
        country=row["country"],
        vat_id=row["vat_id"],
        email=row["email"],
        reference=row["reference"],
        locale=row["locale"],
        is_business=row["is_business"],
        due_days=row["due_days"],
        created_at=row["created_at"],
        wants_xrechnung=row["wants_xrechnung"],
    )
