"""The SQL of reports."""

from datetime import datetime
from uuid import UUID

import msgspec

from voltway.helpdesk.model import Moment, Report, ReportKind
from voltway.kernel.ids import EvseId, PartyId, PaymentId, StationId
from voltway.runtime.work import Row, Work


async def add(work: Work, report: Report) -> None:
    await work.run(
        """
        INSERT INTO driver_report (id, party_id, key, evse_id, station_id, payment_id, kind, words,
                                   email, locale, timeline, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::text::jsonb, $12)
        """,
        report.id,
        report.party,
        report.key,
        report.evse,
        report.station,
        report.payment,
        report.kind.value,
        report.words,
        report.email,
        report.locale,
        msgspec.json.encode(report.timeline).decode(),
        report.created_at,
    )


async def lock_evse(work: Work, evse: EvseId) -> None:
    """Nobody else reports of this EVSE meanwhile."""
    await work.run("SELECT pg_advisory_xact_lock(hashtextextended('report ' || $1, 0))", str(evse))


async def since(work: Work, evse: EvseId, at: datetime) -> list[Report]:
    rows = await work.all(
        "SELECT * FROM driver_report WHERE evse_id = $1 AND created_at > $2 ORDER BY id", evse, at
    )
    return [_report(row) for row in rows]


async def by_key(work: Work, key: str) -> Report | None:
    row = await work.one("SELECT * FROM driver_report WHERE key = $1", key)
    return None if row is None else _report(row)


async def by_id(work: Work, id: UUID, *, lock: bool = False) -> Report | None:
    row = await work.one(
        "SELECT * FROM driver_report WHERE id = $1" + (" FOR UPDATE" if lock else ""), id
    )
    return None if row is None else _report(row)


async def save(work: Work, report: Report) -> None:
    await work.run(
        """
        UPDATE driver_report SET seen_at = $2, seen_by = $3, answered_at = $4, answered_by = $5,
               answer = $6
         WHERE id = $1
        """,
        report.id,
        report.seen_at,
        report.seen_by,
        report.answered_at,
        report.answered_by,
        report.answer,
    )


async def of_person(work: Work, email: str) -> list[Report]:
    """What an address reported, as long as it is kept, the oldest first."""
    rows = await work.all(
        "SELECT * FROM driver_report WHERE lower(email) = $1 ORDER BY created_at, id", email.lower()
    )
    return [_report(row) for row in rows]


async def forget_person(work: Work, email: str) -> None:
    await work.run("UPDATE driver_report SET email = NULL WHERE lower(email) = $1", email.lower())


async def forget_addresses(work: Work, before: datetime) -> int:
    """An address is kept for the answer alone."""
    return await work.run(
        "UPDATE driver_report SET email = NULL WHERE email IS NOT NULL AND answered_at < $1", before
    )


def _report(row: Row) -> Report:
    told = row["timeline"]
    moments = told if isinstance(told, list) else msgspec.json.decode(told)
    return Report(
        id=row["id"],
        party=PartyId(row["party_id"]),
        key=row["key"],
        evse=EvseId(row["evse_id"]),
        station=StationId(row["station_id"]),
        payment=PaymentId(row["payment_id"]) if row["payment_id"] else None,
        kind=ReportKind(row["kind"]),
        words=row["words"],
        email=row["email"],
        locale=row["locale"],
        timeline=tuple(msgspec.convert(moments, list[Moment])),
        created_at=row["created_at"],
        seen_at=row["seen_at"],
        seen_by=row["seen_by"],
        answered_at=row["answered_at"],
        answered_by=row["answered_by"],
        answer=row["answer"],
    )
