"""My car: chosen without an account, kept in it by who has one, and what a bay would do for it."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from tests.payments.hosted_page import pay
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.test_account import ANN, bay, enters
from voltway.kernel.ids import TransactionRef
from voltway.payments import actions as payments
from voltway.stations.reports import Context, Metered
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
    "cookie",
    ["", "x", "..", f"{CAR.id}.90.10", f"{CAR.id}.1.2.x", f"{CAR.id}.1.2..{9**99}", "a" * 5000],
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


async def comes_with(browser: Browser, scene: Scene) -> int | None:
    """With how much the car of the newest visit came, as far as anybody said."""
    await browser.sends(f"{bay(scene)}/start")
    async with scene.begin() as work:
        [row, *_] = await work.all("SELECT party_id, token_uid FROM payment_view ORDER BY id DESC")
        key = (row["party_id"], row["token_uid"])
        charges = (await vehicles.charging(work, [key]))[key]
        return charges.came_with(work.now)


async def test_with_how_much_it_comes_is_kept_at_the_start_if_it_was_said_for_this_visit(
    browser: Browser, scene: Scene
) -> None:
    await chooses(browser)
    assert await comes_with(browser, scene) is None, "twenty stood there, and nobody said it"

    await browser.sends("/car", soc="20", target="80", back=bay(scene))
    assert await comes_with(browser, scene) == 20

    scene.clock.jump(timedelta(hours=13))
    assert await comes_with(browser, scene) is None
    assert f"{CAR.title}, 20 to 80 %" in await browser.reads(bay(scene))


async def charges_untold(scene: Scene, minutes: int = 30) -> str:
    """The newest visit's car charges by AC for so long and does not tell its charge; its page."""
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM payment_view ORDER BY id DESC LIMIT 1")
        assert row is not None
        payment = await payments.payment(work, row["id"])
    await pay(payment.hosted_url or "", "4242 4242 4242 4242")
    await payments.refresh(scene.begin, scene.provider, payment.id)
    await scene.starts(payment.token)
    await scene.settles()
    for minute in range(1, minutes + 1):
        scene.clock.jump(timedelta(minutes=1))
        await scene.meters(50_000 + 180 * minute, seq=minute)
    return f"/v/{payment.visit_key}"


async def test_a_car_that_does_not_tell_its_charge_is_done_in_about_as_long_as_is_counted(
    browser: Browser, scene: Scene
) -> None:
    await chooses(browser)
    await browser.sends("/car", soc="35", target="80", back=bay(scene))
    await browser.sends(f"{bay(scene)}/start")

    said = await browser.reads(await charges_untold(scene))

    left_h = (CAR.battery_wh * 0.95 * 0.45 / 0.89 - 5_400) / 10_800
    told = re.search(r"(\d+) h (\d\d)\N{EN DASH}(\d+) h (\d\d)", said)
    assert told is not None, said
    first, last = (int(told[h]) + int(told[m]) / 60 for h, m in ((1, 2), (3, 4)))
    assert first < left_h < last < first + 1.1
    assert "to about 80 %" in said
    assert "We count from the 35 % with which you came." in said
    assert "Say how full it came" not in said


async def test_where_nobody_said_how_full_it_came_it_is_a_guess_until_the_driver_says_it(
    browser: Browser, scene: Scene
) -> None:
    await chooses(browser)
    await browser.sends(f"{bay(scene)}/start")
    page = await charges_untold(scene)
    assert "A rough guess" in await browser.reads(page)
    assert "How full did your car come?" in await browser.reads(f"{page}/came")

    wrong = await browser.sends(f"{page}/came", percent="full")
    assert wrong.status_code == 422
    assert "Give a percentage from 0 to 99." in words_of(wrong.text)
    answer = await browser.sends(f"{page}/came", percent="35 %")

    assert answer.headers["location"] == page
    assert "We count from the 35 % with which you came." in await browser.reads(page)


async def test_a_charge_that_was_told_long_ago_is_counted_on_from_and_called_less_certain(
    browser: Browser, scene: Scene
) -> None:
    await chooses(browser)
    await browser.sends(f"{bay(scene)}/start")
    page = await charges_untold(scene, minutes=1)
    scene.clock.jump(timedelta(seconds=30))
    told = replace(scene.reading(50_200, Context.PERIODIC), soc_percent=42)
    await scene.told(
        Metered(ref=TransactionRef("tx-1"), evse=1, readings=(told,), at=scene.now, seq=2)
    )
    assert "Less certain" not in await browser.reads(page)

    for minute in range(1, 61):
        scene.clock.jump(timedelta(minutes=1))
        await scene.meters(50_200 + 180 * minute, seq=2 + minute)

    said = await browser.reads(page)
    assert "Less certain: your car last told 42 %, and we count the energy since." in said
    assert "to about 80 %" in said
    assert "Say how full it came" not in said


async def test_of_a_car_that_nobody_named_nobody_says_how_full_it_came(
    browser: Browser, scene: Scene
) -> None:
    await browser.sends(f"{bay(scene)}/start")
    page = await charges_untold(scene, minutes=5)

    assert "guess" not in await browser.reads(page)
    assert (await browser.sends(f"{page}/came", percent="35")).status_code == 404


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
