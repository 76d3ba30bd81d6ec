"""What a bank wants back of a top-up or a bill: before the driver and the operator, in words."""

import re
from datetime import timedelta

import httpx
import pytest

from tests.billing.test_debts import on
from tests.billing.test_disputed_debts import paid_by_card
from tests.payments.disputed import disputes, hears_disputes, judged, kept
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from tests.web.test_account import bay, enters
from tests.web.test_balance import holder, provider, tops_up
from tests.web.test_write_offs import RULE, another, request_of
from voltway.kernel.ids import InvoiceId
from voltway.parties.model import Role

__all__ = ["another", "provider"]

PAGE = "/console/disputes"


@pytest.fixture
async def spent(browser: Browser, scene: Scene) -> tuple[str, str]:
    """A top-up of 50 EUR of which 4.90 are spent, and which Ann's bank took back: the page of the
    dispute, and the bank's name for it."""
    hears_disputes(scene)
    await enters(browser, scene)
    await tops_up(browser, amount="50", key="a")
    await browser.sends(f"{bay(scene)}/start", way="saved")
    await scene.settles()
    async with scene.begin() as work:
        [paid] = await work.all("SELECT token_uid FROM payment")
        row = await work.one("SELECT provider_ref FROM collection_view")
    assert row is not None
    await scene.starts(paid["token_uid"])
    scene.clock.jump(timedelta(hours=1))
    await scene.ends(60_000)
    await scene.settles()
    ref = await disputes(scene, row["provider_ref"])
    [dispute] = await kept(scene)
    return f"{PAGE}/{dispute['id']}", ref


async def test_the_driver_and_the_operator_read_who_bears_it(
    spent: tuple[str, str], browser: Browser, owner: Browser, scene: Scene
) -> None:
    page, ref = spent
    mine = await browser.reads("/me")
    listed = await owner.reads(PAGE)
    told = await owner.reads(page)
    balance = await owner.reads(f"/console/balances/{await holder(scene)}")
    monitor = await owner.reads("/console/money")
    await judged(scene, ref, won=True)

    assert "You owe €4.90. Your bank took back a top-up that was spent" in mine
    assert re.search(r"Your bank took a top-up back .*[-\N{MINUS SIGN}]€45\.10", mine)
    assert "Top-up" in listed
    assert "a top-up of €50.00 by" in told
    assert "€45.10 what was left of it" in told
    assert "€4.90 spent already; €4.90 of it is owed" in told
    assert "€4.90 is owed." in balance
    assert "€50.00 1 waits for us" in monitor
    after = await browser.reads("/me")
    assert "You owe" not in after
    assert re.search(r"Your bank gave a top-up back .*€45\.10", after)
    assert "nobody any more: it is back" in await owner.reads(page)


async def test_the_evidence_is_the_record_of_the_top_up(
    spent: tuple[str, str], owner: Browser, scene: Scene
) -> None:
    page, ref = spent
    form = (await owner.opens(page)).text
    async with scene.begin() as work:
        [receipt] = await work.all("SELECT number FROM document_view")

    sent = await owner.sends(f"{page}/evidence", product="Credit", proof="50.00 EUR")

    assert "Prepaid credit for charging cars" in form
    assert "The cardholder confirmed it on the provider&#39;s own page." in form
    assert f"paid for a charge, receipt {receipt['number']}, -4.90 EUR" in form
    assert sent.status_code == httpx.codes.SEE_OTHER
    assert scene.bank.books.disputes[ref].evidence["uncategorized_text"] == "50.00 EUR"


async def test_what_is_owed_is_written_off_with_a_reason_and_by_who_may(
    spent: tuple[str, str], browser: Browser, owner: Browser, scene: Scene
) -> None:
    page, _ = spent
    silent = await owner.sends(f"{page}/forgive", why=" ")
    done = await owner.sends(f"{page}/forgive", why="She moved away")
    again = await owner.sends(f"{page}/forgive", why="She moved away")
    await sits_down(browser, scene, Role.SUPPORT)
    refused = await browser.sends(f"{page}/forgive", why="x")

    assert [each.status_code for each in (silent, done, again, refused)] == [422, 303, 409, 403]
    assert "€4.90 of it was written off" in await owner.reads(page)
    assert await on(scene, "cost:write_offs") == 490


async def test_above_the_sum_a_second_person_agrees_to_write_it_off(
    spent: tuple[str, str], owner: Browser, another: Browser, scene: Scene
) -> None:
    page, _ = spent
    await owner.sends(RULE, above="4.89")

    asked = await owner.sends(f"{page}/forgive", why="She moved away")
    request, state = await request_of(scene)
    listed = await another.reads("/console/approvals")
    own = await owner.sends(f"{request}/approve")
    meanwhile = await on(scene, "cost:write_offs")
    await another.sends(f"{request}/approve")

    assert (asked.headers["location"], state, meanwhile) == ("/console/approvals", "open", 0)
    assert "A disputed top-up" in listed
    assert own.status_code != httpx.codes.SEE_OTHER
    assert await on(scene, "cost:write_offs") == 490
    assert (await request_of(scene))[1] == "done"


@pytest.fixture
async def unpaid(scene: Scene) -> tuple[InvoiceId, str]:
    """A statement of 4.89 EUR whose card's bank took that back: it, and the dispute's name."""
    _, _, statement, hold = await paid_by_card(scene)
    return statement, await disputes(scene, hold)


async def test_a_bill_is_unpaid_again_on_every_page_and_its_document_is_the_evidence(
    unpaid: tuple[InvoiceId, str], browser: Browser, owner: Browser, scene: Scene
) -> None:
    statement, ref = unpaid
    [dispute] = await kept(scene)
    page = f"{PAGE}/{dispute['id']}"
    debt = (await owner.opens(f"/console/debts/{statement}")).text
    [link] = set(re.findall(r'href="(/p/[\w-]+)"', debt))
    told, form = await owner.reads(page), (await owner.opens(page)).text
    listed, asked = await owner.reads(PAGE), await browser.reads(link)
    await judged(scene, ref, won=True)

    async with scene.begin() as work:
        row = await work.one("SELECT number FROM debt_view")
    assert row is not None
    assert "Its bank took the payment back" in debt
    assert "€4.89 to pay" in asked
    assert f"Bill {row['number']}" in listed
    assert "€4.89 the bill is unpaid again" in told
    assert "had saved on the provider&#39;s own page" in form
    assert f"The document {row['number']} is frozen" in form
    assert "Nothing is owed" in await browser.reads(link)
