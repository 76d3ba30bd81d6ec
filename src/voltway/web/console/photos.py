"""Photos of a place at the console: bring one, say what is on it, put it first, take it away."""

from typing import Any
from uuid import UUID

from litestar import post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import LocationId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.stations import photos
from voltway.stations.picturing import UPLOAD_BYTES_MAX, NotAPhoto
from voltway.web.appearance import Form
from voltway.web.console.places import place_page
from voltway.web.console.tariff_exchange import Files
from voltway.web.house import House
from voltway.web.pages import HttpRequest, see_other
from voltway.web.problems import STATUS

#: A form around the largest photo.
BYTES_MAX = UPLOAD_BYTES_MAX + (64 << 10)


@post("/places/{location:uuid}/photos", include_in_schema=False, request_max_body_size=BYTES_MAX)
async def add_photo(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    location: FromPath[UUID],
    data: Files,
) -> Response[str] | Redirect:
    actor.must(Permission.EDIT_NETWORK)
    alt = str(data.get("alt") or "")
    try:
        made = await photos.made(await _file(data))
        async with house.begin(actor.party) as work:
            await photos.add(work, LocationId(location), made, alt, by=actor.name)
            await parties.audit(work, actor, "added a photo of a place", f"location:{location}")
    except Refusal as no:
        return await _again(request, house, actor, location, no, alt)
    return see_other(f"/console/places/{location}#photos")


async def _file(data: dict[str, Any]) -> bytes:
    file = data.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    if not content:
        raise NotAPhoto("no file came with the form")
    return content


@post("/places/{location:uuid}/photos/{photo:uuid}", include_in_schema=False)
async def change_photo(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    location: FromPath[UUID],
    photo: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """Do with a photo what its button says."""
    actor.must(Permission.EDIT_NETWORK)
    here = LocationId(location)
    try:
        async with house.begin(actor.party) as work:
            match data.get("do"):
                case "first":
                    await photos.put_first(work, here, photo)
                case "remove":
                    await photos.remove(work, here, photo)
                case _:
                    await photos.describe(work, here, photo, data.get("alt", ""))
            await parties.audit(work, actor, "changed a photo of a place", f"location:{location}")
    except Refusal as no:
        return await _again(request, house, actor, location, no, "")
    return see_other(f"/console/places/{location}#photos")


async def _again(
    request: HttpRequest, house: House, actor: Actor, location: UUID, no: Refusal, alt: str
) -> Response[str]:
    return await place_page(
        request, house, actor, location, trouble=str(no), alt=alt, status=STATUS[no.kind]
    )
