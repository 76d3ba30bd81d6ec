"""Plans with a monthly fee, who has one, what is left of the month, and the fees billed."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.billing import actions, subscribing, subscription_fees
from voltway.kernel.ids import InvoiceId, LocationId, OnceKey
from voltway.kernel.money import Currency
from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.tariffs import plans, purses, subscriptions
from voltway.tariffs.model_promotions import GrantKind
from voltway.tariffs.model_subscriptions import Allowances, Purse
from voltway.tariffs.model_versions import Scope
from voltway.web.api.caller import Calling
from voltway.web.api.invoices import DocumentWhole, NewCredit, whole
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, asks, moves_money, reads
from voltway.web.api.payments import money_of
from voltway.web.api.shapes import Amount, Given, Moment, Page, Shown, shown, utc

PLANS = Source("plan_view")
SUBSCRIPTIONS = Source("subscription_view")
FEES = Source("subscription_fee_view")

Number = Annotated[str, Meta(pattern=r"^\d{1,6}(\.\d{1,3})?$", examples=["50"])]
Percent = Annotated[str, Meta(pattern=r"^(100(\.0+)?|\d{1,2}(\.\d{1,3})?)$", examples=["10"])]
Ident = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,36}$", examples=["PLUS"])]
Count = Annotated[int, Meta(ge=0, le=100_000)]


class Plan(Shown):
    """A version of a plan. It never changes; a month has the version that held as it began."""

    id: UUID
    ident: str
    version: int
    name: str
    fee: Annotated[Amount, Meta(description="A month's, with its tax.")]
    vat: Annotated[str | None, Meta(description="Percent; none: by the tax table.")]
    tariff: Annotated[str | None, Meta(description="The members' own price.")]
    locations: Annotated[list[UUID], Meta(description="Where alone it holds; none: everywhere.")]
    energy_kwh: Annotated[str, Meta(description="Free each month, as what follows is.")]
    starts: Annotated[int, Meta(description="Sessions without their start fee.")]
    minutes: Annotated[int, Meta(description="Of charging time.")]
    credit: Annotated[str, Meta(description="Money with tax, in major units.")]
    percent: Annotated[str, Meta(description="Off what is not free.")]
    valid_from: Moment
    withdrawn_at: Moment | None
    subscribers: int
    created_at: Moment


class NewPlan(Given):
    """A plan, or the next version of one."""

    ident: Ident
    name: Annotated[str, Meta(min_length=1, max_length=plans.NAME_LENGTH_MAX)]
    fee: Annotated[str, Meta(pattern=r"^\d{1,5}(\.\d{1,3})?$", examples=["9.99"])]
    currency: Annotated[str, Meta(pattern=r"^[A-Za-z]{3}$")] | None = None
    vat: Percent | None = None
    tariff: Annotated[str, Meta(min_length=1, max_length=36)] | None = None
    locations: Annotated[tuple[UUID, ...], Meta(max_length=1000)] = ()
    energy_kwh: Number = "0"
    starts: Count = 0
    minutes: Count = 0
    credit: Number = "0"
    percent: Percent = "0"
    valid_from: Annotated[
        Moment | None, Meta(description="A later version: 14 days from now or later.")
    ] = None


class Withdrawn(Shown):
    """A plan that is sold no more."""

    ident: str
    ending: Annotated[int, Meta(description="Subscriptions that end with their month.")]


class Left(Shown):
    """What is left of the month that runs."""

    month_begins: Moment
    month_ends: Moment
    plan_version: int
    energy_kwh: str
    starts: int
    minutes: int
    credit: str


class Subscription(Shown):
    """Somebody's plan."""

    id: UUID
    plan: str
    scope: Scope
    subscriber_id: UUID
    subscriber_name: str | None
    customer_id: Annotated[UUID | None, Meta(description="Who owes the fee.")]
    begins: Moment
    ends: Moment | None
    unpaid_since: Moment | None
    next_fee_at: Annotated[Moment, Meta(description="The first month that is not billed yet.")]
    fees: Annotated[int, Meta(description="How many months were billed.")]
    left: Annotated[Left | None, Meta(description="None: it gives nothing now.")]
    created_at: Moment


class NewSubscription(Given):
    """Who is to have a plan."""

    plan: Ident
    scope: Literal["driver", "contract", "fleet"]
    subscriber_id: UUID
    customer_id: Annotated[UUID | None, Meta(description="Owes the fee, if there is one.")] = None
    begins: Annotated[Moment | None, Meta(description="Now, or later on.")] = None


class Fee(Shown):
    """A month that was billed."""

    id: Annotated[UUID, Meta(description="Of its invoice.")]
    subscription_id: UUID
    month_begins: Moment
    month_ends: Moment
    number: str
    total: Amount
    issued_at: Moment


@reads("/plans", "List the versions of plans")
async def list_plans(
    caller: Calling,
    window: Paging,
    ident: Annotated[Ident | None, QueryParameter(description="Those of this plan.")] = None,
) -> Page[Plan]:
    async with caller.begin() as work:
        conditions = [("ident = {}", None if ident is None else ident.upper())]
        return await listed(work, PLANS, window, _plan, conditions)


@adds("/plans", "Add a plan, or its next version", Permission.EDIT_TARIFFS)
async def add_plan(caller: Calling, data: JSONBody[NewPlan]) -> Plan:
    given = plans.GivenPlan(
        ident=data.ident,
        name=data.name,
        fee=Decimal(data.fee),
        currency=data.currency,
        vat=None if data.vat is None else Decimal(data.vat),
        tariff=data.tariff,
        locations=tuple(LocationId(each) for each in data.locations),
        allowances=Allowances(
            energy_kwh=Decimal(data.energy_kwh),
            starts=data.starts,
            minutes=data.minutes,
            credit=Decimal(data.credit),
            percent=Decimal(data.percent),
        ),
        valid_from=None if data.valid_from is None else utc(data.valid_from),
    )
    async with caller.begin() as work:
        made = await plans.add(work, caller.actor.party, given)
        await caller.audit(work, "added a version of a plan", f"plan:{made.ident}")
        row = await work.one("SELECT * FROM plan_view WHERE id = $1", made.id)
    assert row is not None, "it was made in this work"
    return _plan(row)


@asks("/plans/{ident:str}/withdraw", "Sell a plan no more", Permission.EDIT_TARIFFS)
async def withdraw_plan(caller: Calling, ident: FromPath[str]) -> Withdrawn:
    """Who has it keeps it to the end of the month that runs."""
    async with caller.begin() as work:
        ending = await subscriptions.withdraw(work, caller.actor.party, ident)
        await caller.audit(work, "withdrew a plan", f"plan:{ident.upper()}")
    return Withdrawn(ident.upper(), ending)


@reads("/subscriptions", "List the subscriptions")
async def list_subscriptions(
    caller: Calling,
    window: Paging,
    plan: Annotated[Ident | None, QueryParameter(description="Those to this plan.")] = None,
    subscriber: Annotated[UUID | None, QueryParameter(description="Those of this one.")] = None,
) -> Page[Subscription]:
    async with caller.begin() as work:
        conditions = [
            ("plan_ident = {}", None if plan is None else plan.upper()),
            ("subscriber = {}", subscriber),
        ]
        page = await listed(work, SUBSCRIPTIONS, window, lambda row: row, conditions)
        left = await purses.running(work, [row["id"] for row in page.items])
    shown_ = [_subscription(row, left.get(row["id"])) for row in page.items]
    return Page(items=shown_, next_cursor=page.next_cursor)


@adds("/subscriptions", "Subscribe a driver, a contract or a fleet", Permission.MOVE_MONEY)
async def add_subscription(caller: Calling, data: JSONBody[NewSubscription]) -> Subscription:
    async with caller.begin() as work:
        made = await subscribing.subscribe(
            work,
            caller.actor.party,
            data.plan,
            scope=Scope(data.scope),
            subscriber=data.subscriber_id,
            customer=data.customer_id,
            since=None if data.begins is None else utc(data.begins),
        )
        await caller.audit(work, "subscribed somebody", f"subscription:{made.id}")
        return await _one(work, made.id)


@reads("/subscriptions/{subscription_id:uuid}", "Show a subscription, and what is left")
async def show_subscription(caller: Calling, subscription_id: FromPath[UUID]) -> Subscription:
    async with caller.begin() as work:
        return await _one(work, subscription_id)


@asks(
    "/subscriptions/{subscription_id:uuid}/cancel",
    "Let a subscription end with its month",
    Permission.MOVE_MONEY,
)
async def cancel_subscription(caller: Calling, subscription_id: FromPath[UUID]) -> Subscription:
    async with caller.begin() as work:
        await subscriptions.cancel(work, subscription_id)
        await caller.audit(work, "cancelled a subscription", f"subscription:{subscription_id}")
        return await _one(work, subscription_id)


@asks(
    "/subscriptions/{subscription_id:uuid}/unpaid",
    "Give nothing more: its fee was not paid",
    Permission.MOVE_MONEY,
)
async def find_unpaid(caller: Calling, subscription_id: FromPath[UUID]) -> Subscription:
    async with caller.begin() as work:
        await subscriptions.find_unpaid(work, subscription_id)
        await caller.audit(work, "found a fee unpaid", f"subscription:{subscription_id}")
        return await _one(work, subscription_id)


@asks(
    "/subscriptions/{subscription_id:uuid}/paid",
    "Give again: its fee was paid",
    Permission.MOVE_MONEY,
)
async def find_paid(caller: Calling, subscription_id: FromPath[UUID]) -> Subscription:
    async with caller.begin() as work:
        await subscriptions.find_paid(work, subscription_id)
        await caller.audit(work, "found a fee paid", f"subscription:{subscription_id}")
        return await _one(work, subscription_id)


@reads("/subscription-fees", "List the months that were billed", Permission.SEE_MONEY)
async def list_fees(
    caller: Calling,
    window: Paging,
    subscription: Annotated[UUID | None, QueryParameter(description="Those of this one.")] = None,
) -> Page[Fee]:
    async with caller.begin() as work:
        conditions = [("subscription_id = {}", subscription)]
        return await listed(work, FEES, window, _fee, conditions)


@moves_money("/subscription-fees/{invoice_id:uuid}/credit-notes", "Credit a fee billed wrongly")
async def credit_fee(
    caller: Calling, invoice_id: FromPath[UUID], data: JSONBody[NewCredit]
) -> DocumentWhole:
    """Takes a part or all of a month's fee off what is owed, with its VAT."""
    assert caller.once is not None, "what moves money has a key"
    async with caller.begin() as work:
        found = await actions.invoice(work, InvoiceId(invoice_id))
        made = await subscription_fees.credit_fee(
            work,
            found.id,
            money_of(data.amount, found.currency).minor,
            reason=data.reason,
            once=OnceKey(f"credit:{caller.once}"),
        )
        await caller.audit(work, "credited a fee", f"document:{made.id}")
    return whole(made)


async def _one(work: Work, id: UUID) -> Subscription:
    row = await work.one("SELECT * FROM subscription_view WHERE id = $1", id)
    if row is None:
        raise subscriptions.NoSuchSubscription(id)
    return _subscription(row, (await purses.running(work, [id])).get(id))


def _plan(row: Row) -> Plan:
    return shown(
        Plan,
        row,
        fee=_amount(row["fee_minor"], row["currency"]),
        tariff=row["tariff_ident"],
        **{name: f"{row[name].normalize():f}" for name in ("energy_kwh", "credit", "percent")},
        vat=None if row["vat"] is None else f"{row['vat'].normalize():f}",
    )


def _fee(row: Row) -> Fee:
    return shown(Fee, row, total=_amount(row["total_minor"], row["currency"]))


def _amount(minor: int, currency: str) -> Amount:
    return Amount.of(minor, Currency(currency))


def _subscription(row: Row, purse: Purse | None) -> Subscription:
    return shown(
        Subscription,
        row,
        plan=row["plan_ident"],
        subscriber_id=row["subscriber"],
        customer_id=row["payer"],
        left=None if purse is None else _left(purse),
    )


def _left(purse: Purse) -> Left:
    return Left(
        month_begins=purse.month.begins,
        month_ends=purse.month.ends,
        plan_version=purse.plan.version,
        energy_kwh=f"{purse.left(GrantKind.ENERGY).normalize():f}",
        starts=int(purse.left(GrantKind.START)),
        minutes=int(purse.left(GrantKind.MINUTES)),
        credit=f"{purse.left(GrantKind.AMOUNT).normalize():f}",
    )


ROUTER = Router(
    "/",
    tags=["subscriptions"],
    route_handlers=[
        list_plans,
        add_plan,
        withdraw_plan,
        list_subscriptions,
        add_subscription,
        show_subscription,
        cancel_subscription,
        find_unpaid,
        find_paid,
        list_fees,
        credit_fee,
    ],
)
