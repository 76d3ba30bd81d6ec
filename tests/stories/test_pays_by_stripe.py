"""A guest pays by Stripe: the whole house, its SDK, its page, its webhooks; and keeps no card."""

import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.stories.world import CARD, SECRET, SIGNING, World, open_world
from voltway.kernel.money import EUR
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account
from voltway.runtime.clock import JumpingClock
from voltway_world.calling import a_line

NUMBER = CARD["number"]
#: What must be in no table, log or mail, however it is written.
CANARIES = (NUMBER, NUMBER.replace(" ", ""), NUMBER.replace(" ", "-"), SECRET, SIGNING)


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    async with open_world(database_url, tmp_path, clock, pays_by="stripe") as opened:
        yield opened


async def test_a_guest_pays_by_stripe_and_no_table_log_or_mail_holds_the_card(
    world: World, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    await world.prices({"type": "ENERGY", "price": 0.50})
    post = await world.station("2.0.1")
    bay = f"/e/{post.inside.evses[1].public_id}"

    # A driver who types the card's number into every field of ours that there is, …
    wrong = [
        await world.browser.post(f"{bay}/start", data={"email": NUMBER, "code": ""}),
        await world.browser.post(f"{bay}/start", data={"email": "", "code": NUMBER}),
    ]
    # … and then into the one where it belongs.
    started = await world.browser.post(
        f"{bay}/start", data={"email": "ann@example.org", "code": ""}
    )
    page = started.headers["location"]
    plugged = post.outside.forecourt.bay(1)
    async with world.house.bus.touches.listen(f"station:{post.inside.station.id}") as touched:
        async with a_line() as driver:
            declined = await driver.post(page, data=CARD | {"number": "4000 0000 0000 0002"})
            paid = await driver.post(page, data=CARD)
        while plugged.token is None:
            await world.within(anext(touched))
    await world.within(post.outside.plug_in(1))
    world.clock.jump(timedelta(hours=1))
    plugged.set_register(plugged.register_wh + 10_000)
    await world.within(post.outside.unplug(1))
    [bill] = await world.bills(1)
    [mail] = await world.within(world.mail.box.wait_for("ann@example.org"))

    assert [answer.status_code for answer in wrong] == [422, 422]
    assert (started.status_code, declined.status_code, paid.status_code) == (303, 402, 303)
    assert page.startswith(world.provider.url)
    assert f"form-action 'self' {world.provider.url}" in started.headers["content-security-policy"]
    assert (bill.energy_wh, bill.total) == (10_000, "5.00 EUR")
    [move] = world.provider.books.transactions.values()
    assert (move.amount_minor, move.type) == (500, "capture")
    async with world.house.begin() as work:
        owed = await ledger.balance(work, Account("provider:stripe:due"))
    assert owed[EUR].minor == 500
    assert await world.books_balance()

    assert {"payment", "alert"} <= set(await tables_with(world, "ann@example.org"))  # it is found
    said = caplog.text + "".join(capfd.readouterr())
    for canary in CANARIES:
        assert await tables_with(world, canary) == []
        assert canary not in said
        assert canary not in mail.message.as_string()
        assert canary not in f"{mail.text} {mail.html}"


async def tables_with(world: World, text: str) -> list[str]:
    """The tables of which some row holds a text."""
    async with world.house.begin() as work:
        names = await work.all(
            """
            SELECT c.oid::regclass::text AS name FROM pg_class c
             WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
               AND has_table_privilege(c.oid, 'SELECT')
            """
        )
        assert len(names) > 50
        found = []
        for row in names:
            hit = await work.one(
                f"SELECT 1 FROM {row['name']} AS t WHERE position($1 in t::text) > 0 LIMIT 1", text
            )
            found += [row["name"]] if hit else []
    return found
