"""Photos of places by their addresses: a browser may keep each for ever, for its name is made of
what it shows."""

from typing import Final

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Response

from voltway.stations import photos
from voltway.stations.model_photos import Photo
from voltway.web.assets import KEEP_FOR_EVER
from voltway.web.house import House

PREFIX: Final = "/photos"


def url_of(name: str) -> str:
    return f"{PREFIX}/{name}.webp"


def urls(photo: Photo) -> tuple[str, str]:
    """Of the small one and of the large one."""
    return url_of(photo.small_name), url_of(photo.large_name)


@get(f"{PREFIX}/{{file:str}}", include_in_schema=False)
async def photo(house: NamedDependency[House], file: FromPath[str]) -> Response[bytes]:
    async with house.begin() as work:
        content = await photos.content(work, file.removesuffix(".webp"))
    return Response(content, media_type="image/webp", headers={"Cache-Control": KEEP_FOR_EVER})
