"""Browsers whose push services refuse our key, and what those services take, as rows."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from voltway.runtime.work import Work

#: When a service took something is known to so much: it is written so often at most.
KNOWN_TO: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a browser and its service. ``others_at``: when our key was refused last for
    another browser there."""

    refused_at: datetime | None
    took_at: datetime | None
    others_at: datetime | None


async def signs(work: Work, device: UUID) -> Signs | None:
    """What speaks for and against this browser, locked; ``None`` where it is no more."""
    row = await work.one(
        """
        SELECT d.refused_at, s.took_at,
               (SELECT max(o.asked_at) FROM alert_device o
                 WHERE split_part(o.endpoint, '/', 3) = split_part(d.endpoint, '/', 3)
                   AND o.refused_at IS NOT NULL AND o.endpoint <> d.endpoint) AS others_at
          FROM alert_device d
          LEFT JOIN alert_push_service s ON s.server = split_part(d.endpoint, '/', 3)
         WHERE d.id = $1 AND d.gone_at IS NULL
           FOR UPDATE OF d
        """,
        device,
    )
    return None if row is None else Signs(row["refused_at"], row["took_at"], row["others_at"])


async def refused(work: Work, device: UUID, why: str, *, for_good: bool) -> None:
    await work.run(
        """
        UPDATE alert_device
           SET refused_at = coalesce(refused_at, $2), asked_at = $2, last_trouble = $3,
               gone_at = CASE WHEN $4 THEN $2 END
         WHERE id = $1 AND gone_at IS NULL
        """,
        device,
        work.now,
        why,
        for_good,
    )


async def took(work: Work, devices: Collection[UUID]) -> None:
    """The services of these browsers took what we signed."""
    rows = await work.all(
        """
        SELECT split_part(endpoint, '/', 3) AS server, bool_or(refused_at IS NOT NULL) AS refused
          FROM alert_device WHERE id = ANY($1::uuid[]) GROUP BY 1
        """,
        list(devices),
    )
    if any(row["refused"] for row in rows):
        await work.run(
            """
            UPDATE alert_device SET refused_at = NULL, asked_at = NULL, last_trouble = NULL
             WHERE id = ANY($1::uuid[]) AND refused_at IS NOT NULL AND gone_at IS NULL
            """,
            list(devices),
        )
    await work.run(
        """
        INSERT INTO alert_push_service (server, took_at)
        SELECT w.server, $2 FROM unnest($1::text[]) AS w (server)
         WHERE NOT EXISTS (
            SELECT FROM alert_push_service s
             WHERE s.server = w.server AND s.took_at > $3
               AND NOT EXISTS (SELECT FROM alert_device d
                                WHERE split_part(d.endpoint, '/', 3) = w.server
                                  AND d.refused_at IS NOT NULL AND d.asked_at >= s.took_at))
         ORDER BY 1
            ON CONFLICT (server) DO UPDATE
           SET took_at = greatest(alert_push_service.took_at, excluded.took_at)
        """,
        [row["server"] for row in rows],
        work.now,
        work.now - KNOWN_TO,
    )


async def refusing(work: Work) -> list[tuple[str, int, datetime]]:
    """Services that took nothing since they refused our key: for how many browsers, and since
    when."""
    rows = await work.all(
        """
        SELECT split_part(d.endpoint, '/', 3) AS server, count(DISTINCT d.endpoint)::int AS n,
               min(greatest(d.refused_at, s.took_at)) AS since
          FROM alert_device d
          LEFT JOIN alert_push_service s ON s.server = split_part(d.endpoint, '/', 3)
         WHERE d.refused_at IS NOT NULL AND d.gone_at IS NULL
           AND (s.took_at IS NULL OR d.asked_at > s.took_at)
         GROUP BY 1 ORDER BY 1
        """
    )
    return [(row["server"], row["n"], row["since"]) for row in rows]
