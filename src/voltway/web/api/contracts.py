"""Drivers, fleets, and the contracts that say for whom a token stands."""

from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import JSONBody, QueryParameter
from msgspec import Meta

from voltway.drivers import contracts
from voltway.kernel.ids import DriverId, FleetId
from voltway.parties.model import Permission
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, reads
from voltway.web.api.shapes import NO_NUL, Given, Moment, Page, Shown, shown

DRIVERS = Source("driver_view")
FLEETS = Source("fleet_view")
CONTRACTS = Source("contract_view")

Name = Annotated[str, Meta(min_length=1, max_length=contracts.NAME_LENGTH_MAX, pattern=NO_NUL)]
Ident = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=contracts.IDENT_LENGTH_MAX,
        pattern=NO_NUL,
        description="As OCPI's `contract_id` of a token; an eMAID where there is one.",
        examples=["FI-VLT-C00012345-6"],
    ),
]


class Driver(Shown):
    """A person who charges."""

    id: UUID
    name: str
    email: str | None
    created_at: Moment


class NewDriver(Given):
    """A driver to be added."""

    name: Name
    email: Annotated[str, Meta(max_length=254, pattern=r"^[^\x00\s@]+@[^\x00\s@]+$")] | None = None


class Fleet(Shown):
    """Cars whose charging somebody pays for together."""

    id: UUID
    name: str
    created_at: Moment


class NewFleet(Given):
    """A fleet to be added."""

    name: Name


class Contract(Shown):
    """What a driver, a fleet, or a driver of a fleet agreed with the party."""

    id: UUID
    ident: str
    driver_id: UUID | None
    fleet_id: UUID | None
    created_at: Moment
    tokens: Annotated[int, Meta(description="How many tokens stand for it.")] = 0


class NewContract(Given):
    """A contract to be added."""

    ident: Ident
    driver_id: UUID | None = None
    fleet_id: UUID | None = None


@reads("/drivers", "List the drivers")
async def list_drivers(caller: Calling, window: Paging) -> Page[Driver]:
    async with caller.begin() as work:
        return await listed(work, DRIVERS, window, lambda row: shown(Driver, row))


@adds("/drivers", "Add a driver", Permission.EDIT_NETWORK)
async def add_driver(caller: Calling, data: JSONBody[NewDriver]) -> Driver:
    async with caller.begin() as work:
        made = await contracts.add_driver(work, caller.actor.party, data.name, data.email)
        await caller.audit(work, "added a driver", f"driver:{made.id}")
    return Driver(id=made.id, name=made.name, email=made.email, created_at=made.created_at)


@reads("/fleets", "List the fleets")
async def list_fleets(caller: Calling, window: Paging) -> Page[Fleet]:
    async with caller.begin() as work:
        return await listed(work, FLEETS, window, lambda row: shown(Fleet, row))


@adds("/fleets", "Add a fleet", Permission.EDIT_NETWORK)
async def add_fleet(caller: Calling, data: JSONBody[NewFleet]) -> Fleet:
    async with caller.begin() as work:
        made = await contracts.add_fleet(work, caller.actor.party, data.name)
        await caller.audit(work, "added a fleet", f"fleet:{made.id}")
    return Fleet(id=made.id, name=made.name, created_at=made.created_at)


@reads("/contracts", "List the contracts")
async def list_contracts(
    caller: Calling,
    window: Paging,
    driver: Annotated[UUID | None, QueryParameter(description="Those of this driver.")] = None,
    fleet: Annotated[UUID | None, QueryParameter(description="Those of this fleet.")] = None,
) -> Page[Contract]:
    async with caller.begin() as work:
        return await listed(
            work,
            CONTRACTS,
            window,
            lambda row: shown(Contract, row),
            [("driver_id = {}", driver), ("fleet_id = {}", fleet)],
        )


@adds("/contracts", "Add a contract", Permission.EDIT_NETWORK)
async def add_contract(caller: Calling, data: JSONBody[NewContract]) -> Contract:
    """Let tokens stand for it with `PATCH /tokens/{token_id}`."""
    async with caller.begin() as work:
        made = await contracts.add_contract(
            work,
            caller.actor.party,
            data.ident,
            driver=DriverId(data.driver_id) if data.driver_id else None,
            fleet=FleetId(data.fleet_id) if data.fleet_id else None,
        )
        await caller.audit(work, "added a contract", f"contract:{made.id}")
    return Contract(
        id=made.id,
        ident=made.ident,
        driver_id=made.driver,
        fleet_id=made.fleet,
        created_at=made.created_at,
    )


ROUTER = Router(
    "/",
    tags=["contracts"],
    route_handlers=[
        list_drivers,
        add_driver,
        list_fleets,
        add_fleet,
        list_contracts,
        add_contract,
    ],
)
