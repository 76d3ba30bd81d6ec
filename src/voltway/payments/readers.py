"""Card readers that operators register: which stand where, and which bays each serves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Outage, Refusal
from voltway.kernel.ids import EvseId, LocationId, PartyId, new_id
from voltway.parties import actions as parties
from voltway.payments import choosing, store_readers
from voltway.payments.choosing import AnyProvider
from voltway.payments.model_readers import CardReader, ReaderId
from voltway.payments.provider import Provider
from voltway.payments.provider_more import DrivesReaders, ReaderSeen
from voltway.runtime.work import BeginWork, Work

NAME_MAX: Final = 40


@dataclass(eq=False)
class NotAReaderName(Refusal):
    """A reader needs a name that drivers can find it by, of up to 40 characters."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NoSuchReader(Refusal):
    """There is no such card reader."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class ReaderTaken(Refusal):
    """This reader is registered already. Remove it first where it is."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class NotAPlaceForIt(Refusal):
    """There is no such place of yours, or one of the bays is not there."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(frozen=True, slots=True)
class Found:
    """A reader that an account has."""

    provider: str
    seen: ReaderSeen


@dataclass(frozen=True, slots=True)
class Account:
    """What one account said of its readers; ``trouble`` where it said nothing."""

    provider: str
    readers: Sequence[ReaderSeen]
    trouble: str = ""


def driver_of(provider: Provider) -> DrivesReaders | None:
    """The provider as one that drives readers, if it does."""
    return provider if provider.can.readers and isinstance(provider, DrivesReaders) else None


async def found(begin: BeginWork, given: AnyProvider, party: PartyId) -> list[Account]:
    """What the accounts have that are for a party. One that is silent hides no other's."""
    async with begin() as work:
        us = await parties.party(work, party)
    said = []
    for provider in choosing.of_party(given, f"{us.country_code}*{us.ident}"):
        drives = driver_of(provider)
        if drives is None:
            continue
        try:
            said.append(Account(provider.name, await drives.readers()))
        except Outage as silence:
            said.append(Account(provider.name, (), str(silence)))
    return said


async def one_found(
    begin: BeginWork, given: AnyProvider, party: PartyId, provider: str, ref: str
) -> Found:
    """The reader of this name, as its account has it. Raises ``NoSuchReader``."""
    for account in await found(begin, given, party):
        for seen in account.readers:
            if (account.provider, seen.ref) == (provider, ref):
                return Found(provider, seen)
    raise NoSuchReader


async def register(
    work: Work,
    party: PartyId,
    seen: Found,
    *,
    name: str,
    location: UUID,
    evses: Sequence[EvseId] = (),
    by: str,
) -> CardReader:
    """Let bays be paid for at a reader: these, or without any all of its place."""
    name = name.strip()
    if not 0 < len(name) <= NAME_MAX or not name.isprintable():
        raise NotAReaderName
    known = await work.all(
        """
        SELECT e.id FROM evse_view e JOIN station_view s ON s.id = e.station_id
         WHERE s.location_id = $1 AND s.party_id = $2
        """,
        location,
        party,
    )
    if not known or not set(evses) <= {row["id"] for row in known}:
        raise NotAPlaceForIt
    reader = CardReader(
        id=ReaderId(new_id(work.now)),
        party=party,
        provider=seen.provider,
        ref=seen.seen.ref,
        name=name,
        location=LocationId(location),
        evses=tuple(dict.fromkeys(evses)),
        set_by=by,
    )
    if not await store_readers.add(work, reader):
        raise ReaderTaken
    return reader


async def remove(work: Work, party: PartyId, reader: UUID) -> None:
    """Nobody pays there from now on. Who is at it now may end that."""
    if not await store_readers.remove(work, party, reader):
        raise NoSuchReader


async def of_party(work: Work, party: PartyId) -> list[CardReader]:
    return await store_readers.of_party(work, party)


async def serving(
    work: Work, given: AnyProvider, evse: EvseId, location: LocationId
) -> list[CardReader]:
    """Where a bay can be paid for now: the readers whose provider the house has."""
    return [
        reader
        for reader in await store_readers.serving(work, evse, location)
        if driver_of(choosing.of(given, reader.provider)) is not None
    ]
