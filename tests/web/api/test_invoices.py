"""Credit notes over the API: off an account, once, and never of what a card paid."""

import pytest

from tests.network import a_token
from tests.payments.scene import Scene
from tests.web.api.conftest import Caller
from tests.web.api.test_money import bank, paid, party, provider, scene
from voltway.payments.model import Payment

__all__ = ["bank", "paid", "party", "provider", "scene"]

KEY = {"headers": {"Idempotency-Key": "credit-1"}}


@pytest.fixture
async def owed(scene: Scene) -> str:
    """The session of a card that charges on account."""
    async with scene.begin() as work:
        token = await a_token(work, scene.station.party)
    session = await scene.starts(token.uid)
    await scene.ends(70_000, minutes=60)
    await scene.settles()
    return str(session)


async def test_a_receipt_on_account_is_credited_once(owner: Caller, owed: str) -> None:
    (receipt,) = await owner.items(f"/receipts?session={owed}")
    path = f"/receipts/{receipt['id']}/credit-notes"
    asked = {"amount": "3.00", "reason": "The bay was dark"}

    made = await owner.post(path, asked, **KEY)
    again = await owner.post(path, asked, **KEY)
    too_much = await owner.post(
        path, {**asked, "amount": "9.00"}, headers={"Idempotency-Key": "credit-2"}
    )

    assert made.status_code == 201, made.text
    assert made.json()["kind"] == "credit_note"
    assert made.json()["total"]["amount"] == "3.00"
    assert made.json()["document"]["tax_minor"] == 61
    assert again.json()["id"] == made.json()["id"]
    assert (too_much.status_code, too_much.json()["code"]) == (409, "credit_too_large")
    (listed,) = await owner.items("/documents?kind=credit_note")
    assert (listed["original_number"], listed["relation"]) == (receipt["number"], "credits")


async def test_what_a_card_paid_is_given_back_instead(owner: Caller, paid: Payment) -> None:
    (receipt,) = await owner.items(f"/receipts?payment={paid.id}")

    refused = await owner.post(
        f"/receipts/{receipt['id']}/credit-notes", {"amount": "1.00", "reason": "No"}, **KEY
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "paid_by_card")
