"""Debts over the API: read, paid at the bank, paused, written off; and when who owes is told."""

from typing import Any
from uuid import uuid4

import pytest

from tests.billing.test_debts import a_statement, goes_round, on
from tests.payments.scene import Scene
from tests.web.api.conftest import Caller, a_caller
from tests.web.api.test_balances import bank, party, provider, scene
from voltway.billing import write_offs
from voltway.kernel.ids import PartyId
from voltway.parties.model import Role
from voltway.runtime.work import BeginWork

__all__ = ["bank", "party", "provider", "scene"]


@pytest.fixture
async def owed(scene: Scene) -> str:
    """A debt of 4.89 EUR."""
    _, _, statement = await a_statement(scene)
    await goes_round(scene)
    return f"/debts/{statement}"


async def moves(caller: Caller, path: str, body: object, once: str = "") -> Any:
    return await caller.post(path, body, headers={"Idempotency-Key": once or uuid4().hex})


async def test_money_that_came_is_noted_once_for_each_key_and_the_rest_is_written_off(
    owner: Caller, owed: str, scene: Scene
) -> None:
    [debt] = await owner.items("/debts?open=true")
    came = [
        (await moves(owner, f"{owed}/received", {"amount": "4.00", "said": "RF18"}, "k")).json()
        for _ in range(2)
    ]
    too_much = await moves(owner, f"{owed}/received", {"amount": "0.90"})
    off = (await moves(owner, f"{owed}/write-off", {"why": "Bankrupt"})).json()
    moved = await owner.items(f"{owed}/moves")

    assert (debt["owed"]["amount"], debt["stage"]) == ("4.89", "not_told")
    assert debt == {**came[0], "owed": debt["owed"]}
    assert [each["owed"]["amount"] for each in came] == ["0.89", "0.89"]
    assert too_much.status_code == 409
    assert (off["owed"]["minor"], off["closed_at"] is not None) == (0, True)
    assert [(each["kind"], each["amount"]["minor"]) for each in moved] == [
        ("bank", 400),
        ("write_off", 89),
    ]
    assert (await on(scene, "bank"), await on(scene, "cost:write_offs")) == (400, 89)
    assert await owner.items("/debts?open=true") == []


async def test_a_key_writes_off_nothing_above_the_sum_that_needs_a_second_person(
    owner: Caller, owed: str, scene: Scene
) -> None:
    async with scene.begin(scene.station.party.id) as work:
        await write_offs.set_rule(work, PartyId(scene.station.party.id), 488, by="Aino")

    refused = await moves(owner, f"{owed}/write-off", {"why": "Bankrupt"})

    assert refused.status_code == 409
    assert "needs a second person" in refused.text
    assert await on(scene, "cost:write_offs") == 0


async def test_asking_for_a_debt_is_paused_and_goes_on(owner: Caller, owed: str) -> None:
    paused = (await owner.post(f"{owed}/pause", {"why": "They complained"})).json()
    on_again = (await owner.post(f"{owed}/go-on")).json()

    assert (paused["paused_why"], on_again["paused_why"]) == ("They complained", None)


async def test_the_days_of_dunning_are_put_and_taken_away(owner: Caller) -> None:
    days = {"reminder_days": 7, "notice_days": 14, "last_days": 28, "bar_days": 42}
    none = (await owner.get("/dunning")).json()
    put = await owner.ask("PUT", "/dunning", json=days)
    read = (await owner.get("/dunning")).json()
    wrong = await owner.ask("PUT", "/dunning", json={**days, "bar_days": 28})
    await owner.ask("DELETE", "/dunning")

    assert set(none.values()) == {None}
    assert put.json() == read == days
    assert wrong.status_code == 422
    assert (await owner.get("/dunning")).json() == none


async def test_who_moves_money_writes_nothing_off_and_others_see_nothing(
    owner: Caller, owed: str, begin: BeginWork
) -> None:
    support = await a_caller(begin, owner.client, owner.party, Role.SUPPORT)
    viewer = await a_caller(begin, owner.client, owner.party, Role.VIEWER)

    assert (await moves(support, f"{owed}/write-off", {"why": "x"})).status_code == 403
    assert (await moves(viewer, f"{owed}/received", {"amount": "1.00"})).status_code == 403
    assert (await viewer.get("/debts")).status_code == 403
    unnamed = await owner.post(f"{owed}/received", {"amount": "1.00"})
    assert unnamed.status_code == 400, "what moves money needs a key"
