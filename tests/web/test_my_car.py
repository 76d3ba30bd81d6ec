"""My car: chosen without an account, kept in it by who has one, and what a bay would do for it."""

import re
from decimal import Decimal

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.test_account import ANN, bay, enters
from voltway.vehicles import actions as vehicles
from voltway.vehicles.catalogue import found

CAR = next(each for each in found("hyundai ioniq 5") if each.measured)
OTHER = found("volkswagen id.3")[0]


async def chooses(browser: Browser, **fields: str) -> str:
    answer = await browser.sends("/car", **{"model": str(CAR.id), "back": "/", **fields})
    assert answer.status_code == 303, words_of(answer.text)
    return answer.headers["location"]


async def test_a_guest_finds_a_car_and_reads_cost_time_and_energy_at_a_bay(
    browser: Browser, scene: Scene
) -> None:
    assert "Choose my car" in await browser.reads(bay(scene))
    assert CAR.title in await browser.reads(f"/car?q=ioniq 5&back={bay(scene)}")

    await chooses(browser, back=bay(scene))
    back = (await browser.sends("/car", soc="10", target="50", back=bay(scene))).headers["location"]

    assert back == bay(scene)
    said = await browser.reads(back)
    assert f"{CAR.title}, 10 to 50 %" in said
    kwh = CAR.battery_wh * 0.95 * 0.4 / 0.89 / 1000
    assert f"about {kwh:.0f} kWh" in said
    cents = re.search(r"Cost about €(\d+\.\d\d)", said)
    assert cents is not None
    assert abs(Decimal(cents[1]) - Decimal("0.49") * Decimal(kwh)) <= Decimal("0.02")
    assert re.search(r"Time \d+.*h", said), "an AC bay takes hours"


@pytest.mark.parametrize(
    ("soc", "target"),
    [("80", "20"), ("50", "50"), ("x", "80"), ("-1", "80"), ("10", "101"), ("", "")],
)
async def test_percentages_that_are_none_get_a_sentence_and_change_nothing(
    browser: Browser, soc: str, target: str
) -> None:
    await chooses(browser)

    answer = await browser.sends("/car", soc=soc, target=target, back="/")

    assert answer.status_code == 422
    assert "Give two percentages" in words_of(answer.text)
    assert 'value="80"' in answer.text


@pytest.mark.parametrize("model", ["", "x", "00000000-0000-0000-0000-000000000000"])
async def test_a_model_that_nobody_makes_gets_a_sentence(browser: Browser, model: str) -> None:
    answer = await browser.sends("/car", model=model)

    assert answer.status_code == 422
    assert "not in our list" in words_of(answer.text)


@pytest.mark.parametrize(
    "cookie", ["", "x", "..", f"{CAR.id}.90.10", f"{CAR.id}.1.2.x", "a" * 5000]
)
async def test_a_cookie_that_somebody_made_up_is_no_car(
    browser: Browser, scene: Scene, cookie: str
) -> None:
    browser.client.cookies.set("car", cookie)

    assert "Choose my car" in await browser.reads(bay(scene))


async def test_the_car_of_a_visit_is_known_for_its_time_to_done(
    browser: Browser, scene: Scene
) -> None:
    await chooses(browser)
    await browser.sends(f"{bay(scene)}/start")

    async with scene.begin() as work:
        [row] = await work.all("SELECT party_id, token_uid FROM payment_view")
        key = (row["party_id"], row["token_uid"])
        charges = (await vehicles.charging(work, [key]))[key]
    assert (charges.model, charges.vehicle, charges.target_percent) == (CAR.id, None, 80)


async def test_who_has_signed_in_keeps_cars_and_their_default_is_there_in_another_browser(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await chooses(browser)
    await chooses(browser, model=str(OTHER.id))
    async with scene.begin() as work:
        own = {each.model: each for each in await vehicles.vehicles(work, ANN)}
    assert {model: each.is_default for model, each in own.items()} == {
        CAR.id: False,
        OTHER.id: True,
    }

    del browser.client.cookies["car"]
    assert OTHER.title in await browser.reads(bay(scene))

    await browser.sends(f"/car/{own[OTHER.id].id}/remove")
    assert CAR.title in await browser.reads(bay(scene))
    async with scene.begin() as work:
        [left] = await vehicles.vehicles(work, ANN)
    assert left.is_default


async def test_nobody_removes_a_car_of_somebody_else(browser: Browser, scene: Scene) -> None:
    async with scene.begin() as work:
        bens = await vehicles.add(work, "ben@example.org", CAR.id)
    await enters(browser, scene)

    answer = await browser.sends(f"/car/{bens.id}/remove")

    assert answer.status_code == 404
    async with scene.begin() as work:
        assert await vehicles.vehicles(work, "ben@example.org") == [bens]


async def test_twenty_cars_are_enough(browser: Browser, scene: Scene) -> None:
    async with scene.begin() as work:
        for _ in range(vehicles.VEHICLES_MAX):
            await vehicles.add(work, ANN, CAR.id)
    await enters(browser, scene)

    answer = await browser.sends("/car", model=str(OTHER.id))

    assert "twenty cars" in words_of(answer.text)


async def test_with_the_account_its_cars_are_deleted(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    await chooses(browser)

    await browser.sends("/me/delete")

    async with scene.begin() as work:
        assert await vehicles.vehicles(work, ANN) == []
