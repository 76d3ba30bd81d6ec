"""Small pictures: a screenshot with at most 256 colours, packed as tightly as PNG can.

The repository keeps every picture it ever had, so they are made small before they come in. The
browser counts the colours, which takes Python a hundred times as long.
"""

import base64
import struct
import zlib
from typing import Final

from playwright.async_api import BrowserContext

COLOURS: Final = 256

#: The most frequent colours are kept, then those that are furthest from all that are kept, so that
#: the few dots of a mark keep their colour. Each other one becomes the nearest of these.
_COUNT_COLOURS: Final = """
async ([png, most]) => {
  const bytes = Uint8Array.from(atob(png), each => each.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
  const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
  canvas.drawImage(image, 0, 0);
  const pixels = new Uint32Array(
    canvas.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const parts = pixel => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const known = [], nearest = new Map();
  const colours = [...counts].sort((a, b) => b[1] - a[1])
    .map(([pixel]) => ({pixel, is: parts(pixel), least: Infinity}));
  const keep = colour => {
    const [r, g, b] = colour.is;
    for (const each of colours) {
      const far = (r - each.is[0]) ** 2 + (g - each.is[1]) ** 2 + (b - each.is[2]) ** 2;
      if (far < each.least) {
        each.least = far;
        nearest.set(each.pixel, known.length);
      }
    }
    known.push(colour.is);
  };
  colours.slice(0, most / 2).forEach(keep);
  while (known.length < Math.min(most, colours.length))
    keep(colours.reduce((a, b) => (b.least > a.least ? b : a)));
  let places = "";
  for (const pixel of pixels) places += String.fromCharCode(nearest.get(pixel));
  return [image.width, image.height, known.flat(), btoa(places)];
}
"""


async def small(context: BrowserContext, png: bytes) -> bytes:
    """The same picture in few bytes."""
    page = await context.new_page()
    width, height, palette, places = await page.evaluate(
        _COUNT_COLOURS, [base64.b64encode(png).decode(), COLOURS]
    )
    await page.close()
    pixels = base64.b64decode(places)
    rows = b"".join(b"\0" + pixels[nth : nth + width] for nth in range(0, len(pixels), width))
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", head),
            _chunk(b"PLTE", bytes(palette)),
            _chunk(b"IDAT", zlib.compress(rows, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
