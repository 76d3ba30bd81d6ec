"""What can be done about drivers, fleets and contracts: add them, and let a token stand for one."""

from dataclasses import dataclass, replace
from typing import ClassVar

from voltway.drivers import store, store_contracts
from voltway.drivers.actions import NoSuchToken
from voltway.drivers.model import Contract, Driver, Fleet, Token
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import ContractId, DriverId, FleetId, PartyId, TokenId, new_id
from voltway.runtime.work import Work

NAME_LENGTH_MAX = 120
IDENT_LENGTH_MAX = 36  # OCPI 2.2.1, Token.contract_id


@dataclass(eq=False)
class NotAName(Refusal):
    """A {what} needs a name of 1 to {most} printable characters."""

    kind: ClassVar[Kind] = Kind.INVALID

    what: str
    most: int


@dataclass(eq=False)
class NameTaken(Refusal):
    """There is already a {what} {name}."""

    what: str
    name: str


@dataclass(eq=False)
class NoSuchDriver(Refusal):
    """There is no driver {driver}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    driver: object


@dataclass(eq=False)
class NoSuchFleet(Refusal):
    """There is no fleet {fleet}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    fleet: object


@dataclass(eq=False)
class NoSuchContract(Refusal):
    """There is no contract {contract}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    contract: object


async def add_driver(work: Work, party: PartyId, name: str, email: str | None = None) -> Driver:
    """A person who charges. Several may have one name."""
    said = _named("driver", name, NAME_LENGTH_MAX)
    driver = Driver(DriverId(new_id(work.now)), party, said, email or None, work.now)
    await store_contracts.add_driver(work, driver)
    return driver


async def add_fleet(work: Work, party: PartyId, name: str) -> Fleet:
    said = _named("fleet", name, NAME_LENGTH_MAX)
    fleet = Fleet(FleetId(new_id(work.now)), party, said, work.now)
    if not await store_contracts.add_fleet(work, fleet):
        raise NameTaken("fleet", fleet.name)
    return fleet


async def fleet_for(work: Work, party: PartyId, name: str) -> FleetId:
    """The fleet of this name, made where there is none yet."""
    known = await store_contracts.fleet_named(work, party, name.strip())
    return known or (await add_fleet(work, party, name)).id


async def add_contract(
    work: Work,
    party: PartyId,
    ident: str,
    *,
    driver: DriverId | None = None,
    fleet: FleetId | None = None,
) -> Contract:
    """A contract of a driver, of a fleet, or of a driver of a fleet."""
    if driver is not None:
        await driver_of(work, party, driver)
    if fleet is not None:
        await fleet_of(work, party, fleet)
    contract = Contract(
        id=ContractId(new_id(work.now)),
        party=party,
        ident=_named("contract", ident, IDENT_LENGTH_MAX),
        driver=driver,
        fleet=fleet,
        created_at=work.now,
    )
    if not await store_contracts.add_contract(work, contract):
        raise NameTaken("contract", contract.ident)
    return contract


async def driver_of(work: Work, party: PartyId, id: DriverId) -> Driver:
    for found in await store_contracts.drivers(work, party, [id]):
        return found
    raise NoSuchDriver(id)


async def fleet_of(work: Work, party: PartyId, id: FleetId) -> Fleet:
    for found in await store_contracts.fleets(work, party, [id]):
        return found
    raise NoSuchFleet(id)


async def contract_of(work: Work, party: PartyId, id: ContractId) -> Contract:
    found = await store_contracts.contract(work, party, id)
    if found is None:
        raise NoSuchContract(id)
    return found


async def contract_named(work: Work, party: PartyId, ident: str) -> Contract:
    found = await store_contracts.contract_named(work, party, ident.strip())
    if found is None:
        raise NoSuchContract(ident[:IDENT_LENGTH_MAX])
    return found


async def stands_for(work: Work, token: TokenId, contract: ContractId | None) -> Token:
    """Let a token stand for a contract of its own party, or for none any more."""
    found = await store.by_id(work, token)
    if found is None:
        raise NoSuchToken(token)
    if contract is None:
        driver = fleet = None
    else:
        agreed = await contract_of(work, found.party, contract)
        driver, fleet = agreed.driver, agreed.fleet
    await store.set_contract(work, token, contract)
    return replace(found, contract=contract, driver=driver, fleet=fleet)


def _named(what: str, name: str, most: int) -> str:
    said = name.strip()
    if not 1 <= len(said) <= most or not said.isprintable():
        raise NotAName(what, most)
    return said
