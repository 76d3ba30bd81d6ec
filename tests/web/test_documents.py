"""Documents on the console's pages: written, credited, looked at before, and sent."""

import re
from uuid import uuid4

import pytest

from tests.billing.months import a_card, a_customer, charges, in_month, stated
from tests.billing.test_hosts import a_host
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from tests.web.test_invoices import COMPANY, charged
from voltway.alerts.watchers import hears_document_issued
from voltway.billing.model import DocumentIssued
from voltway.parties.model import Role

HERE = "/console/documents"


async def the_receipt(scene: Scene) -> str:
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM invoice_view ORDER BY number DESC LIMIT 1")
    assert row is not None
    return str(row["id"])


@pytest.fixture
async def receipt(scene: Scene) -> str:
    """A receipt on account of 4.90; its id."""
    await charges(scene, await a_card(scene, "04AAAA01"), "2026-03-05T10:00")
    return await the_receipt(scene)


@pytest.fixture
async def clerk(browser: Browser, scene: Scene, receipt: str) -> Browser:
    """The owner, who sat down after the receipt was written."""
    await sits_down(browser, scene, Role.OWNER)
    return browser


async def test_an_invoice_is_looked_at_with_its_vat_id_and_then_written_once(
    clerk: Browser, scene: Scene, receipt: str
) -> None:
    page = f"/console/receipts/{receipt}/invoice"
    assert "Write an invoice" in await clerk.reads(f"{HERE}/{receipt}")
    assert "nothing is written before you have seen it" in await clerk.reads(page)

    looked = await clerk.sends(page, **COMPANY, step="look")
    said = words_of(looked.text)
    for fact in (
        "This is what would be written",
        "Muster & Söhne <GmbH>, Weg 1, 10115 Berlin, DE",
        "The VAT id DE136695976 has the form of one of DE.",
        "€3.90",
        "€4.90",
        "buch@muster.example",
    ):
        assert fact in said
    assert await scene.count("document_view WHERE kind = 'invoice'") == 0
    changing = await clerk.sends(page, **COMPANY, step="change")
    assert 'value="Weg 1"' in changing.text

    made = await clerk.sends(page, **COMPANY, step="write")
    again = await clerk.sends(page, **COMPANY, step="write")

    assert made.status_code == 303
    assert again.headers["location"] == made.headers["location"]
    said = await clerk.reads(made.headers["location"])
    assert "Takes the place of receipt" in said
    assert (await clerk.opens(page)).headers["location"] == made.headers["location"]
    assert "Write an invoice" not in await clerk.reads(f"{HERE}/{receipt}")
    assert "-I2026-000001" in await clerk.reads(f"{HERE}/{receipt}")


@pytest.mark.parametrize(
    ("changed", "status", "says"),
    [
        ({"vat_id": "DE136695975"}, 422, "its check digit is wrong"),
        ({"vat_id": "FR40303265045"}, 422, "is one of FR"),
        ({"name": " "}, 422, "the company's name is missing"),
        ({"resells": "1"}, 409, "It could not be asked; try again later."),
    ],
)
@pytest.mark.parametrize("step", ["look", "write"])
async def test_what_cannot_be_is_told_and_what_was_typed_stays(
    clerk: Browser,
    scene: Scene,
    receipt: str,
    changed: dict[str, str],
    status: int,
    says: str,
    step: str,
) -> None:
    answer = await clerk.sends(
        f"/console/receipts/{receipt}/invoice", **{**COMPANY, **changed}, step=step
    )

    assert answer.status_code == status
    assert says in words_of(answer.text)
    assert 'value="Weg 1"' in answer.text
    assert await scene.count("document_view WHERE kind = 'invoice'") == 0


async def test_a_part_of_what_is_owed_is_credited_once_after_it_was_looked_at(
    clerk: Browser, scene: Scene, receipt: str
) -> None:
    page = f"/console/receipts/{receipt}/credit"
    assert "€4.90 is left of it" in await clerk.reads(page)

    given = {"what": "part", "amount": "1,50", "reason": "The bay was dark", "once": str(uuid4())}
    looked = await clerk.sends(page, **given, step="look")
    assert "€1.50 of €4.90 is taken off what is owed" in words_of(looked.text)
    assert await scene.count("document_view WHERE kind = 'credit_note'") == 0
    for _ in range(2):
        done = await clerk.sends(page, **{**given, "amount": "1.50"}, step="write")
        assert done.status_code == 303, done.text

    assert await scene.count("document_view WHERE kind = 'credit_note'") == 1
    said = await clerk.reads(f"{HERE}/{receipt}")
    assert "Credit note, €1.50: The bay was dark" in said
    assert "€3.40 is left of it" in await clerk.reads(page)
    rest = {"what": "all", "reason": "All of it", "once": str(uuid4())}
    assert "Credit €3.40?" in words_of((await clerk.sends(page, **rest, step="look")).text)
    rest |= {"what": "part", "amount": "3.40"}
    await clerk.sends(page, **rest, step="write")
    assert "All of it was taken off already" in await clerk.reads(page)
    assert "Credit it" not in await clerk.reads(f"{HERE}/{receipt}")
    nothing = await clerk.sends(page, what="all", reason="x", step="look")
    assert (nothing.status_code, "nothing is left" in nothing.text) == (409, True)


async def test_what_a_card_paid_goes_back_to_it_and_the_credit_note_follows(
    owner: Browser, scene: Scene
) -> None:
    await charged(owner, scene)
    receipt = await the_receipt(scene)
    page = f"/console/receipts/{receipt}/credit"
    given = {"what": "part", "amount": "3", "reason": "The bay was dark", "once": str(uuid4())}
    looked = await owner.sends(page, **given, step="look")
    assert "€3.00 of €9.80 goes back to the card that paid." in words_of(looked.text)

    for _ in range(2):
        assert (await owner.sends(page, **given, step="write")).status_code == 303
    await scene.settles()

    assert await scene.count("document_view WHERE kind = 'credit_note'") == 1
    assert scene.moved_minor == 980 - 300
    assert "Credit note, €3.00" in await owner.reads(f"{HERE}/{receipt}")


@pytest.mark.parametrize(
    ("given", "status", "says"),
    [
        ({"what": "part", "amount": "0", "reason": "x"}, 422, "a number above zero"),
        ({"what": "part", "amount": "1.005", "reason": "x"}, 422, "a number above zero"),
        ({"what": "part", "amount": "much", "reason": "x"}, 422, "much is no number"),
        ({"what": "part", "amount": "5", "reason": "x"}, 409, "4.90 EUR is left of it"),
        ({"what": "part", "amount": "1", "reason": "  "}, 422, "Say why"),
    ],
)
async def test_what_cannot_be_credited_is_told_and_nothing_is(
    clerk: Browser, scene: Scene, receipt: str, given: dict[str, str], status: int, says: str
) -> None:
    for step in ("look", "write"):
        answer = await clerk.sends(f"/console/receipts/{receipt}/credit", **given, step=step)

        assert answer.status_code == status
        assert says in words_of(answer.text)
    assert await scene.count("document_view WHERE kind = 'credit_note'") == 0


async def test_who_may_not_move_money_writes_credits_and_sends_nothing(
    browser: Browser, scene: Scene, receipt: str
) -> None:
    await sits_down(browser, scene, Role.OPERATOR)

    said = await browser.reads(f"{HERE}/{receipt}")
    assert "Write an invoice" not in said
    assert "Credit it" not in said
    for path in (
        f"/console/receipts/{receipt}/invoice",
        f"/console/receipts/{receipt}/credit",
        f"{HERE}/{receipt}/send",
        "/console/statements/schedule",
        f"/console/customers/{uuid4()}/reach",
        f"/console/hosts/{uuid4()}/reach",
    ):
        assert (await browser.sends(path, **COMPANY, step="write")).status_code == 403
    assert (await browser.opens(f"/console/receipts/{receipt}/credit")).status_code == 403


async def test_what_is_no_receipt_is_not_invoiced_or_credited(
    clerk: Browser, scene: Scene, receipt: str
) -> None:
    made = await clerk.sends(f"/console/receipts/{receipt}/invoice", **COMPANY, step="write")
    invoice = made.headers["location"].rpartition("/")[2]

    for path in (f"/console/receipts/{invoice}/invoice", f"/console/receipts/{invoice}/credit"):
        answer = await clerk.opens(path)
        assert answer.status_code == 409
        assert "is no receipt" in words_of(answer.text)
    assert (await clerk.opens(f"{HERE}/{uuid4()}")).status_code == 404


async def test_a_statement_is_sent_again_from_its_page_and_says_to_whom(
    browser: Browser, scene: Scene
) -> None:
    scene.bus.watch_many("alerts.documents", [DocumentIssued], hears_document_issued)
    card = await a_card(scene, "04AAAA01", "Van 7")
    customer = await a_customer(scene, [card])
    await charges(scene, card, "2026-03-05T10:00")
    scene.clock.jump_to(in_month(scene, "2026-03").ends)
    [id] = await stated(scene, "2026-03", customer.id)
    await sits_down(browser, scene, Role.OWNER)
    owner, page = browser, f"/console/statements/{id}"
    assert "Nobody left an address, so it was not mailed." in await owner.reads(page)
    assert (await owner.opens(f"{HERE}/{id}")).headers["location"] == page

    wrong = await owner.sends(f"{HERE}/{id}/send", email="nobody", once=uuid4().hex)
    assert wrong.status_code == 422
    assert "There is no address to which" in words_of(wrong.text)
    once = re.search(r'name="once" value="(\w+)"', (await owner.opens(page)).text)
    assert once is not None
    for _ in range(2):
        sent = await owner.sends(f"{HERE}/{id}/send", email="a@b.example", once=once[1])
        assert sent.status_code == 303

    said = await owner.reads(page)
    assert "a@b.example Waits to be sent" in said
    assert await scene.count("alert_view") == 1


async def test_where_documents_go_is_changed_on_the_page_of_whom_they_are_for(
    owner: Browser, scene: Scene
) -> None:
    customer, host = await a_customer(scene), await a_host(scene)
    theirs = {"email": "a@b.example", "locale": "de", "wants_xrechnung": "yes"}

    for page in (f"/console/customers/{customer.id}", f"/console/hosts/{host.id}"):
        assert "nobody left an address" in await owner.reads(page)
        wrong = await owner.sends(f"{page}/reach", **{**theirs, "email": "ab"})
        assert wrong.status_code == 422
        assert (await owner.sends(f"{page}/reach", **theirs)).status_code == 303
        assert 'value="a@b.example"' in (await owner.opens(page)).text
    async with scene.begin() as work:
        row = await work.one("SELECT locale, wants_xrechnung FROM customer_view")
    assert row is not None
    assert tuple(row.values()) == ("de", True)
    assert (await owner.sends(f"/console/customers/{uuid4()}/reach")).status_code == 404
    assert (await owner.sends(f"/console/hosts/{uuid4()}/reach")).status_code == 404


async def test_when_months_write_themselves_is_seen_and_changed(owner: Browser) -> None:
    page = "/console/statements"
    said = await owner.reads(page)
    assert "Statements of customers of 2026-03 are written on 3 Apr" in said
    assert "07:00" in said
    assert "Settlements with hosts of 2026-03 are written on" in said

    given = {"kind": "settlements", "is_on": "no", "day": "10", "next": "2026-02"}
    assert (await owner.sends(f"{page}/schedule", **given)).status_code == 303

    said = await owner.reads(page)
    assert "Settlements with hosts are written when somebody asks." in said
    wrong = await owner.sends(f"{page}/schedule", **{**given, "day": "31"})
    assert wrong.status_code == 422
    assert "31 is no day of every month" in words_of(wrong.text)
