"""Places, bays and prices, as a driver without account sees them."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from httpx import ASGITransport, AsyncClient
from msgspec import structs

from tests.payments.scene import TARIFF, Scene
from tests.web.browsers import HERE, Browser, words_of
from tests.web.conftest import built
from voltway.stations import actions as stations
from voltway.tariffs import actions as tariffs
from voltway.tariffs import promotions
from voltway.tariffs.model_promotions import GrantKind
from voltway.web.house import House


async def test_a_place_is_listed_with_its_free_bays_and_its_price(
    browser: Browser, scene: Scene
) -> None:
    said = await browser.reads("/")

    assert "Market Square" in said
    assert "2 of 2 free" in said
    assert "€0.49 per kWh" in said


async def test_a_search_finds_by_city_and_says_when_nothing_fits(
    browser: Browser, scene: Scene
) -> None:
    assert "Market Square" in await browser.reads("/?q=helsin")
    assert "No place fits" in await browser.reads("/?q=Atlantis")
    assert "No place fits" in await browser.reads("/?q=%25")
    assert "No place fits" in await browser.reads("/?power=150000")


async def test_a_place_without_a_free_bay_is_left_out_on_wish(
    browser: Browser, scene: Scene
) -> None:
    async with scene.begin() as work:
        await work.run("UPDATE evse SET status = 'charging'")

    assert "Market Square" in await browser.reads("/")
    assert "No place fits" in await browser.reads("/?free=1")


async def test_a_place_that_is_not_published_is_nowhere(browser: Browser, scene: Scene) -> None:
    async with scene.begin() as work:
        await stations.change_location(work, replace(scene.station.location, published=False))

    bay = scene.station.evses[1].public_id
    assert "Market Square" not in await browser.reads("/")
    assert (await browser.opens(f"/e/{bay}")).status_code == 404
    assert (await browser.opens(f"/l/{scene.station.location.id}")).status_code == 404


async def test_a_bay_shows_price_hold_and_start_on_one_page_in_the_order_of_afir(
    browser: Browser, scene: Scene
) -> None:
    said = await browser.reads(f"/e/{scene.station.evses[1].public_id}")

    assert "Available" in said
    order = [said.index(words) for words in ("€0.49 per kWh", "Idle fee", "Start charging")]
    assert order == sorted(order)
    assert "€0.10 per min" in said
    assert "VAT 25.5 % included" in said
    assert "€50 is held, not taken" in said
    assert "If nothing starts in 2 min, you are not charged" in said


async def test_a_price_without_tax_is_shown_with_it(browser: Browser, scene: Scene) -> None:
    net = {**json.loads(TARIFF), "id": "NET", "tax_included": "NO"}
    net["elements"] = [
        {"price_components": [{"type": "ENERGY", "price": 0.40, "vat": 25.5, "step_size": 1}]}
    ]
    async with scene.begin() as work:
        party = scene.station.party.id
        await tariffs.add_version(work, party, json.dumps(net))
        await tariffs.assign(work, party, "NET", station=scene.station.station.id)

    assert "€0.502 per kWh" in await browser.reads(f"/e/{scene.station.evses[1].public_id}")


async def test_a_bay_that_fell_silent_is_first_last_known_and_then_unknown(
    browser: Browser, scene: Scene
) -> None:
    bay = f"/e/{scene.station.evses[1].public_id}"

    scene.clock.jump(timedelta(seconds=650))
    said = await browser.reads(bay)
    assert "Available" in said
    assert "10 min ago last known" in said

    scene.clock.jump(timedelta(seconds=650))
    assert "Unknown" in await browser.reads(bay)


async def test_a_bay_whose_station_lost_its_line_is_offline(browser: Browser, scene: Scene) -> None:
    async with scene.begin() as work:
        await work.run("UPDATE station SET disconnected_at = $1", scene.now)

    assert "Offline" in await browser.reads(f"/e/{scene.station.evses[1].public_id}")


async def test_the_code_for_the_hardware_is_a_picture(browser: Browser, scene: Scene) -> None:
    answer = await browser.opens(f"/e/{scene.station.evses[1].public_id}/qr.svg")

    assert answer.headers["content-type"].startswith("image/svg+xml")
    assert answer.text.startswith("<svg")


async def test_an_unknown_bay_is_a_page_that_says_what_to_do(
    browser: Browser, scene: Scene
) -> None:
    answer = await browser.opens("/e/FI*VLT*E9*9")

    assert answer.status_code == 404
    assert "look for the number on the hardware" in words_of(answer.text)
    assert "All places" in words_of(answer.text)


async def test_what_somebody_typed_is_text_wherever_it_comes_back(
    browser: Browser, scene: Scene
) -> None:
    evil = '"><script>alert(1)</script>'
    answer = await browser.opens("/?q=" + evil)
    assert "<script>alert" not in answer.text

    answer = await browser.opens("/e/" + evil.replace("/", ""))
    assert "<script>alert" not in answer.text


async def test_a_bay_where_somebody_charges_is_in_use_though_its_station_says_only_occupied(
    browser: Browser, scene: Scene
) -> None:
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)
    async with scene.begin() as work:
        await work.run("UPDATE evse SET status = 'preparing' WHERE number = 1")

    said = await browser.reads(f"/e/{scene.station.evses[1].public_id}")

    assert "In use" in said
    assert "If it is yours, start here" not in said
    assert "1 of 2 free" in await browser.reads("/")


async def test_a_bay_says_what_a_charge_would_cost_and_another_with_a_code(
    browser: Browser, scene: Scene
) -> None:
    bay = f"/e/{scene.station.evses[1].public_id}"
    async with scene.begin() as work:
        await promotions.add(work, scene.station.party.id, "SPRING", GrantKind.PERCENT, Decimal(20))
    usual = await browser.reads(bay)
    asked = await browser.opens(f"{bay}?kwh=30,5&minutes=60&parked=10&code=spring")
    wrong = await browser.opens(f"{bay}?kwh=30&minutes=60&code=AUTUMN")
    nothing = await browser.opens(f"{bay}?kwh=lots&minutes=60")
    little = await browser.opens(f"{bay}?kwh=0&minutes=60")

    assert "About €9.80 for 20 kWh in 120 min, begun now" in usual
    said = words_of(asked.text)
    assert "About €12.76 for 30,5 kWh in 60 min, then 10 min plugged in" in said
    assert "Energy €14.95 Idle fee €1.00 Code SPRING: 20 % off. \N{MINUS SIGN}€3.19" in said
    assert 'form="start" autocomplete="off"' in asked.text
    assert 'value="spring"' in asked.text, "the start takes the code that was looked at"
    assert "There is no code AUTUMN." in words_of(wrong.text)
    assert "About €14.70" in words_of(wrong.text), "without the code"
    assert "lots is no number, such as 0.49." in words_of(nothing.text)
    assert "Give 0.1 to 1000 kWh" in words_of(little.text)
    assert [each.status_code for each in (asked, wrong, nothing, little)] == [200] * 4


HINDRANCES = [
    ("UPDATE station SET disconnected_at = now()", "has no line to us"),
    ("UPDATE evse SET status = 'faulted'", "reports a fault"),
    ("UPDATE evse SET status = 'unavailable'", "is out of service"),
    ("UPDATE evse SET status = 'reserved'", "is reserved for somebody"),
]


@pytest.mark.parametrize(("happens", "says"), HINDRANCES)
async def test_nobody_pays_at_a_bay_where_nothing_would_start(
    browser: Browser, scene: Scene, happens: str, says: str
) -> None:
    async with scene.begin() as work:
        await work.run(happens)

    answer = await browser.sends(f"/e/{scene.station.evses[1].public_id}/start", way="card")

    assert answer.status_code == 409
    assert says in words_of(answer.text)
    assert "Nothing was held" in words_of(answer.text)
    assert await scene.count("payment_view") == 0
    assert not scene.bank.books.holds


async def test_who_comes_second_to_a_bay_is_told_that_it_is_in_use(
    browser: Browser, scene: Scene
) -> None:
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)

    answer = await browser.sends(f"/e/{scene.station.evses[1].public_id}/start", way="card")

    assert answer.status_code == 409
    assert "is in use by somebody else" in words_of(answer.text)


async def test_a_bay_that_was_seen_to_tell_of_plugs_wants_one_first_until_it_stops_telling(
    browser: Browser, scene: Scene
) -> None:
    bay = f"/e/{scene.station.evses[1].public_id}"
    for nth in range(2):
        async with scene.begin() as work:
            await work.run("UPDATE evse SET status = 'preparing'")
        payment = await scene.pays(await scene.opens())
        await scene.starts(payment.token, ref=f"tx-{nth}", wh=50_000 + 9_000 * nth)
        await scene.ends(59_000 + 9_000 * nth, ref=f"tx-{nth}")
        async with scene.begin() as work:
            await work.run("UPDATE evse SET status = 'available'")

    async with scene.begin() as work:
        await work.run("UPDATE station SET last_heard_at = $1", scene.now)
    assert "Plug in first, at bay 1." in await browser.reads(bay)
    for nth in range(19):  # each twice: a form that is sent again is no other driver
        refused = await browser.sends(f"{bay}/start", way="card")
        assert refused.status_code == 409
        scene.clock.jump(timedelta(minutes=10 * (nth % 2)))
    stopped_telling = await browser.sends(f"{bay}/start", way="card")

    assert "has no car plugged in" in words_of(refused.text)
    assert stopped_telling.status_code == 303


async def test_where_a_plug_comes_first_the_page_says_so_and_lets_pay_when_it_is_in(
    house: House, scene: Scene
) -> None:
    strict = replace(house, settings=structs.replace(house.settings, plug_first="always"))
    site = built()
    site.open_to(strict)
    transport = ASGITransport(site, raise_app_exceptions=False)  # type: ignore[arg-type]
    browser = Browser(AsyncClient(transport=transport, base_url=HERE))
    bay = f"/e/{scene.station.evses[1].public_id}"

    assert "Plug in first, at bay 1." in await browser.reads(bay)
    early = await browser.sends(f"{bay}/start", way="card")
    async with scene.begin() as work:
        await work.run("UPDATE evse SET status = 'preparing'")
    assert "Plug in first" not in await browser.reads(bay)
    plugged = await browser.sends(f"{bay}/start", way="card")

    assert early.status_code == 409
    assert "has no car plugged in" in words_of(early.text)
    assert plugged.status_code == 303
