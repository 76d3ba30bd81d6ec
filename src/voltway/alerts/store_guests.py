"""What guests left for the alerts of one charge, as rows, and its end."""

from collections.abc import Sequence
from datetime import datetime

from voltway.runtime.work import Work


async def mails(work: Work, holders: Sequence[str]) -> dict[str, str]:
    """Where these guests want mails, as far as they do."""
    rows = await work.all(
        "SELECT holder, email FROM alert_guest_mail WHERE holder = ANY($1::text[])", holders
    )
    return {row["holder"]: row["email"] for row in rows}


async def leave_mail(work: Work, holder: str, email: str) -> None:
    """Keep an address in place of the one that was left before."""
    await work.run(
        """
        INSERT INTO alert_guest_mail (holder, email, left_at) VALUES ($1, $2, $3)
            ON CONFLICT (holder) DO UPDATE SET email = excluded.email, left_at = excluded.left_at
        """,
        holder,
        email,
        work.now,
    )


async def take_mail_away(work: Work, holder: str) -> None:
    await work.run("DELETE FROM alert_guest_mail WHERE holder = $1", holder)


async def forget_mail(work: Work, email: str) -> None:
    """Keep an address for no charge any more."""
    await work.run("DELETE FROM alert_guest_mail WHERE lower(email) = lower($1)", email)


async def has_asked(work: Work, holder: str) -> bool:
    """Whether anybody asked on the page of this visit to be told."""
    row = await work.one(
        """
        SELECT EXISTS (SELECT FROM alert_device WHERE holder = $1 AND gone_at IS NULL)
            OR EXISTS (SELECT FROM alert_guest_mail WHERE holder = $1)
            OR EXISTS (SELECT FROM alert_number WHERE holder = $1) AS so
        """,
        holder,
    )
    assert row is not None, "a truth is always there"
    return bool(row["so"])


async def over(work: Work, before: datetime, limit: int) -> list[str]:
    """Guests who left something and whose visit was over before this, or never came to anything;
    not those to whom something is still to be sent."""
    rows = await work.all(
        """
        SELECT g.holder
          FROM (SELECT holder,
                       CASE WHEN holder LIKE 'visit:%' THEN substr(holder, 7)::uuid END AS visit
                  FROM (SELECT holder FROM alert_guest_mail
                         UNION SELECT holder FROM alert_number
                         UNION SELECT holder FROM alert_number_code
                         UNION SELECT holder FROM alert_device
                         UNION SELECT holder FROM alert_person
                         UNION SELECT holder FROM alert
                                WHERE channel IN ('mail', 'sms') AND recipient <> '-'
                                  AND holder LIKE '%:%') AS each) AS g
          LEFT JOIN payment_view p ON p.id = g.visit
         WHERE g.visit IS NOT NULL
           AND coalesce(p.ended_at, p.created_at + interval '7 days', $1) <= $1
           AND NOT EXISTS (SELECT FROM alert a
                            WHERE a.holder = g.holder AND a.event IS NOT NULL
                              AND a.state = 'queued')
         LIMIT $2
        """,
        before,
        limit,
    )
    return [row["holder"] for row in rows]
