"""A terminal for many bays starts none that is another's: held, reserved, or started just now."""

import asyncio
from typing import Any

from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.reserved import Kept, reserves
from tests.web.test_ocpi_terminals import Asks, a_start, asks, key
from tests.web.test_queue import become, goes_on, joins
from tests.web.test_racing import starts_ordered
from voltway.kernel.ids import TokenUid
from voltway.stations import actions as stations
from voltway.stations.orders import StartCharging

__all__ = ["asks", "key"]


def refusal(answer: Any) -> str:
    """Why nothing was started, as the terminal can show it."""
    assert answer["data"]["result"] == "REJECTED"
    return str(answer["data"]["message"][0]["text"])


async def test_a_bay_that_is_held_for_who_is_next_in_line_starts_at_no_kiosk(
    asks: Asks, browser: Browser, scene: Scene
) -> None:
    await become(scene, "charging")
    turn = await joins(browser, scene)
    await become(scene, "available", bay=1)
    await goes_on(scene)

    held = await asks("POST", "commands/START_SESSION", a_start(scene))
    nothing = await scene.count("payment_view"), await starts_ordered(scene)
    await browser.sends(f"{turn}/leave")
    given_back = await asks("POST", "commands/START_SESSION", a_start(scene))

    assert "held for who is next in line" in refusal(held)
    assert nothing == (0, 0)
    assert given_back["data"]["result"] == "ACCEPTED"


async def test_a_bay_that_is_reserved_starts_at_no_kiosk(
    asks: Asks, browser: Browser, scene: Scene
) -> None:
    kept = Kept(scene)
    await kept.can()
    await reserves(browser, kept)

    reserved = await asks("POST", "commands/START_SESSION", a_start(scene))

    assert "reserved for somebody" in refusal(reserved)
    assert await scene.count("payment_view") == 0


async def test_of_two_starts_at_a_bay_a_kiosk_gets_one_whoever_ordered_the_other(
    asks: Asks, browser: Browser, scene: Scene
) -> None:
    both = await asyncio.gather(
        *(asks("POST", "commands/START_SESSION", a_start(scene, reference=each)) for each in "ab")
    )
    assert sorted(each["data"]["result"] for each in both) == ["ACCEPTED", "REJECTED"]
    [lost] = [each for each in both if each["data"]["result"] == "REJECTED"]
    assert "Somebody else starts a charge" in refusal(lost)
    driver = await browser.sends(f"/e/{scene.station.evses[1].public_id}/start", way="card")
    assert driver.status_code == 409
    assert await starts_ordered(scene) == 1


async def test_a_bay_that_an_operator_starts_just_now_starts_at_no_kiosk(
    asks: Asks, scene: Scene
) -> None:
    start = StartCharging(1, TokenUid("04A1"))
    async with scene.begin() as work:
        order = await stations.place_order(work, scene.station.station.id, start, "Olga")
    refused = await asks("POST", "commands/START_SESSION", a_start(scene))
    async with scene.begin() as work:
        await stations.cancel_order(work, order)
    after = await asks("POST", "commands/START_SESSION", a_start(scene))

    assert "Somebody else starts a charge" in refusal(refused)
    assert after["data"]["result"] == "ACCEPTED"
