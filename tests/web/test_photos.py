"""Photos of places: brought at the console and by the API, seen by drivers, and nothing hostile."""

import io
import re
import struct
import zlib
from typing import Final

import pytest
from PIL import Image

from tests.payments.scene import Scene
from tests.web.browsers import HERE, Browser, words_of
from tests.web.conftest import sits_down
from voltway.parties.model import Role
from voltway.stations import picturing
from voltway.stations.picturing import UPLOAD_BYTES_MAX, NotAPhoto, pictures

ALT: Final = "Two bays under a roof, the screen to the left"
HELSINKI: Final = b"60.1699 24.9384"


def photo(kind: str = "JPEG", size: tuple[int, int] = (1600, 1100), shade: int = 90) -> bytes:
    """A photo that tells where it was taken, and by whom."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    image.paste((shade, 20, 200), (0, 0, size[0] // 3, size[1] // 3))
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = HELSINKI.decode()  # ImageDescription
    exif[0x0132] = "2026:11:27 12:00:00"
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    image.save(out, kind, exif=exif.tobytes())
    return out.getvalue()


def png_of(width: int, height: int) -> bytes:
    """The head of a PNG of so many pixels, in a hundred bytes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


SVG: Final = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PAGE: Final = b"<html><script>alert(1)</script></html>"


async def brings(browser: Browser, place: object, content: bytes, alt: str = ALT) -> str:
    """What the console answers to a photo."""
    answer = await browser.client.post(
        f"/console/places/{place}/photos",
        data={"alt": alt},
        files={"file": ("photo.jpg", content, "image/jpeg")},
        headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Origin": HERE},
    )
    return "" if answer.status_code == 303 else words_of(answer.text)


@pytest.mark.parametrize("kind", picturing.FORMATS)
def test_what_comes_out_are_pixels_alone_in_three_sizes(kind: str) -> None:
    content = photo(kind)
    assert HELSINKI in content

    made = pictures(content)

    for picture, width in ((made.tiny, 160), (made.small, 400), (made.large, 1200)):
        assert (picture.width, picture.height) == (width, width * 3 // 4)
        with Image.open(io.BytesIO(picture.content)) as shown:
            assert shown.format == "WEBP"
            assert not shown.getexif()
            assert "exif" not in shown.info
        assert HELSINKI not in picture.content
    assert len(made.tiny.content) < 4_000
    assert len(made.small.content) < 20_000
    assert pictures(content) == made, "the same photo has the same name"


def test_a_photo_is_turned_as_it_was_held_and_what_is_clear_is_white() -> None:
    tall = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # turned to the right
    Image.new("RGB", (900, 1200), "red").save(tall, "JPEG", exif=exif.tobytes())
    clear = io.BytesIO()
    Image.new("RGBA", (800, 600), (0, 0, 0, 0)).save(clear, "PNG")

    assert pictures(tall.getvalue()).large.width == 1200
    with Image.open(io.BytesIO(pictures(clear.getvalue()).small.content)) as shown:
        assert min(shown.convert("L").tobytes()) > 250


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(SVG, "no JPEG, PNG or WebP", id="an SVG with a script"),
        pytest.param(PAGE, "no JPEG, PNG or WebP", id="a page"),
        pytest.param(b"GIF89a" + bytes(100), "no JPEG, PNG or WebP", id="another format"),
        pytest.param(photo()[:2000], "it is broken", id="half a file"),
        pytest.param(photo("PNG")[:400] + bytes(4000), "it is broken", id="a broken file"),
        pytest.param(png_of(50_000, 50_000), "million pixels", id="a bomb"),
        pytest.param(png_of(11_000, 11_000), "million pixels", id="a smaller bomb"),
        pytest.param(png_of(60_000, 10), "million pixels", id="a long bomb"),
        pytest.param(png_of(800, 600), "it is broken", id="fewer pixels than it says"),
        pytest.param(photo(size=(300, 200)), "smaller than 400 by 300", id="too small"),
        pytest.param(bytes(UPLOAD_BYTES_MAX + 1), "larger than 12 MB", id="too many bytes"),
        pytest.param(b"", "no JPEG, PNG or WebP", id="nothing"),
    ],
)
def test_what_is_no_photo_is_refused_in_a_sentence(content: bytes, says: str) -> None:
    with pytest.raises(NotAPhoto, match=says) as no:
        pictures(content)
    assert str(no.value).startswith("This photo cannot be taken: ")


def test_of_two_files_in_one_only_the_picture_is_left() -> None:
    made = pictures(photo() + PAGE + SVG)

    assert b"<script>" not in made.small.content + made.large.content


async def test_a_driver_sees_the_photos_that_an_operator_brought_in_their_order(
    owner: Browser, browser: Browser, scene: Scene
) -> None:
    place = scene.station.location.id
    assert "/photos/" not in (await browser.opens(f"/l/{place}")).text
    assert await brings(owner, place, photo()) == ""
    assert await brings(owner, place, photo(shade=240), "The way in") == ""

    page = (await browser.opens(f"/l/{place}")).text
    found = re.findall(r"<img [^>]*>", page)
    assert len(found) == 2
    assert f'alt="{ALT}"' in found[0]
    for each in found:
        assert 'loading="lazy"' in each
        assert 'width="1200" height="900"' in each
    [small, large] = re.findall(r"/photos/\w+\.webp", found[0])[-2:]
    for path in (small, large):
        answer = await browser.opens(path)
        assert answer.headers["content-type"] == "image/webp"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.content[8:12] == b"WEBP"
    assert (await browser.opens("/photos/none.webp")).status_code == 404

    form = (await owner.opens(f"/console/places/{place}")).text
    [_, second] = re.findall(rf'action="(/console/places/{place}/photos/[\w-]+)"', form)
    await owner.sends(second, do="first")
    await owner.sends(second, do="alt", alt="The way in, from the street")
    page = (await browser.opens(f"/l/{place}")).text
    assert page.index("The way in, from the street") < page.index(ALT)
    await owner.sends(second, do="remove")
    assert "The way in" not in (await browser.opens(f"/l/{place}")).text


async def test_the_first_photo_stands_in_the_list_small_and_late(
    owner: Browser, browser: Browser, scene: Scene
) -> None:
    place = scene.station.location.id
    assert "/photos/" not in (await browser.opens("/")).text
    assert await brings(owner, place, photo()) == ""
    assert await brings(owner, place, photo(shade=240), "The way in") == ""

    [found] = re.findall(r"<img [^>]*/photos/[^>]*>", (await browser.opens("/")).text)
    assert 'loading="lazy"' in found
    assert 'width="80" height="60"' in found
    assert 'alt=""' in found, "the name of the place is its link; the photo is told on its page"
    [path] = re.findall(r"/photos/\w+\.webp", found)
    with Image.open(io.BytesIO((await browser.opens(path)).content)) as shown:
        assert shown.size == (160, 120)
    page = (await browser.opens(f"/l/{place}")).text
    assert path not in page

    async with scene.begin() as work:  # as it was before there was a size for lists
        await work.run("UPDATE location_photo SET tiny = NULL, tiny_name = NULL")
    [older] = re.findall(r"/photos/\w+\.webp", (await browser.opens("/")).text)
    assert older in page, "the small one of the place's page"


async def test_what_cannot_be_taken_is_said_at_the_console_and_what_was_typed_is_kept(
    owner: Browser, scene: Scene
) -> None:
    place = scene.station.location.id
    assert await brings(owner, place, photo()) == ""

    assert "no JPEG, PNG or WebP" in await brings(owner, place, SVG)
    assert "among those of the place already" in await brings(owner, place, photo())
    assert "say what is on the photo" in await brings(owner, place, photo(shade=10), "  ")
    assert await scene.count("location_photo_view") == 1
    huge = await owner.client.post(
        f"/console/places/{place}/photos",
        content=b"",
        headers={
            "Content-Type": "multipart/form-data; boundary=x",
            "Content-Length": str(100 << 20),
            "Sec-Fetch-Site": "same-origin",
            "Origin": HERE,
        },
    )
    assert huge.status_code == 413


async def test_who_may_not_edit_the_network_brings_no_photo(browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.VIEWER)

    assert await brings(browser, scene.station.location.id, photo()) != ""
    assert await scene.count("location_photo_view") == 0
