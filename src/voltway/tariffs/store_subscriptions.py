"""The SQL of plans, subscriptions, and what was used of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from voltway.kernel.ids import LocationId, PartyId, SessionId, new_id
from voltway.kernel.money import Currency, Money
from voltway.runtime.work import Row, Work
from voltway.tariffs.model_promotions import Grant, GrantKind
from voltway.tariffs.model_subscriptions import Allowances, PlanVersion, Subscription, Use
from voltway.tariffs.model_versions import Scope


async def lock(work: Work, party: PartyId, name: str) -> None:
    """Let what has this name be changed by one work at a time."""
    await work.one(
        "SELECT pg_advisory_xact_lock(hashtextextended($1 || ':' || $2, 41)) AS locked",
        str(party),
        name,
    )


async def keep_plan(work: Work, plan: PlanVersion) -> None:
    given = plan.allowances
    await work.run(
        """
        INSERT INTO plan_version (id, party_id, ident, version, name, fee_minor, currency, vat,
                                  tariff_ident, locations, energy_kwh, starts, minutes, credit,
                                  percent, valid_from, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::uuid[], $11, $12, $13, $14, $15, $16, $17)
        """,
        plan.id,
        plan.party,
        plan.ident,
        plan.version,
        plan.name,
        plan.fee.minor,
        plan.fee.currency,
        plan.vat,
        plan.tariff,
        list(plan.locations),
        given.energy_kwh,
        given.starts,
        given.minutes,
        given.credit,
        given.percent,
        plan.valid_from,
        plan.created_at,
    )


async def plans(
    work: Work, wanted: Collection[tuple[PartyId, str]]
) -> Mapping[tuple[PartyId, str], Sequence[PlanVersion]]:
    """All versions of these plans, each plan's in their order."""
    rows = await work.all(
        """
        SELECT p.* FROM plan_version p
          JOIN unnest($1::uuid[], $2::text[]) AS w (party_id, ident)
            ON p.party_id = w.party_id AND p.ident = w.ident
         ORDER BY p.version
        """,
        [party for party, _ in wanted],
        [ident for _, ident in wanted],
    )
    found: dict[tuple[PartyId, str], list[PlanVersion]] = {}
    for row in rows:
        each = _plan(row)
        found.setdefault((each.party, each.ident), []).append(each)
    return found


async def withdraw(work: Work, party: PartyId, ident: str, at: datetime) -> bool:
    """Whether it was not withdrawn before."""
    return bool(
        await work.run(
            "INSERT INTO plan_withdrawal VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            party,
            ident,
            at,
        )
    )


async def is_withdrawn(work: Work, party: PartyId, ident: str) -> bool:
    row = await work.one(
        "SELECT at FROM plan_withdrawal WHERE party_id = $1 AND ident = $2", party, ident
    )
    return row is not None


async def keep(work: Work, made: Subscription) -> None:
    await work.run(
        """
        INSERT INTO subscription (id, party_id, plan_ident, scope, subscriber, payer, zone, begins,
                                  ends, unpaid_since, next_fee_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
            ON CONFLICT (id) DO UPDATE
                    SET ends = excluded.ends, unpaid_since = excluded.unpaid_since,
                        next_fee_at = excluded.next_fee_at
        """,
        made.id,
        made.party,
        made.plan,
        made.scope.value,
        made.subscriber,
        made.payer,
        made.zone,
        made.begins,
        made.ends,
        made.unpaid_since,
        made.next_fee_at,
        made.created_at,
    )


async def locked(work: Work, ids: Collection[UUID]) -> dict[UUID, Subscription]:
    """These subscriptions, locked in one order until the work ends."""
    rows = await work.all(
        "SELECT * FROM subscription WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", list(ids)
    )
    return {row["id"]: _subscription(row) for row in rows}


async def named(work: Work, ids: Collection[UUID]) -> Sequence[Subscription]:
    rows = await work.all("SELECT * FROM subscription WHERE id = ANY($1::uuid[])", list(ids))
    return [_subscription(row) for row in rows]


async def of_subscribers(work: Work, ids: Collection[UUID]) -> Sequence[Subscription]:
    """All that these drivers, contracts and fleets ever had, the oldest first."""
    rows = await work.all(
        "SELECT * FROM subscription WHERE subscriber = ANY($1::uuid[]) ORDER BY begins, id",
        list(ids),
    )
    return [_subscription(row) for row in rows]


async def of_plan(work: Work, party: PartyId, ident: str, at: datetime) -> Sequence[Subscription]:
    """Who has a plan at a moment, or will have it, locked."""
    rows = await work.all(
        """
        SELECT * FROM subscription
         WHERE party_id = $1 AND plan_ident = $2 AND (ends IS NULL OR ends > $3)
         ORDER BY id FOR UPDATE
        """,
        party,
        ident,
        at,
    )
    return [_subscription(row) for row in rows]


async def due(work: Work, at: datetime, after: UUID, most: int) -> Sequence[UUID]:
    """The next subscriptions that have a month nobody was billed for, in the order of their ids."""
    rows = await work.all(
        """
        SELECT id FROM subscription
         WHERE next_fee_at <= $1 AND unpaid_since IS NULL AND (ends IS NULL OR next_fee_at < ends)
           AND id > $2
         ORDER BY id LIMIT $3
        """,
        at,
        after,
        most,
    )
    return [row["id"] for row in rows]


async def used_in(
    work: Work, months: Collection[tuple[UUID, datetime]]
) -> Mapping[tuple[UUID, datetime], Mapping[GrantKind, Decimal]]:
    """What was used in these months of subscriptions, of each kind."""
    rows = await work.all(
        """
        SELECT u.subscription_id, u.month_begins, u.kind, sum(u.value) AS used
          FROM subscription_use u
          JOIN unnest($1::uuid[], $2::timestamptz[]) AS w (id, at)
            ON u.subscription_id = w.id AND u.month_begins = w.at
         WHERE u.kind <> 'percent'
         GROUP BY 1, 2, 3
        """,
        [id for id, _ in months],
        [at for _, at in months],
    )
    found: dict[tuple[UUID, datetime], dict[GrantKind, Decimal]] = {}
    for row in rows:
        of = found.setdefault((row["subscription_id"], row["month_begins"]), {})
        of[GrantKind(row["kind"])] = row["used"]
    return found


async def keep_uses(work: Work, uses: Sequence[Use]) -> None:
    await work.run(
        """
        INSERT INTO subscription_use (id, party_id, subscription_id, month_begins, session_id, kind,
                                      value, rest, plan_name, used_at)
        SELECT id, party, subscription, month, session, kind, value, rest, name, $10
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::uuid[], $6::text[],
                      $7::numeric[], $8::numeric[], $9::text[])
               AS w (id, party, subscription, month, session, kind, value, rest, name)
        """,
        [new_id(work.now) for _ in uses],
        [each.purse.party for each in uses],
        [each.purse.subscription for each in uses],
        [each.purse.month.begins for each in uses],
        [each.session for each in uses],
        [each.grant.kind.value for each in uses],
        [each.grant.value for each in uses],
        [each.grant.rest for each in uses],
        [each.grant.name for each in uses],
        work.now,
    )


async def used_by(
    work: Work, sessions: Collection[SessionId]
) -> Mapping[SessionId, Sequence[Grant]]:
    rows = await work.all(
        """
        SELECT session_id, kind, value, rest, plan_name, subscription_id FROM subscription_use
         WHERE session_id = ANY($1::uuid[])
        """,
        list(sessions),
    )
    found: dict[SessionId, list[Grant]] = {}
    for row in rows:
        grant = Grant(
            kind=GrantKind(row["kind"]),
            value=row["value"],
            name=row["plan_name"],
            source=row["subscription_id"],
            plan=True,
            rest=row["rest"],
        )
        found.setdefault(SessionId(row["session_id"]), []).append(grant)
    return found


def _plan(row: Row) -> PlanVersion:
    return PlanVersion(
        id=row["id"],
        party=PartyId(row["party_id"]),
        ident=row["ident"],
        version=row["version"],
        name=row["name"],
        fee=Money(row["fee_minor"], Currency(row["currency"])),
        vat=row["vat"],
        tariff=row["tariff_ident"],
        locations=tuple(LocationId(id) for id in row["locations"]),
        allowances=Allowances(
            energy_kwh=row["energy_kwh"],
            starts=row["starts"],
            minutes=row["minutes"],
            credit=row["credit"],
            percent=row["percent"],
        ),
        valid_from=row["valid_from"],
        created_at=row["created_at"],
    )


def _subscription(row: Row) -> Subscription:
    return Subscription(
        id=row["id"],
        party=PartyId(row["party_id"]),
        plan=row["plan_ident"],
        scope=Scope(row["scope"]),
        subscriber=row["subscriber"],
        payer=row["payer"],
        zone=row["zone"],
        begins=row["begins"],
        ends=row["ends"],
        unpaid_since=row["unpaid_since"],
        next_fee_at=row["next_fee_at"],
        created_at=row["created_at"],
    )
