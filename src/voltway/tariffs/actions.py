"""What can be done to tariffs: add a version, say where it holds, ask what holds.

A version is never changed, so each is read from its document once in a process and remembered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId, PartyId, StationId, TariffId, new_id
from voltway.kernel.money import Currency
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.tariffs import store
from voltway.tariffs.documents import BadField
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_versions import (
    Assigned,
    Assignment,
    Place,
    Scope,
    TariffAssigned,
    TariffVersion,
    TariffVersionAdded,
)
from voltway.tariffs.ocpi import WHAT, read_tariff
from voltway.tariffs.rules_assignment import newest, resolved

__all__ = [
    "Assigned",
    "NoBooksIn",
    "NoSuchTariff",
    "NoSuchTariffVersion",
    "Scope",
    "TariffVersion",
    "add_version",
    "assign",
    "explain",
    "holding",
    "tariff_for",
    "tariffs_at",
    "version",
    "version_record",
]

REMEMBERED_MAX = 4096
_known: dict[TariffId, TariffVersion] = {}

#: A ``Place``, or the plain tuple of a party, a location of it, and a station there.
Where = tuple[PartyId, LocationId, StationId]


@dataclass(eq=False)
class NoSuchTariff(Refusal):
    """There is no tariff {ident}."""

    kind = Kind.ABSENT

    ident: str


@dataclass(eq=False)
class NoBooksIn(Refusal):
    """No books are kept in {currency}, only in {kept}: nobody could be billed by this tariff."""

    kind = Kind.INVALID

    currency: Currency
    kept: Currency


@dataclass(eq=False)
class NoSuchTariffVersion(Refusal):
    """There is no tariff version {id}."""

    kind = Kind.ABSENT

    id: TariffId


async def add_version(
    work: Work,
    party: PartyId,
    ocpi_json: str | bytes,
    *,
    valid_from: datetime | None = None,
) -> TariffVersion:
    """Add a tariff, or its next version, from an OCPI document of any version that we read.

    It holds from when it is told to, or from now. Only a first version may begin in the past: a
    later one would change what was charged. The document that is already the newest version is
    that version.
    """
    tariff = read_tariff(ocpi_json)
    kept = (await parties.party(work, party)).currency
    if tariff.currency != kept:
        raise NoBooksIn(tariff.currency, kept)
    document = ocpi_json.decode("utf-8-sig") if isinstance(ocpi_json, bytes) else ocpi_json
    await store.lock_tariff(work, party, tariff.id)
    last = await store.last_of(work, party, tariff.id, _read)
    if last is not None and last.document == document and valid_from is None:
        return last

    begins = valid_from or tariff.starts or work.now
    if last is not None:
        begins = max(begins, work.now)
    if tariff.ends is not None and tariff.ends <= begins:
        raise BadField(WHAT, "end_date_time", "it is already over")
    added = TariffVersion(
        id=TariffId(new_id(work.now)),
        party=party,
        ident=tariff.id,
        version=1 if last is None else last.version + 1,
        document=document,
        tariff=tariff,
        valid_from=begins,
        valid_until=tariff.ends,
        created_at=work.now,
    )

    await store.keep_version(work, added)
    await work.announce(
        [
            TariffVersionAdded(
                party=party,
                at=work.now,
                version_id=added.id,
                ident=added.ident,
                version=added.version,
            )
        ]
    )
    return added


async def assign(
    work: Work,
    party: PartyId,
    ident: str | None,
    *,
    location: LocationId | None = None,
    station: StationId | None = None,
    since: datetime | None = None,
) -> Assignment:
    """Let a tariff hold at a station, a location, or (neither named) at the whole party.

    No tariff ends what was assigned there. It may begin in the past only where nothing was
    assigned before: prices are not changed backwards.
    """
    assert location is None or station is None, "assign to one of them"
    if ident is not None and await store.last_of(work, party, ident, _read) is None:
        raise NoSuchTariff(ident)
    scope, scope_id = _scope(party, location, station)
    begins = since or work.now
    if begins < work.now and await store.assignments_to(work, [scope_id], work.now):
        begins = work.now
    assignment = Assignment(party=party, scope=scope, scope_id=scope_id, ident=ident, since=begins)

    await store.keep_assignment(work, new_id(work.now), assignment)
    await work.announce(
        [
            TariffAssigned(
                party=party,
                at=work.now,
                scope=scope,
                scope_id=scope_id,
                ident=ident,
                since=assignment.since,
            )
        ]
    )
    return assignment


async def tariff_for(work: Work, places: Iterable[Where], at: datetime) -> Mapping[Where, Assigned]:
    """The tariff that holds at each of these places. One that has none is left out: it is free."""
    asked = {(place, at) for place in places}
    return {place: found for (place, _), found in (await tariffs_at(work, asked)).items()}


async def tariffs_at(
    work: Work, asked: Iterable[tuple[Where, datetime]]
) -> Mapping[tuple[Where, datetime], Assigned]:
    """The same for many places, each at a moment of its own: sessions of an outage come late."""
    wanted = set(asked)
    resolutions = await _resolutions(work, wanted)
    return {each: found for each, (found, _) in resolutions.items() if found is not None}


async def explain(work: Work, place: Where, at: datetime) -> tuple[str, ...]:
    """Why a tariff holds at a place, or none does: a sentence for each step that was looked at."""
    return (await _resolutions(work, {(place, at)}))[place, at][1]


async def version(work: Work, id: TariffId) -> Tariff:
    """The tariff of a version."""
    return (await version_record(work, id)).tariff


async def version_record(work: Work, id: TariffId) -> TariffVersion:
    """The version with its document and its dates; asked for again, it is remembered.

    What is remembered is behind the same wall as the table: a party is given its own.
    """
    known = _known.get(id)
    if known is not None and work.party in (None, known.party):
        return known
    found = await store.version(work, id, _read)
    if found is None:
        raise NoSuchTariffVersion(id)
    if len(_known) >= REMEMBERED_MAX:
        _known.clear()
    _known[id] = found
    return found


async def holding(work: Work, party: PartyId, ident: str, at: datetime) -> TariffVersion:
    """The version of a tariff that holds at a moment."""
    versions = await store.versions_of(work, [(party, ident)], _read)
    found = newest(versions.get((party, ident), ()), at)
    if found is None:
        raise NoSuchTariff(ident)
    return found


async def _resolutions(
    work: Work, wanted: set[tuple[Where, datetime]]
) -> Mapping[tuple[Where, datetime], tuple[Assigned | None, tuple[str, ...]]]:
    if not wanted:
        return {}
    scope_ids = {id for place, _ in wanted for id in place}
    until = max(at for _, at in wanted)
    assignments = await store.assignments_to(work, scope_ids, until)
    idents = {
        (each.party, each.ident)
        for told in assignments.values()
        for each in told
        if each.ident is not None
    }
    versions = await store.versions_of(work, idents, _read) if idents else {}
    return {(place, at): resolved(Place(*place), at, assignments, versions) for place, at in wanted}


def _scope(
    party: PartyId, location: LocationId | None, station: StationId | None
) -> tuple[Scope, UUID]:
    if station is not None:
        return Scope.STATION, station
    if location is not None:
        return Scope.LOCATION, location
    return Scope.PARTY, party


#: The same document is the same tariff, so it is read once in a process.
_read = lru_cache(maxsize=REMEMBERED_MAX)(read_tariff)
