"""Plans and subscriptions by the API."""

from typing import Any
from uuid import uuid4

import pytest

from tests.web.api.conftest import Caller

PLUS = {"ident": "plus", "name": "Plus", "fee": "0", "energy_kwh": "50", "starts": 3}


async def a_contract(caller: Caller) -> str:
    return str((await caller.post("/contracts", {"ident": "C-1"})).json()["id"])


async def test_a_contract_is_subscribed_once_and_cancelled_once(
    owner: Caller, stranger: Caller
) -> None:
    plan = (await owner.post("/plans", PLUS)).json()
    contract = await a_contract(owner)
    asked = {"plan": "PLUS", "scope": "contract", "subscriber_id": contract}

    made = await owner.post("/subscriptions", asked)
    again = await owner.post("/subscriptions", asked)

    assert (plan["version"], plan["fee"]["amount"], plan["energy_kwh"]) == (1, "0.00", "50")
    assert made.status_code == 201, made.text
    assert (made.json()["left"]["energy_kwh"], made.json()["left"]["starts"]) == ("50", 3)
    assert again.status_code == 409
    at = f"/subscriptions/{made.json()['id']}"
    assert (await owner.post(f"{at}/unpaid")).json()["left"] is None
    assert (await owner.post(f"{at}/paid")).json()["left"]["energy_kwh"] == "50"
    assert (await owner.post(f"{at}/cancel")).json()["ends"]
    assert (await owner.post(f"{at}/cancel")).status_code == 409
    assert len(await owner.items("/subscriptions?plan=plus")) == 1
    assert await owner.items(f"/subscriptions?subscriber={uuid4()}") == []
    assert (await owner.post("/plans/plus/withdraw")).json() == {"ident": "PLUS", "ending": 0}
    assert (await owner.items("/plans"))[0]["withdrawn_at"]
    # Nobody else's is there for another party.
    assert (await stranger.get(at)).status_code == 404
    assert (await stranger.post(f"{at}/cancel")).status_code == 404
    assert await stranger.items("/plans") == []


async def test_another_partys_contract_is_not_subscribed(owner: Caller, stranger: Caller) -> None:
    theirs = await a_contract(stranger)
    await owner.post("/plans", PLUS)

    answer = await owner.post(
        "/subscriptions", {"plan": "PLUS", "scope": "contract", "subscriber_id": theirs}
    )

    assert answer.status_code == 404


@pytest.mark.parametrize(
    "changed",
    [
        {"fee": "-1"},
        {"fee": "1e3"},
        {"currency": "XYZ"},
        {"energy_kwh": "0", "starts": 0},
        {"percent": "101"},
        {"ident": "a b"},
        {"locations": ["0190b5a0-0000-7000-8000-000000000000"]},
        {"gold": 1},
    ],
)
async def test_what_is_no_plan_is_refused(owner: Caller, changed: dict[str, Any]) -> None:
    assert (await owner.post("/plans", {**PLUS, **changed})).status_code in (400, 422)
    assert await owner.items("/plans") == []
