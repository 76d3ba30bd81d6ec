"""What a session will cost, asked over the API before it starts."""

from typing import Any

import pytest

from tests.network import AStation, a_station, a_token
from tests.web.api.conftest import Caller
from voltway.runtime.work import BeginWork
from voltway.tariffs import actions as tariffs

TARIFF = """{"id": "DAY", "currency": "EUR", "tax_included": "YES", "elements": [
    {"price_components": [{"type": "ENERGY", "price": 0.29, "vat": 25.5, "step_size": 1}],
     "restrictions": {"start_time": "22:00", "end_time": "06:00"}},
    {"price_components": [
        {"type": "ENERGY", "price": 0.49, "vat": 25.5, "step_size": 1},
        {"type": "PARKING_TIME", "price": 6.00, "vat": 25.5, "step_size": 60}]}]}"""


@pytest.fixture
async def bay(owner: Caller, begin: BeginWork) -> AStation:
    """A bay with a price by day and one by night."""
    async with begin() as work:
        await tariffs.add_version(work, owner.party.id, TARIFF)
        await tariffs.assign(work, owner.party.id, "DAY")
        return await a_station(work, owner.party)


async def estimated(caller: Caller, bay: AStation, **asked: Any) -> Any:
    answer = await caller.get(f"/evses/{bay.evse()}/estimate", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_estimate_is_what_such_a_session_would_be_billed(
    owner: Caller, bay: AStation
) -> None:
    found = await estimated(owner, bay, energy_wh=20_000, charging_s=2400, parking_s=570)

    assert found["payable"] == {"amount": "10.80", "currency": "EUR", "minor": 1080}
    assert [line["why"] for line in found["lines"]] == [
        "20 kWh of energy at 0.49 EUR per kWh.",
        "9 min 30 s connected without charging at 6.00 EUR per hour,"
        " billed as 10 min because it is billed in steps of 1 min.",
    ]
    assert found["begins"] == "2026-03-02T12:00:00Z"
    assert found["ends"] == "2026-03-02T12:49:30Z"


async def test_the_price_is_that_of_the_hour_in_which_the_session_would_begin(
    owner: Caller, bay: AStation
) -> None:
    found = await estimated(
        owner, bay, energy_wh=20_000, charging_s=2400, begins="2026-03-02T23:00:00+02:00"
    )

    assert found["payable"]["amount"] == "5.80"


async def test_below_the_least_energy_and_without_a_tariff_it_is_free(
    owner: Caller, bay: AStation, begin: BeginWork
) -> None:
    little = await estimated(owner, bay, energy_wh=99, charging_s=60, parking_s=3600)
    async with begin() as work:
        await tariffs.assign(work, owner.party.id, None)
    free = await estimated(owner, bay, energy_wh=20_000, charging_s=2400)

    assert (little["payable"]["minor"], little["lines"]) == (0, [])
    assert (free["payable"]["minor"], free["tariff_version_id"]) == (0, None)


@pytest.mark.parametrize(
    "asked",
    [
        {"energy_wh": -1, "charging_s": 60},
        {"energy_wh": 1000, "charging_s": 0},
        {"energy_wh": 1000, "charging_s": 60, "parking_s": 604_801},
        {"energy_wh": 1000, "charging_s": 60, "begins": "soon"},
        {"energy_wh": 1000, "charging_s": 60, "begins": "9999-12-31T23:59:59Z"},
    ],
)
async def test_what_cannot_be_meant_is_refused(
    owner: Caller, bay: AStation, asked: dict[str, Any]
) -> None:
    answer = await owner.get(f"/evses/{bay.evse()}/estimate", params=asked)

    assert 400 <= answer.status_code < 500, answer.text


async def test_an_evse_of_another_party_is_not_there(stranger: Caller, bay: AStation) -> None:
    answer = await stranger.get(
        f"/evses/{bay.evse()}/estimate", params={"energy_wh": 1000, "charging_s": 60}
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_evse")


async def test_a_code_takes_off_what_it_would_and_is_not_held_by_asking(
    owner: Caller, bay: AStation, begin: BeginWork
) -> None:
    made = await owner.post(
        "/promotions", {"code": "SPRING", "kind": "energy", "value": "10", "uses_max": 1}
    )
    assert made.status_code == 201, made.text
    asked = {"energy_wh": 20_000, "charging_s": 2400, "code": " spring "}

    first, second = [await estimated(owner, bay, **asked) for _ in range(2)]
    wrong = await owner.get(f"/evses/{bay.evse()}/estimate", params={**asked, "code": "AUTUMN"})

    assert first == second
    assert first["payable"]["amount"] == "4.90"
    assert [each["why"] for each in first["deductions"]] == [
        "Code SPRING: the first 10 kWh are free."
    ]
    assert (wrong.status_code, wrong.json()["code"]) == (422, "no_such_code")
    async with begin() as work:
        row = await work.one("SELECT held, used FROM promotion_view")
    assert dict(row or {}) == {"held": 0, "used": 0}


async def test_who_charges_is_estimated_by_their_own_price(
    owner: Caller, bay: AStation, begin: BeginWork
) -> None:
    fleet = (await owner.post("/fleets", {"name": "Vans"})).json()
    contract = (await owner.post("/contracts", {"ident": "C1", "fleet_id": fleet["id"]})).json()
    async with begin() as work:
        token = await a_token(work, owner.party)
        await tariffs.add_version(
            work, owner.party.id, TARIFF.replace('"DAY"', '"VANS"').replace("0.49", "0.30")
        )
    await owner.ask("PATCH", f"/tokens/{token.id}", json={"contract_id": contract["id"]})
    held = await owner.post("/tariff-assignments", {"tariff": "VANS", "fleet_id": fleet["id"]})
    assert held.status_code == 201, held.text
    asked = {"energy_wh": 20_000, "charging_s": 2400}

    guest = await estimated(owner, bay, **asked)
    theirs = [
        await estimated(owner, bay, **asked, **who)
        for who in (
            {"token": token.uid},
            {"contract": contract["id"]},
            {"fleet": fleet["id"]},
        )
    ]
    code = await owner.get(
        f"/evses/{bay.evse()}/estimate", params={**asked, "token": token.uid, "code": "SPRING"}
    )

    assert (guest["tariff"], guest["payable"]["amount"]) == ("DAY", "9.80")
    assert guest["why"] == "Tariff DAY, version 1, is assigned to the party."
    assert {(each["tariff"], each["payable"]["amount"]) for each in theirs} == {("VANS", "6.00")}
    assert (code.status_code, code.json()["code"]) == (422, "code_for_guests")
