"""The SQL of certificates that end soon, and of what was told of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from voltway.alerts.model_expiry import DAYS, Ending
from voltway.kernel.ids import PartyId
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


async def note(work: Work, told: Sequence[tuple[Ending, int]]) -> None:
    await work.run_many(
        """
        INSERT INTO expiry_told (party_id, about, days, ends_at, at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT DO NOTHING
        """,
        [(each.party, each.about, days, each.ends_at, work.now) for each, days in told],
    )


async def forget(work: Work, before: datetime) -> None:
    await work.run("DELETE FROM expiry_told WHERE ends_at < $1", before)
