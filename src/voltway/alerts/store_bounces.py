"""Addresses whose mails come back, as rows."""

from collections.abc import Sequence

from voltway.alerts.model_bounces import Bounce
from voltway.kernel.ids import PartyId
from voltway.runtime.work import Work


async def add(work: Work, party: PartyId, address: str, why: str) -> None:
    """Mark an address; the newest reason stays."""
    await work.run(
        """
        INSERT INTO alert_bounce (party_id, address, at, why) VALUES ($1, $2, $3, $4)
            ON CONFLICT (party_id, address) DO UPDATE SET at = excluded.at, why = excluded.why
        """,
        party,
        address,
        work.now,
        why,
    )


async def one(work: Work, address: str, party: PartyId | None) -> Bounce | None:
    """The mark of an address at this party; without one, the newest at any."""
    row = await work.one(
        """
        SELECT * FROM alert_bounce
         WHERE address = $1 AND ($2::uuid IS NULL OR party_id = $2) ORDER BY at DESC LIMIT 1
        """,
        address,
        party,
    )
    return None if row is None else Bounce(row["address"], row["at"], row["why"])


async def marked(work: Work, asked: Sequence[tuple[PartyId, str]]) -> set[tuple[PartyId, str]]:
    """Those of these addresses that are marked at their party."""
    rows = await work.all(
        """
        SELECT b.party_id, b.address FROM alert_bounce b
          JOIN unnest($1::uuid[], $2::text[]) AS w (party_id, address) USING (party_id, address)
        """,
        [party for party, _ in asked],
        [address for _, address in asked],
    )
    return {(PartyId(row["party_id"]), row["address"]) for row in rows}


async def remove(work: Work, address: str, party: PartyId | None) -> bool:
    """Take the mark of an address away, at this party or at all."""
    count = await work.run(
        "DELETE FROM alert_bounce WHERE address = $1 AND ($2::uuid IS NULL OR party_id = $2)",
        address,
        party,
    )
    return count > 0
