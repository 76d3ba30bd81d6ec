"""What was left for alerts at the pages of waits, by their holders, as rows."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from voltway.alerts.model_events import WAITS
from voltway.alerts.store import forget_recipients
from voltway.kernel.ids import PartyId
from voltway.runtime.work import Work

_LIKE: Final = [f"{kind}:%" for kind in WAITS]


async def holders(work: Work, after: str, limit: int) -> list[str]:
    """Waits for which a browser, a number or a code is kept, or a number stands among what was
    sent, by their names, from there on."""
    rows = await work.all(
        """
        SELECT holder FROM (
            SELECT holder FROM alert_device
             UNION SELECT holder FROM alert_number
             UNION SELECT holder FROM alert_number_code
             UNION SELECT holder FROM alert
                    WHERE channel IN ('mail', 'sms') AND recipient <> '-' AND holder LIKE '%:%'
                      AND state <> 'queued') AS each
         WHERE holder LIKE ANY($1::text[]) AND holder > $2
         ORDER BY holder LIMIT $3
        """,
        _LIKE,
        after,
        limit,
    )
    return [str(row["holder"]) for row in rows]


async def carry(work: Work, from_wait: str, to_wait: str) -> None:
    """Keep the browsers and the number of one wait for another too."""
    await work.run(
        """
        INSERT INTO alert_device (id, holder, endpoint, p256dh, auth, label, made_at)
        SELECT gen_random_uuid(), $2, endpoint, p256dh, auth, label, made_at FROM alert_device
         WHERE holder = $1 AND gone_at IS NULL AND refused_at IS NULL
            ON CONFLICT (holder, endpoint) DO NOTHING
        """,
        from_wait,
        to_wait,
    )
    await work.run(
        """
        INSERT INTO alert_number (holder, number, verified_at)
        SELECT $2, number, verified_at FROM alert_number WHERE holder = $1 AND gone_at IS NULL
            ON CONFLICT (holder) DO NOTHING
        """,
        from_wait,
        to_wait,
    )


async def codes_since(work: Work, since: datetime) -> int:
    """How many codes were asked for at the pages of waits since then. Who asks at the same moment
    waits."""
    await work.one("SELECT pg_advisory_xact_lock(hashtext('alert_wait_codes'))")
    row = await work.one(
        """
        SELECT count(*)::int AS n FROM alert_number_code
         WHERE holder LIKE ANY($1::text[]) AND made_at >= $2
        """,
        _LIKE,
        since,
    )
    assert row is not None, "a count is always there"
    return int(row["n"])


async def texts_to(
    work: Work, party: PartyId, numbers: Collection[str], since: date
) -> dict[str, int]:
    """How many texts went to each of these numbers since this day."""
    rows = await work.all(
        """
        SELECT a.recipient, count(*)::int AS n
          FROM alert_text t JOIN alert a ON a.id = t.alert_id
         WHERE t.party_id = $1 AND t.day >= $2 AND a.recipient = ANY($3::text[])
         GROUP BY a.recipient
        """,
        party,
        since,
        list(numbers),
    )
    return {row["recipient"]: row["n"] for row in rows}


async def forget(work: Work, holders: Collection[str], since: date) -> None:
    """Keep nothing that was left for these waits, nor the numbers that were texted for them, since
    this day at the earliest; what failed rests no more."""
    await forget_recipients(work, holders, texts_about=holders, texted_since=since)
    for table in ("alert_device", "alert_number", "alert_number_code"):
        await work.run(f"DELETE FROM {table} WHERE holder = ANY($1::text[])", list(holders))
