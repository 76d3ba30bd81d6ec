"""A page under eyes: what it says to the console, what axe finds, whether it runs off the side.

Each stop of a way is looked at in four ways, light and dark, on a small phone and on a desk.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal

from playwright.async_api import Browser, ConsoleMessage, Page, ViewportSize

from tests.browser.chromium import PATIENCE_MS

PHONE: Final[ViewportSize] = {"width": 320, "height": 640}
DESK: Final[ViewportSize] = {"width": 1280, "height": 800}
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")

#: What a person may ask their system for.
Contrast = Literal["no-preference", "more"]
CONTRASTS: Final[tuple[Contrast, ...]] = ("no-preference", "more")

AXE: Final = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"

#: The rules that look at colours: another theme or contrast of a page changes nothing else.
_OF_COLOURS: Final = ("color-contrast", "link-in-text-block")

#: All rules, also the best practices, or those alone; what axe would fetch for itself our policy
#: forbids. It looks at the end of the page, where the dock that stays in reach covers nothing.
_RUN_AXE: Final = """
async colours => {
  const [x, y] = [scrollX, scrollY];
  scrollTo({left: 0, top: document.documentElement.scrollHeight, behavior: "instant"});
  const found = await axe.run(document, {
    preload: false,
    resultTypes: ["violations"],
    ...(colours ? {runOnly: colours} : {rules: {"target-size": {enabled: true}}}),
  });
  scrollTo({left: x, top: y, behavior: "instant"});
  return found.violations.flatMap(each => each.nodes.map(
    node => `${each.id}: ${each.help}: ${node.target.join(" ")}: ${node.html.slice(0, 160)}`));
}
"""

#: What reaches over the edge and does not scroll in a region of its own, for whoever mends it.
_TOO_WIDE: Final = """
() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= innerWidth) return [];
  const scrolls = each => each !== document.body
    && (getComputedStyle(each).overflowX !== "visible" || scrolls(each.parentElement));
  const wide = [...document.querySelectorAll("body *")]
    .filter(each => {
      const {left, right} = each.getBoundingClientRect();
      return left < -1 || right > innerWidth + 1;
    })
    .filter(each => !scrolls(each.parentElement))
    .map(each => each.outerHTML.slice(0, 120));
  return [`it is ${page.scrollWidth} px wide`, ...wide.slice(0, 5)];
}
"""


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")


@dataclass
class Eyes:
    """One page and what went wrong on it."""

    page: Page
    trouble: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    _expected: tuple[str, ...] = ()

    async def approve(self, what: str, *, contrasts: Sequence[Contrast] = CONTRASTS[:1]) -> None:
        """Look at the page as it is now, in each theme and width, and in each of these contrasts;
        in any case at its colours on a phone in high contrast. Fail with all that is wrong."""
        found = await self.look(contrasts)
        if "more" not in contrasts:
            found += await self._in_high_contrast()
        self.seen.append(what)
        assert not found, f"{what}, {self.page.url}:\n" + "\n".join(found)
        self.was_calm()

    async def look(self, contrasts: Sequence[Contrast]) -> list[str]:
        """All that is wrong with the page as it is now, in each theme, width and contrast."""
        found: list[str] = []
        for size in (DESK, PHONE):
            await self.page.set_viewport_size(size)
            for nth, (theme, contrast) in enumerate(product(THEMES, contrasts)):
                await self.page.emulate_media(color_scheme=theme, contrast=contrast)
                faults = await self._faults(colours_only=nth > 0)
                found += [f"{theme}, {contrast}, {size['width']} px: {fault}" for fault in faults]
        return sorted(set(found))

    async def _in_high_contrast(self) -> list[str]:
        """What is wrong with the colours in high contrast, where the page stands now."""
        found: list[str] = []
        for theme in THEMES:
            await self.page.emulate_media(color_scheme=theme, contrast="more")
            faults = await self._faults(colours_only=True)
            found += [f"{theme}, high contrast: {fault}" for fault in faults]
        await self.page.emulate_media(color_scheme=THEMES[-1], contrast="no-preference")
        return found

    def was_calm(self) -> None:
        """No script failed, nothing was blocked, since the page was opened."""
        assert not self.trouble, "\n".join(self.trouble)

    @contextmanager
    def expecting(self, *words: str) -> Iterator[None]:
        """Let the console say one of these within the block: an error that belongs to the story."""
        self._expected = words
        yield
        self._expected = ()

    async def too_wide(self) -> list[str]:
        """What runs over the edge of the page as it is now; nothing where all of it fits."""
        found: list[str] = await self.page.evaluate(_TOO_WIDE)
        return found

    async def _faults(self, *, colours_only: bool = False) -> list[str]:
        page = self.page
        wide = await self.too_wide()
        if not await page.evaluate("() => 'axe' in window"):
            await page.evaluate(_axe())
        found: list[str] = await page.evaluate(
            _RUN_AXE, list(_OF_COLOURS) if colours_only else None
        )
        return wide + found

    def hears(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if any(words in message.text for words in self._expected):
            return
        self.trouble.append(f"{message.type} at {self.page.url}: {message.text}")

    def breaks(self, error: Any) -> None:
        self.trouble.append(f"script at {self.page.url}: {error}")


@asynccontextmanager
async def open_eyes(
    browser: Browser, *, scripts: bool = True, size: ViewportSize = PHONE, **more: Any
) -> AsyncIterator[Eyes]:
    """A person's own browser window: no cookies, nothing moves, English."""
    context = await browser.new_context(
        java_script_enabled=scripts,
        viewport=size,
        locale="en-GB",
        reduced_motion="reduce",
        **more,
    )
    context.set_default_timeout(PATIENCE_MS)
    page = await context.new_page()
    eyes = Eyes(page)
    page.on("console", eyes.hears)
    page.on("pageerror", eyes.breaks)
    yield eyes
    eyes.was_calm()
    await context.close()
