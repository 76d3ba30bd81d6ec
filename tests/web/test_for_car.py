"""A list of places says what the driver's car would cost and take at each."""

import re
from dataclasses import replace

import pytest

from tests.network import a_location, a_party, a_station
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.test_account import bay
from voltway.stations.model import Current
from voltway.vehicles.catalogue import found
from voltway.vehicles.rules_plugs import takes

CAR = next(each for each in found("hyundai ioniq 5") if each.measured)
LEAF = next(each for each in found("nissan leaf") if each.plugs == {"chademo", "type1"})


@pytest.mark.parametrize(
    ("plugs", "connector_type", "fits"),
    [
        ({"ccs", "type2"}, "IEC_62196_T2_COMBO", True),
        ({"ccs", "type2"}, "CHADEMO", False),
        ({"chademo", "type1"}, "CHADEMO", True),
        ({"chademo", "type1"}, "CCS", False),
        ({"tesla_suc"}, "TESLA_S", True),
        ({"ccs"}, "NEMA_5_20", True),
        (set(), "CHADEMO", True),
    ],
)
def test_dc_fits_by_its_plug_and_what_is_not_known_is_believed(
    plugs: set[str], connector_type: str, *, fits: bool
) -> None:
    model = replace(CAR, plugs=frozenset(plugs))

    assert takes(model, connector_type, is_dc=True) is fits


def test_a_car_whose_power_is_not_known_takes_dc_by_its_inlet() -> None:
    smart = replace(CAR, dc_w=0, curve=(), plugs=frozenset({"ccs"}))

    assert takes(smart, "CCS", is_dc=True)
    assert not takes(smart, "CHADEMO", is_dc=True)
    assert not takes(replace(smart, plugs=frozenset()), "CCS", is_dc=True)


def test_ac_is_a_matter_of_a_cable_and_of_a_charger_on_board() -> None:
    assert takes(LEAF, "IEC_62196_T2", is_dc=False)
    assert not takes(replace(LEAF, ac_w=0), "IEC_62196_T2", is_dc=False)


async def _chooses(browser: Browser, model: str) -> None:
    assert (await browser.sends("/car", model=model, back="/")).status_code == 303
    assert (await browser.sends("/car", soc="10", target="80", back="/")).status_code == 303


async def test_each_place_says_what_it_costs_and_takes_as_its_bay_says(
    browser: Browser, scene: Scene
) -> None:
    plain = await browser.reads("/")
    assert "Prices for my car" in plain
    assert "about" not in plain

    await _chooses(browser, str(CAR.id))

    said = await browser.reads("/")
    told = re.search(r"about (€[\d.]+) (\S+ ?h? ?\d*\S*)", said)
    assert told is not None, said
    assert f"{CAR.title}, 10 to 80 %" in said
    assert "€0.49 per kWh" in said
    at_bay = await browser.reads(bay(scene))
    assert f"Cost about {told[1]}" in at_bay
    assert told[2] in at_bay
    assert told[1] in await browser.reads(f"/l/{scene.station.location.id}")
    near = await browser.sends("/near", lat="60", lon="25")
    assert told[1] in near.text


async def test_the_fastest_free_bay_that_fits_is_meant_and_a_busy_one_is_not(
    browser: Browser, scene: Scene
) -> None:
    place = scene.station.location
    async with scene.begin() as work:
        await a_station(
            work, scene.station.party, place, evses=1, power_w=150_000, current=Current.DC
        )
        await work.run("UPDATE station SET connected_at = $1, last_heard_at = $1", scene.now)
        await work.run("UPDATE evse SET status = 'available'")
    await _chooses(browser, str(CAR.id))
    fast = await browser.reads(f"/l/{place.id}")
    assert re.search(r"Time \d\d\S\d\d min", fast), fast

    async with scene.begin() as work:
        await work.run("UPDATE evse SET status = 'charging' WHERE power_w = 150000")
    slow = await browser.reads(f"/l/{place.id}")

    assert re.search(r"Time \d+.h", slow), slow


async def test_where_no_plug_fits_the_place_says_so(browser: Browser, scene: Scene) -> None:
    async with scene.begin() as work:
        far = await a_location(work, scene.station.party, name="Combo Corner")
        await a_station(work, scene.station.party, far, power_w=50_000, current=Current.DC)
        await work.run(
            "UPDATE evse SET connector_type = 'IEC_62196_T2_COMBO' WHERE power_w = 50000"
        )
    await _chooses(browser, str(LEAF.id))

    assert "No plug for your car" in await browser.reads("/?q=combo")
    assert "No plug for your car" in await browser.reads(f"/l/{far.id}")


async def test_where_no_price_is_set_no_cost_is_made_up(browser: Browser, scene: Scene) -> None:
    async with scene.begin() as work:
        await a_station(work, await a_party(work), evses=1)
    await _chooses(browser, str(CAR.id))

    page = await browser.opens("/")

    assert page.text.count("<li data-lat") == 2
    assert page.text.count("<b>about ") == 1
