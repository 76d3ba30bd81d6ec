"""Which tariff holds where: the most specific assignment that has a valid version.

A station's goes before its location's, and that before its party's. Each step that was looked at
is told, so that an operator sees why a price holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import PartyId
from voltway.tariffs.model_versions import Assigned, Assignment, Place, Scope, TariffVersion


def resolved(
    place: Place,
    at: datetime,
    assignments: Mapping[UUID, Sequence[Assignment]],
    versions: Mapping[tuple[PartyId, str], Sequence[TariffVersion]],
) -> tuple[Assigned | None, tuple[str, ...]]:
    """The tariff of a place at a moment, and a sentence for each step on the way to it."""
    steps: list[str] = []
    for scope, scope_id in (
        (Scope.STATION, place.station),
        (Scope.LOCATION, place.location),
        (Scope.PARTY, place.party),
    ):
        held = _held(assignments.get(scope_id, ()), scope, place.party, at)
        if held is None or held.ident is None:
            steps.append(f"The {scope} has no tariff of its own.")
            continue
        version = newest(versions.get((place.party, held.ident), ()), at)
        if version is None:
            steps.append(
                f"The {scope} has tariff {held.ident}, but no version of it holds at that moment."
            )
            continue
        why = f"Tariff {version.ident}, version {version.version}, is assigned to the {scope}."
        return Assigned(version.id, version.tariff, why), (*steps, why)
    return None, tuple(steps)


def newest(versions: Iterable[TariffVersion], at: datetime) -> TariffVersion | None:
    """The version that holds at a moment: of those that may, the last that was added."""
    holding = [version for version in versions if version.holds_at(at)]
    return max(holding, key=lambda version: version.version, default=None)


def _held(
    assignments: Iterable[Assignment], scope: Scope, party: PartyId, at: datetime
) -> Assignment | None:
    """The latest that has begun. Of two of one moment the later told counts: they come in order."""
    begun = [
        each
        for each in assignments
        if each.scope is scope and each.party == party and each.since <= at
    ]
    return max(enumerate(begun), key=lambda each: (each[1].since, each[0]), default=(0, None))[1]
