"""Drivers pay at terminals: the station's own, and one for six bays; to the receipt."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from tests.stories.world import World, open_world
from voltway.kernel.money import EUR
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account
from voltway.payments import kiosks
from voltway.runtime.clock import JumpingClock
from voltway_world.terminals import Platform


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    async with open_world(database_url, tmp_path, clock) as opened:
        yield opened


async def test_a_driver_pays_at_the_stations_terminal_and_finds_the_receipt_by_its_link(
    world: World,
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    post = await world.station("2.1")
    bay = post.outside.forecourt.bay(1)

    await world.within(post.outside.pay_at_terminal(1, "psp-000123"))
    await world.within(post.outside.plug_in(1))
    session = bay.session
    world.clock.jump(timedelta(hours=1))
    bay.set_register(bay.register_wh + 10_000)
    await world.within(post.outside.unplug(1))
    told = await world.within(post.outside.settle("psp-000123", "Settled", 5.0, session=session))
    again = await world.within(post.outside.settle("psp-000123", "Settled", 5.0, session=session))
    [bill] = await world.bills(1)
    page = await world.browser.get(f"{told['receiptUrl']}/receipt")

    assert (bill.energy_wh, bill.total, bill.doubts) == (10_000, "5.00 EUR", ())
    assert told == again
    assert told["receiptUrl"].startswith(f"{world.house.http}/v/")
    assert page.status_code == 200
    assert "4242" in page.text
    assert "5.00" in page.text
    async with world.house.begin() as work:
        owed = await ledger.balance(work, Account("provider:terminal:due"))
        payment = await work.one(
            "SELECT state, captured_minor, hold_minor, card_last4 FROM payment_view"
        )
        verdicts = await work.all("SELECT verdict FROM terminal_settlement_view ORDER BY verdict")
    assert owed[EUR].minor == 500
    assert payment is not None
    assert dict(payment) == {
        "state": "captured",
        "captured_minor": 500,
        "hold_minor": 6_000,
        "card_last4": "4242",
    }
    assert [row["verdict"] for row in verdicts] == ["again", "taken"]
    assert await world.books_balance()


async def test_a_tourist_chooses_bay_four_of_six_at_the_kiosk_and_gets_the_receipt_by_its_link(
    world: World,
) -> None:
    await world.prices({"type": "ENERGY", "price": 0.50})
    post = await world.station("1.6", evses=6)
    async with world.house.begin() as work:
        id, key = await kiosks.add_platform(work, world.party.id, "Kiosk Oy")
    platform = Platform(world.house.http, key)
    await platform.ships("T-1")
    async with world.house.begin() as work:
        bays = [post.inside.evses[number].evse for number in range(1, 7)]
        await kiosks.assign(work, world.party.id, id, "T-1", bays)
    bay = post.outside.forecourt.bay(4)

    offered = await platform.bays("T-1")
    async with world.house.bus.touches.listen(f"station:{post.inside.station.id}") as touched:
        said = await platform.sells(str(post.inside.evses[4].evse), "ref-4711")
        again = await platform.sells(str(post.inside.evses[4].evse), "ref-4711")
        while bay.token is None:
            await world.within(anext(touched))
    await world.within(post.outside.plug_in(4))
    world.clock.jump(timedelta(hours=1))
    bay.set_register(bay.register_wh + 10_000)
    await world.within(post.outside.unplug(4))

    async def has_cdr() -> int:
        return int((await platform.says("GET", "cdrs"))["data"] != [])

    await world.until("settlement:*", has_cdr)
    await platform.settles()
    world.clock.jump(timedelta(minutes=1))
    [bill] = await world.bills(1)
    page = await world.browser.get(f"{platform.bills['ref-4711']}/receipt")

    assert len(offered) == 6
    assert (said["result"], again["result"]) == ("ACCEPTED", "ACCEPTED")
    assert (bill.evse, bill.energy_wh, bill.total) == (4, 10_000, "5.00 EUR")
    assert platform.taken == {"ref-4711": Decimal("5.00")}
    assert page.status_code == 200
    assert "5.00" in page.text
    async with world.house.begin() as work:
        owed = await ledger.balance(work, Account("provider:terminal:due"))
    assert owed[EUR].minor == 500
    assert await world.books_balance()
