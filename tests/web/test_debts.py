"""What is owed, at the console and on the page that a mail's link opens."""

import re

import httpx
import pytest

from tests.billing.test_debts import a_statement, goes_round, provider, received
from tests.payments.hosted_page import pay
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.alerts import letters
from voltway.alerts.dunning import writer
from voltway.alerts.store import lock
from voltway.kernel.ids import AlertId, InvoiceId
from voltway.parties.model import Role

__all__ = ["provider"]

PAGE = "/console/debts"


@pytest.fixture
async def owed(scene: Scene) -> InvoiceId:
    """4.89 EUR of a customer's statement, due on the 16th of April."""
    _, _, statement = await a_statement(scene)
    await goes_round(scene)
    return statement


async def link(owner: Browser, invoice: InvoiceId) -> str:
    [path] = set(re.findall(r'href="(/p/[\w-]+)"', (await owner.opens(f"{PAGE}/{invoice}")).text))
    return str(path)


async def test_money_that_came_is_noted_once_and_the_debt_is_gone(
    owed: InvoiceId, owner: Browser
) -> None:
    page = f"{PAGE}/{owed}"
    assert "not due yet: €4.89" in await owner.reads(PAGE)

    none = await owner.sends(f"{page}/received", amount="", key="1")
    more = await owner.sends(f"{page}/received", amount="4,90", key="2")
    for _ in range(2):
        await owner.sends(f"{page}/received", amount="4", said="RF18", key="3")
    half = await owner.reads(page)
    await owner.sends(f"{page}/received", amount="0.89", key="4")

    assert (none.status_code, more.status_code) == (422, 409)
    assert "4.89 EUR is owed" in more.text
    assert "€0.89 of €4.89 is owed" in half
    assert "nothing is owed" in await owner.reads(page)
    assert "Nobody owes anything." in await owner.reads(PAGE)


async def test_a_rule_of_days_that_do_not_grow_is_refused_and_stopped_at_will(
    owed: InvoiceId, owner: Browser
) -> None:
    assert "nobody is reminded" in await owner.reads(PAGE)

    wrong = await owner.sends(f"{PAGE}/rule", reminder="7", notice="7", last="28", bar="42")
    await owner.sends(f"{PAGE}/rule", reminder="7", notice="14", last="28", bar="42")
    set_ = await owner.reads(PAGE)
    await owner.sends(f"{PAGE}/rule", do="stop")

    assert wrong.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "days after it was due" in set_
    assert "nobody is reminded" in await owner.reads(PAGE)


async def test_it_is_paused_and_written_off_with_a_reason(owed: InvoiceId, owner: Browser) -> None:
    page = f"{PAGE}/{owed}"
    silent = await owner.sends(f"{page}/pause", said="")
    await owner.sends(f"{page}/pause", said="They asked about it")
    paused = await owner.reads(page)
    await owner.sends(f"{page}/go-on")
    await owner.sends(f"{page}/write-off", said="Bankrupt", key="1")

    assert silent.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert "paused: They asked about it" in paused
    assert "Bankrupt" in await owner.reads(page)


async def test_support_writes_nothing_off(owed: InvoiceId, browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.SUPPORT)

    refused = await browser.sends(f"{PAGE}/{owed}/write-off", said="x", key="1")

    assert refused.status_code == httpx.codes.FORBIDDEN


async def test_who_owes_pays_on_the_page_of_the_link(
    owed: InvoiceId, owner: Browser, browser: Browser, scene: Scene
) -> None:
    path = await link(owner, owed)
    shown = await browser.reads(path)
    bill = await browser.opens(f"{path}/bill.pdf")

    asked = await browser.sends(f"{path}/pay")
    again = await browser.sends(f"{path}/pay")
    back = (await pay(asked.headers["location"])).headers["location"]
    await browser.opens(back)
    await scene.settles()

    assert "€4.89 to pay" in shown
    assert "Due on 16 April 2026" in shown
    assert bill.content.startswith(b"%PDF")
    assert asked.headers["location"] == again.headers["location"]
    assert "Thank you: this bill is paid." in await browser.reads(path)
    assert (await browser.sends(f"{path}/pay")).headers["location"] == path


async def test_a_customer_saves_a_card_there_that_pays_this_and_what_comes(
    owed: InvoiceId, owner: Browser, browser: Browser, scene: Scene
) -> None:
    path = await link(owner, owed)

    page = (await browser.sends(f"{path}/card")).headers["location"]
    back = (await pay(page)).headers["location"]
    await browser.opens(back)
    saved = await browser.reads(path)
    await goes_round(scene)

    assert "·· 4242 pays your bills" in saved
    assert "Thank you: this bill is paid." in await browser.reads(path)
    await browser.sends(f"{path}/no-card")
    assert "pays your bills" not in await browser.reads(path)


async def test_a_link_that_nobody_was_given_opens_nothing(browser: Browser, scene: Scene) -> None:
    assert (await browser.opens("/p/guessed")).status_code == httpx.codes.NOT_FOUND
    assert (await browser.sends("/p/guessed/pay")).status_code == httpx.codes.NOT_FOUND


async def test_the_letter_has_the_sum_the_day_and_the_link_and_none_goes_when_it_is_paid(
    owed: InvoiceId, owner: Browser, scene: Scene
) -> None:
    await owner.sends(f"{PAGE}/rule", reminder="7", notice="14", last="28", bar="42")
    path = await link(owner, owed)
    await goes_round(scene, 30)
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM alert_view WHERE template = 'dunning'")
        alert = await lock(work, AlertId(row["id"]))
        write = await writer(work, alert, seller="Voltway", public_url="https://v.example")
    letter = write()
    await received(scene, owed, 489)

    assert letter.subject.startswith("Muistutus: ")  # the customer reads Finnish
    assert "4,89" in letter.text
    assert "16. huhtikuuta 2026" in letter.text
    assert f"https://v.example{path}" in letter.text
    async with scene.begin() as work:
        with pytest.raises(letters.TooLate):
            await writer(work, alert, seller="Voltway", public_url="https://v.example")


async def test_an_operator_says_by_what_a_customer_pays_and_sees_how_its_card_stands(
    owed: InvoiceId, owner: Browser, browser: Browser, scene: Scene
) -> None:
    path = await link(owner, owed)
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM customer_view")
    page = f"/console/customers/{row['id']}"
    assert "By invoice: each statement is due within 14 days." in await owner.reads(page)

    await owner.sends(f"{page}/way", way="card")
    assert "By card, but they have saved none yet." in await owner.reads(page)
    assert path in await owner.reads(page)
    saving = (await browser.sends(f"{path}/card")).headers["location"]
    back = (await pay(saving, "4000 0000 0000 0341")).headers["location"]
    await browser.opens(back)
    assert "·· 0341 is charged when a statement is written" in await owner.reads(page)
    await goes_round(scene)

    refused = await owner.reads(page)
    assert "By card, but Visa ·· 0341 was refused" in refused
    assert "asked for as by invoice" in refused
    await owner.sends(f"{page}/way", way="invoice")
    assert "·· 0341 is saved and is not charged." in await owner.reads(page)
