"""Many payments at once, as rows: for what looks at many, and asks no provider."""

from datetime import datetime

from voltway.kernel.ids import EvseId, PartyId
from voltway.runtime.work import BeginWork


async def a_crowd(
    begin: BeginWork,
    party: PartyId,
    evse: EvseId,
    n: int,
    *,
    at: datetime,
    state: str = "captured",
    minor: int = 1000,
    last4: str = "4242",
    provider: str = "simulated",
) -> None:
    """So many guests of a bay, all at one moment, whose payments came to this state."""
    async with begin() as work:
        await work.run(
            """
            INSERT INTO payment (id, party_id, visit_key, evse_id, station_id, token_uid,
                   tariff_version_id, locale, provider, return_url, cancel_url, description, state,
                   hold_minor, captured_minor, currency, created_at, held_at, ended_at, hold_open,
                   card_brand, card_last4)
            SELECT gen_random_uuid(), $1, gen_random_uuid()::text, e.id, e.station_id,
                   gen_random_uuid()::text, '00000000-0000-7000-8000-000000000001', 'en', $8,
                   '', '', '', $3::text, 50000,
                   CASE WHEN $3 = 'captured' THEN $4::bigint ELSE 0 END, 'EUR', $2::timestamptz,
                   CASE WHEN $3 IN ('captured', 'held', 'capturing') THEN $2 END,
                   CASE WHEN $3 IN ('captured', 'declined') THEN $2 END,
                   $3 IN ('held', 'capturing'), 'Visa', $5
              FROM evse_view e CROSS JOIN generate_series(1, $6::int) AS nth
             WHERE e.id = $7
            """,
            party,
            at,
            state,
            minor,
            last4,
            n,
            evse,
            provider,
        )
