"""What may be charged, when, where, and by one card: over the API."""

from typing import Any

import pytest

from tests.network import a_location, a_party, a_token
from tests.web.api.conftest import Caller, a_caller
from voltway.parties.model import Role
from voltway.runtime.work import BeginWork

NO_ONE = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def card(begin: BeginWork, owner: Caller) -> str:
    async with begin() as work:
        return str((await a_token(work, owner.party)).id)


async def puts(caller: Caller, path: str, **body: Any) -> Any:
    return await caller.ask("PUT", path, json=body)


async def test_a_budget_is_put_twice_read_and_taken_away(owner: Caller, card: str) -> None:
    of = {"scope": "token", "subject_id": card, "period": "month"}
    first = (await puts(owner, "/budgets", **of, amount="50.00")).json()
    second = (await puts(owner, "/budgets", **of, energy_wh=90_000)).json()
    used = (await owner.get(f"/budgets/{first['id']}/used")).json()
    kept = await owner.items("/budgets")
    gone = await owner.ask("DELETE", f"/budgets/{first['id']}")
    again = await owner.ask("DELETE", f"/budgets/{first['id']}")

    assert first["amount"]["minor"] == 5000
    assert (second["id"], second["amount"], second["energy_wh"]) == (first["id"], None, 90_000)
    assert (used["budget"], used["used"]["minor"], used["used_wh"]) == (second, 0, 0)
    assert kept == [second]
    assert (gone.status_code, again.status_code) == (204, 404)
    assert await owner.items("/budgets") == []


async def test_hours_and_places_are_put_and_let_go(
    owner: Caller, card: str, begin: BeginWork
) -> None:
    async with begin() as work:
        place = str((await a_location(work, owner.party)).id)
    rule = (
        await puts(
            owner,
            "/charging-rules",
            scope="token",
            subject_id=card,
            days=[1, 5],
            opens="22:00",
            closes="06:00",
            location_ids=[place],
        )
    ).json()
    kept = await owner.items("/charging-rules")
    read = (await owner.get(f"/charging-rules/{rule['id']}")).json()
    gone = await owner.ask("DELETE", f"/charging-rules/{rule['id']}")

    assert (rule["days"], rule["opens"], rule["closes"]) == ([1, 5], "22:00", "06:00")
    assert rule["location_ids"] == [place]
    assert kept == [read] == [rule]
    assert gone.status_code == 204
    assert await owner.items("/charging-rules") == []


async def test_a_limit_of_cards_is_put_for_a_place_and_for_all_and_taken_away(
    owner: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        place = str((await a_location(work, owner.party)).id)
    all_ = (await puts(owner, "/card-limits", holds=5, amount="200.00")).json()
    here = (await puts(owner, "/card-limits", location_id=place, holds_at_once=1)).json()
    kept = await owner.items("/card-limits")
    gone = await owner.ask("DELETE", f"/card-limits/{all_['id']}")
    again = await owner.ask("DELETE", f"/card-limits/{all_['id']}")

    assert (all_["location_id"], all_["holds"], all_["amount"]["amount"]) == (None, 5, "200.00")
    assert (here["location_id"], here["holds_at_once"], here["amount"]) == (place, 1, None)
    assert kept == [all_, here]
    assert (gone.status_code, again.status_code) == (204, 404)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/budgets", {"period": "day"}, 422),
        ("/budgets", {"period": "day", "amount": "0.001"}, 422),
        ("/budgets", {"period": "day", "amount": "5.00", "subject_id": NO_ONE}, 404),
        ("/charging-rules", {}, 422),
        ("/charging-rules", {"opens": "25:00", "closes": "06:00"}, 422),
        ("/charging-rules", {"days": [8]}, 422),
        ("/charging-rules", {"location_ids": [NO_ONE]}, 404),
    ],
)
async def test_what_limits_nothing_or_nobody_is_refused(
    owner: Caller, card: str, path: str, body: dict[str, Any], status: int
) -> None:
    answer = await puts(owner, path, **{"scope": "token", "subject_id": card, **body})
    assert answer.status_code == status, answer.text


async def test_nobody_limits_what_is_anothers_and_who_only_looks_limits_nothing(
    owner: Caller, card: str, begin: BeginWork
) -> None:
    of = {"scope": "token", "subject_id": card}
    budget = (await puts(owner, "/budgets", **of, period="day", energy_wh=1)).json()
    rule = (await puts(owner, "/charging-rules", **of, days=[1])).json()
    paths = (f"/budgets/{budget['id']}", f"/charging-rules/{rule['id']}")
    async with begin() as work:
        theirs = await a_party(work)
    stranger = await a_caller(begin, owner.client, theirs)
    viewer = await a_caller(begin, owner.client, owner.party, Role.VIEWER)
    operator = await a_caller(begin, owner.client, owner.party, Role.OPERATOR)

    for path in paths:
        assert (await stranger.get(path)).status_code == 404
        assert (await stranger.ask("DELETE", path)).status_code == 404
        assert (await viewer.ask("DELETE", path)).status_code == 403
    assert (await puts(stranger, "/budgets", **of, period="day", energy_wh=1)).status_code == 404
    assert (await puts(stranger, "/charging-rules", **of, days=[1])).status_code == 404
    assert (await puts(operator, "/card-limits", holds=1)).status_code == 403
    assert [(await owner.get(path)).status_code for path in paths] == [200, 200]
