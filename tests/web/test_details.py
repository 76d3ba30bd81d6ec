"""Company and needs are said once in an account, and used by themselves at the next payment and the
next search; exported, and erased with the account."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.test_account import ANN, enters
from tests.web.test_invoices import COMPANY, charged
from voltway.alerts import store as alerts
from voltway.alerts import writing
from voltway.alerts.own_companies import hears_own_company_refused
from voltway.alerts.words_own_companies import WORDS, words
from voltway.billing import own_companies
from voltway.billing.model import InvoiceIssued
from voltway.billing.own_companies import Cause, OwnCompanyRefused
from voltway.billing.registers import VatRegister
from voltway.billing.vies import Vies
from voltway.drivers import details
from voltway.kernel.errors import Refusal
from voltway.runtime.work import BeginWork
from voltway.stations import features
from voltway.stations.model_features import Features
from voltway_world.vies import ViesServer

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


async def plug(scene: Scene, register: VatRegister | None = None) -> None:
    """The house hears of receipts, writes what is asked for, and says where it cannot."""

    async def write(begin: BeginWork, body: Mapping[str, str]) -> None:
        await own_companies.write_job(begin, register, body)

    scene.bus.watch_many("own", [InvoiceIssued], own_companies.hears_invoice_issued)
    scene.bus.watch_many("told", [OwnCompanyRefused], hears_own_company_refused)
    scene.jobs.handle(own_companies.JOB, write)


async def letters_of(scene: Scene) -> list[str]:
    """What was written to who keeps a company, the oldest first."""
    async with scene.begin() as work:
        rows = await work.all("SELECT id FROM alert_view WHERE template = 'company' ORDER BY id")
        queued = [await alerts.load(work, row["id"]) for row in rows]
        made = await writing.writers(work, queued, "https://charge.example")
    assert all(each.recipient == ANN for each in queued)
    return [letter().text for letter in made.values() if not isinstance(letter, Refusal)]


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


@pytest.mark.parametrize(
    ("company", "said"),
    [
        (
            {"vat_id": "SK2020007000", "country": "SK"},
            "The register of the EU (VIES) knows no valid VAT number SK2020007000.",
        ),
        ({"vat_id": "DE1"}, "DE1 cannot be a VAT number of the company's country."),
        ({"city": ""}, "needs of your company is missing or not right"),
    ],
)
async def test_an_invoice_that_cannot_be_written_leaves_the_receipt_and_is_told_once(
    browser: Browser, scene: Scene, company: dict[str, str], said: str
) -> None:
    """The company has become one that cannot be, since it was kept."""
    async with ViesServer() as server:
        await plug(scene, Vies(server.url))
        await enters(browser, scene)
        async with scene.begin() as work:
            await details.keep_company(work, ANN, {**COMPANY, **company}, always=True)

        visit, _ = await charged(browser, scene)
        [letter] = await letters_of(scene)
        assert said in letter
        assert f"No invoice to {COMPANY['name']} was written" in letter
        assert "https://charge.example/me/details" in letter
        assert "Invoice for a company" in await browser.reads(f"{visit}/receipt")

        await charged(browser, scene, ref="tx-2")
        assert len(await letters_of(scene)) == 1, "not for each charge"
        async with scene.begin() as work:
            changed = {**COMPANY, **company, "reference": "PO-8"}
            await details.keep_company(work, ANN, changed, always=True)
        await charged(browser, scene, ref="tx-3")
        assert len(await letters_of(scene)) == 2, "what they changed did not mend it"
    assert await scene.count("document_view WHERE kind = 'invoice'") == 0


@pytest.mark.parametrize("speaks", [True, False])
async def test_a_silent_register_is_asked_again_for_a_day_where_the_tax_would_pass_to_the_buyer(
    browser: Browser, scene: Scene, speaks: bool
) -> None:
    async with ViesServer() as server:
        server.silent = True
        await plug(scene, Vies(server.url))
        await enters(browser, scene)
        async with scene.begin() as work:
            await work.run("UPDATE party SET country_code = 'DE'")
            company = {**COMPANY, "country": "FI", "vat_id": "FI20774740"}
            await details.keep_company(work, ANN, company, always=True)
        await charged(browser, scene)
        for _ in range(3):
            scene.clock.jump(timedelta(hours=1))
            await scene.settles()
        assert len(server.asked) == 4
        assert await letters_of(scene) == []

        server.silent = not speaks
        for _ in range(23):
            scene.clock.jump(timedelta(hours=1))
            await scene.settles()

    told = await letters_of(scene)
    assert len(server.asked) == (5 if speaks else 25)
    assert await scene.count("document_view WHERE kind = 'invoice'") == (1 if speaks else 0)
    assert [("FI20774740; it did not answer" in letter) for letter in told] == [True][speaks:]


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


@pytest.mark.parametrize("locale", list(WORDS))
def test_each_cause_has_its_sentence_in_each_language(locale: str) -> None:
    said = words(locale)
    assert set(said.causes) == set(Cause)
    assert len(set(said.causes.values())) == len(Cause)
    assert "XY1" in said.causes[Cause.VAT_UNKNOWN].format(vat_id="XY1")
    assert "Acme" in said.subject.format(company="Acme")
