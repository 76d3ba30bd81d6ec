"""Photos of places: added, put in order, taken away, and given out."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId, new_id
from voltway.runtime.work import Work
from voltway.stations import actions_network, picturing, store_photos
from voltway.stations.actions_network import NotUsable
from voltway.stations.model_photos import Photo
from voltway.stations.picturing import Pictures

PHOTOS_MAX: Final = 10
ALT_LENGTH_MAX: Final = 300

#: One photo is decoded at a time: it may take 150 MB.
_turn = asyncio.Semaphore(1)


class NoSuchPhoto(Refusal):
    """There is no such photo of this place."""

    kind: ClassVar[Kind] = Kind.ABSENT


class PhotoIsHere(Refusal):
    """This photo is among those of the place already."""


@dataclass(eq=False)
class TooManyPhotos(Refusal):
    """A place has {most} photos at most. Please take one away first."""

    kind: ClassVar[Kind] = Kind.LIMIT

    most: int


async def made(content: bytes) -> Pictures:
    """The sizes of an uploaded photo, made beside the loop. Raises ``NotAPhoto``."""
    async with _turn:
        return await asyncio.to_thread(picturing.pictures, content)


async def add(work: Work, location: LocationId, pictures: Pictures, alt: str, *, by: str) -> Photo:
    """Show a photo at a place, after the others. ``alt`` says what is on it to who cannot see it.
    Raises ``NoSuchLocation``, ``NotUsable``, ``PhotoIsHere``, ``TooManyPhotos``."""
    place = await actions_network.location(work, location)
    said = _alt(alt)
    await store_photos.lock(work, location)
    known = await store_photos.of(work, location)
    if any(each.large_name == pictures.large.name for each in known):
        raise PhotoIsHere
    if len(known) >= PHOTOS_MAX:
        raise TooManyPhotos(PHOTOS_MAX)
    photo = Photo(
        id=new_id(work.now),
        party=place.party,
        location=location,
        nth=max((each.nth for each in known), default=0) + 1,
        alt=said,
        width=pictures.large.width,
        height=pictures.large.height,
        tiny_name=pictures.tiny.name,
        small_name=pictures.small.name,
        large_name=pictures.large.name,
        added_by=by,
        added_at=work.now,
    )
    await store_photos.add(work, photo, pictures)
    return photo


async def of_place(work: Work, location: LocationId) -> list[Photo]:
    """The photos of a place, in their order."""
    return await store_photos.of(work, location)


async def describe(work: Work, location: LocationId, photo: UUID, alt: str) -> None:
    """Say anew what is on a photo. Raises ``NoSuchPhoto``, ``NotUsable``."""
    if not await store_photos.describe(work, location, photo, _alt(alt)):
        raise NoSuchPhoto


async def put_first(work: Work, location: LocationId, photo: UUID) -> None:
    """Show a photo before the others. Raises ``NoSuchPhoto``."""
    known = [each.id for each in await store_photos.of(work, location)]
    if photo not in known:
        raise NoSuchPhoto
    await put_in_order(work, location, [photo, *(each for each in known if each != photo)])


async def put_in_order(work: Work, location: LocationId, ids: Sequence[UUID]) -> None:
    """Show the photos of a place in this order; all of them are named. Raises ``NoSuchPhoto``."""
    await store_photos.lock(work, location)
    known = {each.id for each in await store_photos.of(work, location)}
    if set(ids) != known or len(ids) != len(known):
        raise NoSuchPhoto
    await store_photos.put_in_order(work, location, ids)


async def remove(work: Work, location: LocationId, photo: UUID) -> None:
    """Take a photo away. Raises ``NoSuchPhoto``."""
    if not await store_photos.remove(work, location, photo):
        raise NoSuchPhoto


async def content(work: Work, name: str) -> bytes:
    """What is under a name made of it. Raises ``NoSuchPhoto``."""
    found = await store_photos.content(work, name)
    if found is None:
        raise NoSuchPhoto
    return found


def _alt(alt: str) -> str:
    said = " ".join(alt.split())
    if not said:
        raise NotUsable("description", "say what is on the photo, for who cannot see it")
    if len(said) > ALT_LENGTH_MAX or not said.isprintable():
        raise NotUsable(
            "description", f"it is longer than {ALT_LENGTH_MAX} signs, or not printable"
        )
    return said
