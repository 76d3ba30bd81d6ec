"""A driver's balance on their own page: topped up, by vouchers, by itself; and at the console."""

import csv
import io
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from tests.payments.hosted_page import pay
from tests.payments.providers import STRIPE, patience_s
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from tests.web.test_account import ANN, bay, enters, saves
from voltway.drivers import entry
from voltway.parties.model import Role
from voltway.payments import topping_up
from voltway.payments.choosing import Offer, Providers
from voltway.payments.providers.balance import BalanceProvider
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer


@pytest.fixture
async def provider(
    request: pytest.FixtureRequest, database: Database, bank: ProviderServer
) -> AsyncIterator[Providers]:
    stripe = STRIPE.speaks_to(bank, timeout_s=patience_s(request))
    yield Providers([Offer(provider=stripe)], own=[BalanceProvider(database.begin)])
    await stripe.close()


async def tops_up(browser: Browser, **form: str) -> httpx.Response:
    """Choose a sum, pay on the provider's page, and come back."""
    asked = await browser.sends("/me/top-up", **form)
    assert asked.status_code == 303, asked.text
    back = (await pay(asked.headers["location"])).headers["location"]
    return await browser.opens(back)


async def holder(scene: Scene) -> str:
    async with scene.begin() as work:
        [driver] = await entry.drivers_of(work, ANN)
    return str(driver.id)


async def test_ann_tops_up_charges_with_it_and_reads_what_moved(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    assert (await tops_up(browser, amount="50", key="a")).status_code == 303
    assert "€50.00" in await browser.reads("/me")

    begun = await browser.sends(f"{bay(scene)}/start", way="saved")
    visit = begun.headers["location"]
    await scene.settles()
    during = await browser.reads("/me")
    async with scene.begin() as work:
        [paid] = await work.all("SELECT token_uid, provider FROM payment")
    await scene.starts(paid["token_uid"])
    scene.clock.jump(timedelta(hours=1))
    await scene.ends(60_000)
    await scene.settles()
    after = await browser.reads("/me")

    assert paid["provider"] == "balance"
    assert "of it €50.00 for a charge under way" in during
    assert "€45.10" in after
    assert re.search(r"Charged a car .*[-\N{MINUS SIGN}]€4\.90", after)
    assert "€4.90 paid" in await browser.reads(visit)


@pytest.mark.parametrize("amount", ["", "0", "4.99", "500.01", "1e9", "NaN", "twenty", "5.001"])
async def test_what_is_no_top_up_is_told_and_nothing_is_opened(
    browser: Browser, scene: Scene, amount: str
) -> None:
    await enters(browser, scene)

    refused = await browser.sends("/me/top-up", other=amount)

    assert refused.status_code == 422, refused.text
    assert "amount" in refused.text or "between" in refused.text
    assert not scene.bank.books.holds


async def test_a_button_pressed_twice_opens_one_page(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)

    first = await browser.sends("/me/top-up", amount="25", key="k")
    again = await browser.sends("/me/top-up", amount="25", key="k")

    assert first.headers["location"] == again.headers["location"]
    assert len(scene.bank.books.holds) == 1


async def test_who_comes_back_unpaid_reads_that_nothing_was_charged(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await browser.sends("/me/top-up", amount="25")
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM collection_view")

    back = await browser.opens(f"/me/top-up/{row['id']}")

    assert "Nothing was charged yet" in back.text
    assert "€0.00" in await browser.reads("/me")


async def test_it_tops_itself_up_from_the_card_three_times_a_day_at_most(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    early = await browser.sends("/me/auto", below="10", amount="20")
    await saves(browser)
    await browser.sends("/me/auto", below="10", amount="20")

    for _ in range(5):
        await topping_up.top_up_low(scene.begin, scene.provider)
        async with scene.begin() as work:  # as if it had all been used
            await work.run("UPDATE prepaid SET auto_below_minor = auto_below_minor + 2000")
    said = await browser.reads("/me")

    assert (early.status_code, "Save a card first" in early.text) == (409, True)
    assert sum(m.amount_minor for m in scene.bank.books.transactions.values()) == 6000
    assert "€60.00" in said
    await browser.sends("/me/auto", do="stop")
    assert "When less than this is left" in await browser.reads("/me")


async def test_vouchers_are_made_once_redeemed_once_and_seen_at_the_console(
    browser: Browser, owner: Browser, scene: Scene
) -> None:
    made = await owner.sends(
        "/console/vouchers", name="Opening", value="10,00", count="2", until="2030-01-31"
    )
    rows = list(csv.DictReader(io.StringIO(made.text)))
    await enters(browser, scene)

    await browser.sends("/me/voucher", code=rows[0]["code"])
    again = await browser.sends("/me/voucher", code=rows[0]["code"])
    wrong = await browser.sends("/me/voucher", code="nothing")

    assert made.headers["cache-control"] == "no-store"
    assert (again.status_code, "used already" in again.text) == (409, True)
    assert (wrong.status_code, "no such voucher" in wrong.text) == (404, True)
    assert "€10.00" in await browser.reads("/me")
    page = await owner.reads("/console/vouchers")
    assert "1 of 2" in page
    assert rows[0]["code"] not in page
    assert "€10.00 in all" in await owner.reads("/console/balances")


async def test_an_owner_corrects_a_balance_with_a_reason_and_once(
    browser: Browser, owner: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await tops_up(browser, amount="25")
    page = f"/console/balances/{await holder(scene)}"

    silent = await owner.sends(page, amount="5", reason="", key="1")
    too_much = await owner.sends(page, amount="-25,01", reason="x", key="2")
    for _ in range(2):
        await owner.sends(page, amount="-5", reason="Doubled", key="3")

    assert (silent.status_code, "Say why" in silent.text) == (422, True)
    assert too_much.status_code == 409
    assert "€20.00" in await owner.reads(page)
    assert "Doubled" in await browser.reads("/me")


async def test_who_has_money_on_a_balance_is_not_deleted(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    await tops_up(browser, amount="25")

    assert "There is money on your balance" in await browser.reads("/me/delete")
    await browser.sends("/me/delete")

    assert ANN in await browser.reads("/me")


async def test_what_is_left_of_vouchers_lapses_with_the_account_when_the_driver_says_so(
    browser: Browser, owner: Browser, scene: Scene
) -> None:
    codes = []
    for name, sold in (("Sold", {"is_sold": "yes"}), ("Gift", {})):
        made = await owner.sends(
            "/console/vouchers", name=name, value="10,00", count="1", until="2030-01-31", **sold
        )
        codes += [row["code"] for row in csv.DictReader(io.StringIO(made.text))]
    await enters(browser, scene)
    await tops_up(browser, amount="5")
    for code in codes:
        await browser.sends("/me/voucher", code=code)
    driver = await holder(scene)
    before = await browser.reads("/me/delete")
    await browser.sends("/me/pay-back", key="1")

    said = await browser.opens("/me/delete")
    unsaid = await browser.sends("/me/delete")
    [tick] = re.findall(r'name="(lapse-[^"]+)" value="2000"', said.text)
    other = await browser.sends("/me/delete", **{tick: "1999"})
    await browser.sends("/me/delete", **{tick: "2000"})

    assert "I know" not in before  # what can go back to a card goes first
    assert "I know: €20.00 lapses" in said.text
    assert unsaid.status_code == other.status_code == 409
    assert "Nothing was deleted" in unsaid.text
    assert ANN not in await browser.reads("/me")
    async with scene.begin() as work:
        rows = await work.all("SELECT account, balance_minor FROM account_view")
        gone = await entry.drivers_of(work, ANN)
    books = {row["account"]: row["balance_minor"] for row in rows}
    assert (gone, books[f"driver:{driver}:prepaid"]) == ([], 0)
    assert (books["income:vouchers"], books["cost:vouchers"], books["vouchers"]) == (-1000, 0, 0)


async def test_who_only_looks_moves_no_money(browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.VIEWER)

    for page in ("/console/vouchers", "/console/balances"):
        assert (await browser.opens(page)).status_code in (200, 403)
    refused = await browser.sends(
        "/console/vouchers", name="x", value="1", count="1", until="2030-01-31"
    )

    assert refused.status_code == 403


async def test_a_driver_has_the_rest_paid_back_once_and_can_then_delete_the_account(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await tops_up(browser, amount="25")

    said = (await browser.opens("/me/delete")).text
    key = re.search(r'action="/me/pay-back".*?name="key" value="([^"]+)"', said)
    assert key is not None
    first = await browser.sends("/me/pay-back", key=key[1])
    await browser.sends("/me/pay-back", key=key[1])
    none_left = await browser.sends("/me/pay-back", key="another")
    after = await browser.reads("/me")
    await browser.sends("/me/delete")

    assert "Pay €25.00 back to my card" in said
    assert first.status_code == 303
    assert (none_left.status_code, "nothing on this balance" in none_left.text) == (409, True)
    assert "€0.00" in after
    assert "Paid back to your card" in after
    assert sum(m.amount_minor for m in scene.bank.books.transactions.values()) == 0
    assert ANN not in await browser.reads("/me")


async def test_an_owner_pays_a_balance_back_and_who_only_looks_does_not(
    browser: Browser, owner: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    await tops_up(browser, amount="25")
    page = f"/console/balances/{await holder(scene)}"

    before = await owner.reads(page)
    for _ in range(2):
        assert (await owner.sends(f"{page}/pay-back", key="1")).status_code == 303
    after = await owner.reads(page)
    again = await owner.sends(f"{page}/pay-back", key="2")
    await sits_down(browser, scene, Role.VIEWER)
    refused = await browser.sends(f"{page}/pay-back", key="3")

    assert "Pay back €25.00" in before
    assert "Paid back to the card" in after
    assert "Pay back €" not in after
    assert (again.status_code, refused.status_code) == (409, 403)
