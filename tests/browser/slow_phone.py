"""A slow phone on a slow line, and when it paints something."""

from typing import Final

from playwright.async_api import Page, ViewportSize

PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
#: As Lighthouse has it: a quarter of this machine's speed, 150 ms and 1.6 Mbit/s.
CPU_SLOWER: Final = 4
LATENCY_MS, BYTES_PER_S = 150, 1_600_000 // 8

#: The first paint, and not before the whole page had come.
_FIRST_PAINT: Final = """
() => new Promise(done => new PerformanceObserver(list => {
  const [paint] = list.getEntriesByName("first-contentful-paint");
  const [way] = performance.getEntriesByType("navigation");
  if (paint) done(Math.max(paint.startTime, way.responseEnd));
}).observe({type: "paint", buffered: true}))
"""


async def slow_down(page: Page, *, cpu_slower: int = CPU_SLOWER) -> None:
    """Let a page be as on a slow phone from now on; 1 leaves the machine as fast as it is."""
    tools = await page.context.new_cdp_session(page)
    await tools.send("Emulation.setCPUThrottlingRate", {"rate": cpu_slower})
    await tools.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": LATENCY_MS,
            "downloadThroughput": BYTES_PER_S,
            "uploadThroughput": BYTES_PER_S // 2,
        },
    )


async def first_paint_ms(page: Page, url: str) -> float:
    await page.goto(url)
    return float(await page.evaluate(_FIRST_PAINT))
