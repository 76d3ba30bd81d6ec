"""Asking for what is owed: charging saved cards, telling again, and at last barring cards."""

from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.billing import debt_bars, debts, rules_dunning, store_debts
from voltway.billing.model_debts import Debt, Dunned, DunningRule, Stage
from voltway.drivers import actions as drivers
from voltway.drivers.model import Bar
from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import OnceKey, PartyId
from voltway.parties import actions as parties
from voltway.payments import collecting, methods
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_collections import Collection, Purpose, Wanted
from voltway.payments.model_methods import MethodId
from voltway.runtime.work import BeginWork, Work

DAYS_MAX: Final = 365


class RuleWrong(Refusal):
    """Say four numbers of days that grow: reminder, notice, last notice, cards barred."""

    kind = Kind.INVALID


async def set_rule(work: Work, party: PartyId, rule: DunningRule | None, *, by: str) -> None:
    """When who owes is told; without a rule nobody is. Raises ``RuleWrong``."""
    if rule is not None and not (
        0 < rule.reminder < rule.notice < rule.last < rule.bar <= DAYS_MAX
    ):
        raise RuleWrong
    await store_debts.set_rule(work, party, rule, by)


async def rule_of(work: Work, party: PartyId) -> DunningRule | None:
    return await store_debts.rule(work, party)


async def go_round(begin: BeginWork, given: AnyProvider) -> int:
    """The round: open, charge, tell, bar; how many were charged or told."""
    async with begin() as work:
        await debts.open_new(work)
        await debts.note_credits(work)
        await debt_bars.free_strays(work)
        open_ = await store_debts.open_debts(work)
        by_card = await store_debts.who_pay_by_card(work)
        rules = {party: await store_debts.rule(work, party) for party in {d.party for d in open_}}
        today = {party: await _today(work, party) for party in rules}
    done = 0
    for debt in open_:
        if debt.customer in by_card and rules_dunning.may_charge(debt, today[debt.party]):
            done += await _charge(begin, given, debt)
        rule = rules[debt.party]
        if rule is not None:
            async with begin(debt.party) as work:
                done += await _tell(work, rule, debt, today[debt.party])
    return done


async def _today(work: Work, party: PartyId) -> date:
    zone = (await parties.party(work, party)).time_zone
    return work.now.astimezone(ZoneInfo(zone)).date()


async def _charge(begin: BeginWork, given: AnyProvider, seen: Debt) -> bool:
    """Charge the card that a customer saved, under a key of this try."""
    assert seen.customer is not None
    async with begin(seen.party) as work:
        debt = await debts.debt(work, seen.invoice)
        card = await methods.default_of(work, debt.party, seen.customer)
        if card is None or card.refused_at is not None or debt.charged != seen.charged:
            return False
        if debt.closed_at is not None:
            return False
        noted = await note_collection(
            work,
            given,
            debt,
            once=OnceKey(f"debt:{debt.invoice}:{debt.charged}"),
            method=card.id,
        )
        await store_debts.save(work, replace(debt, charged=debt.charged + 1, charged_at=work.now))
    try:
        await collecting.go_on(begin, given, noted.id)
    except Outage:
        return False  # the collections' own round asks again
    return True


async def note_collection(
    work: Work,
    given: AnyProvider,
    debt: Debt,
    *,
    once: OnceKey,
    method: MethodId | None = None,
    return_url: str = "",
    cancel_url: str = "",
) -> Collection:
    """Note that what is owed is charged: to a saved card, or on the provider's page."""
    name = (await parties.party(work, debt.party)).name
    holder = debt.customer or UUID(str(debt.payment or debt.invoice))
    return await collecting.note(
        work,
        given,
        Wanted(
            party=debt.party,
            holder=holder,
            purpose=Purpose.DEBT,
            account=debt.account,
            about=f"{debts.ABOUT}{debt.invoice}",
            description=f"{name}, {debt.number}",
            amount=debt.owed,
            once=once,
            method=method,
            return_url=return_url,
            cancel_url=cancel_url,
        ),
    )


async def _tell(work: Work, rule: DunningRule, seen: Debt, today: date) -> bool:
    debt = await debts.debt(work, seen.invoice)
    stage = rules_dunning.next_stage(rule, debt, today)
    if stage is None:
        return False
    await store_debts.save(work, replace(debt, stage=stage, stage_at=work.now))
    if stage is Stage.BARRED and debt.customer is not None:
        await drivers.bar(work, await store_debts.cards_of(work, debt.customer), Bar.UNPAID)
    await work.announce(
        [
            Dunned(
                party=debt.party,
                at=work.now,
                invoice=debt.invoice,
                stage=int(stage),
                owed_minor=debt.owed.minor,
                currency=debt.owed.currency,
            )
        ]
    )
    return True
