"""Which tariff holds where, and for whom: the most specific assignment that has a valid version.

A driver's goes before its contract's, that before its fleet's, and these before what holds at the
EVSE, its station, its location, its party. Each rung is told, so that an operator sees why a price
holds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import PartyId
from voltway.tariffs.model_versions import (
    Assigned,
    Assignment,
    GroupMember,
    GroupVersion,
    Place,
    Rung,
    Scope,
    TariffVersion,
)

_ABSENT = {
    Scope.DRIVER: "No driver is known.",
    Scope.CONTRACT: "No contract was shown.",
    Scope.FLEET: "No fleet is known.",
    Scope.EVSE: "No EVSE is named.",
}
#: A party's tariff or group by its name.
Named = tuple[PartyId, str]


@dataclass(frozen=True, slots=True)
class Known:
    """What was assigned to the places that are asked about, and all that it names."""

    assignments: Mapping[UUID, Sequence[Assignment]] = field(default_factory=dict)
    groups: Mapping[Named, Sequence[GroupVersion]] = field(default_factory=dict)
    versions: Mapping[Named, Sequence[TariffVersion]] = field(default_factory=dict)


def resolved(place: Place, at: datetime, known: Known) -> Assigned | None:
    """The tariff that holds at a place at a moment: the first on the ladder."""
    for scope in Scope:
        rung = _rung(scope, place, at, known)
        if rung is not None and rung.version is not None:
            return Assigned(rung.version.id, rung.version.tariff, rung.says)
    return None


def ladder(place: Place, at: datetime, known: Known) -> tuple[Rung, ...]:
    """Every rung with what stood on it; the highest with a tariff wins."""
    rungs: list[Rung] = []
    won = False
    for scope in Scope:
        rung = _rung(scope, place, at, known) or Rung(
            scope=scope, scope_id=None, says=_ABSENT[scope]
        )
        wins = not won and rung.version is not None
        won = won or wins
        rungs.append(replace(rung, wins=wins))
    return tuple(rungs)


def _rung(scope: Scope, place: Place, at: datetime, known: Known) -> Rung | None:
    scope_id = place.of(scope)
    if scope_id is None:
        return None
    called = _called(scope)
    told = known.assignments.get(scope_id)
    held = _held(told, scope, place, at) if told else None
    if held is None or (held.ident is None and held.group is None):
        says = f"The {called} has no tariff of its own."
        return Rung(scope=scope, scope_id=scope_id, says=says, assignment=held)
    if held.group is not None:
        return _of_group(held, held.group, place, at, known)
    assert held.ident is not None
    version = newest(known.versions.get((place.party, held.ident), ()), at)
    if held.plan is not None and version is not None:
        says = (
            f"Tariff {version.ident}, version {version.version}, comes with the plan {held.plan} "
            f"of the {called}."
        )
        return Rung(scope=scope, scope_id=scope_id, says=says, assignment=held, version=version)
    says = (
        f"The {called} has tariff {held.ident}, but no version of it holds at that moment."
        if version is None
        else f"Tariff {version.ident}, version {version.version}, is assigned to the {called}."
    )
    return Rung(scope=scope, scope_id=scope_id, says=says, assignment=held, version=version)


def _of_group(held: Assignment, ident: str, place: Place, at: datetime, known: Known) -> Rung:
    """The first member that fits the driver and the moment, and has a version that holds."""
    called = _called(held.scope)
    group = newest_group(known.groups.get((place.party, ident), ()), at)
    rung = Rung(scope=held.scope, scope_id=held.scope_id, says="", assignment=held, group=group)
    if group is None:
        says = f"The {called} has group {ident}, but no version of it holds at that moment."
        return replace(rung, says=says)
    for member, version in _versions(group.members, place, at, known):
        if version is not None and member.fits(place.kind, at):
            says = (
                f"Tariff {version.ident}, version {version.version}, is of group {ident}, "
                f"version {group.version}, which is assigned to the {called}."
            )
            return replace(rung, says=says, version=version)
    says = f"The {called} has group {ident}, but no tariff of it fits this driver at that moment."
    return replace(rung, says=says)


def _called(scope: Scope) -> str:
    return "EVSE" if scope is Scope.EVSE else scope.value


def _versions(
    members: Iterable[GroupMember], place: Place, at: datetime, known: Known
) -> Iterator[tuple[GroupMember, TariffVersion | None]]:
    for member in members:
        yield member, newest(known.versions.get((place.party, member.tariff), ()), at)


def newest(versions: Iterable[TariffVersion], at: datetime) -> TariffVersion | None:
    """The version that holds at a moment: of those that may, the last that was added."""
    holding = [version for version in versions if version.holds_at(at)]
    return max(holding, key=lambda version: version.version, default=None)


def newest_group(versions: Iterable[GroupVersion], at: datetime) -> GroupVersion | None:
    """The version of a group that holds at a moment: of those that have begun, the last added."""
    begun = [version for version in versions if version.valid_from <= at]
    return max(begun, key=lambda version: version.version, default=None)


def _held(
    assignments: Iterable[Assignment], scope: Scope, place: Place, at: datetime
) -> Assignment | None:
    """The latest that has begun and not ended. Of two of one moment the later told counts: they
    come in order. A plan's counts from when it was subscribed to, whichever month of it runs."""
    holding = [
        each
        for each in assignments
        if each.scope is scope
        and each.party == place.party
        and each.holds_at(at)
        and each.holds_in(place.location)
    ]
    return max(
        enumerate(holding),
        key=lambda each: (each[1].told_at or each[1].since, each[0]),
        default=(0, None),
    )[1]
