"""What is owed: by whom, for how long, how often they were told; and what becomes of it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from itertools import pairwise
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import debts, dunning, write_offs
from voltway.billing.model_debts import Debt, DunningRule
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import InvoiceId, OnceKey, PartyId
from voltway.kernel.money import Money
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Row, Work
from voltway.web.appearance import Form
from voltway.web.console.card_refund_views import refunds_of_statement
from voltway.web.console.credit_writing import NotAnAmount
from voltway.web.console.door import console_page
from voltway.web.console.form_fields import minor_of, number_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/debts"
SHOWN: Final = 500
#: Up to how many days after it was due, in the order of the columns; then more.
AGES: Final = (0, 30, 60, 90)
STAGES: Final = ("not told yet", "reminded", "told again", "last notice", "cards barred")
HOW: Final = {
    "bank": "Came to the bank",
    "card": "Paid by card",
    "credit": "Credited",
    "write_off": "Written off",
    "back": "Came after it was written off",
    "disputed": "Its bank took the payment back",
    "won_back": "Its bank gave the payment back",
}


@get("/debts", include_in_schema=False)
async def list_debts(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _list(request, house, actor)


async def _list(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, PartyId(actor.party))
        rows = await work.all(
            "SELECT * FROM debt_view WHERE closed_at IS NULL ORDER BY due_on LIMIT $1", SHOWN
        )
        rule = await dunning.rule_of(work, party.id)
        today = work.now.astimezone(ZoneInfo(party.time_zone)).date()
    return await console_page(
        request,
        house,
        actor,
        "console/debts.html",
        status=status,
        place="money",
        debts=rows,
        ages=_by_age(rows, today),
        today=today,
        stages=STAGES,
        rule=rule,
        usual=DunningRule(),
        may_rule=actor.may(Permission.MANAGE_PEOPLE),
        trouble=trouble,
    )


def _by_age(rows: Sequence[Row], today: date) -> list[tuple[str, int]]:
    """What is owed, in the smallest unit, by how long it is due."""
    names = ["not due yet", *(f"{a + 1} to {b} days" for a, b in pairwise(AGES))]
    names.append(f"more than {AGES[-1]} days")
    sums = [0] * len(names)
    for row in rows:
        late = (today - row["due_on"]).days
        sums[sum(late > age for age in AGES)] += row["owed_minor"]
    return list(zip(names, sums, strict=True))


@post("/debts/rule", include_in_schema=False)
async def set_dunning(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """When who owes is told; or nobody is."""
    actor.must(Permission.MANAGE_PEOPLE)
    try:
        async with house.begin(actor.party) as work:
            rule = None if data.get("do") == "stop" else _rule(data)
            await dunning.set_rule(work, PartyId(actor.party), rule, by=actor.name)
            said = {"days": str(rule) if rule else "never"}
            await parties.audit(work, actor, "set when who owes is told", "dunning", said)
    except Refusal as no:
        return await _list(request, house, actor, trouble=str(no), status=STATUS[no.kind])
    return see_other(_HERE)


def _rule(data: Form) -> DunningRule:
    days = [number_of(data.get(name, "")) for name in ("reminder", "notice", "last", "bar")]
    if not all(isinstance(each, Decimal) and each == int(each) for each in days):
        raise dunning.RuleWrong
    reminder, notice, last, bar = (int(each or 0) for each in days)
    return DunningRule(reminder=reminder, notice=notice, last=last, bar=bar)


@get("/debts/{invoice:uuid}", include_in_schema=False)
async def show_debt(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    invoice: FromPath[UUID],
) -> Response[str]:
    return await _page(request, house, actor, invoice)


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    id: UUID,
    *,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        row = await work.one("SELECT * FROM debt_view WHERE invoice_id = $1", id)
        if row is None:
            raise debts.NoSuchDebt
        found = await debts.debt(work, InvoiceId(id))
        moves = await debts.moves_of(work, InvoiceId(id))
        refunds = await refunds_of_statement(work, id)
    return await console_page(
        request,
        house,
        actor,
        "console/debt.html",
        status=status,
        place="money",
        d=row,
        pay_key=found.pay_key,
        moves=moves,
        card_refunds=refunds,
        how=HOW,
        stages=STAGES,
        key=uuid4().hex,
        may_move=actor.may(Permission.MOVE_MONEY),
        may_write_off=actor.may(Permission.MANAGE_PEOPLE),
        trouble=trouble,
    )


@post("/debts/{invoice:uuid}/{deed:str}", include_in_schema=False)
async def change_debt(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    invoice: FromPath[UUID],
    deed: FromPath[str],
    data: Form,
) -> Response[str] | Redirect:
    """Note money that came, pause the asking, or write off (only who manages people)."""
    actor.must(Permission.MANAGE_PEOPLE if deed == "write-off" else Permission.MOVE_MONEY)
    try:
        async with house.begin(actor.party) as work:
            debt = await _own(work, invoice)
            await _do(work, debt, deed, data, actor)
            await parties.audit(work, actor, f"{deed} of a debt", f"invoice:{invoice}")
    except debts.NoSuchDebt:
        raise
    except write_offs.WriteOffNeedsSecondPerson:
        return await _ask(request, house, actor, invoice, data.get("said", ""))
    except Refusal as no:
        return await _page(request, house, actor, invoice, trouble=str(no), status=STATUS[no.kind])
    return see_other(f"{_HERE}/{invoice}")


async def _ask(
    request: HttpRequest, house: House, actor: Actor, invoice: UUID, why: str
) -> Response[str] | Redirect:
    """Ask for a second person, for what is too much for one."""
    try:
        async with house.begin(actor.party) as work:
            id = await write_offs.ask(work, InvoiceId(invoice), why=why, actor=actor)
            did, on = "asked to write off", f"write_off_request:{id}"
            await parties.audit(work, actor, did, on, {"invoice": str(invoice)})
    except Refusal as no:
        return await _page(request, house, actor, invoice, trouble=str(no), status=STATUS[no.kind])
    return see_other("/console/approvals")


async def _own(work: Work, invoice: UUID) -> Debt:
    if await work.one("SELECT invoice_id FROM debt_view WHERE invoice_id = $1", invoice) is None:
        raise debts.NoSuchDebt
    return await debts.debt(work, InvoiceId(invoice))


async def _do(work: Work, debt: Debt, deed: str, data: Form, actor: Actor) -> None:
    once = OnceKey(f"{deed}:{debt.invoice}:{data.get('key', '')[:40] or uuid4().hex}")
    said = " ".join(data.get("said", "").split())[:200]
    match deed:
        case "received":
            minor = minor_of(data.get("amount", ""), debt.total.currency)
            if not minor:
                raise NotAnAmount
            amount = Money(minor, debt.total.currency)
            await debts.receive(work, debt.invoice, amount, said=said, by=actor.name, once=once)
        case "write-off":
            await write_offs.write_off(work, debt.invoice, why=said, actor=actor, once=once)
        case "pause":
            if not said:
                raise debts.NoReason
            await debts.pause(work, debt.invoice, said)
        case "go-on":
            await debts.pause(work, debt.invoice, None)
        case _:
            raise debts.NoSuchDebt
