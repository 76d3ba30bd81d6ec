"""Fleets by the API: what they used, who pays for them, and who paid."""

from tests.billing.months import GIVEN
from tests.network import a_station
from tests.web.api.conftest import Caller
from voltway.runtime.work import BeginWork


async def test_who_pays_for_a_fleet_is_put_once_and_remembered(owner: Caller) -> None:
    fleet = (await owner.post("/fleets", {"name": "Vans"})).json()["id"]
    customer = (await owner.post("/customers", {**GIVEN, "due_days": 14})).json()["id"]
    at = f"/fleets/{fleet}"

    for _ in range(2):
        told = await owner.ask("PUT", f"{at}/payer", json={"customer_id": customer})
        assert told.json() == {"fleet_id": fleet, "customer_id": customer}
    ended = await owner.ask("PUT", f"{at}/payer", json={"customer_id": None})

    assert ended.json()["customer_id"] is None
    [row] = await owner.items(f"{at}/payers")
    assert (row["customer"], row["until"] is None) == (GIVEN["name"], False)
    whole = (await owner.get(at)).json()
    assert (whole["fleet"]["name"], whole["cards"], whole["used"]["sessions"]) == ("Vans", [], 0)
    stranger = await owner.ask("PUT", f"{at}/payer", json={"customer_id": fleet})
    assert stranger.status_code == 404


async def test_by_what_a_customer_pays_is_put_and_told(owner: Caller) -> None:
    made = (await owner.post("/customers", {**GIVEN, "due_days": 14})).json()
    at = f"/customers/{made['id']}/way"

    by_card = (await owner.ask("PUT", at, json={"way": "card"})).json()
    neither = await owner.ask("PUT", at, json={"way": "barter"})

    assert (made["way"], made["way_by"]) == ("invoice", None)
    assert (by_card["way"], by_card["way_by"]) == ("card", "API key The owner")
    assert neither.status_code == 422


async def test_a_home_and_its_rate_are_said_and_what_was_not_earned_is_not_paid(
    owner: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        station = await a_station(work, owner.party)
    fleet = (await owner.post("/fleets", {"name": "Vans"})).json()["id"]
    driver = (await owner.post("/drivers", {"name": "Aino Aalto"})).json()["id"]
    home = {"station": station.station.identity, "driver_id": driver, "fleet_id": fleet}
    rates = f"/fleets/{fleet}/home-rates"

    stranger = await owner.post("/home-stations", home)
    await owner.post("/contracts", {"ident": "C1", "driver_id": driver, "fleet_id": fleet})
    made = (await owner.post("/home-stations", home)).json()
    rate = (await owner.post(rates, {"per_kwh": "0.30", "valid_from": "2026-03-01"})).json()
    high = await owner.post(rates, {"per_kwh": "11", "valid_from": "2026-03-01"})
    payee = f"/drivers/{driver}/payee"
    wrong = await owner.ask("PUT", payee, json={"holder": "Aino", "iban": "FI00"})
    right = await owner.ask("PUT", payee, json={"holder": "Aino", "iban": "FI2112345600000785"})
    paid = await owner.post(
        "/home-payouts",
        {"driver_id": driver, "minor": 100, "currency": "EUR"},
        headers={"Idempotency-Key": "one"},
    )
    ended = await owner.ask("DELETE", f"/home-stations/{made['id']}")

    assert (stranger.status_code, high.status_code, wrong.status_code) == (409, 422, 422)
    assert (rate["version"], rate["per_kwh"], right.status_code) == (1, "0.30", 200)
    assert (paid.status_code, ended.status_code) == (409, 204)
    assert await owner.items("/home-statements") == []
    assert (await owner.get("/home-payouts/due")).json() == []
    [row] = await owner.items("/home-stations", params={"fleet": fleet})
    assert row["until"] is not None
    assert [each["version"] for each in await owner.items(rates)] == [1]
