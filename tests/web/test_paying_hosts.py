"""Hosts are paid to their accounts, on the pages and by the API."""

from uuid import UUID

import httpx

from tests.billing.test_paying_hosts import due
from tests.payments.providers import by_stripe
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.parties.model import Role

__all__ = ["by_stripe"]


def page_of(settlement: UUID) -> str:
    return f"/console/statements/{settlement}"


async def test_a_settlement_is_sent_from_its_page_and_stands_in_the_books(
    browser: Browser, scene: Scene
) -> None:
    host, settlement = await due(scene)
    await sits_down(browser, scene, Role.OWNER)
    assert "by stripe, on the day on which a settlement is due, to acct_kamppi" in (
        await browser.reads(f"/console/hosts/{host.id}")
    )
    assert "Send €1.95 now" in await browser.reads(page_of(settlement))

    answer = await browser.sends(f"{page_of(settlement)}/transfer")
    again = await browser.sends(f"{page_of(settlement)}/transfer")

    assert (answer.status_code, again.status_code) == (303, 409)
    assert "was sent before, or is on its way" in again.text
    said = await browser.reads(page_of(settlement))
    assert "€1.95 was sent to acct_kamppi" in said
    assert "Send €1.95 now" not in said
    assert "In the books" in said


async def test_a_no_of_the_provider_is_told_and_stays_on_the_page(
    browser: Browser, scene: Scene
) -> None:
    _, settlement = await due(scene, account="acct_restricted")
    await sits_down(browser, scene, Role.OWNER)

    answer = await browser.sends(f"{page_of(settlement)}/transfer")

    assert answer.status_code == httpx.codes.CONFLICT
    assert "stripe did not send it" in answer.text
    assert "stripe did not send it" in await browser.reads(page_of(settlement))


async def test_an_account_is_taken_back_by_leaving_it_empty(browser: Browser, scene: Scene) -> None:
    host, settlement = await due(scene)
    await sits_down(browser, scene, Role.OWNER)
    page = f"/console/hosts/{host.id}"

    wrong = await browser.sends(f"{page}/account", provider="stripe", account="not one")
    empty = await browser.sends(f"{page}/account", provider="stripe", account="")

    assert (wrong.status_code, empty.status_code) == (422, 303)
    assert "from your bank, by hand" in await browser.reads(page)
    assert "Send €1.95" not in await browser.reads(page_of(settlement))


async def test_who_may_not_move_money_sends_nothing(browser: Browser, scene: Scene) -> None:
    _, settlement = await due(scene)
    await sits_down(browser, scene, Role.VIEWER)

    answer = await browser.sends(f"{page_of(settlement)}/transfer")

    assert answer.status_code == httpx.codes.FORBIDDEN
    assert not scene.bank.books.transfers
