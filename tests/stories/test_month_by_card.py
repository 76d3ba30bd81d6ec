"""A customer pays a month by card alone: station, receipt, statement, the saved card, the payout;
and when the card's bank takes it back, the bill is owed until a new card pays it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.billing.months import GIVEN
from tests.stories.test_company_car import balances, charges, saves_a_card
from tests.stories.world import World, open_world
from voltway.billing import actions as billing
from voltway.billing import checks_money, dunning, monthly, ways
from voltway.billing.ways import Way
from voltway.drivers import actions as drivers
from voltway.payments import payouts_read
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import Row
from voltway_world.provider import disputes
from voltway_world.provider import payouts as bank

UID, COMPANY = "04A1B2C3", "company@example.org"
ZONE = ZoneInfo("Europe/Helsinki")


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    clock.jump_to(datetime(2026, 3, 28, 10, tzinfo=ZONE))
    async with open_world(database_url, tmp_path, clock, pays_by="stripe") as opened:
        opened.browser.headers["Sec-Fetch-Site"] = "same-origin"
        await opened.prices({"type": "ENERGY", "price": 0.50})
        yield opened


async def a_company(world: World) -> UUID:
    """A customer with one card on account, which pays its statements by a card that it saves."""
    party = world.party.id
    async with world.house.begin() as work:
        card = await drivers.add_token(work, party, UID, label="Car 7")
        given = {**GIVEN, "email": COMPANY, "locale": "en"}
        company = await billing.add_customer(work, billing.new_customer(work, party, given))
        await billing.give_cards(work, company.id, [card.uid])
        await ways.choose(work, party, company.id, Way.CARD, by="Onni")
    return company.id


async def goes_round(world: World) -> None:
    await dunning.go_round(world.house.begin, world.house.provider)


async def debt(world: World) -> Row:
    async with world.house.begin() as work:
        [row] = await work.all("SELECT * FROM debt_view")
    return row


async def is_paid_out(world: World) -> Sequence[Row]:
    """The provider pays out, and its report is taken: the lines that nothing explains."""
    bank.pay_out(world.provider.books, "EUR")
    await payouts_read.fetch_own(world.house.begin, world.house.provider)
    async with world.house.begin() as work:
        return await work.all("SELECT * FROM payout_line_view WHERE doubt IS NOT NULL")


async def is_settled(world: World) -> Row:
    """The debt, once everybody has heard that the card paid it."""

    async def closed() -> Row | None:
        row = await debt(world)
        return row if row["closed_at"] is not None else None

    found: Row = await world.until(f"payments:{world.party.id}", closed)
    return found


async def is_taken_back(world: World) -> None:
    """The card's bank takes all of it back, and tells of it."""
    async with world.house.begin() as work:
        row = await work.one("SELECT provider_ref FROM collection_view WHERE state = 'done'")
    assert row is not None

    async def is_owed() -> bool:
        return (await debt(world))["closed_at"] is None

    disputes.open_dispute(world.provider.desk, row["provider_ref"])
    await world.until(f"payments:{world.party.id}", is_owed)


async def test_a_month_is_paid_by_card_alone_and_owed_again_when_its_bank_takes_it_back(
    world: World,
) -> None:
    street = await world.station("2.0.1")
    company = await a_company(world)
    await charges(world, street, 10_000)
    await charges(world, street, 6_000)
    bills = await world.bills(2)
    owed = f"customer:{company}:receivable"

    world.clock.jump_to(datetime(2026, 4, 3, 8, tzinfo=ZONE))
    await monthly.write_due(world.house.begin)
    [mail] = await world.within(world.mail.box.wait_for(COMPANY))
    await goes_round(world)
    stated = await balances(world)
    await saves_a_card(world)
    await goes_round(world)
    paid = await is_settled(world)
    unexplained = await is_paid_out(world)
    after = await balances(world)

    await is_taken_back(world)
    again = await debt(world)
    reopened = await balances(world)
    await goes_round(world)  # its card is charged no more …
    still = await debt(world)
    await saves_a_card(world)  # … but one that is saved anew is
    world.clock.jump(timedelta(days=3))
    await goes_round(world)
    await is_settled(world)
    unexplained_again = await is_paid_out(world)
    at_last = await balances(world)

    assert [bill.total for bill in bills] == ["5.00 EUR", "3.00 EUR"]
    assert "statement" in mail.subject.lower()
    total = stated[owed]
    assert total == paid["total_minor"]
    sold = stated["revenue:energy"] + stated["tax:vat:25.5"] + stated.get("rounding", 0)
    assert -sold == total
    assert unexplained == []
    assert owed not in after
    assert "provider:stripe:due" not in after
    fee = bank.fee_minor(total)
    assert (after["bank"], after["cost:fees:stripe"]) == (total - fee, fee)

    assert (again["owed_minor"], still["owed_minor"]) == (total, total)
    assert (reopened[owed], reopened["provider:stripe:due"]) == (total, -total)
    assert unexplained_again == []
    assert owed not in at_last
    assert "provider:stripe:due" not in at_last
    assert "cost:disputes" not in at_last
    fees = 2 * fee + disputes.FEE_MINOR
    assert (at_last["bank"], at_last["cost:fees:stripe"]) == (total - fees, fees)
    async with world.house.begin() as work:
        assert (await checks_money.collected(work)).found == ()
    assert await world.books_balance()
