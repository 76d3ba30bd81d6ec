"""What stations told, kept set by set: one statement for a whole batch."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from voltway.kernel.ids import EvseId, PartyId, StationId
from voltway.runtime.work import Work
from voltway.stations.clock import ClockModel
from voltway.stations.reports import (
    Booted,
    PortStatus,
    StatusChanged,
    VariableReported,
)


def keep_heard(work: Work, heard: Sequence[tuple[StationId, datetime]]) -> None:
    """When each station was heard last. Never moves back."""
    work.later(
        """
        UPDATE station s SET last_heard_at = h.at
          FROM unnest($1::uuid[], $2::timestamptz[]) AS h (id, at)
         WHERE s.id = h.id AND (s.last_heard_at IS NULL OR s.last_heard_at < h.at)
        """,
        [each[0] for each in heard],
        [each[1] for each in heard],
    )


async def keep_boots(
    work: Work, boots: Sequence[tuple[StationId, datetime, Booted]]
) -> dict[StationId, PartyId]:
    """What the stations say that they are; the parties of those that we know."""
    rows = await work.all(
        """
        UPDATE station s
           SET vendor = b.vendor, model = b.model, serial = coalesce(b.serial, s.serial),
               firmware = coalesce(b.firmware, s.firmware), boot_reason = b.reason,
               booted_at = b.at, last_heard_at = greatest(s.last_heard_at, b.at)
          FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[],
                      $6::text[], $7::text[])
               AS b (id, at, vendor, model, serial, firmware, reason)
         WHERE s.id = b.id
        RETURNING s.id, s.party_id
        """,
        [station for station, _, _ in boots],
        [at for _, at, _ in boots],
        [boot.vendor for _, _, boot in boots],
        [boot.model for _, _, boot in boots],
        [boot.serial for _, _, boot in boots],
        [boot.firmware for _, _, boot in boots],
        [boot.reason for _, _, boot in boots],
    )
    return {row["id"]: row["party_id"] for row in rows}


@dataclass(slots=True)
class Port:
    """The shown state of an EVSE, or of a station as a whole where ``evse`` is ``None``."""

    station: StationId
    party: PartyId
    evse: EvseId | None
    status: PortStatus
    claimed_at: datetime | None
    at: datetime | None = None
    error: str | None = None
    changed: bool = False


async def clocks(
    work: Work, stations: Collection[StationId]
) -> dict[StationId, tuple[Port, ClockModel]]:
    """Each station as a whole, and its clock; locked until the work ends."""
    rows = await work.all(
        """
        SELECT id, party_id, status, status_at, status_claimed_at, error, clock_offset_s,
               clock_guess_s, clock_agreed
          FROM station
         WHERE id = ANY($1::uuid[])
         ORDER BY id
           FOR NO KEY UPDATE
        """,
        list(stations),
    )
    return {
        row["id"]: (
            Port(
                station=row["id"],
                party=row["party_id"],
                evse=None,
                status=PortStatus(row["status"]),
                claimed_at=row["status_claimed_at"],
                at=row["status_at"],
                error=row["error"],
            ),
            ClockModel(row["clock_offset_s"], row["clock_guess_s"], row["clock_agreed"]),
        )
        for row in rows
    }


async def ports(
    work: Work, wanted: Collection[tuple[StationId, int]]
) -> dict[tuple[StationId, int], Port]:
    pairs = list(wanted)
    rows = await work.all(
        """
        SELECT e.id, e.party_id, e.station_id, e.number, e.status, e.status_at,
               e.status_claimed_at, e.error
          FROM evse e
          JOIN unnest($1::uuid[], $2::int[]) AS w (station_id, number)
            ON w.station_id = e.station_id AND w.number = e.number
        """,
        [pair[0] for pair in pairs],
        [pair[1] for pair in pairs],
    )
    return {
        (row["station_id"], row["number"]): Port(
            station=row["station_id"],
            party=row["party_id"],
            evse=row["id"],
            status=PortStatus(row["status"]),
            claimed_at=row["status_claimed_at"],
            at=row["status_at"],
            error=row["error"],
        )
        for row in rows
    }


async def save_ports(work: Work, changed: Sequence[Port]) -> None:
    if not changed:
        return
    await work.run(
        """
        UPDATE evse e
           SET status = p.status, status_at = p.at, status_claimed_at = p.claimed_at,
               error = p.error
          FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[])
               AS p (id, status, at, claimed_at, error)
         WHERE e.id = p.id
        """,
        *_columns(changed, "evse"),
    )


async def save_wholes(work: Work, changed: Sequence[Port]) -> None:
    if not changed:
        return
    await work.run(
        """
        UPDATE station s
           SET status = p.status, status_at = p.at, status_claimed_at = p.claimed_at,
               error = p.error
          FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[])
               AS p (id, status, at, claimed_at, error)
         WHERE s.id = p.id
        """,
        *_columns(changed, "station"),
    )


def _columns(changed: Sequence[Port], key: str) -> tuple[list[Any], ...]:
    return (
        [getattr(port, key) for port in changed],
        [port.status.value for port in changed],
        [port.at for port in changed],
        [port.claimed_at for port in changed],
        [port.error for port in changed],
    )


async def save_clocks(work: Work, learned: dict[StationId, ClockModel]) -> None:
    if not learned:
        return
    await work.run(
        """
        UPDATE station s
           SET clock_offset_s = c.shift_s, clock_guess_s = c.guess_s, clock_agreed = c.agreed
          FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[])
               AS c (id, shift_s, guess_s, agreed)
         WHERE s.id = c.id
        """,
        list(learned),
        [clock.offset_s for clock in learned.values()],
        [clock.guess_s for clock in learned.values()],
        [clock.agreed for clock in learned.values()],
    )


def error_of(report: StatusChanged) -> str | None:
    """What a status says is wrong, as one line; ``None`` where nothing is."""
    said = (report.error_code, report.vendor_error, report.info)
    words = [word for word in said if word and word.lower() not in _NOTHING]
    return ", ".join(words)[:1000] or None


#: Words that stand where a station has nothing to say (quirk S-004).
_NOTHING = frozenset({"noerror", "null", "none", "0", "0x0000", "ok"})


async def keep_variables(
    work: Work, told: Sequence[tuple[StationId, VariableReported, datetime]]
) -> None:
    """The newest value of each variable."""
    newest = {
        (
            station,
            one.evse or 0,
            one.component,
            one.instance or "",
            one.variable,
            one.attribute,
        ): (one, at)
        for station, one, at in told
    }
    keys = list(newest)
    await work.run(
        """
        INSERT INTO station_variable (station_id, evse, component, instance, name, attribute,
                                      party_id, value, mutability, told_at)
        SELECT v.station_id, v.evse, v.component, v.instance, v.name, v.attribute, s.party_id,
               v.value, v.mutability, v.at
          FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[],
                      $7::text[], $8::text[], $9::timestamptz[])
               AS v (station_id, evse, component, instance, name, attribute, value, mutability, at)
          JOIN station s ON s.id = v.station_id
        ON CONFLICT (station_id, evse, component, instance, name, attribute) DO UPDATE
           SET value = EXCLUDED.value, told_at = EXCLUDED.told_at,
               mutability = coalesce(EXCLUDED.mutability, station_variable.mutability)
        """,
        *([key[place] for key in keys] for place in range(6)),
        [one.value for one, _ in newest.values()],
        [one.mutability for one, _ in newest.values()],
        [at for _, at in newest.values()],
    )


async def keep_events(
    work: Work, events: Sequence[tuple[StationId, datetime, str, dict[str, Any]]]
) -> dict[StationId, PartyId]:
    """Keep what stations told; whose each of them is."""
    rows = await work.all(
        """
        INSERT INTO station_event (party_id, station_id, at, kind, body)
        SELECT s.party_id, s.id, e.at, e.kind, e.body::jsonb
          FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[])
               AS e (station_id, at, kind, body)
          JOIN station s ON s.id = e.station_id
        RETURNING station_id, party_id
        """,
        [each[0] for each in events],
        [each[1] for each in events],
        [each[2] for each in events],
        [json.dumps(each[3]) for each in events],
    )
    return {row["station_id"]: row["party_id"] for row in rows}


async def keep_deviations(
    work: Work, counted: dict[tuple[StationId, str, str], tuple[int, datetime, str]]
) -> None:
    """Count what was tolerated; the newest sample is kept."""
    keys = sorted(counted)
    await work.run(
        """
        INSERT INTO deviation (station_id, kind, path, party_id, count, first_at, last_at, sample)
        SELECT d.station_id, d.kind, d.path, s.party_id, d.count, d.at, d.at, d.sample
          FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::timestamptz[],
                      $6::text[])
               AS d (station_id, kind, path, count, at, sample)
          JOIN station s ON s.id = d.station_id
        ON CONFLICT (station_id, kind, path) DO UPDATE
           SET count = deviation.count + EXCLUDED.count, last_at = EXCLUDED.last_at,
               sample = EXCLUDED.sample
        """,
        [key[0] for key in keys],
        [key[1] for key in keys],
        [key[2] for key in keys],
        [counted[key][0] for key in keys],
        [counted[key][1] for key in keys],
        [counted[key][2] for key in keys],
    )
