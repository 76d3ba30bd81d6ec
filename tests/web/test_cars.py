"""A car is offered on its driver's page, charges from a yes on, and is watched at the console."""

import re
from datetime import timedelta

from tests.billing.test_autocharge import MAC, a_driver, shows_itself
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.test_account import enters
from voltway.billing import autocharge
from voltway.drivers import actions as drivers
from voltway.drivers import cars
from voltway.drivers.model import Bar
from voltway.kernel.ids import TokenUid, new_id
from voltway_world.pki import YEAR, issue

PAGE = "/console/tariffs/cars"
BEN = "ben@example.org"


async def offered(scene: Scene) -> None:
    _, card = await a_driver(scene)
    await shows_itself(scene)
    await scene.starts(card.uid)
    await scene.settles()


async def answers(browser: Browser, answer: str) -> None:
    shown = (await browser.opens("/me")).text
    [path] = re.findall(rf'action="(/me/cars/[\w-]+/{answer})"', shown)
    sent = await browser.sends(path)
    assert sent.status_code == 303, sent.text


async def test_a_yes_makes_the_car_one_of_the_driver_s_cards(
    browser: Browser, scene: Scene
) -> None:
    await offered(scene)
    await enters(browser, scene, BEN)
    assert "Its address ends in BBCC" in await browser.reads("/me")

    await answers(browser, "yes")

    after = await browser.reads("/me")
    assert "Is this your car?" not in after
    assert "Car BBCC" in after


async def test_a_no_is_not_asked_again_and_registers_nothing(
    browser: Browser, scene: Scene
) -> None:
    await offered(scene)
    await enters(browser, scene, BEN)

    await answers(browser, "no")
    await shows_itself(scene)
    await scene.starts(TokenUid("04A1B2C3"), ref="again")
    await scene.settles()

    after = await browser.reads("/me")
    assert "Is this your car?" not in after
    assert "Car BBCC" not in after


async def test_nobody_answers_for_another_driver(browser: Browser, scene: Scene) -> None:
    await offered(scene)
    async with scene.begin() as work:
        [offer] = await work.all("SELECT id FROM car_offer_view")
    await enters(browser, scene, "eve@example.org")

    await browser.sends(f"/me/cars/{offer['id']}/yes")

    async with scene.begin() as work:
        [still] = await work.all("SELECT state FROM car_offer_view")
    assert still["state"] == "offered"


async def test_a_root_is_trusted_shown_and_trusted_no_more(owner: Browser, scene: Scene) -> None:
    root = issue("Aurora root", until=scene.now + YEAR, since=scene.now - YEAR)

    wrong = await owner.sends(f"{PAGE}/roots", pem="no certificate")
    await owner.sends(f"{PAGE}/roots", pem=root.pem)
    page = (await owner.opens(PAGE)).text
    [path] = re.findall(rf'action="({PAGE}/roots/[\w-]+/remove)"', page)
    await owner.sends(path)

    assert (wrong.status_code, "This is no certificate of an authority" in wrong.text) == (
        422,
        True,
    )
    assert "CN=Aurora root" in page
    assert "No root is trusted yet" in await owner.reads(PAGE)


async def a_contract_seen(scene: Scene, until: timedelta, word: str = "good") -> None:
    """A car showed its contract, which is good for so long."""
    async with scene.begin() as work:
        await work.run(
            """
            INSERT INTO contract_certificate (id, party_id, key_hash, serial, emaid, issuer,
                not_after, first_at, seen_at, station_id, state, checked_at)
            VALUES ($1, $2, $7, 'bb', 'FIVLTC12345678', 'CN=Aurora sub', $3, $4, $4, $5, $6, $4)
            """,
            new_id(work.now),
            scene.station.party.id,
            work.now + until,
            work.now,
            scene.station.station.id,
            word,
            str(until),
        )


async def test_contracts_that_cars_showed_are_listed_with_their_ends(
    owner: Browser, scene: Scene
) -> None:
    assert "Contracts that cars showed" not in await owner.reads(PAGE)
    root = issue("Old root", until=scene.now + timedelta(days=8), since=scene.now - YEAR)
    await owner.sends(f"{PAGE}/roots", pem=root.pem)
    await a_contract_seen(scene, timedelta(days=2, hours=1), "revoked")
    await a_contract_seen(scene, -timedelta(hours=1))

    page = await owner.reads(PAGE)

    assert "8 days left" in page
    for said in ("FIVLTC12345678", "CN=Aurora sub", "2 days left", "over", "taken back"):
        assert said in page, said


async def test_what_the_guard_found_is_looked_at_and_ended_with_a_reason(
    owner: Browser, scene: Scene
) -> None:
    await offered(scene)
    async with scene.begin() as work:
        [offer] = await work.all("SELECT id, party_id, driver_id FROM car_offer_view")
        car = await autocharge.accept(
            work, offer["party_id"], offer["driver_id"], offer["id"], by=BEN
        )
        await drivers.bar(work, [car.id], Bar.TWO_PLACES)
        await work.run(
            """
            INSERT INTO car_finding (id, party_id, token_id, session_id, said, at)
            VALUES ($1, $2, $3, $1, 'It charges at Kamppi still.', $4)
            """,
            new_id(work.now),
            car.party,
            car.id,
            work.now,
        )
    before = await owner.reads(PAGE)

    silent = await owner.sends(f"{PAGE}/{car.id}/release", why=" ")
    await owner.sends(f"{PAGE}/{car.id}/release", why="He called")

    assert "stopped by the guard" in before
    assert "It charges at Kamppi still." in before
    assert (silent.status_code, "Say why this car may charge again" in silent.text) == (422, True)
    assert "He called" in await owner.reads(PAGE)
    async with scene.begin() as work:
        key = (car.party, cars.uid_of(MAC))
        assert (await drivers.tokens_of(work, {key}))[key].bars == frozenset()
