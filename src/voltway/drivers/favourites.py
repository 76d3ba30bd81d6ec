"""Places that a person with an account marked: on all their browsers, and they are told of what
happens there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltway.drivers import store_favourites
from voltway.kernel.ids import LocationId
from voltway.runtime.work import Work

#: Who marks one more loses the oldest.
MARKED_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Favourite:
    """``tells``: they want to be told when the place is disrupted or worked at."""

    email: str
    location: LocationId
    tells: bool
    locale: str
    marked_at: datetime


async def mark(work: Work, email: str, places: Sequence[LocationId], locale: str) -> None:
    """Keep these among a person's places, the oldest first; what is among them already stays as it
    is, and what is no place (any more) is passed over."""
    await store_favourites.add(work, email.lower(), places, locale)
    await store_favourites.keep_newest(work, email.lower(), MARKED_MAX)


async def unmark(work: Work, email: str, place: LocationId) -> None:
    await store_favourites.remove(work, email.lower(), place)


async def tell(work: Work, email: str, place: LocationId, *, wanted: bool) -> None:
    """Say whether a person wants to be told of what happens at one of their places."""
    await store_favourites.set_tells(work, email.lower(), place, wanted)


async def of_person(work: Work, email: str) -> list[Favourite]:
    """A person's places, the oldest first."""
    return [Favourite(**row) for row in await store_favourites.of_person(work, email.lower())]


async def who_wants_to_know(work: Work, place: LocationId) -> list[Favourite]:
    """Whose place this is, of those who want to be told of what happens there."""
    return [Favourite(**row) for row in await store_favourites.told_of(work, place)]


async def forget_person(work: Work, email: str) -> None:
    await store_favourites.forget(work, email.lower())
