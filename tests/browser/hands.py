"""A person without a mouse: goes from control to control with Tab, and sees where the focus is."""

from dataclasses import dataclass
from typing import Final

from playwright.async_api import Locator, Page

#: Nobody presses Tab more often than this to get somewhere.
TABS_MAX: Final = 60

#: The ring around the focused element or the frame that it stands in, and whether anything lies
#: over it (WCAG 2.2, 2.4.11).
_FOCUS: Final = """
() => {
  const at = document.activeElement;
  const ringed = each => getComputedStyle(each).outlineStyle !== "none"
    && parseFloat(getComputedStyle(each).outlineWidth) >= 2;
  const box = at.getBoundingClientRect();
  const x = Math.min(Math.max(box.left + box.width / 2, 1), innerWidth - 1);
  // What is higher than the screen is seen where it crosses its middle (WCAG 2.2, 2.4.11).
  const y = box.height > innerHeight ? innerHeight / 2 : box.top + Math.min(box.height / 2, 20);
  const over = document.elementFromPoint(x, y);
  return {
    what: at.outerHTML.slice(0, 120),
    ringed: ringed(at) || ringed(at.parentElement),
    clear: over !== null && (at === over || at.contains(over) || over.contains(at)),
  };
}
"""


#: Opens what is folded, and names in their order what Tab must reach: of radio buttons that are one
#: choice the chosen one, else the first. Says what stands elsewhere than it is read.
_STOPS: Final = """
() => {
  document.querySelectorAll("main details").forEach(each => { each.open = true; });
  const reached = each => each.tabIndex >= 0 && !each.disabled && each.checkVisibility({
    visibilityProperty: true});
  const group = each => [...document.querySelectorAll("input[type=radio]")].filter(
    one => one.name === each.name && one.form === each.form && reached(one));
  const chosen = each => each.type !== "radio" || !each.name
    || each === (group(each).find(one => one.checked) ?? group(each)[0]);
  window.stops = [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, canvas, [tabindex]")]
    .filter(each => reached(each) && chosen(each));
  const turned = [...document.querySelectorAll("body *")].filter(each => {
    const style = getComputedStyle(each);
    return style.order !== "0" || /reverse/.test(`${style.flexDirection} ${style.flexWrap}`)
      || each.tabIndex > 0;
  });
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  return {stops: window.stops.length, turned: turned.map(each => each.outerHTML.slice(0, 120))};
}
"""
_STOP: Final = "() => window.stops.indexOf(document.activeElement)"
#: A day and a time are typed in parts, and each part is a stop; their last is a button in some.
_IN_PARTS: Final = """
at => /^(date|time)$/.test(window.stops[at]?.type) && window.stops[at] === document.activeElement
"""
_WHAT: Final = "at => window.stops[at].outerHTML.slice(0, 120)"


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

    async def walk(self) -> int:
        """Tab through the whole page, all that is folded opened: each control is reached, once, in
        the order in which it stands there, seen to have the focus, and left again. How many."""
        await self.page.wait_for_load_state("load")
        page, found = self.page, await self.page.evaluate(_STOPS)
        assert not found["turned"], f"stands elsewhere than it is read: {found['turned']}"
        for at in range(found["stops"]):
            await page.keyboard.press("Tab")
            while await page.evaluate(_IN_PARTS, at - 1):
                await page.keyboard.press("Tab")
            stop = await page.evaluate(_STOP)
            if stop != at:
                wanted = await page.evaluate(_WHAT, at)
                raise AssertionError(f"Tab reaches number {stop}, and not {at}: {wanted}")
            focus = await page.evaluate(_FOCUS)
            assert focus["ringed"], f"nobody sees the focus on {focus['what']}"
            assert focus["clear"], f"something covers the focus on {focus['what']}"
        await page.keyboard.press("Tab")
        assert await page.evaluate(_STOP) in (-1, 0), "the page is left at its end"
        return int(found["stops"])
