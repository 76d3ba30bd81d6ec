"""The tables of signed meter data: keys, what was signed and found, and who demands it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from voltway.evidence.model import (
    Clock,
    Dossier,
    Finding,
    Flaw,
    Format,
    MeterKey,
    PublicKey,
    Sent,
    Verdict,
)
from voltway.kernel.ids import PartyId, SessionId, StationId
from voltway.runtime.work import Row, Work


async def keep_key(work: Work, key: MeterKey) -> None:
    await work.run(
        """
        INSERT INTO meter_key (id, party_id, station_id, evse_number, meter, curve, point, source,
                               holds_from, holds_until, added_at, added_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        key.id,
        key.party,
        key.station,
        key.evse_number,
        key.meter,
        key.key.curve,
        key.key.point,
        key.source,
        key.holds_from,
        key.holds_until,
        work.now,
        key.added_by,
    )


async def end_key(work: Work, id: UUID, at: datetime, by: str) -> None:
    await work.run("UPDATE meter_key SET holds_until = $2, ended_by = $3 WHERE id = $1", id, at, by)


async def key(work: Work, id: UUID) -> MeterKey | None:
    row = await work.one("SELECT * FROM meter_key WHERE id = $1", id)
    return _key(row) if row else None


async def keys_of(work: Work, stations: Collection[StationId]) -> list[MeterKey]:
    """All keys that these stations have or had, the newest first."""
    rows = await work.all(
        "SELECT * FROM meter_key WHERE station_id = ANY($1::uuid[]) ORDER BY holds_from DESC, id",
        list(stations),
    )
    return [_key(row) for row in rows]


async def lock_newest_key(
    work: Work, station: StationId, evse_number: int | None
) -> MeterKey | None:
    """The last key of this EVSE's meter, or of the whole station; nobody changes it meanwhile."""
    row = await work.one(
        """
        SELECT * FROM meter_key
         WHERE station_id = $1 AND evse_number IS NOT DISTINCT FROM $2
         ORDER BY holds_from DESC, id DESC LIMIT 1
           FOR UPDATE
        """,
        station,
        evse_number,
    )
    return _key(row) if row else None


async def keep(work: Work, dossiers: Sequence[Dossier], *, cut: Collection[SessionId]) -> None:
    """Keep what was sent and found; what was found before gives way."""
    await work.run_many(
        """
        INSERT INTO signed_session (session_id, party_id, pieces, is_cut, verdict, flaws,
                                    format, records, sha256, meter, begins, ends, begin_wh, end_wh,
                                    energy_wh, resolution_wh, clock, key_id, checked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,
                $19)
            ON CONFLICT (session_id) DO UPDATE
           SET pieces = EXCLUDED.pieces, is_cut = EXCLUDED.is_cut,
               verdict = EXCLUDED.verdict, flaws = EXCLUDED.flaws, format = EXCLUDED.format,
               records = EXCLUDED.records, sha256 = EXCLUDED.sha256, meter = EXCLUDED.meter,
               begins = EXCLUDED.begins, ends = EXCLUDED.ends, begin_wh = EXCLUDED.begin_wh,
               end_wh = EXCLUDED.end_wh, energy_wh = EXCLUDED.energy_wh,
               resolution_wh = EXCLUDED.resolution_wh, clock = EXCLUDED.clock,
               key_id = EXCLUDED.key_id, checked_at = EXCLUDED.checked_at
        """,
        [_row(each, is_cut=each.session in cut) for each in dossiers],
    )


async def dossiers(work: Work, sessions: Collection[SessionId]) -> list[Dossier]:
    rows = await work.all(
        "SELECT * FROM signed_session WHERE session_id = ANY($1::uuid[])", list(sessions)
    )
    ids = {row["key_id"] for row in rows if row["key_id"]}
    keys = await work.all("SELECT * FROM meter_key WHERE id = ANY($1::uuid[])", list(ids))
    by_id = {row["id"]: _key(row) for row in keys}
    return [_dossier(row, by_id.get(row["key_id"])) for row in rows]


async def unchecked_of(work: Work, station: StationId, limit: int) -> list[SessionId]:
    """The newest sessions of a station whose data no key could be found for."""
    rows = await work.all(
        """
        SELECT d.session_id
          FROM signed_session d JOIN session_view s ON s.id = d.session_id
         WHERE s.station_id = $1 AND d.verdict = 'unchecked'
         ORDER BY d.session_id DESC LIMIT $2
        """,
        station,
        limit,
    )
    return [row["session_id"] for row in rows]


async def demands(work: Work, parties: Collection[PartyId]) -> set[PartyId]:
    """Those of these parties that bill from nothing but valid signed data."""
    rows = await work.all(
        "SELECT party_id FROM signed_rule WHERE demanded AND party_id = ANY($1::uuid[])",
        list(parties),
    )
    return {row["party_id"] for row in rows}


async def set_rule(work: Work, party: PartyId, *, demanded: bool, by: str) -> None:
    await work.run(
        """
        INSERT INTO signed_rule (party_id, demanded, since, set_by) VALUES ($1, $2, $3, $4)
            ON CONFLICT (party_id) DO UPDATE
           SET demanded = EXCLUDED.demanded, since = EXCLUDED.since, set_by = EXCLUDED.set_by
        """,
        party,
        demanded,
        work.now,
        by,
    )


async def forget(work: Work, before: datetime, limit: int) -> int:
    return await work.run(
        """
        DELETE FROM signed_session
         WHERE session_id IN (SELECT session_id FROM signed_session
                               WHERE checked_at < $1 ORDER BY checked_at LIMIT $2)
        """,
        before,
        limit,
    )


def _row(each: Dossier, *, is_cut: bool) -> tuple[object, ...]:
    found = each.finding
    return (
        each.session,
        each.party,
        msgspec.json.encode([[piece.text, piece.named_key] for piece in each.pieces]),
        is_cut,
        found.verdict.value,
        [flaw.value for flaw in found.flaws],
        found.format.value if found.format else None,
        found.records,
        found.sha256,
        found.meter,
        found.begins,
        found.ends,
        found.begin_wh,
        found.end_wh,
        found.energy_wh,
        found.resolution_wh,
        found.by_clock.value if found.by_clock else None,
        each.key.id if each.key else None,
        each.checked_at,
    )


def _dossier(row: Row, key: MeterKey | None) -> Dossier:
    pieces = msgspec.json.decode(row["pieces"], type=list[tuple[str, str]])
    return Dossier(
        session=row["session_id"],
        party=row["party_id"],
        pieces=tuple(Sent(text=text, named_key=named) for text, named in pieces),
        finding=Finding(
            verdict=Verdict(row["verdict"]),
            flaws=tuple(Flaw(flaw) for flaw in row["flaws"]),
            format=Format(row["format"]) if row["format"] else None,
            records=row["records"],
            sha256=row["sha256"],
            meter=row["meter"],
            begins=row["begins"],
            ends=row["ends"],
            begin_wh=row["begin_wh"],
            end_wh=row["end_wh"],
            energy_wh=row["energy_wh"],
            resolution_wh=row["resolution_wh"],
            by_clock=Clock(row["clock"]) if row["clock"] else None,
        ),
        key=key,
        checked_at=row["checked_at"],
    )


def _key(row: Row) -> MeterKey:
    return MeterKey(
        id=row["id"],
        party=row["party_id"],
        station=row["station_id"],
        evse_number=row["evse_number"],
        meter=row["meter"],
        key=PublicKey(bytes(row["point"]), row["curve"]),
        source=row["source"],
        holds_from=row["holds_from"],
        holds_until=row["holds_until"],
        added_by=row["added_by"],
    )
