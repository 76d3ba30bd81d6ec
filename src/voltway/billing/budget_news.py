"""Who is told that a budget nears its end: once in a period at four fifths of it, and once when it
is used up."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from voltway.billing.rules_budgets import Budget, Period, Scope, Used, ends, to_tell
from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId, new_id
from voltway.kernel.money import Currency, Money
from voltway.parties import actions as parties
from voltway.runtime.work import Work

#: So many are told of one budget at most.
PEOPLE_MAX: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetReached(Fact):
    """A share of a budget is used of which somebody is told."""

    budget: UUID
    told: UUID

    @property
    def subject(self) -> str:
        return f"budget:{self.budget}"


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What is told: what stood in the budget at that moment."""

    percent: int
    name: str
    period: Period
    used: Used
    amount: Money | None
    spent: Money
    energy_wh: int | None
    until: datetime | None  # the end of the day or month; of a session there is none


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a budget concerns, and in which language they read."""

    email: str
    locale: str


async def note(work: Work, budget: Budget, of: str, used: Used) -> None:
    """Note what is reached of a budget, once for each period and share; where all of it came at
    once, the lower share is not told any more."""
    percent = to_tell(budget, used)
    if percent is None:
        return
    told = new_id(work.now)
    fresh = await work.run(
        """
        INSERT INTO budget_told (id, party_id, budget_id, of, percent, used_minor, used_wh, told_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8
         WHERE NOT EXISTS (SELECT FROM budget_told
                            WHERE budget_id = $3 AND of = $4 AND percent >= $5)
            ON CONFLICT DO NOTHING
        """,
        told,
        budget.party,
        budget.id,
        of,
        percent,
        used.minor,
        used.wh,
        work.now,
    )
    if fresh:
        await work.announce(
            [BudgetReached(party=budget.party, at=work.now, budget=budget.id, told=told)]
        )


async def forget(work: Work, budget: UUID) -> None:
    """What was told is of a budget that is another one now."""
    await work.run("DELETE FROM budget_told WHERE budget_id = $1", budget)


async def news(work: Work, told: UUID) -> News | None:
    """What is to be told; nothing where the budget was changed or taken away meanwhile."""
    row = await work.one(
        """
        SELECT n.*, b.period, b.amount_minor, b.energy_wh,
               coalesce((SELECT '·· ' || right(uid, 4) FROM token_view
                          WHERE b.scope = 'token' AND id = b.subject_id AND label = ''),
                        b.name) AS name
          FROM budget_told n JOIN budget_view b ON b.id = n.budget_id
         WHERE n.id = $1
        """,
        told,
    )
    if row is None:
        return None
    party = await parties.party(work, PartyId(row["party_id"]))
    period, currency = Period(row["period"]), Currency(party.currency)
    return News(
        percent=row["percent"],
        name=row["name"] or "",
        period=period,
        used=Used(row["used_minor"], row["used_wh"]),
        amount=None if row["amount_minor"] is None else Money(row["amount_minor"], currency),
        spent=Money(row["used_minor"], currency),
        energy_wh=row["energy_wh"],
        until=None if period is Period.SESSION else ends(period, row["told_at"], party.time_zone),
    )


async def concerned(work: Work, budget: UUID) -> list[Reader]:
    """The driver, if they left an address; else the customers who pay for its cards. A fleet's
    budget concerns its customers."""
    row = await work.one("SELECT * FROM budget_view WHERE id = $1", budget)
    if row is None:
        return []
    scope, subject = Scope(row["scope"]), row["subject_id"]
    if scope is not Scope.FLEET:
        locale = (await parties.party(work, PartyId(row["party_id"]))).locale
        rows = await work.all(_DRIVERS, subject)
        if rows:
            return [Reader(each["email"], locale) for each in rows]
    rows = await work.all(_CUSTOMERS, subject, PEOPLE_MAX)
    return [Reader(each["email"], each["locale"]) for each in rows]


_DRIVERS: Final = """
    SELECT d.email FROM driver_view d WHERE d.id = $1 AND d.email <> ''
     UNION
    SELECT d.email FROM contract_view c JOIN driver_view d ON d.id = c.driver_id
     WHERE d.email <> ''
       AND (c.id = $1 OR c.id = (SELECT contract_id FROM token_view WHERE id = $1))
     UNION
    SELECT t.email FROM token_view t WHERE t.id = $1 AND t.email <> '' AND t.contract_id IS NULL
    """
_CUSTOMERS: Final = """
    SELECT DISTINCT u.email, u.locale
      FROM token_view t
      LEFT JOIN contract_view c ON c.id = t.contract_id
      JOIN customer_token ct ON ct.token_id = t.id
      JOIN customer u ON u.id = ct.customer_id
     WHERE u.email <> '' AND $1 IN (t.id, c.id, c.driver_id, c.fleet_id)
     LIMIT $2
    """
