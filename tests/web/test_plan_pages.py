"""Plans at the console: made, given to a contract, cancelled, and what is left of a month."""

import pytest

from tests.billing.months import a_customer
from tests.billing.test_subscriptions import a_member, charges
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.billing import subscription_fees
from voltway.parties.model import Role

EVIL = "<script>alert(1)</script>"
PLANS = "/console/tariffs/plans"


async def test_a_plan_is_made_sold_used_and_cancelled(owner: Browser, scene: Scene) -> None:
    assert "No plan yet." in await owner.reads(PLANS)
    made = await owner.sends(PLANS, ident="plus", name="Plus", fee="9,99", energy="50")
    assert made.headers["location"] == f"{PLANS}/PLUS", words_of(made.text)
    assert "Plus PLUS €9.99 50 kWh 1 0" in await owner.reads(PLANS)
    assert "Add a contract, a fleet or a driver first." in await owner.reads(f"{PLANS}/PLUS")

    contract, card = await a_member(scene)
    customer = await a_customer(scene)
    who = f"contract:{contract.id}"
    nobody = await owner.sends(f"{PLANS}/PLUS/subscribers", who=who, customer="")
    assert nobody.status_code == 422
    assert "name the customer who owes it" in words_of(nobody.text)
    sold = await owner.sends(f"{PLANS}/PLUS/subscribers", who=who, customer=str(customer.id))
    assert sold.status_code == 303, words_of(sold.text)
    await charges(scene, card, 20_000)
    await subscription_fees.bill_due(scene.begin)

    page = await owner.reads(f"{PLANS}/PLUS")
    assert f"{contract.ident} contract {customer.name}" in page
    assert "holds 30 / 50 kWh 1" in page

    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM subscription_view")
    at = f"{PLANS}/PLUS/subscribers/{row['id']}"
    assert (await owner.sends(at, do="cancel")).status_code == 303
    again = await owner.sends(at, do="cancel")
    assert (again.status_code, "cancelled already" in words_of(again.text)) == (409, True)
    assert (await owner.sends(at, do="unpaid")).status_code == 303
    assert "unpaid since" in await owner.reads(f"{PLANS}/PLUS")
    assert (await owner.sends(at, do="paid")).status_code == 303
    assert (await owner.sends(at, do="dance")).status_code == 422
    assert (await owner.sends(f"{PLANS}/PLUS/withdraw")).status_code == 303
    assert "sold no more" in await owner.reads(PLANS)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"ident": EVIL}, "36 letters, digits or hyphens"),
        ({"fee": "-1"}, "not negative"),
        ({"fee": "much"}, "much"),
        ({"fee": ""}, "its monthly fee is missing"),
        ({"energy": "0"}, "gives nothing"),
        ({"starts": "1.5"}, "1.5 is no whole number"),
        ({"since": "2020-01-01T00:00"}, "in the past"),
    ],
)
async def test_what_is_no_plan_is_told(owner: Browser, fields: dict[str, str], says: str) -> None:
    given = {"ident": "PLUS", "name": "Plus", "fee": "9.99", "energy": "50", **fields}

    answer = await owner.sends(PLANS, **given)

    assert answer.status_code == 422
    assert says in words_of(answer.text)
    assert EVIL not in answer.text
    assert 'value="Plus"' in answer.text, "nothing typed is lost"


async def test_who_may_only_look_changes_nothing(browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.VIEWER)
    assert "Add a plan" not in await browser.reads(PLANS)
    assert (await browser.sends(PLANS, ident="A", name="A", fee="1")).status_code == 403
    assert (await browser.opens(f"{PLANS}/NONE")).status_code == 404
