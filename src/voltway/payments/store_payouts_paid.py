"""Payouts as rows: what came to the bank, and whether it is in the books."""

from collections.abc import Collection, Mapping
from uuid import UUID

from voltway.kernel.ids import PartyId, new_id
from voltway.kernel.money import Currency, Money
from voltway.payments.model_payouts import Doubt, KeptPayout, ReportedPayout
from voltway.runtime.work import Row, Work


async def heard_of_payouts(
    work: Work, party: PartyId, provider: str, told: Mapping[str, ReportedPayout | Currency]
) -> None:
    """Keep payouts, by their names: as they were told, or only that there are lines of one."""
    amounts = {
        ref: each if isinstance(each, ReportedPayout) else None for ref, each in told.items()
    }
    await work.run(
        """
        INSERT INTO payout
               (id, party_id, provider, ref, currency, amount_minor, paid_at, first_at, doubt)
        SELECT id, $2, $3, ref, currency, minor, paid_at, $4,
               CASE WHEN minor IS NULL THEN 'total_unknown' END
          FROM unnest($1::uuid[], $5::text[], $6::text[], $7::bigint[], $8::timestamptz[])
               AS w (id, ref, currency, minor, paid_at)
            ON CONFLICT (party_id, provider, ref) DO UPDATE
           SET amount_minor = EXCLUDED.amount_minor, paid_at = EXCLUDED.paid_at,
               currency = EXCLUDED.currency
         WHERE payout.amount_minor IS NULL AND EXCLUDED.amount_minor IS NOT NULL
        """,
        [new_id(work.now) for _ in told],
        party,
        provider,
        work.now,
        list(told),
        [
            each.amount.currency if isinstance(each, ReportedPayout) else each
            for each in told.values()
        ],
        [each.amount.minor if each else None for each in amounts.values()],
        [each.paid_at if each else None for each in amounts.values()],
    )


async def open_payouts(work: Work, party: PartyId, provider: str) -> list[KeptPayout]:
    """Payouts that are not in the books."""
    rows = await work.all(
        """
        SELECT * FROM payout WHERE party_id = $1 AND provider = $2 AND posted_at IS NULL
         ORDER BY first_at, ref
        """,
        party,
        provider,
    )
    return [_payout(row) for row in rows]


async def payouts_named(
    work: Work, party: PartyId, provider: str, refs: Collection[str]
) -> dict[str, KeptPayout]:
    rows = await work.all(
        "SELECT * FROM payout WHERE party_id = $1 AND provider = $2 AND ref = ANY($3::text[])",
        party,
        provider,
        list(refs),
    )
    return {row["ref"]: _payout(row) for row in rows}


async def weighed(work: Work, payouts: Mapping[UUID, tuple[Doubt, str] | None]) -> None:
    """Keep what payouts came to: booked now, or why not."""
    await work.run(
        """
        UPDATE payout p SET doubt = w.doubt, said = w.said,
               posted_at = CASE WHEN w.doubt IS NULL THEN $4::timestamptz END
          FROM unnest($1::uuid[], $2::text[], $3::text[]) AS w (id, doubt, said)
         WHERE p.id = w.id AND p.posted_at IS NULL
        """,
        list(payouts),
        [why[0] if why else None for why in payouts.values()],
        [why[1] if why else "" for why in payouts.values()],
        work.now,
    )


def _payout(row: Row) -> KeptPayout:
    currency = Currency(row["currency"])
    minor = row["amount_minor"]
    return KeptPayout(
        id=row["id"],
        party=PartyId(row["party_id"]),
        provider=row["provider"],
        ref=row["ref"],
        currency=currency,
        amount=None if minor is None else Money(minor, currency),
        paid_at=row["paid_at"],
        posted=row["posted_at"] is not None,
    )
