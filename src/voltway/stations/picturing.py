"""A photo that somebody brings, made into those that are shown.

What comes in is hostile: only what is decoded and made anew goes out again, in our own sizes and
our own format. So nothing of the file survives but its pixels: no place where it was taken, no
name of a camera, no second file behind the picture.
"""

import hashlib
import io
from dataclasses import dataclass, field
from typing import ClassVar, Final

from PIL import Image, ImageOps

from voltway.kernel.errors import Kind, Refusal

#: What is taken, in bytes, and in pixels: the largest phones take 50 million.
UPLOAD_BYTES_MAX: Final = 12 << 20
PIXELS_MAX: Final = 51_000_000
SIDE_MAX: Final = 12_000
FORMATS: Final = ("JPEG", "PNG", "WEBP")

#: Photos are shown four by three, so that a page knows their room before they come.
TINY: Final = (160, 120)  # in a list, where eight stand on a screen
SMALL: Final = (400, 300)
LARGE: Final = (1200, 900)
QUALITY: Final = 78


@dataclass(eq=False)
class NotAPhoto(Refusal):
    """This photo cannot be taken: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    why: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A photo in one size, as WebP, and its name: made of its content, so that it may be kept for
    ever under it."""

    width: int
    height: int
    content: bytes = field(repr=False)

    @property
    def name(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:40]


@dataclass(frozen=True, slots=True)
class Pictures:
    tiny: Picture
    small: Picture
    large: Picture


def pictures(content: bytes) -> Pictures:
    """The sizes of an uploaded photo. It computes, so call it off the event loop, one at a time.
    Raises ``NotAPhoto``."""
    if len(content) > UPLOAD_BYTES_MAX:
        raise NotAPhoto(f"it is larger than {UPLOAD_BYTES_MAX >> 20} MB")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            _must_fit(opened.width, opened.height)
            opened.draft("RGB", LARGE)  # a large JPEG is never decoded whole
            turned = ImageOps.exif_transpose(opened)
            plain = _on_white(turned)
    except NotAPhoto:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many() from None
    except Exception as trouble:  # whatever a decoder stumbles over, it is the file's
        raise NotAPhoto("it is no JPEG, PNG or WebP, or it is broken") from trouble
    return Pictures(*(_sized(plain, size) for size in (TINY, SMALL, LARGE)))


def _must_fit(width: int, height: int) -> None:
    """Asked of the file's head, before a pixel is decoded."""
    if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise _too_many()
    if width < SMALL[0] or height < SMALL[1]:
        raise NotAPhoto(f"it is smaller than {SMALL[0]} by {SMALL[1]} pixels")


def _too_many() -> NotAPhoto:
    return NotAPhoto(f"it has more than {PIXELS_MAX // 1_000_000} million pixels")


def _on_white(image: Image.Image) -> Image.Image:
    """Pixels alone: what was transparent is white, and nothing else comes along."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        seen = image.convert("RGBA")
        plain = Image.new("RGB", seen.size, "white")
        plain.paste(seen, mask=seen.getchannel("A"))
    else:
        plain = image.convert("RGB")
    plain.info = {}
    return plain


def _sized(image: Image.Image, size: tuple[int, int]) -> Picture:
    """Cut to the shape that is shown, from its middle, and never made larger than it is."""
    share = min(1.0, image.width / size[0], image.height / size[1])
    width = int(size[0] * share) // 4 * 4
    fitted = ImageOps.fit(image, (width, width * size[1] // size[0]))
    out = io.BytesIO()
    fitted.save(out, "WEBP", quality=QUALITY, method=4, exif=b"", xmp=b"", icc_profile=b"")
    return Picture(fitted.width, fitted.height, out.getvalue())
