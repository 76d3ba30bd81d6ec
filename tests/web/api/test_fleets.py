"""Fleets by the API: what they used, who pays for them, and who paid."""

from tests.billing.months import GIVEN
from tests.web.api.conftest import Caller


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
