"""A display's code leads to its bay and to nothing else; a plain code there begins no payment."""

import json
from datetime import timedelta

import httpx

from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from tests.web.test_account import bay
from voltway.parties.model import Role
from voltway.payments.rules_codes import ALPHABETS, totp


async def turned_on(owner: Browser, scene: Scene) -> dict[str, str]:
    """What the station was told."""
    await owner.sends(f"/console/stations/{scene.station.station.id}/codes", do="on")
    async with scene.begin() as work:
        rows = await work.all("SELECT body FROM order_view WHERE kind = 'SetVariable'")
    bodies = [row["body"] for row in rows]
    told = [json.loads(body) if isinstance(body, str) else body for body in bodies]
    return {each["name"].removeprefix("WebPaymentsCtrlr."): each["value"] for each in told}


def url_of(told: dict[str, str], scene: Scene, *, evse: int = 1) -> str:
    """What the display shows now, as the station makes it."""
    code = totp(
        told["SharedSecret"],
        scene.now.timestamp(),
        valid_s=int(told["ValidityTime"]),
        length=int(told["Length"]),
        alphabet=ALPHABETS[0],
    )
    return (
        told["URLTemplate"]
        .replace("{chargingstationid}", scene.station.station.identity)
        .replace("{evse}", str(evse))
        .replace("{totp}", code)
        .replace("{version}", "v1")
        .removeprefix("http://voltway.test")
    )


async def test_who_scans_the_display_pays_and_a_plain_code_begins_nothing(
    owner: Browser, scene: Scene
) -> None:
    told = await turned_on(owner, scene)
    plain = await owner.sends(f"{bay(scene)}/start")

    led = (await owner.opens(url_of(told, scene))).headers["location"]
    page = await owner.opens(led)
    grant = led.partition("?k=")[2]
    paid = await owner.sends(f"{bay(scene)}/start", k=grant)
    scene.clock.jump(timedelta(minutes=16))
    late = await owner.sends(f"{bay(scene)}/start", k=grant)

    assert (plain.status_code, "Scan it there" in plain.text) == (409, True)
    assert led.startswith(f"{bay(scene)}?k=")
    assert f'name="k" value="{grant}"' in page.text
    assert paid.headers["location"].startswith(scene.bank.url)
    assert (late.status_code, len(scene.bank.books.holds)) == (409, 1)


async def test_an_old_a_forged_and_a_strange_code_lead_nowhere_and_say_the_same(
    owner: Browser, scene: Scene
) -> None:
    told = await turned_on(owner, scene)
    old = url_of(told, scene)
    scene.clock.jump(timedelta(minutes=3))
    good = url_of(told, scene)

    for path in (
        old,
        good[:-5] + "x/v1",
        good.replace("/v1", "/v2"),
        good.replace("/1/", "/9/"),
        "/q/nobody/1/abcdefghijkl/v1",
    ):
        answer = await owner.opens(path)
        assert answer.status_code == httpx.codes.FORBIDDEN, path
        assert "Scan it on the display again" in answer.text
    assert (await owner.opens(good)).status_code == 303


async def test_turned_off_a_plain_code_is_good_again(owner: Browser, scene: Scene) -> None:
    await turned_on(owner, scene)
    station = f"/console/stations/{scene.station.station.id}"
    assert "Take plain codes again" in await owner.reads(station)

    await owner.sends(f"{station}/codes", do="off")

    assert (await owner.sends(f"{bay(scene)}/start")).status_code == 303


async def test_who_only_looks_turns_nothing_on(browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.VIEWER)

    refused = await browser.sends(f"/console/stations/{scene.station.station.id}/codes", do="on")

    assert refused.status_code == httpx.codes.FORBIDDEN
