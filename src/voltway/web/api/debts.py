"""Debts: what is owed for documents, what came for it, and when who owes is told."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.billing import debts, dunning, write_offs
from voltway.billing.debts import NoSuchDebt
from voltway.billing.model_debts import Debt as Owed
from voltway.billing.model_debts import DunningRule, How, Stage
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId
from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import asks, moves_money, puts, reads, removes
from voltway.web.api.payments import Major, money_of
from voltway.web.api.shapes import Amount, Given, Moment, Page, Shown, Text, shown

DEBTS = Source("debt_view", key="invoice_id")

_STAGES = {
    Stage.NONE: "not_told",
    Stage.REMINDER: "reminded",
    Stage.NOTICE: "told_again",
    Stage.LAST: "last_notice",
    Stage.BARRED: "barred",
}


class Debt(Shown):
    """What is owed for a document."""

    id: Annotated[UUID, Meta(description="Of the document.")]
    number: str
    customer_id: UUID | None
    customer_name: str | None
    payment_id: Annotated[UUID | None, Meta(description="Of a guest whose card did not cover it.")]
    total: Amount
    owed: Amount
    due_on: date
    stage: Annotated[str, Meta(examples=list(_STAGES.values()))]
    paused_why: str | None
    charged: Annotated[int, Meta(description="How often a saved card was tried.")]
    opened_at: Moment
    closed_at: Moment | None


class DebtMove(Shown):
    """What came for a debt, or was written off of it."""

    id: UUID
    kind: How
    amount: Amount
    said: str
    by: str
    at: Moment


class Received(Given):
    """Money that came to the bank."""

    amount: Major
    said: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00]*$", examples=["RF18 …"])] = ""


class Why(Given):
    """A reason; whoever checks the books reads it."""

    why: Text


class Dunning(Shown):
    """After how many days who owes is told; where a party has no rule, nobody is."""

    reminder_days: int | None
    notice_days: int | None
    last_days: int | None
    bar_days: Annotated[int | None, Meta(description="When the cards of who owes are barred.")]


Days = Annotated[int, Meta(ge=1, le=dunning.DAYS_MAX)]


class NewDunning(Given):
    """Days after something was due, each more than the one before."""

    reminder_days: Days
    notice_days: Days
    last_days: Days
    bar_days: Days


@reads("/debts", "List the debts", Permission.SEE_MONEY)
async def list_debts(
    caller: Calling,
    window: Paging,
    is_open: Annotated[
        bool | None, QueryParameter(name="open", description="Those that are owed, or are not.")
    ] = None,
    customer_id: Annotated[UUID | None, QueryParameter(description="Of this customer.")] = None,
) -> Page[Debt]:
    async with caller.begin() as work:
        conditions = [("(closed_at IS NULL) = {}", is_open), ("customer_id = {}", customer_id)]
        return await listed(work, DEBTS, window, _of, conditions)


@reads("/debts/{debt_id:uuid}", "Read a debt", Permission.SEE_MONEY)
async def read_debt(caller: Calling, debt_id: FromPath[UUID]) -> Debt:
    async with caller.begin() as work:
        return await _shown(work, debt_id)


@reads("/debts/{debt_id:uuid}/moves", "List what came for a debt", Permission.SEE_MONEY)
async def list_debt_moves(caller: Calling, debt_id: FromPath[UUID]) -> Page[DebtMove]:
    """All of it, in its order."""
    async with caller.begin() as work:
        owed = await _shown(work, debt_id)
        rows = await debts.moves_of(work, InvoiceId(debt_id))
    return Page(
        items=[
            shown(DebtMove, row, amount=Amount.of(row["amount_minor"], owed.total.currency))
            for row in rows
        ]
    )


@moves_money("/debts/{debt_id:uuid}/received", "Note money that came to the bank")
async def receive_debt(caller: Calling, debt_id: FromPath[UUID], data: JSONBody[Received]) -> Debt:
    """Booked once for each key; where all is paid, the cards of who owes open stations again."""
    async with caller.begin() as work:
        owed = await _own(work, debt_id)
        amount = money_of(data.amount, owed.total.currency)
        await debts.receive(
            work,
            owed.invoice,
            amount,
            said=" ".join(data.said.split()),
            by=caller.name,
            once=_once(caller, "received", debt_id),
        )
        about = f"invoice:{debt_id}"
        await caller.audit(work, "received of a debt", about, amount=str(amount))
        return await _shown(work, debt_id)


@moves_money("/debts/{debt_id:uuid}/write-off", "Write a debt off", Permission.MANAGE_PEOPLE)
async def write_debt_off(caller: Calling, debt_id: FromPath[UUID], data: JSONBody[Why]) -> Debt:
    """A cost of yours from now on; what comes after all takes it back."""
    async with caller.begin() as work:
        owed = await _own(work, debt_id)
        once = _once(caller, "write-off", debt_id)
        await write_offs.write_off(work, owed.invoice, why=data.why, actor=caller.actor, once=once)
        await caller.audit(work, "write-off of a debt", f"invoice:{debt_id}", why=data.why)
        return await _shown(work, debt_id)


@asks("/debts/{debt_id:uuid}/pause", "Ask for a debt no more for now", Permission.MOVE_MONEY)
async def pause_debt(caller: Calling, debt_id: FromPath[UUID], data: JSONBody[Why]) -> Debt:
    async with caller.begin() as work:
        owed = await _own(work, debt_id)
        await debts.pause(work, owed.invoice, data.why)
        await caller.audit(work, "pause of a debt", f"invoice:{debt_id}", why=data.why)
        return await _shown(work, debt_id)


@asks("/debts/{debt_id:uuid}/go-on", "Ask for a debt again", Permission.MOVE_MONEY)
async def go_on_with_debt(caller: Calling, debt_id: FromPath[UUID]) -> Debt:
    async with caller.begin() as work:
        owed = await _own(work, debt_id)
        await debts.pause(work, owed.invoice, None)
        await caller.audit(work, "go-on of a debt", f"invoice:{debt_id}")
        return await _shown(work, debt_id)


@reads("/dunning", "Read when who owes is told", Permission.SEE_MONEY)
async def read_dunning(caller: Calling) -> Dunning:
    async with caller.begin() as work:
        rule = await dunning.rule_of(work, PartyId(caller.actor.party))
    if rule is None:
        return Dunning(None, None, None, None)
    return Dunning(rule.reminder, rule.notice, rule.last, rule.bar)


@puts("/dunning", "Say when who owes is told", Permission.MANAGE_PEOPLE)
async def put_dunning(caller: Calling, data: JSONBody[NewDunning]) -> Dunning:
    rule = DunningRule(
        reminder=data.reminder_days, notice=data.notice_days, last=data.last_days, bar=data.bar_days
    )
    async with caller.begin() as work:
        await dunning.set_rule(work, PartyId(caller.actor.party), rule, by=caller.name)
        await caller.audit(work, "set when who owes is told", "dunning", days=str(rule))
    return Dunning(rule.reminder, rule.notice, rule.last, rule.bar)


@removes("/dunning", "Tell nobody who owes", Permission.MANAGE_PEOPLE)
async def remove_dunning(caller: Calling) -> None:
    async with caller.begin() as work:
        await dunning.set_rule(work, PartyId(caller.actor.party), None, by=caller.name)
        await caller.audit(work, "set when who owes is told", "dunning", days="never")


def _once(caller: Calling, deed: str, debt: UUID) -> OnceKey:
    assert caller.once is not None, "what moves money has a key"
    return OnceKey(f"{deed}:{debt}:api:{caller.once}")


async def _own(work: Work, id: UUID) -> Owed:
    await _shown(work, id)
    return await debts.debt(work, InvoiceId(id))


async def _shown(work: Work, id: UUID) -> Debt:
    row = await work.one("SELECT * FROM debt_view WHERE invoice_id = $1", id)
    if row is None:
        raise NoSuchDebt
    return _of(row)


def _of(row: Row) -> Debt:
    return shown(
        Debt,
        row,
        id=row["invoice_id"],
        total=Amount.of(row["total_minor"], row["currency"]),
        owed=Amount.of(row["owed_minor"], row["currency"]),
        stage=_STAGES[Stage(row["stage"])],
    )


ROUTER = Router(
    "/",
    tags=["debts"],
    route_handlers=[
        list_debts,
        read_debt,
        list_debt_moves,
        receive_debt,
        write_debt_off,
        pause_debt,
        go_on_with_debt,
        read_dunning,
        put_dunning,
        remove_dunning,
    ],
)
