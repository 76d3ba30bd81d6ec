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

#: The most frequent colours are kept; each other one becomes the nearest of these.
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
  const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, most).map(each => each[0]);
  const parts = pixel => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255];
  const known = palette.map(parts);
  const nearest = new Map();
  for (const pixel of counts.keys()) {
    const [r, g, b] = parts(pixel);
    let best = 0, least = Infinity;
    known.forEach(([x, y, z], nth) => {
      const far = (r - x) ** 2 + (g - y) ** 2 + (b - z) ** 2;
      if (far < least) [best, least] = [nth, far];
    });
    nearest.set(pixel, best);
  }
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
