"""Budgets: how much a card, a contract, a driver or a fleet may charge in a period."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from voltway.billing import budgets
from voltway.billing.budgets import NoSuchBudget
from voltway.billing.rules_budgets import Period, Scope
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import puts, reads, removes
from voltway.web.api.payments import Major, money_of
from voltway.web.api.shapes import Amount, Given, Moment, Page, Shown, shown

BUDGETS = Source("budget_view")

#: 10 GWh.
ENERGY_WH_MAX = 10**10


class Budget(Shown):
    """What may be charged within a period, and its own kind of end: sessions on it are stopped."""

    id: UUID
    scope: Scope
    subject_id: Annotated[UUID, Meta(description="The token, contract, driver or fleet.")]
    name: Annotated[str | None, Meta(description="Of whom; null where they are gone.")]
    period: Period
    amount: Annotated[Amount | None, Meta(description="null: any.")]
    energy_wh: Annotated[int | None, Meta(description="null: any.")]
    set_by: str
    set_at: Moment


class BudgetUsed(Shown):
    """A budget, and what is used of it now; of a session's, the most of those that run."""

    budget: Budget
    used: Amount
    used_wh: int


class NewBudget(Given):
    """A budget to be set; it replaces what was said of this period before."""

    scope: Scope
    subject_id: UUID
    period: Period
    amount: Major | None = None
    energy_wh: Annotated[int, Meta(ge=1, le=ENERGY_WH_MAX)] | None = None


@reads("/budgets", "List the budgets")
async def list_budgets(caller: Calling, window: Paging) -> Page[Budget]:
    async with caller.begin() as work:
        currency = await _currency(caller, work)
        return await listed(work, BUDGETS, window, lambda row: _shown(row, currency))


@reads("/budgets/{budget_id:uuid}/used", "Read what is used of a budget")
async def read_budget_used(caller: Calling, budget_id: FromPath[UUID]) -> BudgetUsed:
    async with caller.begin() as work:
        row, currency = await _row(work, budget_id), await _currency(caller, work)
        kept = await budgets.budget(work, PartyId(caller.actor.party), budget_id)
        used = await budgets.used(work, kept)
        return BudgetUsed(
            budget=_shown(row, currency), used=Amount.of(used.minor, currency), used_wh=used.wh
        )


@reads("/budgets/{budget_id:uuid}", "Read a budget")
async def read_budget(caller: Calling, budget_id: FromPath[UUID]) -> Budget:
    async with caller.begin() as work:
        return _shown(await _row(work, budget_id), await _currency(caller, work))


@puts("/budgets", "Set a budget", Permission.EDIT_NETWORK)
async def put_budget(caller: Calling, data: JSONBody[NewBudget]) -> Budget:
    """Whom it concerns is mailed at four fifths of it and at its end; of a changed one anew."""
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        owner = await parties.party(work, party)
        await budgets.subject_known(work, party, data.scope, data.subject_id)
        amount = None if data.amount is None else money_of(data.amount, owner.currency).minor
        id = await budgets.set_budget(
            work,
            party,
            data.scope,
            data.subject_id,
            data.period,
            amount_minor=amount,
            energy_wh=data.energy_wh,
            by=caller.name,
        )
        await caller.audit(work, "set a budget", f"{data.scope}:{data.subject_id}")
        return _shown(await _row(work, id), owner.currency)


@removes("/budgets/{budget_id:uuid}", "Take a budget away", Permission.EDIT_NETWORK)
async def remove_budget(caller: Calling, budget_id: FromPath[UUID]) -> None:
    """Its cards open stations again at once, unless another budget bars them."""
    async with caller.begin() as work:
        await _row(work, budget_id)
        await budgets.take_away(work, PartyId(caller.actor.party), budget_id)
        await caller.audit(work, "took a budget away", f"budget:{budget_id}")


async def _currency(caller: Calling, work: Work) -> str:
    return (await parties.party(work, PartyId(caller.actor.party))).currency


async def _row(work: Work, id: UUID) -> Row:
    row = await work.one("SELECT * FROM budget_view WHERE id = $1", id)
    if row is None:
        raise NoSuchBudget
    return row


def _shown(row: Row, currency: str) -> Budget:
    minor = row["amount_minor"]
    return shown(Budget, row, amount=None if minor is None else Amount.of(minor, currency))


ROUTER = Router(
    "/",
    tags=["budgets"],
    route_handlers=[list_budgets, read_budget, read_budget_used, put_budget, remove_budget],
)
