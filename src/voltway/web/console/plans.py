"""Plans with a monthly fee: what each frees, who has it, and what is left of their months."""

from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import subscribing
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Row, Work
from voltway.tariffs import plans, purses, subscriptions
from voltway.tariffs.model_promotions import GrantKind
from voltway.tariffs.model_subscriptions import Allowances, Purse
from voltway.tariffs.model_versions import Scope
from voltway.web.appearance import Form
from voltway.web.console.door import console_page, uuid_of
from voltway.web.console.form_fields import count_of, moment_of, number_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

_HERE: Final = "/console/tariffs/plans"
SHOWN_MAX: Final = 200


class WhoIsIt(Refusal):
    """Choose who is to have the plan."""

    kind = Kind.INVALID


class NothingSoAsked(Refusal):
    """Choose what is to become of it: cancel, unpaid or paid."""

    kind = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Kept:
    """A subscription, and what is left of its month."""

    row: Row
    left: tuple[tuple[GrantKind, Decimal, Decimal], ...]  # of each kind: left, and of how much


@get("/tariffs/plans", include_in_schema=False)
async def list_plans(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _list(request, house, actor)


async def _list(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    given: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        rows = await work.all("SELECT * FROM plan_view WHERE newest ORDER BY name LIMIT 200")
        tariffs = await work.all("SELECT DISTINCT tariff_ident FROM tariff_view ORDER BY 1")
        places = await work.all("SELECT id, name FROM location_view ORDER BY name LIMIT 1000")
    return await console_page(
        request,
        house,
        actor,
        "console/plans.html",
        status=status,
        place="tariffs",
        tab="plans",
        plans=rows,
        tariffs=[row["tariff_ident"] for row in tariffs],
        places=places,
        may_edit=actor.may(Permission.EDIT_TARIFFS),
        trouble=trouble,
        given=given or {},
    )


@post("/tariffs/plans", include_in_schema=False)
async def add_plan(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    """A plan, or its next version."""
    actor.must(Permission.EDIT_TARIFFS)
    try:
        async with house.begin(actor.party) as work:
            zone = (await parties.party(work, actor.party)).time_zone
            made = await plans.add(work, actor.party, _given(data, zone))
            await parties.audit(work, actor, "added a version of a plan", f"plan:{made.ident}")
    except Refusal as no:
        typed = {name: value[:60] for name, value in data.items()}
        return await _list(
            request, house, actor, trouble=str(no), given=typed, status=STATUS[no.kind]
        )
    return see_other(f"{_HERE}/{made.ident}")


def _given(data: dict[str, str], zone: str) -> plans.GivenPlan:
    def number(name: str) -> Decimal:
        return number_of(data.get(name, "")) or Decimal(0)

    fee = number_of(data.get("fee", ""))
    if fee is None:
        raise plans.NotAPlan("its monthly fee is missing; a plan for nothing says 0")
    place = uuid_of(data.get("place", ""))
    return plans.GivenPlan(
        ident=data.get("ident", ""),
        name=data.get("name", ""),
        fee=fee,
        vat=number_of(data.get("vat", "")),
        tariff=data.get("tariff", "") or None,
        locations=(LocationId(place),) if place else (),
        allowances=Allowances(
            energy_kwh=number("energy"),
            starts=count_of(data.get("starts", "")) or 0,
            minutes=count_of(data.get("minutes", "")) or 0,
            credit=number("credit"),
            percent=number("percent"),
        ),
        valid_from=moment_of(data.get("since", ""), zone),
    )


@get("/tariffs/plans/{ident:str}", include_in_schema=False)
async def plan(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    ident: FromPath[str],
) -> Response[str]:
    return await _plan(request, house, actor, ident)


async def _plan(
    request: HttpRequest,
    house: House,
    actor: Actor,
    ident: str,
    *,
    trouble: str = "",
    given: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        known = await plans.versions(work, actor.party, ident)
        versions = await work.all(
            "SELECT * FROM plan_view WHERE ident = $1 ORDER BY version DESC", known[0].ident
        )
        kept = await _kept(work, known[0].ident)
        who = await work.all(
            """
            SELECT 'contract:' || id AS value, ident AS name FROM contract_view
             UNION ALL SELECT 'fleet:' || id, name FROM fleet_view
             UNION ALL SELECT 'driver:' || id, name FROM driver_view
             ORDER BY 2 LIMIT 3000
            """
        )
        customers = await work.all("SELECT id, name FROM customer_view ORDER BY name LIMIT 1000")
        now = work.now
    return await console_page(
        request,
        house,
        actor,
        "console/plan.html",
        status=status,
        place="tariffs",
        tab="plans",
        plan=versions[0],
        versions=versions,
        kept=kept,
        who=who,
        customers=customers,
        at=now,
        may_edit=actor.may(Permission.EDIT_TARIFFS),
        may_sell=actor.may(Permission.MOVE_MONEY),
        trouble=trouble,
        given=given or {},
    )


async def _kept(work: Work, ident: str) -> list[Kept]:
    rows = await work.all(
        "SELECT * FROM subscription_view WHERE plan_ident = $1 ORDER BY id DESC LIMIT $2",
        ident,
        SHOWN_MAX,
    )
    running = await purses.running(work, [row["id"] for row in rows])
    return [Kept(row, _left(running.get(row["id"]))) for row in rows]


def _left(purse: Purse | None) -> tuple[tuple[GrantKind, Decimal, Decimal], ...]:
    if purse is None:
        return ()
    kinds = (GrantKind.ENERGY, GrantKind.START, GrantKind.MINUTES, GrantKind.AMOUNT)
    of = [(kind, purse.plan.allowances.of(kind)) for kind in kinds]
    return tuple((kind, purse.left(kind), given) for kind, given in of if given)


@post("/tariffs/plans/{ident:str}/withdraw", include_in_schema=False)
async def withdraw(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    ident: FromPath[str],
) -> Response[str] | Redirect:
    """Sell it no more."""
    actor.must(Permission.EDIT_TARIFFS)
    try:
        async with house.begin(actor.party) as work:
            await subscriptions.withdraw(work, actor.party, ident)
            await parties.audit(work, actor, "withdrew a plan", f"plan:{ident[:36]}")
    except plans.PlanWithdrawn as no:
        return await _plan(request, house, actor, ident, trouble=str(no), status=STATUS[no.kind])
    return see_other(f"{_HERE}/{ident}")


@post("/tariffs/plans/{ident:str}/subscribers", include_in_schema=False)
async def subscribe(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    ident: FromPath[str],
    data: Form,
) -> Response[str] | Redirect:
    """Give it to a driver, a contract or a fleet."""
    actor.must(Permission.MOVE_MONEY)
    try:
        scope, subscriber = _who(data.get("who", ""))
        async with house.begin(actor.party) as work:
            zone = (await parties.party(work, actor.party)).time_zone
            made = await subscribing.subscribe(
                work,
                actor.party,
                ident,
                scope=scope,
                subscriber=subscriber,
                customer=uuid_of(data.get("customer", "")),
                since=moment_of(data.get("since", ""), zone),
            )
            await parties.audit(work, actor, "subscribed somebody", f"subscription:{made.id}")
    except plans.NoSuchPlan:
        raise
    except Refusal as no:
        typed = {name: value[:60] for name, value in data.items()}
        return await _plan(
            request, house, actor, ident, trouble=str(no), given=typed, status=STATUS[no.kind]
        )
    return see_other(f"{_HERE}/{ident}")


def _who(text: str) -> tuple[Scope, UUID]:
    scope, _, told = text.partition(":")
    id = uuid_of(told)
    if scope not in subscriptions.SCOPES or id is None:
        raise WhoIsIt
    return Scope(scope), id


@post("/tariffs/plans/{ident:str}/subscribers/{id:uuid}", include_in_schema=False)
async def change(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    ident: FromPath[str],
    id: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Cancel a subscription, or say whether it is paid."""
    actor.must(Permission.MOVE_MONEY)
    become = {
        "cancel": (subscriptions.cancel, "cancelled a subscription"),
        "unpaid": (subscriptions.find_unpaid, "found a fee unpaid"),
        "paid": (subscriptions.find_paid, "found a fee paid"),
    }
    try:
        if data.get("do") not in become:
            raise NothingSoAsked
        do, did = become[data["do"]]
        async with house.begin(actor.party) as work:
            await do(work, id)
            await parties.audit(work, actor, did, f"subscription:{id}")
    except Refusal as no:
        return await _plan(request, house, actor, ident, trouble=str(no), status=STATUS[no.kind])
    return see_other(f"{_HERE}/{ident}")
