"""The push service is back later than a bay is held: what is over by then is not shown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from tests.alerts.texts import NUMBER
from tests.payments.scene import Scene
from tests.web import test_queue, test_watching
from tests.web.browsers import Browser
from tests.web.reserved import Kept, reserves
from tests.web.test_wait_alerts import (  # noqa: F401 - fixtures are among them
    adds_phone,
    carrier,
    frees_a_bay,
    full,
    house,
    mail,
    passes,
    proves,
    service,
    settings,
)
from voltway_world.push import Phone, PushService
from voltway_world.sms import TextService


@asynccontextmanager
async def the_push_service_down(scene: Scene, of: PushService) -> AsyncIterator[None]:
    """What is told meanwhile goes once it is back."""
    of.silent = True
    yield
    await scene.settles()
    of.silent = False
    await passes(scene, 60)


def shown(phone: Phone, about: str) -> list[str]:
    return [each["title"] for each in phone.shown if about in each["title"]]


async def why_dropped(scene: Scene, event: str) -> list[str]:
    async with scene.begin() as work:
        rows = await work.all(
            "SELECT last_trouble FROM alert"
            " WHERE event = $1 AND channel = 'push' AND state = 'dropped'",
            event,
        )
    return [row["last_trouble"] for row in rows]


@pytest.mark.parametrize("lines_move", [True, False])
async def test_a_turn_that_is_over_when_the_push_service_is_back_is_not_shown(
    browser: Browser,
    full: Scene,  # noqa: F811
    service: PushService,  # noqa: F811
    lines_move: bool,
) -> None:
    phone = await adds_phone(browser, full, service, await test_queue.joins(browser, full))
    async with the_push_service_down(full, service):
        await test_watching.become(full, "available", bay=2)
        await test_queue.goes_on(full, 1)
        await full.settles()
        if lines_move:
            await test_queue.goes_on(full, 360)
        else:
            full.clock.jump(timedelta(seconds=360))

    assert shown(phone, "Your turn") == []
    assert len(await why_dropped(full, "queue_turn")) == 1
    assert len(phone.shown) == int(lines_move), "that they stand in line no more"


async def test_of_two_bays_that_were_held_after_each_other_the_last_alone_is_shown(
    browser: Browser,
    full: Scene,  # noqa: F811
    service: PushService,  # noqa: F811
) -> None:
    phone = await adds_phone(browser, full, service, await test_queue.joins(browser, full))
    async with the_push_service_down(full, service):
        await test_watching.become(full, "available", bay=2)
        await test_queue.goes_on(full, 1)
        await full.settles()
        await test_watching.become(full, "faulted", bay=2)
        await test_watching.become(full, "available", bay=1)
        await test_queue.goes_on(full, 60)
        await test_queue.goes_on(full, 1)

    assert shown(phone, "Your turn") == ["Your turn: bay 1 at Market Square"]
    assert await why_dropped(full, "queue_turn") == ["Another bay is held for them now."]


async def test_that_a_bay_is_free_is_not_shown_once_somebody_was_faster(
    browser: Browser,
    full: Scene,  # noqa: F811
    service: PushService,  # noqa: F811
    carrier: TextService,  # noqa: F811
) -> None:
    page = await test_watching.watches(browser, full)
    await proves(browser, full, page)
    phone = await adds_phone(browser, full, service, page)
    async with the_push_service_down(full, service):
        await frees_a_bay(full)
        await test_watching.become(full, "charging", bay=2)
        await test_watching.goes_on(full, 20)
        await passes(full, 340)

    assert shown(phone, "is free") == []
    assert len(await why_dropped(full, "bay_free")) == 1
    assert len(shown(phone, "")) == 1, "that somebody was faster"
    assert len(carrier.to(NUMBER)) == 1, "the code alone"


async def test_that_a_reservation_ends_soon_is_not_shown_to_who_gave_it_back(
    browser: Browser,
    full: Scene,  # noqa: F811
    service: PushService,  # noqa: F811
) -> None:
    await test_watching.become(full, "available")
    kept = Kept(full)
    await kept.can()
    page = await reserves(browser, kept)
    await kept.answers()
    phone = await adds_phone(browser, full, service, page)
    async with the_push_service_down(full, service):
        await kept.goes_on(11 * 60)
        await full.settles()
        assert (await browser.sends(f"{page}/leave")).status_code == 303
        await passes(full, 60)

    assert phone.shown == []
    assert await why_dropped(full, "reservation_soon") == [
        "They charge already, or the reservation is over."
    ]
