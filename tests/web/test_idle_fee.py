"""A car that stands: from when on that costs, how long that is from now, and how much."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from babel import Locale

from tests.payments.scene import TARIFF, Scene
from tests.web.browsers import Browser, words_of
from voltway.kernel.ids import TransactionRef
from voltway.payments.model import Payment
from voltway.stations.reports import Context, Metered
from voltway.tariffs import actions as tariffs
from voltway.web.formats import Formats

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


async def stands(scene: Scene, *, costs: bool = True, minutes: int = 30) -> Payment:
    """A car that has taken 10 kWh and stands, where the first twenty minutes of that are free, or
    all of it is; it came so many minutes ago."""
    energy, parking = json.loads(TARIFF)["elements"][0]["price_components"]
    free = {"price_components": [parking], "voltway_idle": {"grace": 1200, "cap": 12}}
    elements = [{"price_components": [energy]}, *([free] if costs else [])]
    told = json.loads(TARIFF) | {"elements": elements}
    async with scene.begin() as work:
        await tariffs.add_version(work, scene.station.party.id, json.dumps(told))
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)
    scene.clock.jump(timedelta(minutes=minutes))
    await scene.told(
        Metered(
            ref=TransactionRef("tx-1"),
            evse=1,
            readings=(scene.reading(60_000, Context.PERIODIC),),
            at=scene.now,
            seq=1,
            charging=False,
            by_vehicle=True,
        )
    )
    await scene.settles()
    return payment


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.2, "1 s"),
        (59, "59 s"),
        (60, "1 min 00 s"),
        (552, "9 min 12 s"),
        (3_600, "1 h 00"),
        (7_512, "2 h 05"),
        (-30, "0 s"),
    ],
)
def test_what_is_left_is_said_to_the_second(seconds: float, words: str) -> None:
    said = Formats(Locale("en"), NOW).left(NOW + timedelta(seconds=seconds))

    assert said.replace("\u00a0", " ") == words


async def test_before_the_fee_the_page_counts_down_by_the_clock_of_the_house(
    browser: Browser, scene: Scene
) -> None:
    payment = await stands(scene)
    scene.clock.jump(timedelta(minutes=10, seconds=48))

    page = await browser.opens(f"/v/{payment.visit_key}")
    said = words_of(page.text)

    assert "Idle fee starts in 9 min 12 s Unplug before 14:50 and it stays at €4.90." in said
    until, now = re.findall(r'data-(?:until|now)="([^"]+)"', page.text)
    assert datetime.fromisoformat(until) - datetime.fromisoformat(now) == timedelta(seconds=552)
    assert datetime.fromisoformat(now) == scene.now
    status = re.findall(r'role="status"[^>]*>([^<]*)<', page.text)
    assert any("Unplug before 14:50" in each for each in status), "told to who does not see it"
    assert not any("starts in" in each for each in status), "but not each second"


async def test_once_it_runs_the_page_says_what_it_has_cost_so_far(
    browser: Browser, scene: Scene
) -> None:
    payment = await stands(scene)
    scene.clock.jump(timedelta(minutes=32))

    page = await browser.opens(f"/v/{payment.visit_key}")

    assert "Idle fee is running: €1.20 so far The idle fee has run since 14:50" in words_of(
        page.text
    )
    assert "data-until" not in page.text


async def test_without_contact_nothing_is_counted_down(browser: Browser, scene: Scene) -> None:
    payment = await stands(scene)
    async with scene.begin() as work:
        await work.run("UPDATE station SET disconnected_at = $1", scene.now)

    page = await browser.opens(f"/v/{payment.visit_key}")

    assert "Idle fee from 14:50, as last known" in words_of(page.text)
    assert "data-until" not in page.text


async def test_where_standing_is_free_the_page_says_so_and_counts_nothing(
    browser: Browser, scene: Scene
) -> None:
    payment = await stands(scene, costs=False)

    page = await browser.opens(f"/v/{payment.visit_key}")

    assert "Idle fee Standing here costs nothing more." in words_of(page.text)
    assert "data-until" not in page.text
