"""Budgets of cards, contracts, drivers and fleets: sessions stop when one is used up, and its cards
open nothing until its period is over.

What counts is what began within the period: the bill where there is one, else what it would be now.
Sessions that run at once on one budget count together, so none sees the whole rest for itself.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

import structlog

from voltway.billing import budget_news
from voltway.billing.rules_budgets import Budget, Period, Scope, Used, begins, is_used_up
from voltway.drivers import actions as drivers
from voltway.drivers import rules
from voltway.drivers.model import Bar
from voltway.kernel.errors import Kind, Refusal, Trouble
from voltway.kernel.ids import PartyId, SessionId, TokenId, new_id
from voltway.parties import actions as parties
from voltway.runtime.work import BeginWork, Row, Work
from voltway.sessions import actions as sessions

log = structlog.get_logger("voltway.billing")

#: Who ordered a stop, in the session's story.
BY: Final = "budget"


@dataclass(eq=False)
class LimitsNothing(Refusal):
    """Say how much money or how much energy, above nothing."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NobodySo(Refusal):
    """There is no card, contract, driver or fleet “{name}”."""

    kind: ClassVar[Kind] = Kind.ABSENT

    name: str


@dataclass(eq=False)
class NoSuchBudget(Refusal):
    """There is no such budget."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(frozen=True, slots=True)
class _Session:
    id: SessionId
    running: bool
    used: Used


async def subject_named(work: Work, party: PartyId, scope: Scope, name: str) -> UUID:
    """The card of a uid, the contract of its id, the driver of a name or an address, the fleet of a
    name. Raises ``NobodySo``, also where several drivers have one name."""
    name = name.strip()
    question = {
        Scope.TOKEN: "SELECT id FROM token_view WHERE party_id = $1 AND lower(uid) = lower($2)",
        Scope.CONTRACT: "SELECT id FROM contract_view WHERE party_id = $1 AND ident = $2",
        Scope.DRIVER: """
            SELECT id FROM driver_view
             WHERE party_id = $1 AND (lower(email) = lower($2) OR name = $2) LIMIT 2
            """,
        Scope.FLEET: "SELECT id FROM fleet_view WHERE party_id = $1 AND name = $2",
    }[scope]
    rows = await work.all(question, party, name)
    if len(rows) != 1:
        raise NobodySo(name[:80])
    return UUID(str(rows[0]["id"]))


async def subject_known(work: Work, party: PartyId, scope: Scope, id: UUID) -> UUID:
    """The same, by its own id."""
    view = f"{scope.value}_view"
    if await work.one(f"SELECT id FROM {view} WHERE party_id = $1 AND id = $2", party, id) is None:
        raise NobodySo(str(id))
    return id


async def set_budget(
    work: Work,
    party: PartyId,
    scope: Scope,
    subject: UUID,
    period: Period,
    *,
    amount_minor: int | None,
    energy_wh: int | None,
    by: str,
) -> UUID:
    """Set what may be charged, instead of what was said of this period before; the budget's id.
    Who was told of another budget is told of this one anew. Raises ``LimitsNothing``."""
    said = [each for each in (amount_minor, energy_wh) if each is not None]
    if not said or min(said) <= 0:
        raise LimitsNothing
    row = await work.one(
        """
        INSERT INTO budget (id, party_id, scope, subject_id, period, amount_minor, energy_wh,
                            set_by, set_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (party_id, scope, subject_id, period) DO UPDATE
           SET amount_minor = $6, energy_wh = $7, set_by = $8, set_at = $9
        RETURNING id
        """,
        new_id(work.now),
        party,
        scope.value,
        subject,
        period.value,
        amount_minor,
        energy_wh,
        by,
        work.now,
    )
    assert row is not None, "an upsert gives a row"
    await budget_news.forget(work, row["id"])
    return UUID(str(row["id"]))


async def take_away(work: Work, party: PartyId, id: UUID) -> None:
    """Without a budget nothing is limited; what it barred opens stations again, unless another
    budget bars it."""
    row = await work.one("SELECT * FROM budget WHERE id = $1 AND party_id = $2", id, party)
    if row is None:
        return
    gone = _budget(row)
    await work.run("DELETE FROM budget WHERE id = $1", id)
    tokens = [token for token, _ in await tokens_of(work, gone)]
    await drivers.unbar(work, tokens, Bar.LIMIT)
    for budget in await of_party(work, party):
        await _keep(work, budget)


async def budget(work: Work, party: PartyId, id: UUID) -> Budget:
    """Raises ``NoSuchBudget``."""
    row = await work.one("SELECT * FROM budget WHERE id = $1 AND party_id = $2", id, party)
    if row is None:
        raise NoSuchBudget
    return _budget(row)


async def of_party(work: Work, party: PartyId) -> list[Budget]:
    rows = await work.all("SELECT * FROM budget WHERE party_id = $1 ORDER BY id", party)
    return [_budget(row) for row in rows]


async def of_subjects(work: Work, party: PartyId, subjects: Collection[UUID]) -> list[Budget]:
    """The budgets of these cards, contracts and drivers."""
    rows = await work.all(
        "SELECT * FROM budget WHERE party_id = $1 AND subject_id = ANY($2::uuid[]) ORDER BY id",
        party,
        list(subjects),
    )
    return [_budget(row) for row in rows]


async def keep_all(begin: BeginWork) -> int:
    """The round: judge each budget; how many sessions were stopped. A card that no budget which is
    used up has any more opens stations again, whatever became of the budget that barred it. One
    that cannot be judged now keeps nobody else waiting, and its cards stay as they are."""
    async with begin() as work:
        rows = await work.all("SELECT * FROM budget ORDER BY party_id, id")
    stopped = 0
    used_up: set[TokenId] = set()
    unsure: set[TokenId] = set()
    for budget in map(_budget, rows):
        try:
            async with begin(budget.party) as work:
                tokens, done = await _judge(work, budget)
        except Trouble as trouble:
            log.warning("budget_not_judged", budget=str(budget.id), why=str(trouble))
            async with begin(budget.party) as work:
                unsure |= {token for token, _ in await tokens_of(work, budget)}
            continue
        used_up |= tokens
        stopped += done
    async with begin() as work:
        rows = await work.all("SELECT id FROM token_view WHERE $1 = ANY(bars)", Bar.LIMIT.value)
        barred = {TokenId(row["id"]) for row in rows}
        await drivers.bar(work, sorted(used_up - barred), Bar.LIMIT)
        await drivers.unbar(work, sorted(barred - used_up - unsure), Bar.LIMIT)
    return stopped


async def _keep(work: Work, budget: Budget) -> None:
    barred, _ = await _judge(work, budget)
    await drivers.bar(work, sorted(barred), Bar.LIMIT)


async def _judge(work: Work, budget: Budget) -> tuple[set[TokenId], int]:
    """The tokens that a budget which is used up bars, and how many sessions it stops now."""
    tokens = await tokens_of(work, budget)
    found = await _sessions(work, budget, [uid for _, uid in tokens])
    if budget.period is Period.SESSION:
        for each in found:
            await budget_news.note(work, budget, f"session:{each.id}", each.used)
        over = [each for each in found if each.running and is_used_up(budget, each.used)]
        return set(), await _stop(work, over)
    spent = sum((each.used for each in found), Used())
    since = await _since(work, budget)
    await budget_news.note(work, budget, f"{budget.period}:{since.date()}", spent)
    if not is_used_up(budget, spent):
        return set(), 0
    stopped = await _stop(work, [each for each in found if each.running])
    return {token for token, _ in tokens}, stopped


async def used(work: Work, budget: Budget) -> Used:
    """What is used of a budget in the period that it is now; of a session's, the most of those
    that run."""
    found = await _sessions(work, budget, [uid for _, uid in await tokens_of(work, budget)])
    if budget.period is Period.SESSION:
        running = [each.used for each in found if each.running]
        return Used(
            max((each.minor for each in running), default=0),
            max((each.wh for each in running), default=0),
        )
    return sum((each.used for each in found), Used())


async def _stop(work: Work, over: Sequence[_Session]) -> int:
    """Stop what runs, and was not asked to stop a moment ago."""
    stopped = 0
    for each in over:
        asked = await work.one(
            """
            SELECT EXISTS (
                SELECT FROM session_view s
                  JOIN order_view o ON o.station_id = s.station_id AND o.kind = 'StopCharging'
                   AND o.body ->> 'ref' = s.ref
                 WHERE s.id = $1 AND o.placed_by = $2
                   AND o.placed_at > $3::timestamptz - interval '1 minute') AS is
            """,
            each.id,
            BY,
            work.now,
        )
        if asked is not None and asked["is"]:
            continue
        with suppress(sessions.SessionOver):
            await sessions.stop(work, each.id, by=BY)
            stopped += 1
    return stopped


async def tokens_of(work: Work, budget: Budget) -> list[tuple[TokenId, str]]:
    """The tokens that a budget is of, with their uids."""
    column = {
        Scope.TOKEN: "t.id",
        Scope.CONTRACT: "c.id",
        Scope.DRIVER: "c.driver_id",
        Scope.FLEET: "c.fleet_id",
    }
    rows = await work.all(
        f"""
        SELECT t.id, t.uid FROM token_view t LEFT JOIN contract_view c ON c.id = t.contract_id
         WHERE t.party_id = $1 AND {column[budget.scope]} = $2
        """,
        budget.party,
        budget.subject,
    )
    return [(TokenId(row["id"]), row["uid"]) for row in rows]


async def _sessions(work: Work, budget: Budget, uids: Sequence[str]) -> list[_Session]:
    """What these tokens charged since the period began, however a reader writes them."""
    if not uids:
        return []
    alike = sorted({word for uid in uids for word in rules.written(uid)})
    rows = await work.all(
        """
        SELECT s.id, s.running, coalesce(s.energy_wh, 0)::bigint AS wh, c.total_minor
          FROM session_view s LEFT JOIN cdr c ON c.session_id = s.id
         WHERE s.party_id = $1 AND s.token_uid = ANY($2::text[]) AND s.started_at >= $3
           AND ($4::boolean IS FALSE OR s.running)
        """,
        budget.party,
        alike,
        await _since(work, budget),
        budget.period is Period.SESSION,
    )
    return [_Session(SessionId(row["id"]), row["running"], await _used(work, row)) for row in rows]


async def _since(work: Work, budget: Budget) -> datetime:
    if budget.period is Period.SESSION:
        return datetime.min.replace(tzinfo=work.now.tzinfo, year=2000)
    zone = (await parties.party(work, budget.party)).time_zone
    return begins(budget.period, work.now, zone)


async def _used(work: Work, row: Row) -> Used:
    if row["total_minor"] is not None:
        return Used(row["total_minor"], row["wh"])
    _, cost = await sessions.cost_so_far(work, SessionId(row["id"]))
    return Used(cost.payable.minor, row["wh"])


def _budget(row: Row) -> Budget:
    return Budget(
        id=row["id"],
        party=PartyId(row["party_id"]),
        scope=Scope(row["scope"]),
        subject=row["subject_id"],
        period=Period(row["period"]),
        amount_minor=row["amount_minor"],
        energy_wh=row["energy_wh"],
    )
