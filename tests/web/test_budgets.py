"""The page on which somebody says how much a card, a driver or a fleet may charge."""

import re
from datetime import timedelta

import httpx
import pytest

from tests.billing.months import a_card
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.parties.model import Role

PAGE = "/console/tariffs/budgets"


async def test_a_budget_is_set_shows_what_is_used_and_is_taken_away(
    owner: Browser, scene: Scene
) -> None:
    card = await a_card(scene, "04A1B2C3", "Van 7")
    assert "Nobody has a budget" in await owner.reads(PAGE)

    await owner.sends(PAGE, scope="token", name="04a1b2c3", period="day", amount="9,80", kwh="")
    await scene.starts(card.uid)
    scene.clock.jump(timedelta(hours=1))
    await scene.ends(60_000)
    await scene.settles()
    page = await owner.reads(PAGE)

    assert "Van 7" in page
    assert "€4.90 / €9.80" in page
    assert "50 %" in page
    [path] = re.findall(rf'action="({PAGE}/[\w-]+/remove)"', (await owner.opens(PAGE)).text)
    await owner.sends(path)
    assert "Nobody has a budget" in await owner.reads(PAGE)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"name": "nobody", "kwh": "5"}, "There is no card, contract, driver or fleet “nobody”."),
        ({"name": "04A1B2C3"}, "Say how much money or how much energy"),
        ({"name": "04A1B2C3", "kwh": "-5"}, "Say how much money or how much energy"),
        ({"name": "04A1B2C3", "amount": "much"}, "much is no number"),
        ({"name": "04A1B2C3", "kwh": "5", "period": "year"}, "Say how much"),
    ],
)
async def test_what_is_no_budget_is_refused_and_what_was_typed_stays(
    owner: Browser, scene: Scene, said: dict[str, str], answer: str
) -> None:
    await a_card(scene, "04A1B2C3")

    refused = await owner.sends(PAGE, **{"scope": "token", "period": "day", **said})

    assert 400 <= refused.status_code < 500
    assert answer in refused.text
    assert f'value="{said["name"]}"' in refused.text


async def test_hours_and_places_are_said_shown_and_taken_away(owner: Browser, scene: Scene) -> None:
    await a_card(scene, "04A1B2C3", "Van 7")
    place = scene.station.location.name
    when = f"{PAGE}/when-where"
    assert "All may charge at any time and everywhere." in await owner.reads(PAGE)

    await owner.sends(
        when,
        scope="token",
        name="04a1b2c3",
        day1="yes",
        day5="yes",
        opens="07:00",
        closes="18:30",
        places=f"{place}\r\n",
    )
    page = await owner.reads(PAGE)

    assert "Mon, Fri" in page
    assert "07:00\N{EN DASH}18:30" in page
    assert place in page
    [path] = re.findall(rf'action="({when}/[\w-]+/remove)"', (await owner.opens(PAGE)).text)
    await owner.sends(path)
    assert "All may charge at any time and everywhere." in await owner.reads(PAGE)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"name": "nobody", "day1": "yes"}, "There is no card, contract, driver or fleet “nobody”"),
        ({"name": "04A1B2C3"}, "Say days, or hours"),
        ({"name": "04A1B2C3", "opens": "07:00"}, "Say days, or hours"),
        ({"name": "04A1B2C3", "opens": "seven", "closes": "8"}, "seven is no time of day"),
        ({"name": "04A1B2C3", "places": "Nowhere"}, "There is no place “Nowhere” of yours."),
        ({"name": "04A1B2C3", "scope": "cat", "day1": "yes"}, "There is no card, contract"),
    ],
)
async def test_what_is_no_hour_and_no_place_is_refused_and_what_was_typed_stays(
    owner: Browser, scene: Scene, said: dict[str, str], answer: str
) -> None:
    await a_card(scene, "04A1B2C3")

    refused = await owner.sends(f"{PAGE}/when-where", **{"scope": "token", **said})

    assert 400 <= refused.status_code < 500
    assert answer in refused.text
    assert f'value="{said["name"]}"' in refused.text


async def test_who_only_looks_sets_none(browser: Browser, scene: Scene) -> None:
    await a_card(scene, "04A1B2C3")
    await sits_down(browser, scene, Role.VIEWER)

    said = {"scope": "token", "name": "04A1B2C3", "period": "day", "kwh": "5", "day1": "yes"}
    for path in (PAGE, f"{PAGE}/when-where"):
        refused = await browser.sends(path, **said)
        assert refused.status_code == httpx.codes.FORBIDDEN
