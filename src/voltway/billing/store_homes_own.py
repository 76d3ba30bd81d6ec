"""What a driver sees of their own home charging, as rows."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from voltway.billing.model_homes import OwnMonth
from voltway.kernel.ids import DriverId, FleetId
from voltway.kernel.money import Currency, Money
from voltway.runtime.work import Row, Work


async def fleets(work: Work, driver: DriverId) -> Sequence[tuple[FleetId, str]]:
    """The fleets for which a driver had a home, by name."""
    rows = await work.all(
        """
        SELECT DISTINCT fleet_id, fleet_name FROM home_station_view WHERE driver_id = $1
         ORDER BY fleet_name, fleet_id
        """,
        driver,
    )
    return [(FleetId(row["fleet_id"]), row["fleet_name"]) for row in rows]


async def is_at_home(work: Work, drivers: Collection[UUID]) -> bool:
    """Whether one of these drivers has or had a home here."""
    wanted = "SELECT EXISTS (SELECT FROM home_station_view WHERE driver_id = ANY($1::uuid[])) AS so"
    row = await work.one(wanted, list(drivers))
    return bool(row and row["so"])


async def payee(work: Work, driver: DriverId) -> tuple[str, str] | None:
    """The holder and the IBAN of where a driver is paid."""
    row = await work.one("SELECT holder, iban FROM home_payee WHERE driver_id = $1", driver)
    return (row["holder"], row["iban"]) if row else None


async def stated(work: Work, driver: DriverId, most: int) -> list[OwnMonth]:
    """A driver's statements, the newest first."""
    rows = await work.all(
        """
        SELECT s.id, s.month, s.number, s.energy_wh, s.total_minor, s.currency, c.name AS company,
               i.number AS claim, p.paid_at,
               (SELECT count(DISTINCT k.session_id) FROM home_statement_item x
                  JOIN home_credit k ON k.id = x.credit_id
                 WHERE x.statement_id = s.id) AS sessions
          FROM home_statement s
          JOIN customer c ON c.id = s.customer_id
          JOIN invoice i ON i.id = s.claim_id
          LEFT JOIN home_payout_item o ON o.statement_id = s.id
          LEFT JOIN home_payout p ON p.id = o.payout_id
         WHERE s.driver_id = $1
         ORDER BY s.month DESC, s.number DESC LIMIT $2
        """,
        driver,
        most,
    )
    return [
        replace(
            _month(row),
            statement=row["id"],
            number=row["number"],
            claim=row["claim"],
            paid_at=row["paid_at"],
        )
        for row in rows
    ]


async def unstated(work: Work, driver: DriverId) -> list[OwnMonth]:
    """What a driver is owed and stands on no statement yet, by the month that it ended in."""
    rows = await work.all(
        """
        SELECT date_trunc('month', k.ended_at AT TIME ZONE p.time_zone)::date AS month,
               c.name AS company, k.currency, count(DISTINCT k.session_id) AS sessions,
               sum(k.energy_wh)::bigint AS energy_wh, sum(k.amount_minor)::bigint AS total_minor
          FROM home_credit k
          JOIN party_view p ON p.id = k.party_id
          JOIN customer c ON c.id = k.customer_id
         WHERE k.driver_id = $1
           AND NOT EXISTS (SELECT FROM home_statement_item i WHERE i.credit_id = k.id)
         GROUP BY 1, c.name, k.currency ORDER BY 1 DESC, c.name, k.currency
        """,
        driver,
    )
    return [_month(row) for row in rows]


def _month(row: Row) -> OwnMonth:
    """What a month says, whether it is stated or not."""
    return OwnMonth(
        month=row["month"],
        company=row["company"],
        sessions=row["sessions"],
        energy_wh=row["energy_wh"],
        total=Money(row["total_minor"], Currency(row["currency"])),
    )


async def document(work: Work, drivers: Collection[UUID], id: UUID) -> tuple[str, str] | None:
    """The number and the bytes of a statement of one of these drivers."""
    row = await work.one(
        "SELECT number, document FROM home_statement WHERE id = $1 AND driver_id = ANY($2::uuid[])",
        id,
        list(drivers),
    )
    return (row["number"], row["document"]) if row else None
