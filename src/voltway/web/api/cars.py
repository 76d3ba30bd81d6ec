"""Cars that show themselves: whose they may be, what the guard found, and whose contracts count.

The cars that charge are tokens: ``GET /tokens?kind=vehicle``.
"""

from typing import Annotated, Literal
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta

from voltway.billing import autocharge
from voltway.drivers import certificates
from voltway.drivers.rules import emaid_of
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import DriverId, PartyId, TokenId
from voltway.parties.model import Permission
from voltway.runtime.work import Row, Work
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, asks, reads, removes
from voltway.web.api.shapes import NO_NUL, Given, Moment, Page, Shown, Text, shown

OFFERS = Source("car_offer_view")
FINDINGS = Source("car_finding_view")
ROOTS = Source("trust_anchor_view")
CONTRACTS = Source("contract_certificate_view")


class NoSuchCar(Refusal):
    """There is no such car."""

    kind = Kind.ABSENT


class NoSuchRoot(Refusal):
    """There is no such root."""

    kind = Kind.ABSENT


class CarOffer(Shown):
    """A car that may be a driver's: they charged where it had just shown itself."""

    id: UUID
    mac: str
    driver_id: UUID
    driver_name: str | None
    session_id: Annotated[UUID, Meta(description="That the driver began otherwise.")]
    location_name: str | None
    state: Literal["offered", "accepted", "declined"]
    at: Moment
    decided_by: str | None
    decided_at: Moment | None


class CarFinding(Shown):
    """What the guard found: one address at two places where no car can be at once."""

    id: UUID
    token_id: UUID
    session_id: UUID
    said: str
    at: Moment
    closed_by: str | None
    closed_why: str | None
    closed_at: Moment | None


class Root(Shown):
    """An authority whose contract certificates open stations (Plug & Charge)."""

    id: UUID
    subject: str
    sha256: str
    not_after: Moment
    added_by: str
    added_at: Moment


class ContractCertificate(Shown):
    """A contract certificate that a car showed, and what its issuer said of it last."""

    id: UUID
    emaid: Annotated[str, Meta(description="Without gaps and check digit.")]
    issuer: str
    serial: Annotated[str, Meta(description="Its number, in hexadecimal.")]
    not_after: Moment
    state: Literal["good", "revoked", "unchecked"]
    checked_at: Moment | None
    first_at: Moment
    seen_at: Moment
    station_id: Annotated[UUID, Meta(description="Where it was seen last.")]


class NewRoot(Given):
    """A root to be trusted."""

    pem: Annotated[str, Meta(min_length=1, max_length=certificates.PEM_MAX, pattern=NO_NUL)]


class Release(Given):
    """Why a car may charge again."""

    why: Text


@reads("/car-offers", "List the cars that may be drivers'")
async def list_car_offers(
    caller: Calling,
    window: Paging,
    stands: Annotated[
        Literal["offered", "accepted", "declined"] | None,
        QueryParameter(name="state", description="Those that stand so."),
    ] = None,
    driver_id: Annotated[UUID | None, QueryParameter(description="Of this driver.")] = None,
) -> Page[CarOffer]:
    async with caller.begin() as work:
        conditions = [("state = {}", stands), ("driver_id = {}", driver_id)]
        return await listed(work, OFFERS, window, lambda row: shown(CarOffer, row), conditions)


@asks("/car-offers/{offer_id:uuid}/accept", "It is the driver's car", Permission.EDIT_NETWORK)
async def accept_car(caller: Calling, offer_id: FromPath[UUID]) -> CarOffer:
    """As the driver said: it opens stations from now on, within a budget a day."""
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        driver = DriverId((await _offer(work, offer_id))["driver_id"])
        await autocharge.accept(work, party, driver, offer_id, by=caller.name)
        await caller.audit(work, "accepted a car", f"car_offer:{offer_id}")
        return shown(CarOffer, await _offer(work, offer_id))


@asks("/car-offers/{offer_id:uuid}/decline", "It is not their car", Permission.EDIT_NETWORK)
async def decline_car(caller: Calling, offer_id: FromPath[UUID]) -> CarOffer:
    """It is not offered to this driver again."""
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        driver = DriverId((await _offer(work, offer_id))["driver_id"])
        await autocharge.decline(work, party, driver, offer_id, by=caller.name)
        await caller.audit(work, "declined a car", f"car_offer:{offer_id}")
        return shown(CarOffer, await _offer(work, offer_id))


@reads("/car-findings", "List what the guard of cars found")
async def list_car_findings(
    caller: Calling,
    window: Paging,
    is_open: Annotated[
        bool | None, QueryParameter(name="open", description="Those nobody looked at, or others.")
    ] = None,
) -> Page[CarFinding]:
    async with caller.begin() as work:
        conditions = [("(closed_at IS NULL) = {}", is_open)]
        return await listed(work, FINDINGS, window, lambda row: shown(CarFinding, row), conditions)


@asks("/cars/{token_id:uuid}/release", "Let a car charge again", Permission.EDIT_NETWORK)
async def release_car(
    caller: Calling, token_id: FromPath[UUID], data: JSONBody[Release]
) -> Page[CarFinding]:
    """Somebody has looked at what the guard found of it, and says why it may: all that it found."""
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        car = await work.one(
            "SELECT id FROM token_view WHERE id = $1 AND kind = 'vehicle'", token_id
        )
        if car is None:
            raise NoSuchCar
        await autocharge.let_charge(work, party, TokenId(token_id), why=data.why, by=caller.name)
        await caller.audit(work, "let a car charge again", f"token:{token_id}", why=data.why)
        rows = await work.all(
            "SELECT * FROM car_finding_view WHERE token_id = $1 ORDER BY id DESC", token_id
        )
    return Page(items=[shown(CarFinding, row) for row in rows])


@reads("/contract-roots", "List whose contract certificates open stations")
async def list_contract_roots(caller: Calling, window: Paging) -> Page[Root]:
    async with caller.begin() as work:
        return await listed(work, ROOTS, window, lambda row: shown(Root, row))


@reads("/contract-certificates", "List the contract certificates that cars showed")
async def list_contract_certificates(
    caller: Calling,
    window: Paging,
    stands: Annotated[
        Literal["good", "revoked", "unchecked"] | None,
        QueryParameter(name="state", description="Those of which their issuers say so."),
    ] = None,
    emaid: Annotated[str | None, QueryParameter(description="Of this contract.")] = None,
) -> Page[ContractCertificate]:
    async with caller.begin() as work:
        alike = emaid_of(emaid) or emaid if emaid is not None else None
        conditions = [("state = {}", stands), ("emaid = {}", alike)]
        return await listed(
            work, CONTRACTS, window, lambda row: shown(ContractCertificate, row), conditions
        )


@adds("/contract-roots", "Trust a root of contracts", Permission.EDIT_NETWORK)
async def add_contract_root(caller: Calling, data: JSONBody[NewRoot]) -> Page[Root]:
    """All that are trusted from now on."""
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        await certificates.add_anchor(work, party, data.pem, by=caller.name)
        await caller.audit(work, "trusted a root of contracts", f"party:{party}")
        rows = await work.all("SELECT * FROM trust_anchor_view ORDER BY id DESC")
    return Page(items=[shown(Root, row) for row in rows])


@removes("/contract-roots/{root_id:uuid}", "Trust a root no more", Permission.EDIT_NETWORK)
async def remove_contract_root(caller: Calling, root_id: FromPath[UUID]) -> None:
    party = PartyId(caller.actor.party)
    async with caller.begin() as work:
        if await work.one("SELECT id FROM trust_anchor_view WHERE id = $1", root_id) is None:
            raise NoSuchRoot
        await certificates.remove_anchor(work, party, root_id)
        await caller.audit(work, "trusts a root no more", f"trust_anchor:{root_id}")


async def _offer(work: Work, id: UUID) -> Row:
    row = await work.one("SELECT * FROM car_offer_view WHERE id = $1", id)
    if row is None:
        raise autocharge.NoSuchOffer
    return row


ROUTER = Router(
    "/",
    tags=["cars"],
    route_handlers=[
        list_car_offers,
        accept_car,
        decline_car,
        list_car_findings,
        release_car,
        list_contract_roots,
        list_contract_certificates,
        add_contract_root,
        remove_contract_root,
    ],
)
