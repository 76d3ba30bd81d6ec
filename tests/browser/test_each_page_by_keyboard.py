"""Each page of an account and each desk of the console by keyboard alone, in both contrasts.

Every control is reached by Tab in the order in which it stands, is seen to have the focus and is
left again; axe finds nothing, on a phone and on a desk, in light and dark and in high contrast.
"""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.billing.months import GIVEN
from tests.browser import guest
from tests.browser.eyes import CONTRASTS, DESK, Eyes, open_eyes
from tests.browser.forecourt import Forecourt, a_forecourt
from tests.browser.hands import Hands
from tests.browser.seat import becomes_the_owner
from tests.stories.world import World, open_world
from voltway.billing import actions as billing
from voltway.billing import (
    fleets,
    homes,
    homes_months,
    homes_own,
    homes_paying,
    rules_statements,
)
from voltway.drivers import actions as drivers
from voltway.drivers import contracts, entry
from voltway.drivers.model import Driver
from voltway.kernel.ids import DriverId, FleetId
from voltway.kernel.money import EUR, Money
from voltway.payments import vouchers
from voltway.runtime.clock import JumpingClock

pytestmark = pytest.mark.campaign

UID: Final = "04A1B2C3"


@pytest.fixture
async def world(database_url: str, tmp_path: Path, clock: JumpingClock) -> AsyncIterator[World]:
    async with open_world(database_url, tmp_path, clock, pays_by="stripe") as opened:
        await opened.prices({"type": "ENERGY", "price": 0.49})
        yield opened


@pytest.fixture
async def desk(browser: Browser) -> AsyncIterator[Eyes]:
    async with open_eyes(browser, size=DESK) as opened:
        yield opened


async def a_company_car(world: World, home: Forecourt) -> tuple[FleetId, DriverId]:
    """Ann drives for a company, charged at home in a month that is over, and was paid for it."""
    party = world.party.id
    async with world.house.begin() as work:
        fleet = await contracts.add_fleet(work, party, "Vans of the north")
        ann = await contracts.add_driver(work, party, "Ann Arbor", guest.ANN)
        card = await drivers.add_token(work, party, UID, label="Van 7")
        agreed = await contracts.add_contract(
            work, party, "FI-VLT-C1", driver=ann.id, fleet=fleet.id
        )
        await fleets.stands_for(work, card.id, agreed.id)
        customer = await billing.add_customer(work, billing.new_customer(work, party, GIVEN))
        await fleets.pays(work, party, fleet.id, customer.id, by="Aino")
        identity = home.inside.station.identity
        await homes.make_home(work, party, identity, ann.id, fleet.id, by="Aino")
        await homes.set_rate(work, party, fleet.id, Decimal("0.30"), date(2020, 1, 1), by="Aino")
        iban = "FI2112345600000785"
        await homes.pay_to(work, party, ann.id, holder="Ann Arbor", iban=iban, by="Aino")
    await charges_at_home(world, home, ann)
    month = rules_statements.month(f"{world.clock.now():%Y-%m}", world.party.time_zone)
    world.clock.jump_to(month.ends + timedelta(days=1))
    async with world.house.begin() as work:
        await homes_months.issue_home_statements(work, world.party, month, [customer.id])
        [due] = await homes_paying.due(work, party)
        await homes_paying.paid(work, party, ann.id, due.amount, by="Aino")
    await charges_at_home(world, home, ann)
    return fleet.id, ann.id


async def charges_at_home(world: World, home: Forecourt, driver: Driver) -> None:
    await world.within(home.outside.present_token(1, UID))
    await home.plug_in()
    await home.charge(3)
    await home.unplug()

    async def is_credited() -> bool:
        async with world.house.begin() as work:
            own = await homes_own.own(work, driver)
        return any(each.statement is None for each in own.months)

    await world.until("homes:*", is_credited)


async def a_gift(world: World) -> str:
    """The code of a voucher of 10 EUR."""
    async with world.house.begin() as work:
        _, [code] = await vouchers.make_series(
            work,
            world.party.id,
            name="Welcome",
            value=Money(1000, EUR),
            count=1,
            valid_until=work.now + timedelta(days=30),
            is_sold=False,
            by="Aino",
        )
    return code


async def enters(world: World, eyes: Eyes) -> None:
    """Ann, with a code that she was mailed."""
    async with world.house.begin() as work:
        code = await entry.ask_code(work, guest.ANN, source="here")
        seat = await entry.enter(work, guest.ANN, code.code)
    assert seat is not None
    cookies = eyes.page.context.add_cookies
    await cookies([{"name": "voltway_driver", "value": seat.token, "url": world.house.http}])


async def is_walked(eyes: Eyes, what: str) -> None:
    """The page as it is: by Tab on a phone and on a desk, and looked at in every way."""
    hands = Hands(eyes.page)
    await eyes.approve(what, contrasts=CONTRASTS)  # a phone in the end
    assert await hands.walk(), what
    await eyes.page.set_viewport_size(DESK)
    assert await hands.walk(), what


async def opens(world: World, eyes: Eyes, path: str, heading: str) -> None:
    await eyes.page.goto(f"{world.house.http}{path}")
    await expect(eyes.page.get_by_role("heading", level=1, name=heading)).to_be_visible()
    await is_walked(eyes, path)


async def test_each_page_of_an_account_goes_by_keyboard(world: World, eyes: Eyes) -> None:
    place, full = await a_forecourt(world), await a_forecourt(world, name="Full", bays=1)
    home = await a_forecourt(world, name="At home", bays=1)
    await a_company_car(world, home)
    await full.plug_in()
    await enters(world, eyes)
    at = place.inside.location.id

    for path, heading in (
        ("/", "Places to charge"),
        (f"/l/{at}", place.name),
        (f"/l/{at}/busy", "When it is busy"),
        (f"/l/{full.inside.location.id}/watch", "Tell me when"),
        (f"/e/{place.public_id()}", "Bay 1,"),
        ("/car", "My car"),
        ("/me/home", "Charging at home"),
        ("/me/alerts", "Alerts"),
        ("/me/tokens", "Cards and cars"),
        ("/me/charges", "My charges"),
    ):
        await opens(world, eyes, path, heading)
    await _a_month_at_home(world, eyes)
    await _the_queue(world, eyes, full)
    await _ways_to_pay(world, eyes)


async def _a_month_at_home(world: World, eyes: Eyes) -> None:
    page = eyes.page
    await page.goto(f"{world.house.http}/me")
    await Hands(page).press(page.get_by_role("link", name="Charging at home"))
    await page.wait_for_url("**/me/home")
    await Hands(page).press(page.get_by_role("link", name="Paid on"))
    await expect(page.get_by_role("link", name="Get the PDF")).to_be_visible()
    await is_walked(eyes, "a month at home")


async def _the_queue(world: World, eyes: Eyes, full: Forecourt) -> None:
    page = eyes.page
    await opens(world, eyes, f"/l/{full.inside.location.id}/queue", "Join the queue")
    await Hands(page).type(page.get_by_label("E-mail"), guest.ANN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="You are next")).to_be_visible()
    await is_walked(eyes, "a turn")


async def _ways_to_pay(world: World, eyes: Eyes) -> None:
    """A saved card, a balance that is topped up by it, and a voucher: typed wrongly, and right."""
    page, hands, code = eyes.page, Hands(eyes.page), await a_gift(world)
    await page.goto(f"{world.house.http}/me")
    await hands.press(page.get_by_role("button", name="Save a way to pay"))
    await _types_a_card(eyes)
    await expect(page.get_by_text("Visa \u00b7\u00b7 4242")).to_be_visible()
    await hands.type(page.get_by_label("Another sum"), "25")
    await hands.press(page.get_by_role("button", name="Top up", exact=True))
    await _types_a_card(eyes)
    await expect(page.get_by_text("\u20ac25.00").first).to_be_visible()
    with eyes.expecting("the server responded with a status of 4"):
        await hands.type(page.get_by_label("Voucher code"), "NO SUCH CODE")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("alert")).to_be_visible()
        await is_walked(eyes, "a voucher that is none")
    await hands.type(page.get_by_label("Voucher code"), code)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("\u20ac35.00").first).to_be_visible()
    await is_walked(eyes, "an account with a card and a balance")


async def _types_a_card(eyes: Eyes) -> None:
    page, hands = eyes.page, Hands(eyes.page)
    await expect(page.get_by_label("Card number")).to_be_visible()
    await hands.type(page.get_by_label("Card number"), guest.ACCEPTED)
    await hands.type(page.get_by_label("Expiry date"), "12/40")
    await hands.type(page.get_by_label("Security code"), "123")
    await page.keyboard.press("Enter")


async def test_each_desk_of_the_console_goes_by_keyboard(world: World, desk: Eyes) -> None:
    home = await a_forecourt(world, name="At home", bays=1)
    fleet, ann = await a_company_car(world, home)
    code, page = await a_gift(world), desk.page
    async with world.house.begin() as work:
        assert await vouchers.redeem(work, world.party.id, ann, code) == Money(1000, EUR)
        [row] = await work.all("SELECT id FROM home_statement_view")
    await becomes_the_owner(world, page)

    for path, heading in (
        ("/tariffs/fleets", "Fleets"),
        (f"/tariffs/fleets/{fleet}", "Vans of the north"),
        ("/tariffs/homes", "Home charging"),
        (f"/tariffs/homes/{row['id']}", "Ann Arbor"),
        ("/tariffs/cars", "Cars"),
        ("/vouchers", "Vouchers"),
        ("/balances", "Balances"),
        (f"/balances/{ann}", "Ann"),
        ("/calibration", "Calibration of meters"),
        (f"/stations/{home.inside.station.id}/calibration", home.inside.station.identity),
        ("/webhooks", "Webhooks"),
        ("/chats", "Chats"),
        ("/wordings", "Wordings"),
        ("/wordings/complete/en", "Charging is complete"),
        ("/alerts", "Alerts"),
    ):
        await opens(world, desk, f"/console{path}", heading)
    await _a_rate_is_set(world, desk, fleet)
    await _a_webhook_is_added_and_removed(world, desk)


async def _a_rate_is_set(world: World, desk: Eyes, fleet: FleetId) -> None:
    page, hands = desk.page, Hands(desk.page)
    await page.goto(f"{world.house.http}/console/tariffs/fleets/{fleet}")
    await hands.type(page.get_by_label("EUR a kWh"), "0.35")
    await hands.type(page.get_by_label("From this day on"), "01012030")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("cell", name="\u20ac0.35")).to_be_visible()


async def _a_webhook_is_added_and_removed(world: World, desk: Eyes) -> None:
    """Also what is folded and what asks once more."""
    page, hands = desk.page, Hands(desk.page)
    await page.goto(f"{world.house.http}/console/webhooks")
    await hands.press(page.get_by_text("Add a webhook"))
    await hands.type(page.get_by_label("Name"), "Operations")
    await hands.type(page.get_by_label("Address, https://"), "https://hooks.example/voltway")
    await hands.go_to(page.get_by_label("A session is over"))
    await page.keyboard.press("Space")
    await page.get_by_label("Name").press("Enter")
    await expect(page.get_by_text("Copy its secret now")).to_be_visible()
    await is_walked(desk, "a webhook's secret")
    await hands.press(page.get_by_role("link", name="I have it"))
    await expect(page.get_by_role("heading", level=1, name="Operations")).to_be_visible()
    await is_walked(desk, "a webhook")
