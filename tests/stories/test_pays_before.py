"""Ann pays first: she tops up, charges until it is used up, redeems a voucher and goes on."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.stories.world import CARD, Post, World, open_world
from voltway.billing import checks_books
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.model import Bar, Token
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.payments import prepaid, vouchers
from voltway.runtime.clock import JumpingClock
from voltway_world.calling import a_line

ANN = "ann@example.org"


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    async with open_world(database_url, tmp_path, clock, pays_by="stripe") as opened:
        opened.browser.headers["Sec-Fetch-Site"] = "same-origin"
        await opened.prices({"type": "ENERGY", "price": 0.50})
        yield opened


async def her_card(world: World) -> Token:
    async with world.house.begin() as work:
        ann = await contracts.add_driver(work, world.party.id, "Ann", ANN)
        contract = await contracts.add_contract(work, world.party.id, "FI-VLT-C1", driver=ann.id)
        token = await drivers.add_token(work, world.party.id, "04A1B2C3")
        return await contracts.stands_for(work, token.id, contract.id)


async def signs_in_and_tops_up(world: World, amount: str) -> None:
    await world.browser.post("/me/code", data={"email": ANN})
    [mail] = await world.within(world.mail.box.wait_for(ANN))
    code = re.search(r"(\d{4}) (\d{4})", mail.message["Subject"])
    assert code is not None
    await world.browser.post("/me/enter", data={"email": ANN, "code": code[1] + code[2]})
    asked = await world.browser.post("/me/top-up", data={"other": amount, "key": "a"})
    assert asked.status_code == httpx.codes.SEE_OTHER, asked.text
    async with a_line() as driver:
        paid = await driver.post(asked.headers["location"], data=CARD)
    back = await world.browser.get(paid.headers["location"])
    assert back.status_code == httpx.codes.SEE_OTHER, back.text


async def balance(world: World, token: Token) -> tuple[int, int]:
    """What she has, and what of it is reserved."""
    assert token.driver is not None
    async with world.house.begin() as work:
        has = await prepaid.balance(work, world.party.id, token.driver)
    return (has.balance_minor, has.reserved_minor) if has else (0, 0)


async def begins(world: World, post: Post, token: Token) -> None:
    """She shows her card and plugs in; what she has is reserved."""
    await world.within(post.outside.present_token(1, token.uid))
    await world.within(post.outside.plug_in(1))

    async def is_reserved() -> bool:
        return (await balance(world, token))[1] > 0

    await world.until("holder:*", is_reserved)


async def charges(world: World, post: Post, wh: int) -> None:
    bay = post.outside.forecourt.bay(1)
    world.clock.jump(timedelta(hours=2))
    bay.set_register(bay.register_wh + wh)
    await world.within(post.outside.meter(1, bay.register_wh, world.clock.now()))


async def a_voucher(world: World) -> str:
    async with world.house.begin() as work:
        _, [code] = await vouchers.make_series(
            work,
            world.party.id,
            name="Opening day",
            value=Money(1000, EUR),
            count=1,
            valid_until=world.clock.now() + timedelta(days=30),
            is_sold=False,
            by="Aino",
        )
    return code


async def test_ann_charges_until_her_balance_is_used_up_and_goes_on_with_a_voucher(
    world: World,
) -> None:
    token, post = await her_card(world), await world.station("2.0.1")
    await signs_in_and_tops_up(world, "20")
    assert await balance(world, token) == (2000, 0)

    await begins(world, post, token)
    await charges(world, post, 10_000)
    await world.within(post.outside.unplug(1))
    await world.bills(1)
    after_one = await balance(world, token)

    await begins(world, post, token)
    await charges(world, post, 30_000)  # 15.00, which is all that there is

    async def has_stopped() -> bool:
        return not [each for each in await world.sessions() if each["running"]]

    await world.until("session:*", has_stopped)
    await world.within(post.outside.unplug(1))
    await world.bills(2)
    after_two = await balance(world, token)
    key = (token.party, token.uid)
    async with world.house.begin() as work:
        barred = (await drivers.tokens_of(work, {key}))[key].bars

    await world.browser.post("/me/voucher", data={"code": await a_voucher(world)})
    await begins(world, post, token)
    await charges(world, post, 4_000)
    await world.within(post.outside.unplug(1))
    bills = await world.bills(3)

    assert (after_one, after_two) == ((1500, 0), (0, 0))
    assert barred == {Bar.NO_CREDIT}
    assert [bill.total for bill in bills] == ["5.00 EUR", "15.00 EUR", "2.00 EUR"]
    assert await balance(world, token) == (800, 0)
    assert token.driver is not None
    async with world.house.begin() as work:
        owed = await ledger.balance(work, prepaid.account_of(token.driver))
        checked = await checks_books.prepaid(work)
    assert (owed[EUR].minor, checked.found) == (-800, ())
    assert [move.amount_minor for move in world.provider.books.transactions.values()] == [2000]
    assert await world.books_balance()
