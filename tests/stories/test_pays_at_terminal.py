"""A driver pays at the station's own terminal: by real sockets, to the receipt."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stories.world import World, open_world
from voltway.kernel.money import EUR
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account
from voltway.runtime.clock import JumpingClock


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
