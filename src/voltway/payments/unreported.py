"""Money that a provider took or gave back, and that no report of its names.

It is looked for from the first line that a provider told, and of each provider it is kept up to
when all is named (``payout_named``): a look reads what came since, and not the books of all years.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from voltway.kernel.ids import PartyId
from voltway.runtime.work import BeginWork, Row, Work

#: A capture that no report has named for so long is told: providers pay out within some days.
LATE_AFTER: Final = timedelta(days=7)
#: An entry may say that it is so much older than the moment at which it was written.
BACKDATED_BY: Final = timedelta(days=30)

#: Entries of what providers owe that no line explains: of whom ($1, NULL: of all), and before ($2).
_LATE: Final = """
    SELECT e.id AS entry_id, e.party_id, e.at, e.memo, e.currency,
           e.evidence ->> 'payment' AS payment_id, n.provider,
           CASE WHEN e.debit = 'provider:' || n.provider || ':due'
                THEN e.amount_minor ELSE -e.amount_minor END AS minor
      FROM payout_named_view n
      JOIN entry_view e ON e.party_id = n.party_id AND e.at >= n.until
       AND (e.debit = 'provider:' || n.provider || ':due'
            OR e.credit = 'provider:' || n.provider || ':due')
     WHERE ($1::uuid IS NULL OR n.party_id = $1) AND e.at < $2 AND e.evidence ? 'payment'
       AND NOT e.evidence ? 'payout_line'
       AND NOT EXISTS (SELECT FROM payout_line_view l WHERE l.entry_id = e.id)
"""


async def late(work: Work, party: PartyId, most: int) -> Sequence[Row]:
    """What nobody named for ``LATE_AFTER``, the oldest first: only of providers that ever told us
    something, and since then."""
    return await work.all(f"{_LATE} ORDER BY e.at LIMIT $3", party, work.now - LATE_AFTER, most)


async def told_from(work: Work, party: PartyId, provider: str, at: datetime) -> None:
    """Lines were told of a provider, the first of them of this moment: it is looked for what they
    leave out from there on, also where newer ones were told before."""
    await work.run(
        """
        INSERT INTO payout_named AS n (party_id, provider, until) VALUES ($1, $2, $3)
            ON CONFLICT (party_id, provider) DO UPDATE SET until = excluded.until
         WHERE n.until > excluded.until
        """,
        party,
        provider,
        at,
    )


async def move_on(begin: BeginWork) -> None:
    """The round: keep up to when all is named. What is named meanwhile, or told of earlier days,
    is seen by the next one."""
    async with begin() as work:
        await work.run(
            f"""
            WITH first AS (SELECT party_id, provider, min(at) AS at
                             FROM ({_LATE}) AS late GROUP BY party_id, provider),
                 fresh AS (SELECT n.party_id, n.provider, n.until AS was,
                                  least(f.at, $2 - $3::interval) AS until
                             FROM payout_named n LEFT JOIN first f USING (party_id, provider))
            UPDATE payout_named n SET until = fresh.until FROM fresh
             WHERE n.party_id = fresh.party_id AND n.provider = fresh.provider
               AND n.until = fresh.was AND fresh.until > fresh.was
            """,
            None,
            work.now - LATE_AFTER,
            BACKDATED_BY,
        )
