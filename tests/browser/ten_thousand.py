"""How fast a list of ten thousand places is there: ``python -m tests.browser.ten_thousand``.

Puts the 9,688 places of Germany's register into a house, with stations of which most are free and
the paid starts of a month, and looks at the list: what the house takes to answer, and when a slow
phone shows it.
"""

import asyncio
import csv
import gzip
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
from playwright.async_api import Browser

from tests.browser.chromium import MISSING, find_chromium, open_chromium
from tests.browser.slow_phone import PHONE, first_paint_ms, slow_down
from tests.conftest import NOON
from tests.stories.world import World, open_world
from voltway.kernel.ids import new_id
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import connect_owner
from voltway.runtime.postgres import EmbeddedPostgres
from voltway.vehicles.catalogue import models
from voltway.web.driver import finding

ROOT: Final = Path(__file__).parents[2]
REGISTER: Final = ROOT / "data/places_de.csv.gz"
PAGE: Final = ROOT / "docs/figures/places.md"
BEGIN: Final = "<!-- measured: written by python -m tests.browser.ten_thousand -->"
END: Final = "<!-- /measured -->"

TIMES: Final = 9
MACHINE: Final = platform.processor() or platform.machine()

ASKED: Final = {
    "the first page": "/",
    "a city": "/?q=Berlin",
    "a slip of the pen": "/?q=Muenchn",
    "all filters": "/?power=50000&plug=ccs&free=1&step_free=1&wide=1&lit=1&open=1",
    "a price at most": "/?price=0.50",
}
#: What is said for it, a car of a measured curve, stands in a cookie.
FOR_A_CAR: Final = "the first page, for a car"
CAR: Final = next(each for each in models().values() if each.measured)

#: Gaps between frames, and what kept the page from answering for 50 ms and more.
_WATCH: Final = """
() => {
  window.gaps = [];
  window.long = [];
  new PerformanceObserver(list => {
    for (const task of list.getEntries()) window.long.push(task.duration);
  }).observe({type: "longtask"});
  let before = performance.now();
  const frame = now => {
    window.gaps.push(now - before);
    before = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
"""
DRAGS, DRAG_STEPS = 6, 40


async def main() -> None:
    path = find_chromium()
    if path is None:
        sys.exit(MISSING)
    async with _open_country() as world, open_chromium(path) as browser:
        lines = [await _answers(world), await _paints(world, browser)]
        lines.append(await _pans(world, browser))
        lines.append(f"On {MACHINE}, Python {platform.python_version()}.")
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n{(chr(10) * 2).join(lines)}\n{END}{after}")


@asynccontextmanager
async def _open_country() -> AsyncIterator[World]:
    with tempfile.TemporaryDirectory(prefix="vw-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # noqa: ASYNC240 (for the server's own account; nobody waits yet)
        postgres = EmbeddedPostgres(folder / "database", durable=False)
        try:
            url = postgres.start()
            async with open_world(url, folder, JumpingClock(NOON)) as world:
                await world.prices({"type": "ENERGY", "price": 0.49})
                owner = await connect_owner(url)
                try:
                    await _fill(owner, world)
                finally:
                    await owner.close()
                yield world
        finally:
            postgres.stop()


async def _fill(owner: "asyncpg.Connection[Any]", world: World) -> None:
    """Every place of the register with one station; of its bays every third is in use."""
    party, now = world.party.id, world.clock.now()
    places, stations, evses, features = [], [], [], []
    with gzip.open(REGISTER, "rt", encoding="utf-8", newline="") as file:
        register = list(csv.DictReader(file))
    for nth, row in enumerate(register):
        place, station = new_id(now), new_id(now)
        name = f"{row['operator']}, {row['street']}"
        where = (row["street"], row["city"], row["postal_code"], "DEU")
        at = (float(row["lat"]), float(row["lon"]), "Europe/Berlin", True, now)
        places.append((place, party, name, *where, *at))
        stations.append((station, party, place, f"DE{nth:05d}", b"-", now, now, now, now))
        features.append((place, party, nth % 2 == 0, nth % 3 > 0, 350, "bench", now))
        plug, kind = ("IEC_62196_T2_COMBO", "DC") if row["dc"] == "1" else ("IEC_62196_T2", "AC")
        for bay in range(1, int(row["points"]) + 1):
            state = "charging" if (nth + bay) % 3 == 0 else "available"
            public = f"DE*VLT*E{nth:05d}*{bay}"
            power = max(int(row["power_w"]), 2000)
            evses.append((new_id(now), party, station, bay, public, plug, kind, power, state, now))
    for table, columns, records in (
        (
            "location",
            "id party_id name address city postal_code country lat lon time_zone published"
            " created_at",
            places,
        ),
        (
            "station",
            "id party_id location_id identity key_hash connected_at last_heard_at created_at"
            " changed_at",
            stations,
        ),
        (
            "evse",
            "id party_id station_id number public_id connector_type current power_w status"
            " created_at",
            evses,
        ),
        (
            "location_features",
            "location_id party_id step_free lit bay_width_cm set_by set_at",
            features,
        ),
    ):
        await owner.copy_records_to_table(table, columns=columns.split(), records=records)
    always = '{"week": {"1": [[0, 1440]], "2": [[0, 1440]], "3": [[0, 1440]], "4": [[0, 1440]], '
    always += '"5": [[0, 1440]], "6": [[480, 1200]], "7": []}}'
    await owner.execute(f"UPDATE location_features SET hours = '{always}'")
    await _start(owner, world, [(each[0], each[2]) for each in evses])
    await owner.execute("VACUUM ANALYZE")


async def _start(
    owner: "asyncpg.Connection[Any]", world: World, bays: list[tuple[UUID, UUID]]
) -> None:
    """A start within a month at each bay, one more that failed at every twentieth, and at every
    hundredth three that did, the last ones: it is doubtful."""
    party, now = world.party.id, world.clock.now()
    orders, payments = [], []
    for nth, (evse, station) in enumerate(bays):
        tried = [True] + [False] * (3 if nth % 100 == 0 else nth % 20 == 0)
        for back, worked in enumerate(reversed(tried)):
            at = now - timedelta(days=nth % 20, hours=1 + back)
            id, order = new_id(at), new_id(at)
            what = (f"{id}-of-the-visit", evse, station, f"VW{id.hex}", new_id(at), "en", "bench")
            end = ("captured", None) if worked else ("released", "nothing_started")
            session = new_id(at) if worked else None
            shown = ("/", "/", "-", 5000, "EUR", at, at)
            payments.append((id, party, *what, *shown, *end, session, order))
            if not worked:
                told = (station, "StartCharging", "{}", "bench", 0, "silent", at, at)
                orders.append((order, party, *told))
    for table, columns, records in (
        (
            "payment",
            "id party_id visit_key evse_id station_id token_uid tariff_version_id locale provider"
            " return_url cancel_url description hold_minor currency created_at held_at state why"
            " session_id order_id",
            payments,
        ),
        (
            "station_order",
            "id party_id station_id kind body placed_by urgency state placed_at expires_at",
            orders,
        ),
    ):
        await owner.copy_records_to_table(table, columns=columns.split(), records=records)


async def _answers(world: World) -> str:
    """What the house takes to answer, by the wall's clock."""
    lines = ["| the list for | median, ms | slowest of 9, ms | KB |", "|---|---:|---:|---:|"]
    for what, path in {**ASKED, FOR_A_CAR: "/"}.items():
        took = []
        cookies = {"Cookie": f"car={CAR.id}.10.80"} if what == FOR_A_CAR else {}
        for _ in range(TIMES):
            began = time.perf_counter()
            answer = await world.browser.get(f"{world.house.http}{path}", headers=cookies)
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200
        size = len(answer.content) / 1000
        lines.append(f"| {what} | {statistics.median(took):.0f} | {max(took):.0f} | {size:.0f} |")
    return "\n".join(lines)


async def _paints(world: World, browser: Browser) -> str:
    """When a slow phone shows the first list, with nothing in its memory; and with a car chosen."""
    told = []
    for car in ("", f"{CAR.id}.10.80"):
        took = await _painted(world, browser, car)
        told.append(
            f"{statistics.median(took):.0f} ms (median of {TIMES}; the slowest {max(took):.0f} ms)"
        )
    return (
        f"A slow phone shows the first list, with nothing in its memory, after {told[0]};\n"
        f"with a car chosen after {told[1]}."
    )


async def _painted(world: World, browser: Browser, car: str) -> list[float]:
    took = []
    for _ in range(TIMES):
        context = await browser.new_context(viewport=PHONE, service_workers="block")
        if car:
            await context.add_cookies([{"name": "car", "value": car, "url": world.house.http}])
        page = await context.new_page()
        await slow_down(page)
        took.append(await first_paint_ms(page, f"{world.house.http}/"))
        assert await page.locator("[data-places] li").count() == finding.PAGE
        await context.close()
    return took


async def _pans(world: World, browser: Browser) -> str:
    """The map of all places, dragged back and forth, near and far."""
    context = await browser.new_context(viewport=PHONE, service_workers="block")
    page = await context.new_page()
    began = time.perf_counter()
    await page.goto(f"{world.house.http}/map")
    await page.locator("[data-ready]").wait_for()
    there_ms = (time.perf_counter() - began) * 1000
    lines = [
        f"The map has drawn all {await page.locator('[data-map]').get_attribute('data-ready')} "
        f"places {there_ms:.0f} ms after it was asked for, with nothing in its memory, on this "
        "machine's own line and processor.\n",
        "| dragged across the map | frames | median, ms | 95 of 100 within, ms | longest, ms "
        "| tasks of 50 ms and more, longest |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    plate = page.locator("[data-canvas]")
    await page.evaluate(_WATCH)
    for what, closer in (("the whole country", 0), ("a region", 3), ("a city", 3)):
        for _ in range(closer):
            await page.get_by_role("button", name="Closer").click()
            await page.wait_for_timeout(600)
        await plate.scroll_into_view_if_needed()
        before = page.url
        await page.evaluate("() => { gaps.length = long.length = 0 }")
        box = await plate.bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        for nth in range(DRAGS):
            await page.mouse.move(x, y)
            await page.mouse.down()
            way = 120 if nth % 2 else -120
            await page.mouse.move(x + way, y + way / 2, steps=DRAG_STEPS)
            await page.mouse.up()
        gaps, long = await page.evaluate("() => [gaps, long]")
        assert page.url != before, "the map moved"
        gaps.sort()
        lines.append(
            f"| {what} | {len(gaps)} | {statistics.median(gaps):.0f} "
            f"| {gaps[int(len(gaps) * 0.95)]:.0f} | {gaps[-1]:.0f} "
            f"| {len(long)}, {max(long, default=0):.0f} ms |"
        )
    await context.close()
    return "\n".join(lines)


if __name__ == "__main__":
    asyncio.run(main())
