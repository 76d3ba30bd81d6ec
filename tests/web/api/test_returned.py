"""Refunds that came back, over the API: listed, and paid again once for each key."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.payments.providers import STRIPE, Kind
from tests.payments.scene import Scene
from tests.web.api.conftest import Caller
from tests.web.api.test_disputes import bank, party, provider, scene
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments import actions, returning
from voltway.payments.provider import Refunded

__all__ = ["bank", "party", "provider", "scene"]

PATH = "/returned-refunds"


@pytest.fixture
def kind() -> Kind:
    return STRIPE


@pytest.fixture
async def returned(scene: Scene) -> str:
    """A refund of 6.00 EUR, of 11.66 that were taken, which came back."""
    payment = await scene.pays(await scene.opens(email="ann@example.org"))
    taken, back = Money(1166, EUR), Money(600, EUR)
    await actions.capture(scene.begin, scene.provider, payment.id, taken, OnceKey("settlement-1"))
    refund = await actions.refund(
        scene.begin, scene.provider, payment.id, back, reason="Broken cable", once=OnceKey("r-1")
    )
    assert isinstance(refund, Refunded)
    scene.bank.desk.fail_refund(refund.ref)
    await returning.read(scene.begin, scene.provider, payment.id)
    async with scene.begin() as work:
        [row] = await work.all("SELECT id FROM returned_refund_view")
    return f"{PATH}/{row['id']}"


async def moves(caller: Caller, path: str, body: Any = None, key: str = "") -> httpx.Response:
    headers = {"Idempotency-Key": key or str(uuid4())}
    return await caller.post(path, body, headers=headers)


async def test_it_is_listed_and_refunded_again_once_for_each_key(
    owner: Caller, scene: Scene, returned: str
) -> None:
    [listed] = await owner.items(f"{PATH}?state=owed")
    key = str(uuid4())

    first = await moves(owner, f"{returned}/refund", key=key)
    again = await moves(owner, f"{returned}/refund", key=key)
    other = await moves(owner, f"{returned}/refund")

    assert (listed["state"], listed["amount"]["amount"]) == ("owed", "6.00")
    assert listed["why"] == "expired or canceled card"
    assert (first.status_code, first.json()["state"]) == (201, "refunded")
    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (409, "owed_no_more")
    assert await owner.items(f"{PATH}?state=owed") == []
    assert scene.moved_minor == 566


async def test_it_is_noted_that_it_was_paid_otherwise(owner: Caller, returned: str) -> None:
    answer = await moves(owner, f"{returned}/paid", {"how": "SEPA transfer of 3 March"})
    read = (await owner.get(returned)).json()

    assert answer.status_code == 201
    assert (read["state"], read["said"]) == ("paid", "SEPA transfer of 3 March")


async def test_what_is_not_there_is_not_found_and_strangers_see_none(
    owner: Caller, stranger: Caller, returned: str
) -> None:
    nowhere = await moves(owner, f"{PATH}/{uuid4()}/refund")

    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "no_such_return")
    assert await stranger.items(PATH) == []
    assert (await moves(stranger, f"{returned}/refund")).status_code == 404
