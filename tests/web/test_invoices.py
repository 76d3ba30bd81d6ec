"""A driver asks for an invoice to a company on the receipt's page; operators find all documents."""

from io import BytesIO

import pikepdf
import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from tests.web.test_visits import paid
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.parties.model import Role
from voltway.payments import actions as payments
from voltway.payments.model import Payment

COMPANY = {
    "name": "Muster & Söhne <GmbH>",
    "street": "Weg 1",
    "postal_code": "10115",
    "city": "Berlin",
    "country": "DE",
    "vat_id": "DE 136695976",
    "email": "buch@muster.example",
    "reference": "PO-7",
}


async def charged(
    browser: Browser, scene: Scene, wh: int = 70_000, *, ref: str = "tx-1"
) -> tuple[str, Payment]:
    """A visit that has its receipt."""
    visit, payment = await paid(browser, scene)
    await browser.opens(visit)
    await scene.starts(payment.token, ref=ref)
    await scene.ends(wh, minutes=60, ref=ref)
    await scene.settles()
    return visit, payment


async def test_a_driver_gets_an_invoice_for_a_company_once(browser: Browser, scene: Scene) -> None:
    visit, _ = await charged(browser, scene)
    assert "Invoice for a company" in await browser.reads(f"{visit}/receipt")
    assert "There is one invoice for one visit" in await browser.reads(f"{visit}/invoice")

    answer = await browser.sends(f"{visit}/invoice", **COMPANY)

    assert answer.status_code == 303, answer.text
    made = answer.headers["location"]
    said = await browser.reads(made)
    for fact in ("Muster & Söhne <GmbH>", "DE136695976", "PO-7", "€9.80", "Takes the place of"):
        assert fact in said
    assert "Invoice for a company" not in await browser.reads(f"{visit}/receipt")
    assert made.rpartition("/")[2] in await browser.reads(f"{visit}/receipt")
    assert (await browser.opens(f"{visit}/invoice")).headers["location"] == made
    again = await browser.sends(f"{visit}/invoice", **COMPANY)
    assert again.headers["location"] == made
    other = await browser.sends(f"{visit}/invoice", **{**COMPANY, "name": "Somebody else"})
    assert other.status_code == 409
    assert "there is already an invoice" in words_of(other.text)


async def test_its_pdf_has_the_xml_in_it_and_xrechnung_says_what_it_lacks(
    browser: Browser, scene: Scene
) -> None:
    visit, _ = await charged(browser, scene)
    made = (await browser.sends(f"{visit}/invoice", **COMPANY)).headers["location"]

    pdf = await browser.opens(f"{made}/pdf")
    with pikepdf.open(BytesIO(pdf.content)) as found:
        assert list(found.attachments) == ["factur-x.xml"]
    assert (await browser.opens(f"{made}/pdf")).content == pdf.content
    xml = await browser.opens(f"{made}/xrechnung")
    assert xml.status_code == 409
    assert "XRechnung needs the seller's telephone number" in words_of(xml.text)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"vat_id": "FR40303265045"}, "The VAT id FR40303265045 is one of FR"),
        ({"vat_id": "DE136695975"}, "its check digit is wrong"),
        ({"name": "  "}, "An invoice names its buyer: the company's name is missing"),
        ({"country": "Mars"}, "two letters, such as FI, are needed"),
        ({"name": "x" * 400}, "at most 200 characters"),
    ],
)
async def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    browser: Browser, scene: Scene, wrong: dict[str, str], said: str
) -> None:
    visit, _ = await charged(browser, scene)

    answer = await browser.sends(f"{visit}/invoice", **{**COMPANY, **wrong})

    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert 'value="Weg 1"' in answer.text
    assert await scene.count("document_view WHERE kind = 'invoice'") == 0


async def test_a_dealer_waits_until_the_register_answers(browser: Browser, scene: Scene) -> None:
    visit, _ = await charged(browser, scene)

    answer = await browser.sends(f"{visit}/invoice", **COMPANY, resells="1")

    assert answer.status_code == 409
    assert "It could not be asked; try again later." in words_of(answer.text)


async def test_a_refund_shows_its_credit_note(browser: Browser, scene: Scene) -> None:
    visit, payment = await charged(browser, scene)
    await payments.refund(
        scene.begin,
        scene.provider,
        payment.id,
        Money(300, EUR),
        reason="The bay was dark",
        once=OnceKey("r1"),
    )
    await scene.settles()

    page = await browser.opens(f"{visit}/receipt")
    number = page.text.partition("/documents/")[2].partition('"')[0]
    said = await browser.reads(f"{visit}/documents/{number}")

    assert "-C2026-" in number
    for fact in ("€3.00 credited", "Reason: The bay was dark", "VAT 25.5 % on €2.39", "€0.61"):
        assert fact in said
    assert (await browser.opens(f"{visit}/documents/{number}/pdf")).status_code == 200
    assert (await browser.opens(f"{visit}/documents/{number}/xrechnung")).status_code == 404


async def test_where_nothing_was_heard_there_is_no_proof_and_the_page_says_why(
    browser: Browser, scene: Scene
) -> None:
    """The scene's station is told directly, so that there are no frames."""
    visit, _ = await charged(browser, scene)
    made = (await browser.sends(f"{visit}/invoice", **COMPANY)).headers["location"]
    assert "Get the proof of this bill" in await browser.reads(made)

    answer = await browser.opens(f"{made}/proof")

    assert answer.status_code == 404
    assert "The raw frames that receipt" in words_of(answer.text)


async def test_nobody_reads_the_documents_of_another_visit(browser: Browser, scene: Scene) -> None:
    visit, _ = await charged(browser, scene)
    made = (await browser.sends(f"{visit}/invoice", **COMPANY)).headers["location"]
    number = made.rpartition("/")[2]

    for path in (f"/v/{'x' * 32}/documents/{number}", f"{visit}/documents/VLT-R2026-000001"):
        assert (await browser.opens(path)).status_code == 404


async def test_before_the_receipt_there_is_no_invoice(browser: Browser, scene: Scene) -> None:
    visit, _ = await paid(browser, scene)

    assert (await browser.opens(f"{visit}/invoice")).status_code == 404
    assert (await browser.sends(f"{visit}/invoice", **COMPANY)).status_code == 404


async def test_operators_find_documents_by_kind_number_and_buyer(
    owner: Browser, scene: Scene
) -> None:
    here = "/console/documents"
    assert "No document fits" in await owner.reads(here)
    visit, _ = await charged(owner, scene)
    made = (await owner.sends(f"{visit}/invoice", **COMPANY)).headers["location"]
    number = made.rpartition("/")[2]

    said = await owner.reads(here)
    assert "Simplified invoice" in said
    assert number in said
    assert number in await owner.reads(f"{here}?q=muster")
    assert number not in await owner.reads(f"{here}?kind=receipt")
    assert "No document fits" in await owner.reads(f"{here}?kind=credit_note")
    assert "No document fits" in await owner.reads(f"{here}?q=%25")
    page = (await owner.opens(f"{here}?kind=invoice")).text
    one = page.partition(f'href="{here}/')[2].partition('"')[0]
    assert (await owner.opens(f"{here}/{one}/pdf")).content.startswith(b"%PDF")
    session = page.partition('href="/console/sessions/')[2].partition('"')[0]
    assert number in await owner.reads(f"/console/sessions/{session}")


async def test_who_may_not_see_money_sees_no_documents(browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.VIEWER)

    assert (await browser.opens("/console/documents")).status_code == 403
