"""Refunds to cards that paid statements, over the API: made once for each key, and listed."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.billing.card_refunded import DARK, given_back, receipt_of
from tests.billing.test_disputed_debts import paid_by_card
from tests.payments.scene import Scene
from tests.web.api.conftest import Caller
from tests.web.api.test_balances import bank, party, provider, scene

__all__ = ["bank", "party", "provider", "scene"]


@pytest.fixture
async def path(scene: Scene) -> str:
    """Of a receipt of 4.89 EUR whose statement a card has paid."""
    await paid_by_card(scene)
    return f"/receipts/{await receipt_of(scene)}/card-refunds"


async def gives(caller: Caller, path: str, body: Any, key: str = "") -> httpx.Response:
    return await caller.post(path, body, headers={"Idempotency-Key": key or uuid4().hex})


async def test_it_goes_back_once_for_each_key_and_is_listed(
    owner: Caller, scene: Scene, path: str
) -> None:
    part = {"amount": "2.00", "reason": DARK}
    first = await gives(owner, path, part, "k")
    again = await gives(owner, path, part, "k")
    rest = await gives(owner, path, {"amount": "2.89", "reason": DARK})
    more = await gives(owner, path, {"amount": "0.01", "reason": DARK})
    receipt = path.split("/")[2]
    listed = await owner.items(f"/card-refunds?receipt={receipt}&state=done")

    assert first.json() == again.json()
    assert (first.json()["state"], first.json()["amount"]["amount"]) == ("done", "2.00")
    assert first.json()["credit_note_id"]
    assert rest.json()["state"] == "done"
    assert more.status_code == 409
    assert given_back(scene) == [200, 289]
    assert sorted(each["amount"]["minor"] for each in listed) == [200, 289]
    assert await owner.items("/card-refunds?state=declined") == []


@pytest.mark.parametrize(
    "body",
    [
        {"amount": "0", "reason": DARK},
        {"amount": "-1", "reason": DARK},
        {"amount": "1.001", "reason": DARK},
        {"amount": "1"},
        {"reason": DARK},
    ],
)
async def test_what_is_no_refund_is_refused(
    owner: Caller, scene: Scene, path: str, body: dict[str, str]
) -> None:
    no = await gives(owner, path, body)

    assert 400 <= no.status_code < 500
    assert given_back(scene) == []
