"""Drivers' months of home charging, and what was paid of them, as rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from voltway.billing.documents_home import HomeStatement
from voltway.billing.model_homes import Credit, Due
from voltway.kernel.ids import DriverId, InvoiceId, PartyId, new_id
from voltway.kernel.money import Currency, Money
from voltway.runtime.work import Work


@dataclass(frozen=True, slots=True)
class About:
    """What a line says of a credit beside its figures."""

    driver: str
    fleet: str
    station: str
    place: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A driver's statement beside the document that it is."""

    id: UUID
    party: PartyId
    driver: DriverId
    customer: UUID
    claim: InvoiceId
    month: date
    series: str
    year: int
    place: int
    made: HomeStatement
    raw: bytes
    sha256: str
    credits: tuple[UUID, ...]
    issued_at: datetime


async def about(work: Work, credits: Sequence[Credit]) -> dict[UUID, About]:
    rows = await work.all(
        """
        SELECT k.id, d.name AS driver, f.name AS fleet, coalesce(s.identity, '') AS station,
               coalesce(s.location_name, '') AS place, s.zone
          FROM home_credit k
          JOIN driver_view d ON d.id = k.driver_id
          JOIN fleet_view f ON f.id = k.fleet_id
          JOIN session_view s ON s.id = k.session_id
         WHERE k.id = ANY($1::uuid[])
        """,
        [each.id for each in credits],
    )
    return {
        row["id"]: About(row["driver"], row["fleet"], row["station"], row["place"], row["zone"])
        for row in rows
    }


async def last_place(work: Work, party: PartyId, series: str, year: int) -> int:
    """The last place of a series, where nobody else writes in it (``store_homes.lock``)."""
    row = await work.one(
        """
        SELECT coalesce(max(place), 0)::int AS last FROM home_statement
         WHERE party_id = $1 AND series = $2 AND year = $3
        """,
        party,
        series,
        year,
    )
    return int(row["last"]) if row else 0


async def keep(work: Work, written: Sequence[Written]) -> None:
    await work.copy(
        "home_statement",
        (
            "id",
            "party_id",
            "driver_id",
            "customer_id",
            "claim_id",
            "month",
            "number",
            "series",
            "year",
            "place",
            "energy_wh",
            "total_minor",
            "currency",
            "document",
            "sha256",
            "issued_at",
        ),
        [
            (
                each.id,
                each.party,
                each.driver,
                each.customer,
                each.claim,
                each.month,
                each.made.number,
                each.series,
                each.year,
                each.place,
                each.made.energy_wh,
                each.made.total_minor,
                each.made.currency,
                each.raw.decode(),
                each.sha256,
                each.issued_at,
            )
            for each in written
        ],
    )
    await work.copy(
        "home_statement_item",
        ("credit_id", "party_id", "statement_id"),
        [(credit, each.party, each.id) for each in written for credit in each.credits],
    )


async def document(work: Work, party: PartyId, id: UUID) -> str | None:
    row = await work.one(
        "SELECT document FROM home_statement WHERE id = $1 AND party_id = $2", id, party
    )
    return row["document"] if row else None


async def due(work: Work, party: PartyId) -> list[Due]:
    """By driver and currency, what nobody paid yet, by name."""
    rows = await work.all(
        """
        SELECT s.driver_id, d.name, p.holder, p.iban, s.currency,
               sum(s.total_minor)::bigint AS minor,
               array_agg(s.number ORDER BY s.number) AS numbers,
               array_agg(s.id ORDER BY s.number) AS ids
          FROM home_statement s
          JOIN driver_view d ON d.id = s.driver_id
          LEFT JOIN home_payee p ON p.driver_id = s.driver_id
         WHERE s.party_id = $1
           AND NOT EXISTS (SELECT FROM home_payout_item i WHERE i.statement_id = s.id)
         GROUP BY s.driver_id, d.name, p.holder, p.iban, s.currency
         ORDER BY lower(d.name), s.driver_id, s.currency
        """,
        party,
    )
    return [
        Due(
            driver=DriverId(row["driver_id"]),
            name=row["name"],
            holder=row["holder"],
            iban=row["iban"],
            amount=Money(row["minor"], Currency(row["currency"])),
            numbers=tuple(row["numbers"]),
            statements=tuple(row["ids"]),
        )
        for row in rows
    ]


async def pay(work: Work, party: PartyId, due: Due, *, by: str) -> UUID:
    """Note that a driver was paid; the payout's id."""
    id = new_id(work.now)
    await work.run(
        """
        INSERT INTO home_payout (id, party_id, driver_id, holder, iban, amount_minor, currency,
                                 paid_by, paid_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        id,
        party,
        due.driver,
        due.holder,
        due.iban,
        due.amount.minor,
        due.amount.currency,
        by,
        work.now,
    )
    await work.copy(
        "home_payout_item",
        ("statement_id", "party_id", "payout_id"),
        [(statement, party, id) for statement in due.statements],
    )
    return id
