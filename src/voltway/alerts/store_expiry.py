"""The SQL of certificates and calibrations that end soon, and of what was told of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from voltway.alerts.model_expiry import DAYS, METER_DAYS, Ending, MeterEnding
from voltway.kernel.ids import EvseId, PartyId, StationId
from voltway.runtime.work import Work


async def ending(work: Work, seen_within: timedelta) -> list[Ending]:
    """Those of which was not told yet how near their end is. Of a contract the newest counts: a car
    that was given a new certificate needs the old one no more."""
    rows = await work.all(
        """
        WITH each AS (
            SELECT party_id, 'root:' || id AS about, subject AS name, not_after AS ends_at
              FROM trust_anchor_view
             UNION ALL
            SELECT * FROM (
                SELECT DISTINCT ON (party_id, emaid)
                       party_id, 'contract:' || key_hash || ':' || serial, emaid, not_after
                  FROM contract_certificate_view
                 WHERE state <> 'revoked' AND seen_at > $2
                 ORDER BY party_id, emaid, not_after DESC
            ) AS newest
        )
        SELECT * FROM each e
         WHERE ends_at > $1 AND ends_at <= $1 + make_interval(days => $3)
           AND NOT EXISTS (
               SELECT 1 FROM expiry_told t
                WHERE t.party_id = e.party_id AND t.about = e.about AND t.ends_at = e.ends_at
                  AND t.days <= CASE WHEN e.ends_at <= $1 + make_interval(days => $4)
                                     THEN $4 ELSE $3 END)
         ORDER BY ends_at, about
        """,
        work.now,
        work.now - seen_within,
        max(DAYS),
        min(DAYS),
    )
    return [
        Ending(PartyId(row["party_id"]), row["about"], row["name"], row["ends_at"]) for row in rows
    ]


async def meters_ending(work: Work) -> list[MeterEnding]:
    """Bays whose meters end soon or have ended, and of which was not told yet how near that is."""
    rows = await work.all(
        """
        WITH each AS (
            SELECT *,
                   meter_valid_until - ($1::timestamptz AT TIME ZONE time_zone)::date AS days_left,
                   (meter_valid_until + 1)::timestamp AT TIME ZONE time_zone AS ends_at
              FROM evse_view
             WHERE meter_valid_until <= ($1::timestamptz AT TIME ZONE 'UTC')::date + $3::int
        ), staged AS (
            SELECT *, (SELECT min(days) FROM unnest($2::int[]) AS days WHERE days >= days_left)
                      AS stage
              FROM each
        )
        SELECT * FROM staged s
         WHERE stage IS NOT NULL
           AND NOT EXISTS (
               SELECT 1 FROM expiry_told t
                WHERE t.party_id = s.party_id AND t.days <= s.stage
                  AND t.about = 'meter:' || s.id || ':' || s.meter_valid_until)
         ORDER BY meter_valid_until, location_name, identity, number
        """,
        work.now,
        list(METER_DAYS),
        max(METER_DAYS) + 1,  # it may be tomorrow there already
    )
    return [
        MeterEnding(
            party=PartyId(row["party_id"]),
            evse=EvseId(row["id"]),
            station=StationId(row["station_id"]),
            name=f"{row['location_name'][:60]}, {row['identity']}, bay {row['number']}",
            until=row["meter_valid_until"],
            ends_at=row["ends_at"],
            left=row["days_left"],
            stage=row["stage"],
        )
        for row in rows
    ]


async def note(work: Work, told: Sequence[tuple[Ending | MeterEnding, int]]) -> None:
    await work.run_many(
        """
        INSERT INTO expiry_told (party_id, about, days, ends_at, at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING
        """,
        [(each.party, each.about, days, each.ends_at, work.now) for each, days in told],
    )


async def forget(work: Work, before: datetime) -> None:
    """Of what ended before; of a meter not while that day stands at its bay, where it would be told
    again."""
    await work.run(
        """
        DELETE FROM expiry_told t
         WHERE ends_at < $1
           AND NOT EXISTS (
               SELECT 1 FROM evse_view e
                WHERE e.meter_valid_until IS NOT NULL AND e.meter_valid_until <= $1::date
                  AND t.about = 'meter:' || e.id || ':' || e.meter_valid_until)
        """,
        before,
    )
