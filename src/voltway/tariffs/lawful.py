"""Holds what is arranged of prices to the law: no guest meets one that AFIR does not allow.

Whoever arranges a price (assigns a tariff or a group, adds a version of one that is assigned, by
whatever door) does so between two looks at the fast EVSEs. A price that was not forbidden before
and is afterwards is refused, and with it all that was arranged in that work. What becomes
forbidden by itself (an EVSE was given more power, a station came under the tariff of its party)
is not refused, for it is so already: ``found`` tells it to whoever looks.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId
from voltway.runtime.work import Work
from voltway.tariffs import store, store_groups, store_lawful
from voltway.tariffs.model_versions import Scope
from voltway.tariffs.ocpi import read_once
from voltway.tariffs.rules_afir import Bay, NotAllowed, not_allowed
from voltway.tariffs.rules_assignment import Known

#: Nothing is arranged for later than this.
AHEAD = timedelta(days=366 * 100)
#: So many places are named in a refusal.
NAMED_MAX = 3

#: The scopes by which guests are charged; nobody knows a guest's fleet, contract or name.
OF_GUESTS = frozenset({Scope.EVSE, Scope.STATION, Scope.LOCATION, Scope.PARTY})


@dataclass(eq=False)
class LawForbids(Refusal):
    """The law does not allow this price. {why}"""

    kind = Kind.INVALID

    why: str


async def found(work: Work, party: PartyId, within: UUID | None = None) -> list[NotAllowed]:
    """Each EVSE where guests meet a price that the law forbids, now or by what is arranged; of one
    location, station or EVSE, or of all."""
    bays = await store_lawful.fast_bays(work, party, within)
    if not bays:
        return []
    return list(not_allowed(bays, await _known(work, party, bays), work.now))


@asynccontextmanager
async def held_to(
    work: Work, party: PartyId, *, scope: Scope = Scope.PARTY, scope_id: UUID | None = None
) -> AsyncIterator[None]:
    """What is arranged in this block may forbid no price that was allowed before.

    Raises :class:`LawForbids`; the caller lets it end the work, so nothing of it is kept.
    """
    if scope not in OF_GUESTS:
        yield
        return
    within = None if scope is Scope.PARTY else scope_id
    before = {each.key for each in await found(work, party, within)}
    yield
    after = [each for each in await found(work, party, within) if each.key not in before]
    if after:
        raise LawForbids(_why(after))


def _why(forbidden: list[NotAllowed]) -> str:
    """Where the price would be forbidden, and why: each sentence of the law once."""
    first = forbidden[0]
    alike = [each for each in forbidden if each.version == first.version]
    if len(alike) == 1:
        return f"{first.says} {' '.join(first.why)}"
    named = ", ".join(f"{each.bay.at} {each.bay.name}" for each in alike[:NAMED_MAX])
    more = f" and {len(alike) - NAMED_MAX} more" if len(alike) > NAMED_MAX else ""
    return f"Guests at {named}{more} are charged by tariff {first.tariff}. {' '.join(first.why)}"


async def _known(work: Work, party: PartyId, bays: list[Bay]) -> Known:
    """What is assigned where these EVSEs are, now and later, and all that it names."""
    scope_ids: set[UUID] = {party}
    for bay in bays:
        scope_ids |= {bay.location, bay.station, bay.evse}
    assignments = await store.assignments_to(work, scope_ids, work.now + AHEAD)
    told = [each for those in assignments.values() for each in those]
    named = {(each.party, each.group) for each in told if each.group is not None}
    groups = await store_groups.groups_of(work, named) if named else {}
    idents = {(each.party, each.ident) for each in told if each.ident is not None}
    for those in groups.values():
        idents |= {(each.party, member.tariff) for each in those for member in each.members}
    versions = await store.versions_of(work, idents, read_once) if idents else {}
    return Known(assignments, groups, versions)
