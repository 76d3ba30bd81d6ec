"""Sums by the quarter of an hour, what alarms are judged by, and the alarms, as rows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from voltway.kernel.ids import PartyId, new_id
from voltway.kernel.money import Currency, Money
from voltway.payments.model_alarms import (
    Alarm,
    AlarmKind,
    Asked,
    Captured,
    CardSeen,
    KeptAlarm,
    Resting,
    Tries,
    Usual,
)
from voltway.runtime.work import Work

#: Where a payment's place is not known any more.
NOWHERE: Final = UUID(int=0)
#: So many unusual amounts are told at once.
AMOUNTS_MAX: Final = 20


async def parties_with_payments(work: Work) -> list[PartyId]:
    rows = await work.all(
        """
        SELECT id AS party_id FROM party_view p
         WHERE EXISTS (SELECT FROM payment WHERE party_id = p.id)
        """
    )
    return [PartyId(row["party_id"]) for row in rows]


async def summed_until(work: Work, party: PartyId) -> datetime | None:
    """Up to when the quarters are summed; before the first time, when the first payment was."""
    row = await work.one(
        """
        SELECT coalesce((SELECT until FROM payment_summed WHERE party_id = $1),
                        (SELECT date_bin('15 minutes', min(created_at), 'epoch') FROM payment
                          WHERE party_id = $1)) AS until
        """,
        party,
    )
    return row["until"] if row else None


async def sum_up(work: Work, party: PartyId, since: datetime, until: datetime) -> None:
    """Sum up the quarters of this time, once."""
    await work.run(
        """
        INSERT INTO payment_quarter
        SELECT $1, m.at, coalesce(e.location_id, $4), m.method, m.tariff_version_id, m.currency,
               sum(m.held)::int, sum(m.declined)::int, sum(m.captured)::int,
               sum(m.minor)::bigint
          FROM (SELECT date_bin('15 minutes', held_at, 'epoch') AS at, evse_id, card_wallet,
                       card_brand, tariff_version_id, currency, 1 AS held, 0 AS declined,
                       0 AS captured, 0::bigint AS minor
                  FROM payment WHERE party_id = $1 AND held_at >= $2 AND held_at < $3
                 UNION ALL
                SELECT date_bin('15 minutes', ended_at, 'epoch'), evse_id, card_wallet, card_brand,
                       tariff_version_id, currency, 0, (state = 'declined')::int,
                       (captured_minor > 0)::int, captured_minor
                  FROM payment
                 WHERE party_id = $1 AND ended_at >= $2 AND ended_at < $3
                   AND (state = 'declined' OR captured_minor > 0)) AS x
         CROSS JOIN LATERAL (
               SELECT x.*, lower(coalesce(x.card_wallet, x.card_brand, '')) AS method) AS m
          LEFT JOIN evse_view e ON e.id = m.evse_id
         GROUP BY m.at, e.location_id, m.method, m.tariff_version_id, m.currency
            ON CONFLICT DO NOTHING
        """,
        party,
        since,
        until,
        NOWHERE,
    )
    await work.run(
        """
        INSERT INTO payment_summed (party_id, until) VALUES ($1, $2)
            ON CONFLICT (party_id) DO UPDATE SET until = $2
        """,
        party,
        until,
    )


async def tries(work: Work, party: PartyId, since: datetime) -> Tries:
    row = await work.one(
        """
        SELECT (SELECT count(*) FROM payment WHERE party_id = $1 AND held_at >= $2)::int AS held,
               (SELECT count(*) FROM payment
                 WHERE party_id = $1 AND ended_at >= $2 AND state = 'declined')::int AS declined
        """,
        party,
        since,
    )
    assert row is not None, "a count always has a row"
    return Tries(row["held"], row["declined"])


async def usual(work: Work, party: PartyId, since: datetime) -> tuple[Tries, list[Usual]]:
    """What is usual: how often banks said no, and what was taken in each currency."""
    rows = await work.all(
        """
        SELECT currency, sum(held)::int AS held, sum(declined)::int AS declined,
               sum(captured)::int AS captured, sum(captured_minor)::bigint AS minor
          FROM payment_quarter WHERE party_id = $1 AND at >= $2 GROUP BY currency
        """,
        party,
        since,
    )
    return (
        Tries(sum(row["held"] for row in rows), sum(row["declined"] for row in rows)),
        [Usual(row["captured"], row["minor"], row["currency"]) for row in rows],
    )


async def resting(work: Work, party: PartyId) -> list[Resting]:
    """Captures without an answer, by currency."""
    rows = await work.all(
        """
        SELECT p.currency, count(*)::int AS n, min(s.asked_at) AS oldest,
               sum(s.amount_minor)::bigint AS minor
          FROM payment_step s
          JOIN payment p ON p.id = s.payment_id
         WHERE s.party_id = $1 AND s.verb = 'capture' AND s.answered_at IS NULL
         GROUP BY p.currency
        """,
        party,
    )
    return [Resting(row["n"], row["oldest"], row["minor"], row["currency"]) for row in rows]


async def asked(work: Work, party: PartyId, since: datetime) -> list[Asked]:
    """For each provider: what waits since before this, and what it answered after."""
    rows = await work.all(
        """
        SELECT p.provider, count(*)::int AS waiting,
               (SELECT count(*) FROM (
                    SELECT FROM payment_step a JOIN payment ap ON ap.id = a.payment_id
                     WHERE a.party_id = $1 AND a.answered_at >= $2 AND ap.provider = p.provider
                     LIMIT 1) AS any_answer)::int AS answered
          FROM payment_step s
          JOIN payment p ON p.id = s.payment_id
         WHERE s.party_id = $1 AND s.answered_at IS NULL AND s.asked_at < $2
         GROUP BY p.provider
        """,
        party,
        since,
    )
    return [Asked(row["provider"], row["waiting"], row["answered"]) for row in rows]


async def taken(work: Work, party: PartyId, since: datetime) -> list[Captured]:
    """The largest amounts that were taken lately."""
    rows = await work.all(
        """
        SELECT p.id, p.captured_minor, p.currency, e.location_name
          FROM payment p
          LEFT JOIN evse_view e ON e.id = p.evse_id
         WHERE p.party_id = $1 AND p.ended_at >= $2 AND p.captured_minor > 0
         ORDER BY p.captured_minor DESC LIMIT $3
        """,
        party,
        since,
        AMOUNTS_MAX,
    )
    return [
        Captured(
            f"payment:{row['id']}",
            Money(row["captured_minor"], Currency(row["currency"])),
            row["location_name"] or "a place that is gone",
        )
        for row in rows
    ]


async def cards(work: Work, party: PartyId, since: datetime, places: int) -> list[CardSeen]:
    """Cards that were shown at so many places lately."""
    rows = await work.all(
        """
        SELECT p.card_brand, p.card_last4, p.card_fingerprint IS NOT NULL AS sure,
               count(DISTINCT e.location_id)::int AS places
          FROM payment p
          JOIN evse_view e ON e.id = p.evse_id
         WHERE p.party_id = $1 AND p.held_at >= $2 AND p.card_last4 IS NOT NULL
         GROUP BY p.card_brand, p.card_last4, p.card_fingerprint
        HAVING count(DISTINCT e.location_id) >= $3
        """,
        party,
        since,
        places,
    )
    return [
        CardSeen(row["card_brand"], row["card_last4"], row["places"], row["sure"]) for row in rows
    ]


async def alarms(work: Work, party: PartyId, closed_since: datetime) -> list[KeptAlarm]:
    """Those that are open, and those that were closed lately."""
    rows = await work.all(
        """
        SELECT * FROM payment_alarm
         WHERE party_id = $1 AND (closed_at IS NULL OR closed_at >= $2)
        """,
        party,
        closed_since,
    )
    return [
        KeptAlarm(
            id=row["id"],
            alarm=Alarm(AlarmKind(row["kind"]), row["about"], row["said"]),
            raised_at=row["raised_at"],
            seen_at=row["seen_at"],
            closed_at=row["closed_at"],
        )
        for row in rows
    ]


async def raise_alarms(work: Work, party: PartyId, raised: Sequence[Alarm]) -> list[UUID]:
    ids = [new_id(work.now) for _ in raised]
    await work.run_many(
        """
        INSERT INTO payment_alarm (id, party_id, kind, about, said, raised_at, seen_at)
        VALUES ($1, $2, $3, $4, $5, $6, $6)
        """,
        [
            (id, party, alarm.kind, alarm.about, alarm.said, work.now)
            for id, alarm in zip(ids, raised, strict=True)
        ],
    )
    return ids


async def seen_again(work: Work, seen: Sequence[tuple[UUID, str]]) -> None:
    await work.run_many(
        "UPDATE payment_alarm SET seen_at = $3, said = $2, closed_at = NULL WHERE id = $1",
        [(id, said, work.now) for id, said in seen],
    )


async def close_alarms(work: Work, closed: Sequence[UUID]) -> None:
    await work.run(
        "UPDATE payment_alarm SET closed_at = $2 WHERE id = ANY($1::uuid[])", list(closed), work.now
    )


async def open_alarms(work: Work, party: PartyId) -> list[Alarm]:
    rows = await work.all(
        """
        SELECT kind, about, said FROM payment_alarm
         WHERE party_id = $1 AND closed_at IS NULL ORDER BY raised_at DESC
        """,
        party,
    )
    return [Alarm(AlarmKind(row["kind"]), row["about"], row["said"]) for row in rows]


async def forget(work: Work, before: datetime) -> int:
    return await work.run("DELETE FROM payment_alarm WHERE closed_at < $1", before)
