"""Company and needs are said once in an account, and used by themselves at the next payment and the
next search; exported, and erased with the account."""

from collections.abc import Mapping

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.test_account import ANN, enters
from tests.web.test_invoices import COMPANY, charged
from voltway.billing import own_companies
from voltway.billing.model import InvoiceIssued
from voltway.drivers import details
from voltway.runtime.work import BeginWork
from voltway.stations import features
from voltway.stations.model_features import Features

HERE = "/me/details"


async def keeps_company(browser: Browser, **more: str) -> None:
    answer = await browser.sends(f"{HERE}/company", **{**COMPANY, **more})
    assert answer.headers["location"] == f"{HERE}?saved=company", words_of(answer.text)


async def test_a_company_is_kept_shown_again_and_fills_in_the_next_invoice(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    assert "Company and needs" in await browser.reads("/me")
    await keeps_company(browser)
    page = (await browser.opens(HERE)).text
    assert 'value="DE 136695976"' in page
    assert "Kept." in await browser.reads(f"{HERE}?saved=company")

    visit, _ = await charged(browser, scene)
    form = (await browser.opens(f"{visit}/invoice")).text

    for field in ("street", "postal_code", "city", "vat_id", "email", "reference"):
        assert f'value="{COMPANY[field]}"' in form
    assert '<option value="DE" selected>' in form
    browser.client.cookies.clear()
    assert COMPANY["reference"] not in (await browser.opens(f"{visit}/invoice")).text


async def plug(scene: Scene) -> None:
    """The house hears of receipts, and writes what is asked for."""

    async def write(begin: BeginWork, body: Mapping[str, str]) -> None:
        await own_companies.write_job(begin, None, body)

    scene.bus.watch_many("own", [InvoiceIssued], own_companies.hears_invoice_issued)
    scene.jobs.handle(own_companies.JOB, write)


async def test_who_wants_it_gets_the_invoice_of_each_charge_by_itself(
    browser: Browser, scene: Scene
) -> None:
    await plug(scene)
    await enters(browser, scene)
    await keeps_company(browser, always="1")

    visit, _ = await charged(browser, scene)

    said = await browser.reads(f"{visit}/receipt")
    assert "Invoice for a company" not in said
    sent = await browser.opens(f"{visit}/invoice")
    made = await browser.reads(sent.headers["location"])
    for fact in ("Muster & Söhne <GmbH>", "DE136695976", "PO-7", "Takes the place of"):
        assert fact in made
    assert await scene.count("document_view WHERE kind = 'invoice'") == 1


@pytest.mark.parametrize("who", ["a guest", "did not ask", "asked and took it back"])
async def test_nobody_else_gets_an_invoice_that_they_did_not_ask_for(
    browser: Browser, scene: Scene, who: str
) -> None:
    await plug(scene)
    await enters(browser, scene)
    await keeps_company(browser, **({} if who == "did not ask" else {"always": "1"}))
    if who == "a guest":
        browser.client.cookies.clear()
    if who == "asked and took it back":
        await browser.sends(f"{HERE}/company", forget="1")
        assert COMPANY["reference"] not in (await browser.opens(HERE)).text

    await charged(browser, scene)

    assert await scene.count("document_view WHERE kind = 'invoice'") == 0


async def test_an_invoice_that_cannot_be_written_leaves_the_receipt_and_its_form(
    browser: Browser, scene: Scene
) -> None:
    """The company's VAT id has become one that cannot be, since it was kept."""
    await plug(scene)
    await enters(browser, scene)
    async with scene.begin() as work:
        await details.keep_company(work, ANN, {**COMPANY, "vat_id": "DE1"}, always=True)

    visit, _ = await charged(browser, scene)

    assert "Invoice for a company" in await browser.reads(f"{visit}/receipt")
    assert await scene.count("document_view WHERE kind = 'invoice'") == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"vat_id": "DE136695975"}, "its check digit is wrong"),
        ({"name": " "}, "the company's name is missing"),
        ({"email": "none"}, "an address such as ann@example.org is needed"),
    ],
)
async def test_a_company_that_could_not_be_invoiced_is_not_kept_and_stays_as_typed(
    browser: Browser, scene: Scene, wrong: dict[str, str], said: str
) -> None:
    await enters(browser, scene)

    answer = await browser.sends(f"{HERE}/company", **{**COMPANY, **wrong}, always="1")

    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert 'value="Weg 1"' in answer.text
    assert 'name="always" value="1" checked' in answer.text
    assert await scene.count("person_details") == 0


async def test_needs_of_an_account_are_searched_for_in_every_browser_of_theirs(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)

    kept = await browser.sends(f"{HERE}/needs", plug="type2", low="1", step_free="1", open="1")

    assert kept.headers["location"] == f"{HERE}?saved=needs"
    said = await browser.reads("/")
    assert "Only places with what you need: Type 2, Step-free, Low screen, 120 cm and less." in said
    assert "No place fits" in said
    assert "Forget my needs" not in said, "they are the account's"
    assert 'href="/me/details">Change' in (await browser.opens("/")).text
    assert "No place fits" in await browser.reads("/map")
    async with scene.begin() as work:
        told = Features(step_free=True, screen_height_cm=110)
        await features.describe(work, scene.station.location.id, told, by="Olga")
    assert "Market Square" in await browser.reads("/")
    await browser.sends("/needs", roof="1")
    assert "what you need: Under a roof." in await browser.reads("/"), "this browser says otherwise"
    await browser.sends("/needs", forget="1")
    await browser.sends(f"{HERE}/needs")
    assert "Only places" not in await browser.reads("/")
    assert await scene.count("person_details") == 0, "who keeps nothing has no row"


async def test_a_guest_and_another_account_see_none_of_it(browser: Browser, scene: Scene) -> None:
    for path in (HERE, f"{HERE}/company", f"{HERE}/needs"):
        answer = await (browser.opens(path) if path == HERE else browser.sends(path, **COMPANY))
        assert answer.headers["location"] == f"/me?back={HERE}"
    await enters(browser, scene)
    await keeps_company(browser)
    await browser.sends(f"{HERE}/needs", low="1")
    browser.client.cookies.clear()

    assert "Only places" not in await browser.reads("/")
    await enters(browser, scene, "ben@example.org")
    assert COMPANY["reference"] not in (await browser.opens(HERE)).text


async def test_it_is_exported_and_goes_with_the_account(browser: Browser, scene: Scene) -> None:
    await enters(browser, scene)
    assert (await browser.opens("/me/export")).json()["details"] is None
    await keeps_company(browser, always="1")
    await browser.sends(f"{HERE}/needs", low="1")

    told = (await browser.opens("/me/export")).json()["details"]

    assert told == {
        "company": {**COMPANY},
        "invoice_for_each_charge": True,
        "needs": ["low"],
    }
    await browser.sends("/me/delete")
    assert await scene.count("person_details") == 0
