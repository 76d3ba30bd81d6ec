"""Customers: who charges on account, which cards are theirs, and their statements."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.billing import actions as billing
from voltway.billing import fleets as paid_fleets
from voltway.billing import ways
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import FleetId, PartyId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.web.appearance import Form
from voltway.web.console.door import console_page, uuid_of
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS
from voltway.web.words import PAPERS

_HERE: Final = "/console/customers"
CARDS_SHOWN: Final = 500
STATEMENTS_SHOWN: Final = 36


@get("/customers", include_in_schema=False)
async def list_customers(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor]
) -> Response[str]:
    return await _customers(request, house, actor)


async def _customers(
    request: HttpRequest,
    house: House,
    actor: Actor,
    *,
    trouble: str = "",
    given: dict[str, str] | None = None,
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        rows = await work.all("SELECT * FROM customer_view ORDER BY name LIMIT 1000")
    return await console_page(
        request,
        house,
        actor,
        "console/customers.html",
        status=status,
        place="money",
        customers=rows,
        papers=PAPERS,
        may_change=actor.may(Permission.MOVE_MONEY),
        trouble=trouble,
        given=given or {},
    )


@post("/customers", include_in_schema=False)
async def add_customer(
    request: HttpRequest, house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Response[str] | Redirect:
    actor.must(Permission.MOVE_MONEY)
    try:
        async with house.begin(actor.party) as work:
            made = billing.new_customer(work, actor.party, data)
            added = await billing.add_customer(work, made)
            await parties.audit(work, actor, "added a customer", f"customer:{added.id}")
    except Refusal as no:
        return await _customers(
            request, house, actor, trouble=str(no), given=data, status=STATUS[no.kind]
        )
    return see_other(f"{_HERE}/{added.id}")


@get("/customers/{customer:uuid}", include_in_schema=False)
async def customer(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    customer: FromPath[UUID],
) -> Response[str]:
    return await _customer(request, house, actor, customer)


async def _customer(
    request: HttpRequest,
    house: House,
    actor: Actor,
    id: UUID,
    *,
    trouble: str = "",
    typed: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    actor.must(Permission.SEE_MONEY)
    async with house.begin(actor.party) as work:
        row = await work.one("SELECT * FROM customer_view WHERE id = $1", id)
        if row is None:
            raise billing.NoSuchCustomer(id)
        cards = await work.all(
            "SELECT * FROM customer_token_view WHERE customer_id = $1 ORDER BY label, uid LIMIT $2",
            id,
            CARDS_SHOWN,
        )
        fleets = await work.all("SELECT id, name FROM fleet_view ORDER BY name LIMIT 500")
        statements = await work.all(
            """
            SELECT * FROM statement_view WHERE customer_id = $1 ORDER BY month DESC LIMIT $2
            """,
            id,
            STATEMENTS_SHOWN,
        )
        standing = await ways.standing(work, PartyId(actor.party), id)
        paid = await work.all(
            """
            SELECT f.id, f.name, p.since FROM fleet_payer_view p
              JOIN fleet_view f ON f.id = p.fleet_id
             WHERE p.customer_id = $1 AND p.until IS NULL ORDER BY f.name
            """,
            id,
        )
    return await console_page(
        request,
        house,
        actor,
        "console/customer.html",
        status=status,
        place="money",
        customer=row,
        cards=cards,
        statements=statements,
        fleets=fleets,
        paid=paid,
        pays=standing,
        papers=PAPERS,
        may_change=actor.may(Permission.MOVE_MONEY),
        trouble=trouble,
        typed=typed,
    )


@post("/customers/{customer:uuid}/reach", include_in_schema=False)
async def reach_customer(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    customer: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Where a customer's documents go from now on."""
    actor.must(Permission.MOVE_MONEY)
    try:
        async with house.begin(actor.party) as work:
            await billing.reach_customer(work, customer, data)
            did = "changed where a customer's documents go"
            await parties.audit(work, actor, did, f"customer:{customer}")
    except Refusal as no:
        if isinstance(no, billing.NoSuchCustomer):
            raise
        return await _customer(
            request, house, actor, customer, trouble=str(no), status=STATUS[no.kind]
        )
    return see_other(f"{_HERE}/{customer}")


@post("/customers/{customer:uuid}/way", include_in_schema=False)
async def choose_way(
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    customer: FromPath[UUID],
    data: Form,
) -> Redirect:
    """By what a customer pays from now on: by card where the form says so, else by invoice."""
    actor.must(Permission.MOVE_MONEY)
    way = ways.Way.CARD if data.get("way") == ways.Way.CARD else ways.Way.INVOICE
    async with house.begin(actor.party) as work:
        await ways.choose(work, PartyId(actor.party), customer, way, by=actor.name)
        await parties.audit(work, actor, f"said: pays by {way}", f"customer:{customer}")
    return see_other(f"{_HERE}/{customer}")


@post("/customers/{customer:uuid}/cards", include_in_schema=False)
async def change_cards(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    customer: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Cards that are this customer's from now on, each by itself or those of a fleet, or one that
    is not any more."""
    actor.must(Permission.MOVE_MONEY)
    taken, fleet = uuid_of(data.get("take", "")), uuid_of(data.get("fleet", ""))
    typed = data.get("cards", "")
    try:
        async with house.begin(actor.party) as work:
            if taken is not None:
                await billing.take_card(work, customer, taken)
            elif fleet is not None:
                party = PartyId(actor.party)
                await paid_fleets.pays(work, party, FleetId(fleet), customer, by=actor.name)
            else:
                await billing.give_cards(work, customer, typed.replace(",", " ").split())
            await parties.audit(work, actor, "changed a customer's cards", f"customer:{customer}")
    except Refusal as no:
        if isinstance(no, billing.NoSuchCustomer):
            raise
        return await _customer(
            request, house, actor, customer, trouble=str(no), typed=typed, status=STATUS[no.kind]
        )
    return see_other(f"{_HERE}/{customer}")
