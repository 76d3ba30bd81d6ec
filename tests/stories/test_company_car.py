"""A company car for a month: charged on the street and at home; the company pays both by card, and
its driver is paid back."""

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from tests.billing.months import GIVEN
from tests.stories.world import CARD, Post, World, open_world
from voltway.billing import actions as billing
from voltway.billing import dunning, fleets, homes, homes_paying, monthly, ways
from voltway.billing.ways import Way
from voltway.drivers import actions as drivers
from voltway.drivers import contracts
from voltway.drivers.model import Driver, Fleet
from voltway.kernel.money import EUR, Money
from voltway.runtime.clock import JumpingClock
from voltway_world.calling import a_line

UID, COMPANY = "04A1B2C3", "company@example.org"
ZONE = ZoneInfo("Europe/Helsinki")


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    clock.jump_to(datetime(2026, 3, 28, 10, tzinfo=ZONE))
    async with open_world(database_url, tmp_path, clock, pays_by="stripe") as opened:
        opened.browser.headers["Sec-Fetch-Site"] = "same-origin"
        await opened.prices({"type": "ENERGY", "price": 0.50})
        yield opened


async def a_company_car(world: World, home: Post) -> tuple[UUID, Fleet, Driver]:
    """A driver of a fleet with a card, a station at home, and a company that pays by card."""
    party = world.party.id
    async with world.house.begin() as work:
        fleet = await contracts.add_fleet(work, party, "Cars")
        driver = await contracts.add_driver(work, party, "Aino Aalto")
        card = await drivers.add_token(work, party, UID, label="Car 7")
        made = await contracts.add_contract(work, party, "C1", driver=driver.id, fleet=fleet.id)
        await fleets.stands_for(work, card.id, made.id)
        given = {**GIVEN, "email": COMPANY, "locale": "en"}
        company = await billing.add_customer(work, billing.new_customer(work, party, given))
        await fleets.pays(work, party, fleet.id, company.id, by="Onni")
        await ways.choose(work, party, company.id, Way.CARD, by="Onni")
        identity = home.inside.station.identity
        await homes.make_home(work, party, identity, driver.id, fleet.id, by="Onni")
        await homes.set_rate(work, party, fleet.id, Decimal("0.30"), date(2026, 3, 1), by="Onni")
        iban = "FI2112345600000785"
        await homes.pay_to(work, party, driver.id, holder="Aino Aalto", iban=iban, by="Onni")
    return company.id, fleet, driver


async def charges(world: World, post: Post, wh: int) -> None:
    await world.within(post.outside.present_token(1, UID))
    await world.within(post.outside.plug_in(1))
    bay = post.outside.forecourt.bay(1)
    world.clock.jump(timedelta(hours=2))
    bay.set_register(bay.register_wh + wh)
    await world.within(post.outside.meter(1, bay.register_wh, world.clock.now()))
    await world.within(post.outside.unplug(1))


async def saves_a_card(world: World) -> None:
    """The company, on the page of a bill that it was mailed."""
    async with world.house.begin() as work:
        [row, *_] = await work.all("SELECT customer_id FROM debt_view ORDER BY number")
        standing = await ways.standing(work, world.party.id, row["customer_id"])
    asked = await world.browser.post(f"/p/{standing.pay_key}/card")
    assert asked.status_code == httpx.codes.SEE_OTHER, asked.text
    async with a_line() as company:
        saved = await company.post(asked.headers["location"], data=CARD)
    back = await world.browser.get(saved.headers["location"])
    assert back.status_code == httpx.codes.SEE_OTHER, back.text


async def balances(world: World) -> dict[str, int]:
    async with world.house.begin() as work:
        rows = await work.all("SELECT account, balance_minor FROM account_view")
    return {row["account"]: row["balance_minor"] for row in rows if row["balance_minor"]}


async def test_a_company_pays_for_the_street_and_for_home_by_card_and_its_driver_is_paid_back(
    world: World,
) -> None:
    street, home = await world.station("2.0.1"), await world.station("1.6")
    company, fleet, driver = await a_company_car(world, home)
    await charges(world, street, 10_000)
    await charges(world, home, 20_000)
    bills = await world.bills(2)
    payable, owed = f"driver:{driver.id}:payable", f"customer:{company}:receivable"

    async def is_credited() -> dict[str, int] | None:
        found = await balances(world)
        return found if payable in found else None

    owed_so_far = await world.until("homes:*", is_credited)

    world.clock.jump_to(datetime(2026, 4, 3, 8, tzinfo=ZONE))
    await monthly.write_due(world.house.begin)
    await world.within(world.mail.box.wait_for(COMPANY, count=2))
    await dunning.go_round(world.house.begin, world.house.provider)
    stated = await balances(world)
    await saves_a_card(world)
    await dunning.go_round(world.house.begin, world.house.provider)
    async with world.house.begin() as work:
        [due] = await homes_paying.due(work, world.party.id)
        await homes_paying.paid(work, world.party.id, driver.id, due.amount, by="Onni")
    after = await balances(world)

    assert sorted(bill.total for bill in bills) == ["0.00 EUR", "5.00 EUR"]
    assert owed_so_far[payable] == -600
    assert owed_so_far[f"fleet:{fleet.id}:receivable"] == 600
    assert stated[owed] == 499 + 600  # its VAT is worked out once, on the net
    assert due.amount == Money(600, EUR)
    assert owed not in after
    assert payable not in after
    assert (after["provider:stripe:due"], after["bank"]) == (1099, -600)
    assert sorted(m.amount_minor for m in world.provider.books.transactions.values()) == [499, 600]
    assert await world.books_balance()
