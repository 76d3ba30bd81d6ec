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
from voltway.billing import approving
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments import choosing
from voltway.payments.provider import RefundOrder
from voltway_world.provider.faults import Fault

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


async def test_above_the_sum_of_one_person_a_key_gives_nothing_back(
    owner: Caller, scene: Scene, path: str
) -> None:
    async with scene.begin(scene.station.party.id) as work:
        await approving.set_rule(work, scene.station.party.id, 300, by="Aino")

    small = await gives(owner, path, {"amount": "2", "reason": DARK})
    second = await gives(owner, path, {"amount": "2", "reason": DARK})

    assert (small.status_code, second.status_code) == (201, 409)
    assert second.json()["code"] == "needs_second_person"
    assert given_back(scene) == [200]


@pytest.mark.patience(2.0)
async def test_asked_again_with_its_key_after_a_silence_it_is_done_once(
    owner: Caller, scene: Scene, path: str
) -> None:
    async with scene.begin(scene.station.party.id) as work:
        await approving.set_rule(work, scene.station.party.id, 300, by="Aino")
    scene.bank.faults.set([Fault(on="refund", kind="timeout_after", times=5)])
    part = {"amount": "2.00", "reason": DARK}

    silent = await gives(owner, path, part, "k")
    [waiting] = await owner.items("/card-refunds?state=asked")
    scene.bank.faults.set([])
    again = await gives(owner, path, part, "k")

    assert (silent.status_code, waiting["credit_note_id"]) == (503, None)
    assert (again.status_code, again.json()["state"]) == (201, "done")
    assert given_back(scene) == [200]


async def test_what_the_provider_declines_is_said_and_listed(
    owner: Caller, scene: Scene, path: str
) -> None:
    async with scene.begin() as work:
        [row] = await work.all("SELECT * FROM collection_view WHERE state = 'done'")
    order = RefundOrder(
        once=OnceKey("desk"), ref=row["provider_ref"], amount=Money(489, EUR), reason="desk"
    )
    await choosing.of(scene.provider, row["provider"]).refund(order)

    no = await gives(owner, path, {"amount": "2.00", "reason": DARK})
    [declined] = await owner.items("/card-refunds?state=declined")

    assert (no.status_code, no.json()["code"]) == (409, "refund_declined")
    assert declined["why"]


@pytest.mark.parametrize(
    "body",
    [
        {"amount": "0", "reason": DARK},
        {"amount": "-1", "reason": DARK},
        {"amount": "1.001", "reason": DARK},
        {"amount": "1"},
        {"amount": "1", "reason": " "},
        {"reason": DARK},
    ],
)
async def test_what_is_no_refund_is_refused(
    owner: Caller, scene: Scene, path: str, body: dict[str, str]
) -> None:
    no = await gives(owner, path, body)

    assert 400 <= no.status_code < 500
    assert given_back(scene) == []
