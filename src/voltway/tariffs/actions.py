"""What can be done to tariffs: add a version, ask what holds. ``assigning`` says where it holds.

A version is never changed, so each is read from its document once in a process and remembered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId, PartyId, StationId, TariffId, new_id
from voltway.kernel.money import Currency
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.tariffs import lawful, purses, store, store_groups, taxes
from voltway.tariffs.assigning import NoSuchTariff, assign
from voltway.tariffs.documents import BadField
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_versions import (
    Assigned,
    Assignment,
    Place,
    Rung,
    Scope,
    TariffVersion,
    TariffVersionAdded,
)
from voltway.tariffs.ocpi import WHAT, read_once, read_tariff
from voltway.tariffs.rules_assignment import Known, ladder, newest, resolved

__all__ = [
    "Assigned",
    "NoBooksIn",
    "NoSuchTariff",
    "NoSuchTariffVersion",
    "Scope",
    "TariffVersion",
    "add_version",
    "assign",
    "climb",
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
Where = Place | tuple[PartyId, LocationId, StationId]


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
    that version. Raises ``LawForbids`` where guests would be charged by it against the law.
    """
    async with lawful.held_to(work, party):
        return await keep_version(work, party, ocpi_json, valid_from=valid_from)


async def keep_version(
    work: Work,
    party: PartyId,
    ocpi_json: str | bytes,
    *,
    valid_from: datetime | None = None,
) -> TariffVersion:
    """The same for one that holds many to the law at once."""
    tariff = read_tariff(ocpi_json)
    kept = (await parties.party(work, party)).currency
    if tariff.currency != kept:
        raise NoBooksIn(tariff.currency, kept)
    document = ocpi_json.decode("utf-8-sig") if isinstance(ocpi_json, bytes) else ocpi_json
    await store.lock_tariff(work, party, tariff.id)
    last = await store.last_of(work, party, tariff.id, read_once)
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


async def tariff_for(work: Work, places: Iterable[Where], at: datetime) -> Mapping[Where, Assigned]:
    """The tariff that holds at each of these places, as it is billed there: with its taxes.

    One that has none is left out, and so is one of which nobody knows the tax: it cannot be shown.
    """
    asked = {(place, at) for place in places}
    found = {place: each for (place, _), each in (await tariffs_at(work, asked)).items()}
    open_ = {
        place: taxes.Supply(Place(*place).party, Place(*place).location, at)
        for place, each in found.items()
        if each.tariff.taxes_by_place
    }
    if not open_:
        return found
    rules = await taxes.rules_for(work, set(open_.values()))
    for place, supply in open_.items():
        rule = rules[supply]
        if isinstance(rule, taxes.NoTaxRate):
            del found[place]
        else:
            tariff = taxes.completed(found[place].tariff, rule)
            found[place] = replace(found[place], tariff=tariff)
    return found


async def tariffs_at(
    work: Work, asked: Iterable[tuple[Where, datetime]]
) -> Mapping[tuple[Where, datetime], Assigned]:
    """The tariff that holds at each place at a moment of its own, as it was written: sessions of an
    outage come late."""
    wanted = set(asked)
    if not wanted:
        return {}
    known = await _known_of(work, wanted)
    found = {(place, at): resolved(Place(*place), at, known) for place, at in wanted}
    return {each: tariff for each, tariff in found.items() if tariff is not None}


async def climb(work: Work, place: Where, at: datetime) -> tuple[Rung, ...]:
    """The ladder of a place at a moment: every rung, what stood on it, and which one wins."""
    return ladder(Place(*place), at, await _known_of(work, {(place, at)}))


async def explain(work: Work, place: Where, at: datetime) -> tuple[str, ...]:
    """Why a tariff holds at a place, or none does: a sentence for each step that was looked at."""
    said: list[str] = []
    for rung in await climb(work, place, at):
        if rung.scope_id is not None:
            said.append(rung.says)
        if rung.wins:
            break
    return tuple(said)


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
    found = await store.version(work, id, read_once)
    if found is None:
        raise NoSuchTariffVersion(id)
    if len(_known) >= REMEMBERED_MAX:
        _known.clear()
    _known[id] = found
    return found


async def holding(work: Work, party: PartyId, ident: str, at: datetime) -> TariffVersion:
    """The version of a tariff that holds at a moment."""
    versions = await store.versions_of(work, [(party, ident)], read_once)
    found = newest(versions.get((party, ident), ()), at)
    if found is None:
        raise NoSuchTariff(ident)
    return found


async def _known_of(work: Work, wanted: set[tuple[Where, datetime]]) -> Known:
    """What was assigned where, and what it names, in a statement each: one where nothing is
    assigned, two where tariffs are, three where groups are; two more where somebody has a plan."""
    scope_ids = {id for place, _ in wanted for id in Place(*place).ids}
    until = max(at for _, at in wanted)
    found, subscribed = await store.told_to(work, scope_ids, until)
    assignments: dict[UUID, list[Assignment]] = dict(found)
    if subscribed:  # whoever has no plan costs no statement
        for each in await purses.assigned(work, subscribed, {at for _, at in wanted}):
            assignments[each.scope_id] = [*assignments.get(each.scope_id, ()), each]
    told = [each for those in assignments.values() for each in those]
    named = {(each.party, each.group) for each in told if each.group is not None}
    groups = await store_groups.groups_of(work, named) if named else {}
    idents = {(each.party, each.ident) for each in told if each.ident is not None}
    for those in groups.values():
        idents |= {(each.party, member.tariff) for each in those for member in each.members}
    versions = await store.versions_of(work, idents, read_once) if idents else {}
    return Known(assignments, groups, versions)
