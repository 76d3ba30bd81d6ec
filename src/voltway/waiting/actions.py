"""Watch a place or a bay, look how it stands, leave it."""

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EvseId, LocationId, PartyId, new_id
from voltway.runtime.work import Work
from voltway.stations.rules import heard_since
from voltway.waiting import store
from voltway.waiting.model import Subject, Watch, WatchState, Why

#: Nobody waits longer.
LASTS: Final = timedelta(hours=12)
#: So many watches an address may begin in a day.
A_DAY_MAX: Final = 20


class IsFree(Refusal):
    """A bay is free here now. You can start at once."""


class TooManyWatches(Refusal):
    """This address watches many places already. Please leave one of them first."""

    kind: ClassVar[Kind] = Kind.LIMIT


class NoSuchWatch(Refusal):
    """There is no such watch, or it was over long ago."""

    kind: ClassVar[Kind] = Kind.ABSENT


async def watch(
    work: Work,
    party: PartyId,
    location: LocationId,
    *,
    email: str,
    locale: str,
    expected_s: int,
    evse: EvseId | None = None,
    power_w_min: int = 0,
) -> Watch:
    """Tell this address once when a bay is free; the watch before, if it waits for the same.
    Stations speak at least every ``expected_s`` seconds.

    Raises ``IsFree``, ``TooManyWatches``.
    """
    email = email.strip().lower()
    subject = Subject(location, evse, power_w_min)
    if await store.is_free(work, subject, heard_since(work.now, expected_s)) is not None:
        raise IsFree
    await store.lock_person(work, email)
    recent = await store.of_person(work, email, work.now - timedelta(days=1))
    for each in recent:
        same = (each.location, each.evse, each.power_w_min) == (location, evse, power_w_min)
        if same and each.state is WatchState.WAITING and each.until > work.now:
            return each
    if len(recent) >= A_DAY_MAX:
        raise TooManyWatches
    made = Watch(
        id=new_id(work.now),
        party=party,
        key=secrets.token_urlsafe(16),
        location=location,
        evse=evse,
        power_w_min=power_w_min,
        email=email,
        locale=locale,
        state=WatchState.WAITING,
        why="",
        until=work.now + LASTS,
        created_at=work.now,
    )
    await store.add(work, made)
    return made


async def by_key(work: Work, key: str) -> Watch:
    """A watch by the key in the address of its page. Raises ``NoSuchWatch``."""
    found = await store.by_key(work, key)
    if found is None:
        raise NoSuchWatch
    return found


async def by_ids(work: Work, ids: Collection[UUID]) -> dict[UUID, Watch]:
    """Those of these watches that there are."""
    return await store.by_ids(work, ids)


async def open_watches(work: Work, location: LocationId) -> list[Watch]:
    """Who wants to know at this place, the first first."""
    return await store.open_at(work, location)


async def leave(work: Work, key: str) -> Watch:
    """They do not want to know any more; what is over stays as it is. Raises ``NoSuchWatch``."""
    found = await store.by_key(work, key, lock=True)
    if found is None:
        raise NoSuchWatch
    if found.state is WatchState.WAITING:
        await store.end(work, [found.id], Why.LEFT)
    return found
