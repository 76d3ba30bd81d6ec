"""Charging at home as its driver sees it: rates, months, what was paid, and nobody else's."""

import io
import re

import pypdf

from tests.billing.months import charges
from tests.billing.test_homes import IBAN, Home, home  # noqa: F401 - a fixture
from tests.web.browsers import Browser, words_of
from tests.web.test_account import enters
from tests.web.test_languages import forgotten
from voltway.alerts.at_home import hears_home_paid
from voltway.billing import homes, homes_paying
from voltway.billing.model_homes import HomePaid
from voltway.kernel.money import EUR, Money

AINO, PAGE = "aino@example.org", "/me/home"


async def pays(home: Home, minor: int) -> None:  # noqa: F811
    """The bank has paid the driver, at an account that the operator knows."""
    party, driver = home.fleet.party, home.driver.id
    async with home.scene.begin() as work:
        await homes.pay_to(work, party, driver, holder="Aino Aalto", iban=IBAN, by="Onni")
        await homes_paying.paid(work, party, driver, Money(minor, EUR), by="Onni")


async def test_a_driver_sees_rates_months_and_what_was_paid(
    browser: Browser,
    home: Home,  # noqa: F811
) -> None:
    scene = home.scene
    await home.rate("0.30", "2026-03-01")
    await home.rate("0.35", "2026-04-01")
    await enters(browser, scene, AINO)
    assert "Charging at home What your company pays you back" in await browser.reads("/me")
    assert "Nothing was charged at home yet" in await browser.reads(PAGE)

    await charges(scene, home.card, "2026-03-04T20:00", wh=10_000)
    await charges(scene, home.card, "2026-03-05T20:00", wh=5_000)
    before = await browser.reads(PAGE)
    [claim] = await home.month("2026-03")
    asked = await browser.reads(PAGE)
    await pays(home, 450)
    await charges(scene, home.card, "2026-04-05T20:00", wh=2_000)
    after = await browser.reads(PAGE)
    async with scene.begin() as work:
        rows = await work.all("SELECT number FROM statement_view WHERE id = $1", claim)

    assert "from 1 April 2026 €0.35 per kWh" in before
    assert "from 1 March 2026, before 1 April 2026 €0.30 per kWh" in before
    assert "does not know your account yet" in before
    assert "March 2026 · €4.50 2 charges, 15.0 kWh · Posti Kuljetus Oy Not on a statement" in before
    assert f"Not paid yet. Your company was asked for it by {rows[0]['number']}." in asked
    assert "It is paid to Aino Aalto, FI21 … 0785." in after
    assert "March 2026 · €4.50 2 charges, 15.0 kWh · Posti Kuljetus Oy Paid on 1 April" in after
    assert "April 2026 · €0.70 1 charge, 2.0 kWh" in after


async def test_a_month_is_a_page_and_a_pdf_in_the_readers_language(
    browser: Browser,
    home: Home,  # noqa: F811
) -> None:
    await home.rate("0.30", "2026-03-01")
    await charges(home.scene, home.card, "2026-03-04T20:00", wh=10_000)
    await home.month("2026-03")
    await enters(browser, home.scene, AINO)
    [path] = re.findall(rf'href="({PAGE}/[0-9a-f-]{{36}})"', (await browser.opens(PAGE)).text)

    english = await browser.reads(path)
    browser.client.cookies.set("papers", "fi")
    page, answer = await browser.opens(path), await browser.opens(f"{path}/pdf")

    [stated] = await home.statements()
    assert "€3.00 paid back to you, March 2026" in english
    assert "Posti Kuljetus Oy pays this back to you for 10.00 kWh charged at home." in english
    assert "10.00 kWh €0.30 €3.00" in english
    assert stated["sha256"] in words_of(page.text).replace(" ", "")
    assert answer.headers["content-type"] == "application/pdf"
    assert f"{stated['number']}.pdf" in answer.headers["content-disposition"]
    reader = pypdf.PdfReader(io.BytesIO(answer.content))
    drawn = " ".join("".join(each.extract_text() for each in reader.pages).split())
    for said in ("Kotilataus", "maaliskuu 2026", "Aino Aalto", "3,00 €", "Posti Kuljetus Oy"):
        assert said in drawn
        assert said in words_of(page.text).replace("\u202f", " ")


async def test_nobody_sees_a_month_of_somebody_else(
    browser: Browser,
    home: Home,  # noqa: F811
) -> None:
    await home.rate("0.30", "2026-03-01")
    await charges(home.scene, home.card, "2026-03-04T20:00", wh=10_000)
    await home.month("2026-03")
    [stated] = await home.statements()
    path = f"{PAGE}/{stated['id']}"
    for each in (PAGE, path, f"{path}/pdf"):
        assert (await browser.opens(each)).headers["location"] == "/me?back=/me/home"

    await enters(browser, home.scene, "eve@example.org")

    assert "No station at home" in await browser.reads(PAGE)
    assert "Charging at home" not in await browser.reads("/me")
    for each in (path, f"{path}/pdf"):
        answer = await browser.opens(each)
        assert answer.status_code == 404
        assert "You have no such statement" in words_of(answer.text)


async def test_what_is_not_paid_back_is_said_with_why(
    browser: Browser,
    home: Home,  # noqa: F811
) -> None:
    await charges(home.scene, home.card, "2026-03-04T20:00", wh=10_000)
    await enters(browser, home.scene, AINO)
    said = await browser.reads(PAGE)
    await home.rate("0.30", "2026-03-01")

    assert "Your company has set no rate." in said
    assert "Not paid back 10.0 kWh" in said
    assert "No rate held on that day." in said
    assert "Not paid back" not in await browser.reads(PAGE)


async def test_every_word_of_the_page_is_a_sentence_that_can_be_translated(
    browser: Browser,
    home: Home,  # noqa: F811
) -> None:
    await charges(home.scene, home.card, "2026-03-03T20:00", wh=1_000)
    await home.rate("0.30", "2026-03-04")
    await charges(home.scene, home.card, "2026-03-04T20:00", wh=10_000)
    await home.month("2026-03")
    await charges(home.scene, home.card, "2026-04-04T20:00", wh=10_000)
    await enters(browser, home.scene, AINO)
    browser.client.cookies.set("language", "qps")

    found = forgotten((await browser.opens(PAGE)).text)

    assert re.sub(r"Posti Kuljetus Oy|Vans|VLT|March|April|Mar", "", found).split() == []


async def test_who_is_paid_gets_one_mail_by_their_wish(
    browser: Browser,
    home: Home,  # noqa: F811
) -> None:
    scene = home.scene
    scene.bus.watch_many("alerts.homes", [HomePaid], hears_home_paid)
    await home.rate("0.30", "2026-03-01")
    await charges(scene, home.card, "2026-03-04T20:00", wh=10_000)
    await home.month("2026-03")
    await pays(home, 300)
    await scene.settles()
    async with scene.begin() as work:
        told = await work.all("SELECT * FROM alert_view WHERE event = 'home_paid'")

    assert [(each["channel"], each["recipient"]) for each in told] == [("mail", AINO)]
