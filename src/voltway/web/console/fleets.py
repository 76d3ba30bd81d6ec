"""Fleets: their cards and drivers, their limits, what they used this month, and who pays."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import budgets, fleets, fleets_use, homes
from voltway.billing.fleets_use import Use
from voltway.billing.rules_budgets import Period, Scope, share
from voltway.drivers import contracts
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import FleetId, PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.runtime.work import Work
from voltway.web.appearance import Form
from voltway.web.console.budgets import PERIODS
from voltway.web.console.door import console_page, uuid_of
from voltway.web.console.form_fields import minor_of, number_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

HERE: Final = "/console/tariffs/fleets"
FIELDS: Final = ("name", "period", "amount", "kwh")


class NoOneChosen(Refusal):
    """Choose who pays. Nothing was changed."""

    kind = Kind.INVALID


@get("/tariffs/fleets", include_in_schema=False)
async def list_fleets(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _fleets(request, house, actor)


async def _fleets(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    typed: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    party = PartyId(actor.party)
    async with house.begin(actor.party) as work:
        rows = await fleets_use.all_fleets(work, party)
        cards = await fleets_use.cards_of(work, party, [row["id"] for row in rows])
        month = await fleets_use.month_began(work, party)
        limits = await work.all(
            "SELECT * FROM budget_view WHERE scope = 'fleet' ORDER BY period LIMIT 2000"
        )
    return await console_page(
        request,
        house,
        actor,
        "console/fleets.html",
        status=status,
        place="tariffs",
        tab="fleets",
        fleets=rows,
        cards={row["id"]: [c for c in cards if c.fleet == row["id"]] for row in rows},
        use=fleets_use.summed(cards),
        unused=Use(),
        limits={row["id"]: [b for b in limits if b["subject_id"] == row["id"]] for row in rows},
        periods=PERIODS,
        month=month,
        sees_money=actor.may(Permission.SEE_MONEY),
        may_edit=actor.may(Permission.EDIT_NETWORK),
        trouble=trouble,
        typed=typed[:200],
    )


@post("/tariffs/fleets", include_in_schema=False)
async def add_fleet(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    actor.must(Permission.EDIT_NETWORK)
    name = data.get("name", "")
    try:
        async with house.begin(actor.party) as work:
            made = await contracts.add_fleet(work, PartyId(actor.party), name)
            await parties.audit(work, actor, "added a fleet", f"fleet:{made.id}")
    except Refusal as no:
        return await _fleets(
            request, house, actor, trouble=str(no), typed=name, status=STATUS[no.kind]
        )
    return see_other(f"{HERE}/{made.id}")


@get("/tariffs/fleets/{fleet:uuid}", include_in_schema=False)
async def fleet(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    fleet: FromPath[UUID],
) -> Response[str]:
    return await _fleet(request, house, actor, fleet)


async def _fleet(
    request: HttpRequest,
    house: House,
    actor: Actor,
    id: UUID,
    *,
    trouble: str = "",
    given: Form | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    party, sees_money = PartyId(actor.party), actor.may(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        found = await contracts.fleet_of(work, party, FleetId(id))
        cards = await fleets_use.cards_of(work, party, [id])
        month = await fleets_use.month_began(work, party)
        kept = await budgets.of_subjects(work, party, [id])
        used = {each.id: await budgets.used(work, each) for each in kept}
        rules = await work.all(
            "SELECT * FROM charging_rule_view WHERE scope = 'fleet' AND subject_id = $1", id
        )
        at_home = await _at_home(work, id, sees_money=sees_money)
        history = await fleets.history(work, FleetId(id)) if sees_money else []
        customers = (
            await work.all("SELECT id, name FROM customer_view ORDER BY name LIMIT 1000")
            if actor.may(Permission.MOVE_MONEY)
            else []
        )
    return await console_page(
        request,
        house,
        actor,
        "console/fleet.html",
        status=status,
        place="tariffs",
        tab="fleets",
        fleet=found,
        cards=cards,
        use=fleets_use.summed(cards).get(id, Use()),
        month=month,
        budgets=[(each, used[each.id], share(each, used[each.id])) for each in kept],
        rules=rules,
        periods=PERIODS,
        **at_home,
        history=history,
        payer=next((row for row in history if row["until"] is None), None),
        customers=customers,
        sees_money=sees_money,
        may_pay=actor.may(Permission.MOVE_MONEY),
        may_edit=actor.may(Permission.EDIT_NETWORK),
        trouble=trouble,
        given={field: (given or {}).get(field, "")[:200] for field in FIELDS},
    )


async def _at_home(work: Work, id: UUID, *, sees_money: bool) -> dict[str, object]:
    """What the page says of charging at home."""
    homes_ = await work.all(
        """
        SELECT * FROM home_station_view WHERE fleet_id = $1
         ORDER BY until IS NOT NULL, driver_name, since DESC LIMIT 1000
        """,
        id,
    )
    drivers = await work.all(
        """
        SELECT DISTINCT driver_id AS id, driver_name AS name FROM contract_view
         WHERE fleet_id = $1 AND driver_id IS NOT NULL ORDER BY name LIMIT 1000
        """,
        id,
    )
    rates = await homes.rates_of(work, FleetId(id)) if sees_money else []
    return {"rates": rates, "homes": homes_, "drivers": drivers}


async def show(
    request: HttpRequest,
    house: House,
    actor: Actor,
    fleet: UUID,
    no: Refusal,
    given: Form | None = None,
) -> Response[str]:
    """The page of a fleet with what was refused of it, and what was typed."""
    if isinstance(no, contracts.NoSuchFleet):
        raise no
    return await _fleet(
        request, house, actor, fleet, trouble=str(no), given=given, status=STATUS[no.kind]
    )


@post("/tariffs/fleets/{fleet:uuid}/payer", include_in_schema=False)
async def set_payer(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    fleet: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Who pays for a fleet from now on; ``end``: nobody."""
    actor.must(Permission.MOVE_MONEY)
    try:
        whose = None if data.get("end") == "yes" else _chosen(data)
        async with house.begin(actor.party) as work:
            await fleets.pays(work, PartyId(actor.party), FleetId(fleet), whose, by=actor.name)
            await parties.audit(work, actor, "said who pays for a fleet", f"fleet:{fleet}")
    except Refusal as no:
        return await show(request, house, actor, fleet, no)
    return see_other(f"{HERE}/{fleet}")


@post("/tariffs/fleets/{fleet:uuid}/budget", include_in_schema=False)
async def limit(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    fleet: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """How much the fleet's cards may charge in a period; ``remove``: as much as they like."""
    actor.must(Permission.EDIT_NETWORK)
    party = PartyId(actor.party)
    removed = uuid_of(data.get("remove", ""))
    try:
        async with house.begin(actor.party) as work:
            await contracts.fleet_of(work, party, FleetId(fleet))
            if removed is not None:
                await budgets.take_away(work, party, removed)
                await parties.audit(work, actor, "took a budget away", f"budget:{removed}")
            else:
                currency = (await parties.party(work, party)).currency
                kwh = number_of(data.get("kwh", ""))
                await budgets.set_budget(
                    work,
                    party,
                    Scope.FLEET,
                    fleet,
                    _period(data),
                    amount_minor=minor_of(data.get("amount", ""), currency),
                    energy_wh=None if kwh is None else int(kwh * 1000),
                    by=actor.name,
                )
                await parties.audit(work, actor, "set a budget", f"fleet:{fleet}")
    except Refusal as no:
        return await show(request, house, actor, fleet, no, data)
    return see_other(f"{HERE}/{fleet}")


def _chosen(data: Form) -> UUID:
    id = uuid_of(data.get("customer", ""))
    if id is None:
        raise NoOneChosen
    return id


def _period(data: Form) -> Period:
    try:
        return Period(data.get("period", ""))
    except ValueError as error:
        raise budgets.LimitsNothing from error
