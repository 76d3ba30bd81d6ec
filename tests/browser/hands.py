"""A person without a mouse: goes from control to control with Tab, and sees where the focus is."""

from dataclasses import dataclass
from typing import Final

from playwright.async_api import Locator, Page

#: Nobody presses Tab more often than this to get somewhere.
TABS_MAX: Final = 60

#: The ring around the focused element, and whether anything lies over it (WCAG 2.2, 2.4.11).
_FOCUS: Final = """
() => {
  const at = document.activeElement;
  const style = getComputedStyle(at);
  const box = at.getBoundingClientRect();
  const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
  const y = box.top + Math.min(box.height / 2, 20);
  const over = document.elementFromPoint(x, y);
  return {
    what: at.outerHTML.slice(0, 120),
    ringed: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    clear: over !== null && (at === over || at.contains(over) || over.contains(at)),
  };
}
"""


@dataclass(frozen=True, slots=True)
class Hands:
    page: Page

    async def go_to(self, wanted: Locator) -> None:
        """Tab until the focus is there; each stop on the way must be seen to have it.

        A page can be read before its style sheet has come, and shows the browser's own thin ring
        until then; so it is first let load.
        """
        await self.page.wait_for_load_state("load")
        for _ in range(TABS_MAX):
            await self.page.keyboard.press("Tab")
            focus = await self.page.evaluate(_FOCUS)
            assert focus["ringed"], f"nobody sees the focus on {focus['what']}"
            assert focus["clear"], f"something covers the focus on {focus['what']}"
            if await wanted.evaluate("each => each === document.activeElement"):
                return
        raise AssertionError(f"{wanted} is not reached by Tab")

    async def press(self, wanted: Locator) -> None:
        await self.go_to(wanted)
        await self.page.keyboard.press("Enter")

    async def type(self, wanted: Locator, words: str) -> None:
        await self.go_to(wanted)
        await self.page.keyboard.type(words)
