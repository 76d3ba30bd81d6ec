"""Photos of a location, as drivers see them."""

import base64
import binascii
from typing import Annotated, Final
from uuid import UUID

from litestar import Router
from litestar.params import FromPath, JSONBody
from msgspec import Meta

from voltway.kernel.ids import LocationId
from voltway.parties.model import Permission
from voltway.stations import actions, photos
from voltway.stations.model_photos import Photo
from voltway.stations.picturing import NotAPhoto
from voltway.web.api.caller import Calling
from voltway.web.api.operations import adds, changes, puts, reads, removes
from voltway.web.api.shapes import NO_NUL, Given, Moment, Shown, utc
from voltway.web.photos import urls

#: Base64 of four million bytes, and some JSON around it.
BASE64_MAX: Final = 5_600_000
BYTES_MAX: Final = BASE64_MAX + 10_000

Alt = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=photos.ALT_LENGTH_MAX,
        pattern=NO_NUL,
        description="What is on it, for who cannot see it.",
    ),
]


class LocationPhoto(Shown):
    """A photo in two sizes, as WebP, four by three; an address shows the same for ever."""

    id: UUID
    alt: Alt
    small: Annotated[str, Meta(description="The path of it, 400 pixels wide.")]
    large: Annotated[str, Meta(description="The path of it, up to 1200 pixels wide.")]
    width: Annotated[int, Meta(description="Of the large one.")]
    height: int
    added_by: str
    added_at: Moment


class NewLocationPhoto(Given, kw_only=True):
    """A photo; what is in the file beside its pixels is not kept."""

    photo: Annotated[
        str,
        Meta(max_length=BASE64_MAX, description="JPEG, PNG or WebP, in Base64 (RFC 4648 §4)."),
    ]
    alt: Alt


class ChangedLocationPhoto(Given, kw_only=True):
    alt: Alt


class PhotoOrder(Given, kw_only=True):
    """All photos of the location, in the order in which they are shown."""

    photos: Annotated[list[UUID], Meta(max_length=photos.PHOTOS_MAX)]


@reads("/locations/{location_id:uuid}/photos", "List the photos of a location")
async def list_photos(caller: Calling, location_id: FromPath[UUID]) -> list[LocationPhoto]:
    async with caller.begin() as work:
        place = await actions.location(work, LocationId(location_id))
        return [_shown(each) for each in await photos.of_place(work, place.id)]


@adds(
    "/locations/{location_id:uuid}/photos",
    "Add a photo of a location",
    Permission.EDIT_NETWORK,
    request_max_body_size=BYTES_MAX,
)
async def add_photo(
    caller: Calling, location_id: FromPath[UUID], data: JSONBody[NewLocationPhoto]
) -> LocationPhoto:
    try:
        content = base64.b64decode(data.photo, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotAPhoto("it is not written in Base64") from error
    made = await photos.made(content)
    async with caller.begin() as work:
        added = await photos.add(work, LocationId(location_id), made, data.alt, by=caller.name)
        await caller.audit(work, "added a photo of a place", f"location:{location_id}")
        return _shown(added)


@changes(
    "/locations/{location_id:uuid}/photos/{photo_id:uuid}",
    "Say anew what is on a photo",
    Permission.EDIT_NETWORK,
)
async def change_photo(
    caller: Calling,
    location_id: FromPath[UUID],
    photo_id: FromPath[UUID],
    data: JSONBody[ChangedLocationPhoto],
) -> list[LocationPhoto]:
    async with caller.begin() as work:
        await photos.describe(work, LocationId(location_id), photo_id, data.alt)
        await caller.audit(work, "changed a photo of a place", f"location:{location_id}")
        return [_shown(each) for each in await photos.of_place(work, LocationId(location_id))]


@puts(
    "/locations/{location_id:uuid}/photos",
    "Put the photos of a location in order",
    Permission.EDIT_NETWORK,
)
async def put_photos_in_order(
    caller: Calling, location_id: FromPath[UUID], data: JSONBody[PhotoOrder]
) -> list[LocationPhoto]:
    async with caller.begin() as work:
        await photos.put_in_order(work, LocationId(location_id), data.photos)
        await caller.audit(work, "put photos in order", f"location:{location_id}")
        return [_shown(each) for each in await photos.of_place(work, LocationId(location_id))]


@removes(
    "/locations/{location_id:uuid}/photos/{photo_id:uuid}",
    "Take a photo of a location away",
    Permission.EDIT_NETWORK,
)
async def remove_photo(
    caller: Calling, location_id: FromPath[UUID], photo_id: FromPath[UUID]
) -> None:
    async with caller.begin() as work:
        await photos.remove(work, LocationId(location_id), photo_id)
        await caller.audit(work, "took a photo of a place away", f"location:{location_id}")


def _shown(photo: Photo) -> LocationPhoto:
    small, large = urls(photo)
    return LocationPhoto(
        id=photo.id,
        alt=photo.alt,
        small=small,
        large=large,
        width=photo.width,
        height=photo.height,
        added_by=photo.added_by,
        added_at=utc(photo.added_at),
    )


ROUTER = Router(
    "/",
    tags=["locations"],
    route_handlers=[list_photos, add_photo, change_photo, put_photos_in_order, remove_photo],
)
