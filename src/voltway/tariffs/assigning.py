"""Saying where a tariff holds, for whom and until when, and which tariffs are assigned as one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId, PartyId, StationId, new_id
from voltway.runtime.work import Work
from voltway.tariffs import lawful, store, store_groups
from voltway.tariffs.model_versions import (
    Assignment,
    GroupMember,
    GroupVersion,
    Scope,
    TariffAssigned,
    TariffGroupChanged,
)

MEMBERS_MAX = 100
IDENT_LENGTH_MAX = 36


@dataclass(eq=False)
class NoSuchTariff(Refusal):
    """There is no tariff {ident}."""

    kind = Kind.ABSENT

    ident: str


@dataclass(eq=False)
class NoSuchGroup(Refusal):
    """There is no group of tariffs {ident}."""

    kind = Kind.ABSENT

    ident: str


@dataclass(eq=False)
class NoGroup(Refusal):
    """This cannot be a group of tariffs: {why}."""

    kind = Kind.INVALID

    why: str


class TariffOrGroup(Refusal):
    """A tariff or a group is assigned, not both at once."""

    kind = Kind.INVALID


class EndsBeforeItBegins(Refusal):
    """It would end before it begins."""

    kind = Kind.INVALID


async def assign(
    work: Work,
    party: PartyId,
    ident: str | None,
    *,
    location: LocationId | None = None,
    station: StationId | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Assignment:
    """Let a tariff hold at a station, a location, or (neither named) at the whole party."""
    assert location is None or station is None, "assign to one of them"
    to: tuple[Scope, UUID] = (Scope.PARTY, party)
    if location is not None:
        to = (Scope.LOCATION, location)
    if station is not None:
        to = (Scope.STATION, station)
    return await assign_to(work, party, *to, ident=ident, since=since, until=until)


async def assign_to(
    work: Work,
    party: PartyId,
    scope: Scope,
    scope_id: UUID,
    *,
    ident: str | None = None,
    group: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Assignment:
    """Let a tariff, or a group of them, hold for whom or where this is.

    Neither ends what was assigned there. It may begin in the past only where nothing was assigned
    before: prices are not changed backwards. With an end, what held before comes back afterwards.

    Raises ``LawForbids`` where guests would be charged by it, or by what it uncovers, against the
    law; the work that it is raised in keeps nothing.
    """
    if ident is not None and group is not None:
        raise TariffOrGroup
    if ident is not None and not await store.has_tariff(work, party, ident):
        raise NoSuchTariff(ident)
    if group is not None and not await store_groups.groups_of(work, [(party, group)]):
        raise NoSuchGroup(group)
    begins = since or work.now
    if begins < work.now and await store.assignments_to(work, [scope_id], work.now):
        begins = work.now
    if until is not None and until <= begins:
        raise EndsBeforeItBegins
    assignment = Assignment(
        party=party,
        scope=scope,
        scope_id=scope_id,
        ident=ident,
        since=begins,
        group=group,
        until=until,
    )
    async with lawful.held_to(work, party, scope=scope, scope_id=scope_id):
        await store.keep_assignment(work, new_id(work.now), assignment)
    await work.announce(
        [
            TariffAssigned(
                party=party,
                at=work.now,
                scope=scope,
                scope_id=scope_id,
                ident=ident,
                since=begins,
                group=group,
                until=until,
            )
        ]
    )
    return assignment


async def add_group(
    work: Work,
    party: PartyId,
    ident: str,
    members: Sequence[GroupMember],
    *,
    valid_from: datetime | None = None,
) -> GroupVersion:
    """Add a group of tariffs, or its next version, which holds from now or from later on.

    A group that is already so is that version. Raises ``LawForbids`` as ``assign_to`` does.
    """
    named = ident.strip()
    if not 1 <= len(named) <= IDENT_LENGTH_MAX or not named.isprintable():
        raise NoGroup(f"its name must have 1 to {IDENT_LENGTH_MAX} printable characters")
    if not 1 <= len(members) <= MEMBERS_MAX:
        raise NoGroup(f"it must have 1 to {MEMBERS_MAX} tariffs")
    for member in members:
        if not await store.has_tariff(work, party, member.tariff):
            raise NoSuchTariff(member.tariff)
        if member.since and member.until and member.until <= member.since:
            raise NoGroup(f"{member.tariff} would end before it begins")
    await store.lock_tariff(work, party, f"group {named}")
    known = (await store_groups.groups_of(work, [(party, named)])).get((party, named), [])
    begins = valid_from or work.now
    if known:
        last = known[-1]
        if last.members == tuple(members) and valid_from is None:
            return last
        begins = max(begins, work.now)
    group = GroupVersion(
        id=new_id(work.now),
        party=party,
        ident=named,
        version=len(known) + 1,
        members=tuple(members),
        valid_from=begins,
        created_at=work.now,
    )
    async with lawful.held_to(work, party):
        await store_groups.keep_group(work, group)
    await work.announce(
        [TariffGroupChanged(party=party, at=work.now, ident=named, version=group.version)]
    )
    return group
