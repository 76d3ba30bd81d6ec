"""Where tariffs hold and for whom: assignments, groups, and the ladder that decides."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, field

from voltway.drivers import contracts
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import (
    ContractId,
    DriverId,
    EvseId,
    FleetId,
    LocationId,
    PartyId,
    StationId,
    TokenUid,
)
from voltway.parties.model import Permission
from voltway.runtime.work import Work
from voltway.sessions import actions_price
from voltway.stations import actions as stations
from voltway.tariffs import assigning, lawful
from voltway.tariffs.actions import Scope
from voltway.tariffs.model_versions import DriverKind, GroupMember, Rung
from voltway.web.api.caller import Calling
from voltway.web.api.lists import Paging, Source, listed
from voltway.web.api.operations import adds, reads
from voltway.web.api.shapes import NO_NUL, Given, Moment, Page, Shown, shown, utc

ASSIGNMENTS = Source("tariff_assignment_view")
GROUPS = Source("tariff_group_view")

Ident = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=36,
        pattern=NO_NUL,
        description="The `id` of the OCPI document.",
        examples=["DAY-NIGHT"],
    ),
]


class Assignment(Shown):
    """Where a tariff or a group holds, and from when to when."""

    id: UUID
    scope: Scope
    scope_id: UUID
    tariff: Annotated[
        str | None, Meta(description="With no group either: ends what was assigned there.")
    ]
    group: str | None
    since: Moment
    until: Moment | None
    created_at: Moment


class NewAssignment(Given):
    """Let a tariff, or a group of them, hold for one of these; for the whole party if none is
    named."""

    tariff: Ident | None = None
    group: Ident | None = None
    driver_id: UUID | None = None
    contract_id: UUID | None = None
    fleet_id: UUID | None = None
    evse_id: UUID | None = None
    location_id: UUID | None = None
    station_id: UUID | None = None
    since: Moment | None = None
    until: Annotated[
        Moment | None, Meta(description="What held before comes back at this moment.")
    ] = None


class OnePlaceOnly(Refusal):
    """A tariff is assigned to one thing at a time: name one of driver, contract, fleet, EVSE,
    station and location."""

    kind = Kind.INVALID


class Assigned(Shown):
    """What was assigned."""

    scope: Scope
    scope_id: UUID
    tariff: str | None
    group: str | None
    since: Moment
    until: Moment | None


class Member(Given):
    """A tariff of a group, for some kinds of drivers (none: for all), for a time."""

    tariff: Ident
    drivers: list[DriverKind] = field(default_factory=list)
    since: Moment | None = None
    until: Moment | None = None


class NewGroup(Given):
    """A group of tariffs, or its next version. Of its members the first counts that fits."""

    ident: Ident
    members: Annotated[list[Member], Meta(min_length=1, max_length=assigning.MEMBERS_MAX)]
    valid_from: Moment | None = None


class Group(Shown):
    """One version of a group of tariffs."""

    id: UUID
    ident: str
    version: int
    members: list[Member]
    valid_from: Moment
    created_at: Moment
    newest: bool = True


class Step(Shown):
    """One rung of the ladder, the most specific first."""

    scope: Scope
    scope_id: UUID | None
    says: str
    tariff: str | None
    version: int | None
    version_id: UUID | None
    group: str | None
    since: Moment | None
    until: Moment | None
    wins: bool


class Resolution(Shown):
    """Which tariff would apply, and why. No tariff at all is free."""

    at: Moment
    tariff: str | None
    version: int | None
    version_id: UUID | None
    why: str
    ladder: list[Step]


class Forbidden(Shown):
    """An EVSE of 50 kW or more and a price that the law forbids for its guests."""

    evse_id: UUID
    public_id: str
    location: str
    power_w: int
    tariff: str
    version_id: UUID
    begins: Annotated[Moment, Meta(description="Now, or when what is arranged begins.")]
    why: Annotated[list[str], Meta(description="A sentence each, with the article.")]


@reads("/tariff-assignments", "List where tariffs hold")
async def list_assignments(
    caller: Calling,
    window: Paging,
    scope_id: Annotated[
        UUID | None, QueryParameter(description="At this party, location, station and so on.")
    ] = None,
) -> Page[Assignment]:
    async with caller.begin() as work:
        return await listed(
            work,
            ASSIGNMENTS,
            window,
            lambda row: shown(
                Assignment, row, tariff=row["tariff_ident"], group=row["group_ident"]
            ),
            [("scope_id = {}", scope_id)],
        )


@adds("/tariff-assignments", "Let a tariff hold somewhere", Permission.EDIT_TARIFFS)
async def add_assignment(caller: Calling, data: JSONBody[NewAssignment]) -> Assigned:
    async with caller.begin() as work:
        scope, scope_id = await _target(work, caller.actor.party, data)
        made = await assigning.assign_to(
            work,
            caller.actor.party,
            scope,
            scope_id,
            ident=data.tariff,
            group=data.group,
            since=None if data.since is None else utc(data.since),
            until=None if data.until is None else utc(data.until),
        )
        await caller.audit(work, "assigned a tariff", f"{made.scope}:{made.scope_id}")
    return Assigned(
        scope=made.scope,
        scope_id=made.scope_id,
        tariff=made.ident,
        group=made.group,
        since=made.since,
        until=made.until,
    )


async def _target(work: Work, party: PartyId, data: NewAssignment) -> tuple[Scope, UUID]:
    """What the tariff is assigned to, which must be the caller's own."""
    named = {
        Scope.DRIVER: data.driver_id,
        Scope.CONTRACT: data.contract_id,
        Scope.FLEET: data.fleet_id,
        Scope.EVSE: data.evse_id,
        Scope.STATION: data.station_id,
        Scope.LOCATION: data.location_id,
    }
    given = [(scope, id) for scope, id in named.items() if id is not None]
    if len(given) > 1:
        raise OnePlaceOnly
    for scope, id in given:
        match scope:
            case Scope.DRIVER:
                await contracts.driver_of(work, party, DriverId(id))
            case Scope.CONTRACT:
                await contracts.contract_of(work, party, ContractId(id))
            case Scope.FLEET:
                await contracts.fleet_of(work, party, FleetId(id))
            case Scope.EVSE:
                await stations.place_of(work, EvseId(id))
            case Scope.STATION:
                await stations.station(work, StationId(id))
            case _:
                await stations.location(work, LocationId(id))
        return scope, id
    return Scope.PARTY, party


@reads("/tariff-groups", "List the groups of tariffs")
async def list_groups(
    caller: Calling,
    window: Paging,
    newest: Annotated[bool | None, QueryParameter(description="Only the newest versions.")] = None,
) -> Page[Group]:
    async with caller.begin() as work:
        return await listed(
            work,
            GROUPS,
            window,
            lambda row: shown(Group, row, ident=row["group_ident"]),
            [("newest = {}", newest)],
        )


@adds("/tariff-groups", "Add a group of tariffs or its next version", Permission.EDIT_TARIFFS)
async def add_group(caller: Calling, data: JSONBody[NewGroup]) -> Group:
    """A group is assigned as one; which of its tariffs applies depends on the driver's kind and
    on the moment."""
    members = [
        GroupMember(
            each.tariff,
            tuple(each.drivers),
            None if each.since is None else utc(each.since),
            None if each.until is None else utc(each.until),
        )
        for each in data.members
    ]
    async with caller.begin() as work:
        made = await assigning.add_group(
            work,
            caller.actor.party,
            data.ident,
            members,
            valid_from=None if data.valid_from is None else utc(data.valid_from),
        )
        await caller.audit(work, "added a group of tariffs", f"tariff-group:{made.ident}")
    return Group(
        id=made.id,
        ident=made.ident,
        version=made.version,
        members=data.members,
        valid_from=made.valid_from,
        created_at=made.created_at,
    )


@reads("/evses/{evse_id:uuid}/tariff", "Ask which tariff would apply here, and why")
async def read_resolution(
    caller: Calling,
    evse_id: FromPath[UUID],
    token: Annotated[
        str | None, QueryParameter(max_length=36, pattern=NO_NUL, description="What is shown.")
    ] = None,
    contract: Annotated[UUID | None, QueryParameter(description="Or who charges: by this.")] = None,
    driver: Annotated[UUID | None, QueryParameter(description="Or this driver.")] = None,
    fleet: Annotated[UUID | None, QueryParameter(description="Or somebody of this.")] = None,
    at: Annotated[datetime | None, QueryParameter(description="When; without, now.")] = None,
) -> Resolution:
    """The ladder from the driver to the party. Nobody named is a guest."""
    asks = actions_price.Asks(
        token=None if token is None else TokenUid(token),
        contract=ContractId(contract) if contract else None,
        driver=DriverId(driver) if driver else None,
        fleet=FleetId(fleet) if fleet else None,
    )
    async with caller.begin() as work:
        moment = work.now if at is None else utc(at)
        climbed = await actions_price.which_tariff(work, EvseId(evse_id), asks, moment)
    winner = climbed.winner
    version = winner.version if winner else None
    return Resolution(
        at=climbed.at,
        tariff=version.ident if version else None,
        version=version.version if version else None,
        version_id=version.id if version else None,
        why=winner.says if winner else "No tariff is assigned here: it is free.",
        ladder=[_step(rung) for rung in climbed.rungs],
    )


@reads("/tariffs/not-allowed", "List where guests meet a price that the law forbids")
async def list_not_allowed(caller: Calling) -> list[Forbidden]:
    """An EVSE may come to such a price by itself: by more power, or by its party's tariff. An
    assignment or version that would make one is refused."""
    async with caller.begin() as work:
        found = await lawful.found(work, caller.actor.party)
    return [
        Forbidden(
            evse_id=each.bay.evse,
            public_id=each.bay.name,
            location=each.bay.at,
            power_w=each.bay.power_w,
            tariff=each.tariff,
            version_id=each.version,
            begins=each.begins,
            why=list(each.why),
        )
        for each in found
    ]


def _step(rung: Rung) -> Step:
    held, version = rung.assignment, rung.version
    return Step(
        scope=rung.scope,
        scope_id=rung.scope_id,
        says=rung.says,
        tariff=version.ident if version else held.ident if held else None,
        version=version.version if version else None,
        version_id=version.id if version else None,
        group=held.group if held else None,
        since=held.since if held else None,
        until=held.until if held else None,
        wins=rung.wins,
    )


ROUTER = Router(
    "/",
    tags=["tariffs"],
    route_handlers=[
        list_assignments,
        add_assignment,
        list_groups,
        add_group,
        read_resolution,
        list_not_allowed,
    ],
)
