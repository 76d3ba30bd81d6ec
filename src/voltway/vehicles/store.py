"""The SQL of cars. What was learned, and whose a car is, is of no party."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import PartyId, TokenUid
from voltway.runtime.work import Row, Work
from voltway.vehicles.model import Charges, Learned, Vehicle


async def vehicles(work: Work, email: str) -> list[Vehicle]:
    rows = await work.all("SELECT * FROM vehicle WHERE email = $1 ORDER BY id", email)
    return [Vehicle(row["id"], row["email"], row["model_id"], row["is_default"]) for row in rows]


async def lock(work: Work, email: str) -> None:
    """Nobody else changes this person's cars meanwhile."""
    await work.run("SELECT pg_advisory_xact_lock(hashtextextended('vehicle ' || $1, 0))", email)


async def add(work: Work, vehicle: Vehicle) -> None:
    await work.run(
        """
        INSERT INTO vehicle (id, email, model_id, is_default, made_at) VALUES ($1, $2, $3, $4, $5)
        """,
        vehicle.id,
        vehicle.email,
        vehicle.model,
        vehicle.is_default,
        work.now,
    )


async def set_default(work: Work, email: str, id: UUID | None) -> None:
    await work.run("UPDATE vehicle SET is_default = false WHERE email = $1", email)
    await work.run("UPDATE vehicle SET is_default = true WHERE email = $1 AND id = $2", email, id)


async def remove(work: Work, email: str, id: UUID) -> int:
    await work.run("DELETE FROM car_learned WHERE subject_id = $1", id)
    await work.run("UPDATE token_car SET vehicle_id = NULL WHERE vehicle_id = $1", id)
    return await work.run("DELETE FROM vehicle WHERE email = $1 AND id = $2", email, id)


async def set_charges(work: Work, charges: Charges) -> None:
    await work.run(
        """
        INSERT INTO token_car (party_id, token, model_id, vehicle_id, target_percent,
                               comes_with_percent, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (party_id, token) DO UPDATE
           SET model_id = EXCLUDED.model_id, vehicle_id = EXCLUDED.vehicle_id,
               target_percent = EXCLUDED.target_percent,
               comes_with_percent = EXCLUDED.comes_with_percent, at = EXCLUDED.at
        """,
        charges.party,
        charges.token,
        charges.model,
        charges.vehicle,
        charges.target_percent,
        charges.comes_with_percent,
        work.now,
    )


async def charging(
    work: Work, tokens: Collection[tuple[PartyId, TokenUid]]
) -> dict[tuple[PartyId, TokenUid], Charges]:
    rows = await work.all(
        """
        SELECT car.* FROM token_car AS car
          JOIN unnest($1::uuid[], $2::text[]) AS asked (party_id, token) USING (party_id, token)
        """,
        [party for party, _ in tokens],
        [token for _, token in tokens],
    )
    return {(row["party_id"], row["token"]): _charges(row) for row in rows}


async def forget_charges(work: Work, before: datetime, limit: int) -> int:
    return await work.run(
        """
        DELETE FROM token_car WHERE (party_id, token) IN
               (SELECT party_id, token FROM token_car
                 WHERE at < $1 AND vehicle_id IS NULL ORDER BY at LIMIT $2)
        """,
        before,
        limit,
    )


def _charges(row: Row) -> Charges:
    return Charges(
        row["party_id"],
        row["token"],
        row["model_id"],
        row["vehicle_id"],
        row["target_percent"],
        row["comes_with_percent"],
        row["at"],
    )


async def learned(
    work: Work, subjects: Collection[UUID], *, lock: bool = False
) -> dict[UUID, Learned]:
    rows = await work.all(
        "SELECT * FROM car_learned WHERE subject_id = ANY($1::uuid[]) ORDER BY subject_id"
        + (" FOR UPDATE" if lock else ""),
        list(subjects),
    )
    return {
        row["subject_id"]: Learned(
            row["wh_per_percent"], tuple(row["watts"]), row["sessions"], row["cars"]
        )
        for row in rows
    }


async def keep_learned(work: Work, subject: UUID, learned: Learned) -> None:
    await work.run(
        """
        INSERT INTO car_learned (subject_id, wh_per_percent, watts, sessions, cars, at)
        VALUES ($1, $2, $3::real[], $4, $5, $6)
            ON CONFLICT (subject_id) DO UPDATE
           SET wh_per_percent = EXCLUDED.wh_per_percent, watts = EXCLUDED.watts,
               sessions = EXCLUDED.sessions, cars = EXCLUDED.cars, at = EXCLUDED.at
        """,
        subject,
        learned.wh_per_percent,
        [round(watts) for watts in learned.watts],
        learned.sessions,
        learned.cars,
        work.now,
    )
