"""``voltway admin plan | subscription``: plans with a monthly fee, and who has one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, ClassVar
from uuid import UUID

import typer

from voltway.billing import subscribing
from voltway.cli.admin_desk import AsJson, Data, OfParty, note, run_for, tell, tell_list
from voltway.drivers import contracts
from voltway.drivers.contracts import NoSuchFleet
from voltway.kernel.errors import Kind, Refusal
from voltway.parties.model import Party
from voltway.runtime.work import Row, Work
from voltway.tariffs import plans, subscriptions
from voltway.tariffs.model_subscriptions import Allowances, PlanVersion, Subscription
from voltway.tariffs.model_versions import Scope


@dataclass(eq=False)
class NoCustomerNamed(Refusal):
    """There is no customer {name}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    name: str


plan = typer.Typer(help="Plans: a monthly fee, and what it frees.", no_args_is_help=True)
subscription = typer.Typer(help="Who has which plan.", no_args_is_help=True)


@plan.command("add")
def plan_add(
    ident: Annotated[str, typer.Argument(help="Its short name: letters, digits, hyphens.")],
    fee: Annotated[str, typer.Argument(help="A month's, with tax.")],
    name: Annotated[str, typer.Option(help="As drivers read it; without, the short name.")] = "",
    kwh: Annotated[str, typer.Option(help="Free each month.")] = "0",
    starts: Annotated[int, typer.Option(help="Sessions without start fee.")] = 0,
    minutes: Annotated[int, typer.Option(help="Free minutes of charging.")] = 0,
    credit: Annotated[str, typer.Option(help="Free money, with tax.")] = "0",
    percent: Annotated[str, typer.Option(help="Off what is not free.")] = "0",
    vat: Annotated[str, typer.Option(help="Percent; without, by the tax table.")] = "",
    tariff: Annotated[str, typer.Option(help="The members' own tariff.")] = "",
    since: Annotated[datetime | None, typer.Option(help="From when, UTC.")] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Add a plan, or its next version, which holds 14 days from now or later."""

    async def do(work: Work, owner: Party) -> PlanVersion:
        given = plans.GivenPlan(
            ident=ident,
            name=name or ident.upper(),
            fee=plans.decimal_of(fee, "the fee"),
            vat=plans.decimal_of(vat, "the rate") if vat else None,
            tariff=tariff or None,
            allowances=Allowances(
                energy_kwh=plans.decimal_of(kwh, "the energy"),
                starts=starts,
                minutes=minutes,
                credit=plans.decimal_of(credit, "the money"),
                percent=plans.decimal_of(percent, "the percentage"),
            ),
            valid_from=None if since is None else since.replace(tzinfo=UTC),
        )
        made = await plans.add(work, owner.id, given)
        await note(work, owner, "added a version of a plan", f"plan:{made.ident}")
        return made

    made = run_for(data, of_party, do)
    told = {
        "id": made.id,
        "ident": made.ident,
        "version": made.version,
        "fee": f"{made.fee.decimal:f}",
        "currency": made.fee.currency,
        "valid_from": made.valid_from,
    }
    sentence = f"{made.ident}, version {made.version}, holds from {_at(made.valid_from)}."
    tell(told, sentence, as_json=as_json)


@plan.command("list")
def plan_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the newest versions of the plans."""

    async def do(work: Work, owner: Party) -> list[Row]:
        rows = await work.all("SELECT * FROM plan_view WHERE newest ORDER BY ident")
        return list(rows)

    columns = {
        "ident": "PLAN",
        "version": "VERSION",
        "name": "NAME",
        "fee_minor": "FEE, MINOR UNITS",
        "subscribers": "SUBSCRIBERS",
        "valid_from": "FROM",
    }
    tell_list(run_for(data, of_party, do), columns, "There is no plan yet.", as_json=as_json)


@plan.command("withdraw")
def plan_withdraw(
    ident: Annotated[str, typer.Argument(help="Its short name.")],
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Sell a plan no more. Who has it keeps it to the end of the month that runs."""

    async def do(work: Work, owner: Party) -> int:
        ending = await subscriptions.withdraw(work, owner.id, ident)
        await note(work, owner, "withdrew a plan", f"plan:{ident.upper()}")
        return ending

    ending = run_for(data, of_party, do)
    sentence = f"{ident.upper()} is sold no more; {ending} subscriptions end with their month."
    tell({"ident": ident.upper(), "ending": ending}, sentence, as_json=as_json)


@subscription.command("add")
def subscription_add(
    ident: Annotated[str, typer.Argument(help="The plan.")],
    contract: Annotated[str, typer.Option(help="The contract that gets it.")] = "",
    fleet: Annotated[str, typer.Option(help="Or the fleet, for all its contracts.")] = "",
    customer: Annotated[str, typer.Option(help="The customer who owes the fee, by name.")] = "",
    since: Annotated[datetime | None, typer.Option(help="From when, UTC; without, now.")] = None,
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Subscribe a contract or a fleet to a plan."""

    async def do(work: Work, owner: Party) -> Subscription:
        if fleet:
            row = await work.one("SELECT id FROM fleet_view WHERE name = $1", fleet)
            if row is None:
                raise NoSuchFleet(fleet)
            scope, subscriber = Scope.FLEET, row["id"]
        else:
            found = await contracts.contract_named(work, owner.id, contract)
            scope, subscriber = Scope.CONTRACT, found.id
        made = await subscribing.subscribe(
            work,
            owner.id,
            ident,
            scope=scope,
            subscriber=subscriber,
            customer=await _customer(work, customer) if customer else None,
            since=None if since is None else since.replace(tzinfo=UTC),
        )
        await note(work, owner, "subscribed somebody", f"subscription:{made.id}")
        return made

    made = run_for(data, of_party, do)
    tell(_told(made), f"{made.plan} holds from {_at(made.begins)}.", as_json=as_json)


@subscription.command("list")
def subscription_list(data: Data = None, of_party: OfParty = None, as_json: AsJson = False) -> None:
    """List the subscriptions."""

    async def do(work: Work, owner: Party) -> list[Row]:
        return list(await work.all("SELECT * FROM subscription_view ORDER BY id DESC"))

    columns = {
        "id": "ID",
        "plan_ident": "PLAN",
        "subscriber_name": "WHO",
        "payer_name": "PAID BY",
        "begins": "FROM",
        "ends": "ENDS",
        "fees": "MONTHS BILLED",
    }
    none = "There is no subscription yet."
    tell_list(run_for(data, of_party, do), columns, none, as_json=as_json)


@subscription.command("cancel")
def subscription_cancel(
    id: Annotated[UUID, typer.Argument(help="As the list shows it.")],
    data: Data = None,
    of_party: OfParty = None,
    as_json: AsJson = False,
) -> None:
    """Let a subscription end with the month that runs."""

    async def do(work: Work, owner: Party) -> Subscription:
        made = await subscriptions.cancel(work, id)
        await note(work, owner, "cancelled a subscription", f"subscription:{id}")
        return made

    made = run_for(data, of_party, do)
    assert made.ends is not None, "it was cancelled just now"
    tell(_told(made), f"It ends on {_at(made.ends)}.", as_json=as_json)


async def _customer(work: Work, name: str) -> UUID:
    row = await work.one("SELECT id FROM customer_view WHERE name = $1", name)
    if row is None:
        raise NoCustomerNamed(name)
    return UUID(str(row["id"]))


def _told(made: Subscription) -> dict[str, object]:
    return {"id": made.id, "plan": made.plan, "begins": made.begins, "ends": made.ends}


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
