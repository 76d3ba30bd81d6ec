"""What somebody charged: by month and place, as a table, for a program, and nobody else's."""

import csv
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.payments.providers import STRIPE, Closable, patience_s
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.test_account import ANN, bay, enters, saves
from tests.web.test_my_car import chooses
from voltway.vehicles.grid import grid_of
from voltway_world.provider import ProviderServer


@pytest.fixture
async def provider(bank: ProviderServer, request: pytest.FixtureRequest) -> AsyncIterator[Closable]:
    provider = STRIPE.speaks_to(bank, timeout_s=patience_s(request))
    yield provider
    await provider.close()


async def charges(browser: Browser, scene: Scene, wh: int = 60_000) -> None:
    """A charge that Ann's saved card pays, to its receipt. The meter goes on from its last end."""
    await browser.sends(f"{bay(scene)}/start", way="saved")
    async with scene.begin() as work:
        rows = await work.all("SELECT token_uid FROM payment_view ORDER BY id DESC LIMIT 1")
    await scene.starts(rows[0]["token_uid"])
    await scene.ends(wh, minutes=60)
    await scene.settles()


async def test_a_year_is_shown_by_month_by_place_and_charge_by_charge(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await saves(browser)
    await charges(browser, scene)

    said = await browser.reads("/me/charges")

    year = scene.now.year
    assert f"My charges in {year}" in said
    assert "Spent €4.90 Energy 10 kWh" in said
    assert f"{scene.now:%B} 10 kWh €4.90" in said
    assert "Market Square 1 charge, 10 kWh €4.90" in said
    assert "€4.90 · 10.00 kWh Market Square" in said
    grid = grid_of("FIN")
    assert grid is not None
    assert f"About {grid.grams * 10 / 1000:.0f} kg of CO₂" in said


async def test_the_file_has_each_charge_with_exact_figures(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    await saves(browser)
    await charges(browser, scene)

    answer = await browser.opens(f"/me/charges.csv?year={scene.now.year}")

    assert answer.headers["content-type"].startswith("text/csv")
    [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["energy_kwh"], row["amount"], row["currency"]) == ("10.000", "4.90", "EUR")
    assert row["place"] == "Market Square"
    assert row["receipt"]
    empty = await browser.opens("/me/charges.csv?year=2001")
    assert empty.content.decode("utf-8-sig").strip().count("\n") == 0


async def test_what_a_place_is_called_is_no_formula_in_a_spreadsheet(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await saves(browser)
    await charges(browser, scene)
    async with scene.begin() as work:
        await work.run("UPDATE location SET name = '=HYPERLINK(1)'")

    answer = await browser.opens("/me/charges.csv")

    assert "'=HYPERLINK(1)" in answer.text


async def test_all_that_is_kept_of_somebody_is_one_file(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    await saves(browser)
    await chooses(browser)
    await charges(browser, scene)

    told = json.loads((await browser.opens("/me/export")).content)

    assert told["email"] == ANN
    [operator] = told["operators"]
    assert [each["name"] for each in operator["ways_to_pay"]] == ["Visa ·· 4242"]
    assert len(told["charges"]) == 1
    assert len(told["cars"]) == 1
    assert "4242 4242" not in json.dumps(told)


async def test_nobody_reads_what_another_charged(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    await saves(browser)
    await charges(browser, scene)
    await browser.sends("/me/leave")

    for path in ("/me/charges", "/me/charges.csv", "/me/export"):
        assert (await browser.opens(path)).status_code == 303, path
    await enters(browser, scene, "ben@example.org")
    assert "Nothing yet" in await browser.reads("/me/charges")
    assert "4.90" not in (await browser.opens("/me/charges.csv")).text


async def test_a_year_that_is_none_is_the_newest_with_charges(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await saves(browser)
    await charges(browser, scene)
    scene.clock.jump(timedelta(days=400))
    await enters(browser, scene)

    for year in ("", "x", "99999", "-1"):
        assert "Spent €4.90" in await browser.reads(f"/me/charges?year={year}")


async def test_a_charge_belongs_to_the_year_of_its_place(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    await saves(browser)
    await charges(browser, scene)
    at = datetime(scene.now.year - 1, 12, 31, 22, 30, tzinfo=UTC)  # a year on, in Helsinki
    async with scene.begin() as work:
        await work.run("UPDATE session SET started_at = $1", at)

    before = await browser.reads(f"/me/charges?year={at.year}")
    after = await browser.reads(f"/me/charges?year={at.year + 1}")
    file = await browser.opens(f"/me/charges.csv?year={at.year + 1}")

    assert "Spent €4.90" not in before
    assert "Spent €4.90" in after
    assert file.content.decode("utf-8-sig").strip().count("\n") == 1
