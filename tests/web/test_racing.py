"""Two drivers at one bay at the same moment: one starts, the other is told, and pays nothing."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from httpx import ASGITransport, AsyncClient

from tests.network import a_token
from tests.payments.hosted_page import pay
from tests.payments.providers import by_stripe
from tests.payments.scene import Scene
from tests.web.browsers import HERE, Browser, words_of
from tests.web.conftest import built
from tests.web.test_account import ANN, bay, enters, saves
from voltway.kernel.ids import TokenUid
from voltway.payments import actions as payments
from voltway.payments.model import Payment, PaymentState, Why
from voltway_world.provider.books import Status

__all__ = ["by_stripe"]

BEN = "ben@example.org"


@pytest.fixture
async def other(browser: Browser) -> AsyncIterator[Browser]:
    """Somebody else's browser, at the same house."""
    transport = ASGITransport(built(), raise_app_exceptions=False)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url=HERE) as client:
        yield Browser(client)


async def all_payments(scene: Scene) -> list[Payment]:
    async with scene.begin() as work:
        rows = await work.all("SELECT id FROM payment_view ORDER BY id")
        found = await payments.payments(work, [row["id"] for row in rows])
    return [found[row["id"]] for row in rows]


def held_minor(scene: Scene) -> int:
    """What the provider holds of anybody, in its own books."""
    holds = scene.bank.books.holds.values()
    return sum(each.amount_minor for each in holds if each.status == Status.AUTHORISED)


async def starts_ordered(scene: Scene) -> int:
    return await scene.count("order_view WHERE kind = 'StartCharging'")


@pytest.mark.parametrize("race", range(3))
async def test_of_two_who_tap_their_saved_ways_at_once_one_starts_and_nothing_is_held_of_the_other(
    browser: Browser, other: Browser, scene: Scene, race: int
) -> None:
    await enters(browser, scene, ANN)
    await saves(browser)
    await enters(other, scene, BEN)
    await saves(other, "5555 5555 5555 4444")
    start = f"{bay(scene)}/start"

    answers = await asyncio.gather(
        browser.sends(start, way="saved"), other.sends(start, way="saved")
    )
    await scene.settles()

    [won] = [each for each in answers if each.status_code == httpx.codes.SEE_OTHER]
    [lost] = [each for each in answers if each.status_code == httpx.codes.CONFLICT]
    assert won.headers["location"].startswith("/v/")
    assert "Somebody else starts a charge at" in words_of(lost.text)
    assert "You were not charged" in words_of(lost.text)
    [payment] = await all_payments(scene)
    assert payment.state is PaymentState.HELD
    assert await starts_ordered(scene) == 1
    assert len(scene.bank.books.holds) == 1, "the other's bank was never asked"


@pytest.mark.parametrize("race", range(3))
async def test_of_two_who_pay_at_once_on_the_providers_page_one_starts_and_the_other_gets_it_back(
    browser: Browser, other: Browser, scene: Scene, race: int
) -> None:
    start = f"{bay(scene)}/start"
    pages = [(await each.sends(start, way="card")).headers["location"] for each in (browser, other)]

    await asyncio.gather(*(pay(page) for page in pages))
    visits = [each.visit_key for each in await all_payments(scene)]
    await asyncio.gather(
        *(each.opens(f"/v/{key}") for each, key in zip((browser, other), visits, strict=True))
    )
    await scene.settles()

    both = await all_payments(scene)
    [won] = [each for each in both if each.state is PaymentState.HELD]
    [lost] = [each for each in both if each.state is PaymentState.RELEASED]
    assert (lost.why, lost.order, lost.hold_open) == (Why.OUTRUN, None, False)
    assert await starts_ordered(scene) == 1
    assert held_minor(scene) == won.hold_minor
    said = await other.reads(f"/v/{lost.visit_key}")
    assert "You were not charged Somebody else was faster at this bay." in said
    await scene.starts(won.token)
    await scene.ends(60_000, minutes=60)
    await scene.settles()
    assert "€4.90" in await browser.reads(f"/v/{won.visit_key}/receipt")


async def test_a_button_that_is_pressed_twice_starts_one_charge_and_shows_it_twice(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene, ANN)
    await saves(browser)

    answers = await asyncio.gather(
        *(browser.sends(f"{bay(scene)}/start", way="saved") for _ in range(2))
    )

    [payment] = await all_payments(scene)
    assert {each.headers["location"] for each in answers} == {f"/v/{payment.visit_key}"}
    assert (await starts_ordered(scene), len(scene.bank.books.holds)) == (1, 1)


async def test_who_comes_while_another_start_is_under_way_is_refused_until_it_came_to_nothing(
    browser: Browser, other: Browser, scene: Scene
) -> None:
    start = f"{bay(scene)}/start"
    first = (await browser.sends(start, way="card")).headers["location"]
    await pay(first)
    [payment] = await all_payments(scene)
    await payments.refresh(scene.begin, scene.provider, payment.id)

    refused = await other.sends(start, way="card")
    async with scene.begin() as work:
        await work.run("UPDATE station_order SET state = 'refused', ended_at = $1", work.now)
    taken = await other.sends(start, way="card")

    assert refused.status_code == httpx.codes.CONFLICT
    assert "Somebody else starts a charge" in words_of(refused.text)
    assert taken.status_code == httpx.codes.SEE_OTHER


async def test_who_was_outrun_while_they_paid_by_a_card_at_the_bay_gets_it_back(
    browser: Browser, scene: Scene
) -> None:
    page = (await browser.sends(f"{bay(scene)}/start", way="card")).headers["location"]
    async with scene.begin() as work:
        await a_token(work, scene.station.party, "04CAFE")
    await scene.starts(TokenUid("04CAFE"))

    await pay(page)
    [payment] = await all_payments(scene)
    await payments.refresh(scene.begin, scene.provider, payment.id)
    await scene.settles()

    [after] = await all_payments(scene)
    assert (after.state, after.why, after.order) == (PaymentState.RELEASED, Why.OUTRUN, None)
    assert held_minor(scene) == 0
