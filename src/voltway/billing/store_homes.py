"""Home charging paid back, as rows: rates, who is paid, and what drivers are owed."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from voltway.billing.model_homes import Credit, CreditKind, Rate
from voltway.kernel.ids import DriverId, FleetId, PartyId, SessionId
from voltway.kernel.money import Currency
from voltway.runtime.work import Row, Work
from voltway.sessions.model import AT_HOME


async def lock(work: Work, party: PartyId) -> None:
    """What a party pays back is written by one work at a time."""
    await work.one("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"homes:{party}")


async def rates(work: Work, fleets: Collection[FleetId | UUID]) -> list[Rate]:
    rows = await work.all(
        "SELECT * FROM home_rate WHERE fleet_id = ANY($1::uuid[]) ORDER BY version DESC",
        list(fleets),
    )
    return [
        Rate(
            id=row["id"],
            party=PartyId(row["party_id"]),
            fleet=FleetId(row["fleet_id"]),
            version=row["version"],
            valid_from=row["valid_from"],
            per_kwh=row["per_kwh"],
            currency=Currency(row["currency"]),
            made_at=row["made_at"],
            made_by=row["made_by"],
        )
        for row in rows
    ]


async def keep_rate(work: Work, rate: Rate) -> None:
    await work.run(
        """
        INSERT INTO home_rate (id, party_id, fleet_id, version, valid_from, per_kwh, currency,
                               made_at, made_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        """,
        rate.id,
        rate.party,
        rate.fleet,
        rate.version,
        rate.valid_from,
        rate.per_kwh,
        rate.currency,
        rate.made_at,
        rate.made_by,
    )


async def forget_payee(work: Work, driver: DriverId) -> None:
    """Keep where a driver is paid no longer, where nothing is due to them any more."""
    await work.run(
        """
        DELETE FROM home_payee
         WHERE driver_id = $1
           AND NOT EXISTS (SELECT FROM home_statement s WHERE s.driver_id = $1
                              AND NOT EXISTS (SELECT FROM home_payout_item i
                                               WHERE i.statement_id = s.id))
           AND NOT EXISTS (SELECT FROM home_credit k WHERE k.driver_id = $1
                              AND NOT EXISTS (SELECT FROM home_statement_item i
                                               WHERE i.credit_id = k.id))
        """,
        driver,
    )


async def pay_to(
    work: Work, party: PartyId, driver: DriverId, *, holder: str, iban: str, by: str
) -> None:
    await work.run(
        """
        INSERT INTO home_payee (driver_id, party_id, holder, iban, set_by, set_at)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (driver_id) DO UPDATE
           SET holder = $3, iban = $4, set_by = $5, set_at = $6
        """,
        driver,
        party,
        holder,
        iban,
        by,
        work.now,
    )


#: Sessions at home that have a CDR, each with whose home it was and who paid for the fleet then.
_AT_HOME = """
    SELECT s.id, s.party_id, s.started_at, s.ended_at, c.id AS cdr_id, c.document,
           h.driver_id, h.fleet_id, p.customer_id
      FROM session_view s
      JOIN cdr c ON c.session_id = s.id
      JOIN home_station_view h ON h.station_id = s.station_id AND h.since <= s.started_at
           AND (h.until IS NULL OR s.started_at < h.until)
      JOIN fleet_payer p ON p.fleet_id = h.fleet_id AND p.since <= s.started_at
           AND (p.until IS NULL OR s.started_at < p.until)
     WHERE s.tariff_why = $1
       AND NOT EXISTS (SELECT FROM home_credit k WHERE k.session_id = s.id)
    """


async def uncredited(work: Work, sessions: Collection[SessionId]) -> Sequence[Row]:
    """Those of these sessions that were charged at home and are not credited yet."""
    return await work.all(f"{_AT_HOME} AND s.id = ANY($2::uuid[])", AT_HOME, list(sessions))


async def uncredited_of(work: Work, fleet: FleetId) -> Sequence[Row]:
    return await work.all(f"{_AT_HOME} AND h.fleet_id = $2 ORDER BY s.started_at", AT_HOME, fleet)


#: Sessions at home that are settled and not credited, each with whether anybody paid for the fleet
#: when it began.
_LEFT = """
    SELECT s.id, s.party_id, s.started_at, s.energy_wh, s.identity, h.driver_name, h.fleet_id,
           h.fleet_name,
           EXISTS (SELECT FROM fleet_payer p
                    WHERE p.fleet_id = h.fleet_id AND p.since <= s.started_at
                      AND (p.until IS NULL OR s.started_at < p.until)) AS is_paid_for
      FROM session_view s
      JOIN cdr c ON c.session_id = s.id
      JOIN home_station_view h ON h.station_id = s.station_id AND h.since <= s.started_at
           AND (h.until IS NULL OR s.started_at < h.until)
     WHERE s.tariff_why = $1 AND s.energy_wh > 0
       AND NOT EXISTS (SELECT FROM home_credit k WHERE k.session_id = s.id)
    """


async def left(work: Work, party: PartyId, most: int) -> Sequence[Row]:
    """What a party's drivers charged at home and nobody pays back, the newest first."""
    wanted = f"{_LEFT} AND s.party_id = $2 ORDER BY s.started_at DESC LIMIT $3"
    return await work.all(wanted, AT_HOME, party, most)


async def left_of(work: Work, driver: DriverId, most: int) -> Sequence[Row]:
    """The same of one driver."""
    wanted = f"{_LEFT} AND h.driver_id = $2 ORDER BY s.started_at DESC LIMIT $3"
    return await work.all(wanted, AT_HOME, driver, most)


async def keep_credits(work: Work, credits: Sequence[Credit]) -> list[Credit]:
    """Those that are new, kept."""
    return [each for each in credits if await _keep(work, each)]


async def _keep(work: Work, credit: Credit) -> bool:
    return bool(
        await work.run(
            """
            INSERT INTO home_credit (id, party_id, driver_id, fleet_id, customer_id, kind, once,
                                     session_id, cdr_id, rate_id, began_at, ended_at, energy_wh,
                                     begin_wh, end_wh, amount_minor, currency, kept_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
                ON CONFLICT (party_id, once) DO NOTHING
            """,
            credit.id,
            credit.party,
            credit.driver,
            credit.fleet,
            credit.customer,
            credit.kind.value,
            credit.once,
            credit.session,
            credit.cdr,
            credit.rate,
            credit.began_at,
            credit.ended_at,
            credit.energy_wh,
            credit.begin_wh,
            credit.end_wh,
            credit.amount_minor,
            credit.currency,
            credit.kept_at,
        )
    )


async def credits_of(work: Work, sessions: Collection[SessionId]) -> list[Credit]:
    rows = await work.all(
        "SELECT * FROM home_credit WHERE session_id = ANY($1::uuid[]) ORDER BY id", list(sessions)
    )
    return [credit_of(row) for row in rows]


async def unstated(
    work: Work, party: PartyId, until: datetime, customers: Collection[UUID]
) -> list[Credit]:
    """What stands on no driver's statement yet, of sessions that ended before this."""
    rows = await work.all(
        """
        SELECT k.* FROM home_credit k
         WHERE k.party_id = $1 AND k.ended_at < $2 AND k.customer_id = ANY($3::uuid[])
           AND NOT EXISTS (SELECT FROM home_statement_item i WHERE i.credit_id = k.id)
         ORDER BY k.began_at, k.id
        """,
        party,
        until,
        list(customers),
    )
    return [credit_of(row) for row in rows]


async def who_owe(work: Work, party: PartyId, until: datetime) -> list[UUID]:
    """Customers with credits on no statement yet."""
    rows = await work.all(
        """
        SELECT DISTINCT k.customer_id FROM home_credit k
         WHERE k.party_id = $1 AND k.ended_at < $2
           AND NOT EXISTS (SELECT FROM home_statement_item i WHERE i.credit_id = k.id)
        """,
        party,
        until,
    )
    return [row["customer_id"] for row in rows]


def credit_of(row: Row) -> Credit:
    return Credit(
        id=row["id"],
        party=PartyId(row["party_id"]),
        driver=DriverId(row["driver_id"]),
        fleet=FleetId(row["fleet_id"]),
        customer=row["customer_id"],
        kind=CreditKind(row["kind"]),
        once=row["once"],
        session=SessionId(row["session_id"]),
        cdr=row["cdr_id"],
        rate=row["rate_id"],
        began_at=row["began_at"],
        ended_at=row["ended_at"],
        energy_wh=row["energy_wh"],
        begin_wh=row["begin_wh"],
        end_wh=row["end_wh"],
        amount_minor=row["amount_minor"],
        currency=Currency(row["currency"]),
        kept_at=row["kept_at"],
    )
