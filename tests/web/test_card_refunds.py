"""Giving back to the card that paid a statement, from the console."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from tests.billing.card_refunded import DARK, credit_notes, given_back, receipt_of
from tests.billing.test_debts import a_statement, provider
from tests.billing.test_disputed_debts import paid_by_card
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.billing import actions as billing
from voltway.billing import approving, card_refunds
from voltway.kernel.ids import InvoiceId, OnceKey
from voltway.kernel.money import EUR, Money
from voltway.parties.model import Role
from voltway.payments.provider import RefundOrder
from voltway_world.provider.faults import Fault

__all__ = ["provider"]


@pytest.fixture
async def statement(scene: Scene) -> InvoiceId:
    """A statement of 4.89 EUR that a saved card has paid."""
    _, _, statement, _ = await paid_by_card(scene)
    return statement


async def page_of(scene: Scene) -> str:
    return f"/console/receipts/{await receipt_of(scene)}/credit"


async def test_a_part_goes_back_to_the_card_once_for_each_form_and_is_read_where_one_looks(
    statement: InvoiceId, owner: Browser, scene: Scene
) -> None:
    page, receipt = await page_of(scene), await receipt_of(scene)
    form = await owner.reads(page)
    typed = {"what": "part", "amount": "2", "where": "card", "reason": DARK}
    looked = await owner.sends(page, step="look", **typed)
    [once] = set(re.findall(r'name="once" value="([\w-]+)"', looked.text))
    for _ in range(2):
        sent = await owner.sends(page, step="write", once=once, **typed)
        assert sent.headers["location"] == f"/console/documents/{receipt}"
    await scene.settles()

    [note] = await credit_notes(scene)
    assert "Back to the card that paid the statement: €4.89 at most" in form
    assert "goes back to the card that paid the statement, and not onto the next one" in looked.text
    assert given_back(scene) == [200]
    assert note["total_minor"] == 200
    for path in (f"/console/documents/{receipt}", f"/console/debts/{statement}"):
        said = await owner.reads(path)
        assert f"{DARK} given back {note['number']}" in said
    assert "€2.89 at most" in await owner.reads(page)


@pytest.mark.patience(2.0)
async def test_where_the_provider_is_silent_the_pages_say_that_it_is_on_its_way(
    statement: InvoiceId, owner: Browser, scene: Scene
) -> None:
    page, receipt = await page_of(scene), await receipt_of(scene)
    async with scene.begin() as work:
        session = (await billing.invoice(work, receipt)).session
    scene.bank.faults.set([Fault(on="refund", kind="timeout_after", times=5)])
    typed = {"what": "part", "amount": "2", "where": "card", "reason": DARK}
    sent = await owner.sends(page, step="write", once=str(uuid4()), **typed)
    meanwhile = await owner.reads(f"/console/documents/{receipt}")
    scene.bank.faults.set([])
    scene.clock.jump(timedelta(minutes=1))
    await card_refunds.ask_again(scene.begin, scene.provider)

    assert sent.headers["location"] == f"/console/documents/{receipt}"
    assert f"{DARK} on its way" in meanwhile
    assert given_back(scene) == [200]
    story = await owner.reads(f"/console/sessions/{session}")
    assert "Refund to the card that paid the statement done €2.00" in story


async def test_all_that_the_card_paid_can_go_back_and_then_there_is_no_choice(
    statement: InvoiceId, owner: Browser, scene: Scene
) -> None:
    page = await page_of(scene)
    looked = await owner.sends(page, step="look", what="all", where="card", reason=DARK)
    sure = {"what": "part", "amount": "4.89", "where": "card", "reason": DARK}
    await owner.sends(page, step="write", once=str(uuid4()), **sure)
    await scene.settles()

    assert "Credit €4.89?" in looked.text
    assert given_back(scene) == [489]
    said = await owner.reads(page)
    assert "Where it goes" not in said
    assert "€0.01 is left of it" in said  # the receipt rounds by itself, and the statement by month


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param({"amount": "0"}, "a number above zero", id="nothing"),
        pytest.param({"amount": "4.90"}, "cannot go back to the card", id="more than there is"),
        pytest.param({"reason": " "}, "Say why", id="no reason"),
    ],
)
async def test_what_cannot_go_back_is_said(
    statement: InvoiceId, owner: Browser, scene: Scene, typed: dict[str, str], says: str
) -> None:
    given = {"what": "part", "amount": "1", "where": "card", "reason": DARK} | typed
    no = await owner.sends(await page_of(scene), step="look", **given)

    assert no.status_code in {409, 422}
    assert says in no.text
    assert given_back(scene) == []


async def test_where_no_card_paid_there_is_no_choice_and_none_can_be_made_up(
    browser: Browser, scene: Scene
) -> None:
    await a_statement(scene)
    await sits_down(browser, scene, Role.OWNER)
    page = await page_of(scene)
    given = {"what": "part", "amount": "1", "where": "card", "reason": DARK}

    assert "Back to the card" not in await browser.reads(page)
    assert "No card paid this bill" in (await browser.sends(page, step="look", **given)).text


async def test_what_the_provider_declines_is_said_and_goes_off_the_next_statement(
    browser: Browser, scene: Scene
) -> None:
    _, _, _, hold = await paid_by_card(scene)
    await sits_down(browser, scene, Role.OWNER)
    by_hand = RefundOrder(once=OnceKey("desk"), ref=hold, amount=Money(489, EUR), reason="desk")
    await scene.provider.refund(by_hand)  # so that nothing is left of it there
    page = await page_of(scene)
    given = {"what": "part", "amount": "2", "reason": DARK}
    no = await browser.sends(page, step="write", once=str(uuid4()), where="card", **given)
    await browser.sends(page, step="write", once=str(uuid4()), where="statement", **given)
    await scene.settles()

    assert "did not give the money back" in no.text
    assert "declined: nothing moved" in await browser.reads(page)
    assert given_back(scene) == [489]
    assert [note["total_minor"] for note in await credit_notes(scene)] == [200]


async def test_above_the_sum_of_one_person_a_second_sends_it_to_the_card(
    statement: InvoiceId, owner: Browser, scene: Scene
) -> None:
    party = scene.station.party.id
    async with scene.begin(party) as work:
        await approving.set_rule(work, party, 100, by="Aino")
    page = await page_of(scene)
    given = {"what": "part", "amount": "2", "where": "card", "reason": DARK}
    asked = await owner.sends(page, step="write", once=str(uuid4()), **given)
    before = given_back(scene)
    listed = await owner.reads("/console/approvals")
    await sits_down(owner, scene, Role.OWNER, email="second@voltway.test")
    text = (await owner.opens("/console/approvals")).text
    [approve] = re.findall(r'action="(/console/approvals/[\w-]+/approve)"', text)
    await owner.sends(approve)
    await scene.settles()

    assert asked.headers["location"] == "/console/approvals"
    assert before == []
    assert "back to the card that paid the statement" in listed
    assert given_back(scene) == [200]


async def test_who_may_not_move_money_gives_nothing_back(
    statement: InvoiceId, browser: Browser, scene: Scene
) -> None:
    await sits_down(browser, scene, Role.VIEWER)
    given = {"what": "part", "amount": "2", "where": "card", "reason": DARK}
    no = await browser.sends(await page_of(scene), step="write", once=str(uuid4()), **given)

    assert no.status_code == 403
    assert given_back(scene) == []
