"""Tariffs in and out, markets, and the simulator over the API."""

import json

from tests.web.api.conftest import Caller
from voltway.billing import simulation_runs
from voltway.runtime.work import BeginWork

DAY = """{"id": "DAY", "currency": "EUR", "elements": [{"price_components": [
    {"type": "ENERGY", "price": 0.4900, "vat": 25.5, "step_size": 1}]},
    {"price_components": [{"type": "ENERGY", "price": 0.29, "step_size": 0}]}]}"""


async def test_many_come_in_at_once_and_go_out_again(owner: Caller) -> None:
    both = f"[{DAY}, {DAY.replace('DAY', 'OTHER')}]".encode()
    added = await owner.ask("POST", "/tariffs/import", content=both)
    out = await owner.get("/tariffs/export?ocpi=2.2.1")
    one = await owner.get("/tariffs/export?ocpi=2.3.0&ident=OTHER")

    assert added.status_code == 201, added.text
    tariffs = added.json()["tariffs"]
    assert [(each["ident"], each["version"]) for each in tariffs] == [("DAY", 1), ("OTHER", 1)]
    assert {each["flaw"] for each in tariffs[0]["flaws"]} == {"unreachable", "zero_step"}
    assert [each["id"] for each in json.loads(out.text)] == ["DAY", "OTHER"]
    assert "0.4900" in out.text
    assert [each["id"] for each in json.loads(one.text)] == ["OTHER"]


async def test_one_fault_keeps_all_out(owner: Caller) -> None:
    both = f"[{DAY}, {DAY.replace('0.29', '-0.29')}]".encode()
    answer = await owner.ask("POST", "/tariffs/import", content=both)
    books = await owner.ask("POST", "/tariffs", content=DAY.replace("EUR", "SEK").encode())

    assert answer.status_code == books.status_code == 422
    assert "Tariff 2 of 2" in answer.json()["detail"]
    assert "elements[1].price_components[0].price" in answer.json()["detail"]
    assert books.json()["code"] == "no_books_in"
    assert await owner.items("/tariffs") == []


async def test_what_looks_wrong_is_told_with_what_was_added(owner: Caller) -> None:
    looked = await owner.ask("POST", "/tariffs/lint", content=DAY.encode())
    added = await owner.ask("POST", "/tariffs", content=DAY.encode())

    assert looked.json()["flaws"] == added.json()["flaws"]
    assert added.json()["flaws"][0] == {
        "flaw": "unreachable",
        "wrong": True,
        "element": 2,
        "dimension": "ENERGY",
        "says": "Element 2 never prices energy: element 1 comes always before it.",
    }


async def test_prices_of_a_market_are_added_once(owner: Caller) -> None:
    prices = {
        "series": "NP-FI",
        "currency": "EUR",
        "prices": [
            {"begins": "2026-03-02T12:00:00Z", "price": "0.0823"},
            {"begins": "2026-03-02T12:15:00Z", "price": "-0.01"},
        ],
    }
    first = await owner.post("/spot-prices", prices)
    again = await owner.post("/spot-prices", prices)
    other = await owner.post(
        "/spot-prices",
        {
            "series": "NP-FI",
            "currency": "EUR",
            "csv": "begins,price\n2026-03-02T12:00:00Z,90\n",
            "unit": "MWh",
        },
    )
    shown = await owner.get("/spot-prices?series=NP-FI&from=2026-03-02T12:10:00Z")
    series = await owner.get("/spot-series")

    assert (first.json()["added"], again.json()["added"], again.json()["known"]) == (2, 0, 2)
    assert other.status_code == 409
    assert other.json()["code"] == "prices_overlap"
    assert [each["price"] for each in shown.json()["items"]] == ["0.0823", "-0.01"]
    assert [each["prices"] for each in series.json()["items"]] == [2]


async def test_a_simulation_without_sessions_is_empty(owner: Caller) -> None:
    answer = await owner.ask(
        "POST", "/tariff-simulations?from=2026-03-01&to=2026-03-02", content=DAY.encode()
    )
    backwards = await owner.ask(
        "POST", "/tariff-simulations?from=2026-03-02&to=2026-03-01", content=DAY.encode()
    )

    assert answer.status_code == 200, answer.text
    assert (answer.json()["sessions_n"], answer.json()["difference"]["minor"]) == (0, 0)
    assert backwards.json()["code"] == "days_not_usable"


async def test_a_run_of_many_days_says_how_far_it_is_and_what_it_came_to(
    owner: Caller, stranger: Caller, begin: BeginWork
) -> None:
    path = "/tariff-simulation-runs"
    asked = await owner.ask("POST", f"{path}?from=2024-03-01&to=2026-03-02", content=DAY.encode())
    assert asked.status_code == 201, asked.text
    at = f"{path}/{asked.json()['id']}"
    before = (await owner.get(at)).json()
    await simulation_runs.run_job(begin, {"run": asked.json()["id"]})
    after = (await owner.get(at)).json()
    long = await owner.ask("POST", f"{path}?from=2001-03-01&to=2026-03-02", content=DAY.encode())
    bad = await owner.ask("POST", f"{path}?from=2026-03-01&to=2026-03-02", content=b"\xff\x00")

    assert (before["state"], before["outcome"]) == ("waiting", None)
    assert (after["state"], after["total"], after["outcome"]["sessions_n"]) == ("done", 0, 0)
    assert (await stranger.get(at)).status_code == 404
    assert (long.status_code, long.json()["code"]) == (422, "days_not_usable")
    assert (bad.status_code, bad.json()["code"]) == (422, "not_json")
