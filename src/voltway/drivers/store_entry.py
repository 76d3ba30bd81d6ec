"""The SQL of sign-ins. These tables are of no party: a person may be a driver of several."""

from datetime import datetime
from typing import Final
from uuid import UUID

from voltway.drivers.model import Code, Driver
from voltway.kernel.ids import DriverId, PartyId
from voltway.runtime.work import Row, Work


async def codes_since(work: Work, email: str, source: str, since: datetime) -> tuple[int, int]:
    """How many codes were asked for since: for an address, and from a source."""
    row = await work.one(
        """
        SELECT count(*) FILTER (WHERE email = $1) AS address,
               count(*) FILTER (WHERE source = $2) AS source
          FROM driver_code WHERE (email = $1 OR source = $2) AND made_at > $3
        """,
        email,
        source,
        since,
    )
    assert row is not None, "a count gives a row"
    return int(row["address"]), int(row["source"])


async def add_code(work: Work, code: Code) -> None:
    await work.run(
        """
        INSERT INTO driver_code (id, email, code, source, made_at, until)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        code.id,
        code.email,
        code.code,
        code.source,
        code.made_at,
        code.until,
    )


async def code(work: Work, id: UUID) -> Code | None:
    row = await work.one("SELECT * FROM driver_code WHERE id = $1", id)
    return None if row is None else _code(row)


async def lock_codes(work: Work, email: str, now: datetime, wrong_max: int) -> list[Code]:
    """Codes of an address that may still be typed; nobody else types one meanwhile."""
    rows = await work.all(
        """
        SELECT * FROM driver_code
         WHERE email = $1 AND until > $2 AND wrong < $3 ORDER BY id FOR UPDATE
        """,
        email,
        now,
        wrong_max,
    )
    return [_code(row) for row in rows]


async def was_wrong(work: Work, email: str) -> None:
    await work.run("UPDATE driver_code SET wrong = wrong + 1 WHERE email = $1", email)


async def forget_codes(work: Work, email: str) -> None:
    await work.run("DELETE FROM driver_code WHERE email = $1", email)


async def add_seat(work: Work, digest: bytes, email: str, until: datetime) -> None:
    await work.run(
        "INSERT INTO driver_seat (token_sha256, email, made_at, until) VALUES ($1, $2, $3, $4)",
        digest,
        email,
        work.now,
        until,
    )


async def seated(work: Work, digest: bytes, now: datetime) -> str | None:
    row = await work.one(
        "SELECT email FROM driver_seat WHERE token_sha256 = $1 AND until > $2", digest, now
    )
    return None if row is None else str(row["email"])


async def remove_seat(work: Work, digest: bytes) -> None:
    await work.run("DELETE FROM driver_seat WHERE token_sha256 = $1", digest)


async def remove_seats(work: Work, email: str) -> None:
    await work.run("DELETE FROM driver_seat WHERE email = $1", email)


async def by_email(work: Work, email: str) -> list[Driver]:
    rows = await work.all(
        "SELECT * FROM driver WHERE lower(email) = $1 ORDER BY created_at, id", email
    )
    return [
        Driver(
            DriverId(row["id"]),
            PartyId(row["party_id"]),
            row["name"],
            row["email"],
            row["created_at"],
        )
        for row in rows
    ]


#: The name of whoever deleted their account.
NOBODY: Final = "-"


async def forget_person(work: Work, driver: DriverId) -> None:
    await work.run("UPDATE driver SET name = $2, email = NULL WHERE id = $1", driver, NOBODY)


async def is_forgotten(work: Work, driver: DriverId) -> bool:
    row = await work.one(
        "SELECT FROM driver WHERE id = $1 AND name = $2 AND email IS NULL", driver, NOBODY
    )
    return row is not None


async def forget_old(work: Work, now: datetime) -> int:
    gone = await work.run("DELETE FROM driver_code WHERE until <= $1", now)
    return gone + await work.run("DELETE FROM driver_seat WHERE until <= $1", now)


def _code(row: Row) -> Code:
    return Code(
        id=row["id"],
        email=row["email"],
        code=row["code"],
        source=row["source"],
        made_at=row["made_at"],
        until=row["until"],
    )
