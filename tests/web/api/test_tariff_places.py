"""Where tariffs hold and for whom, by the API: assignments, groups, the ladder, taxes."""

from tests.network import a_station, a_token
from tests.web.api.conftest import Caller
from voltway.runtime.work import BeginWork

DOCUMENT = {
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.4, "step_size": 1}]}],
}


async def made(caller: Caller, path: str, body: object) -> dict[str, object]:
    answer = await caller.post(path, body)
    assert answer.status_code == 201, answer.text
    told: dict[str, object] = answer.json()
    return told


async def test_a_machine_asks_which_tariff_would_apply_and_reads_why(
    owner: Caller, stranger: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        at = await a_station(work, owner.party)
        token = await a_token(work, owner.party)
    for ident in ("ALL", "VANS", "GUEST"):
        await made(owner, "/tariffs", {**DOCUMENT, "id": ident})
    fleet = await made(owner, "/fleets", {"name": "Vans"})
    driver = await made(owner, "/drivers", {"name": "Ann"})
    contract = await made(
        owner,
        "/contracts",
        {"ident": "C1", "fleet_id": fleet["id"], "driver_id": driver["id"]},
    )
    stands = await owner.ask("PATCH", f"/tokens/{token.id}", json={"contract_id": contract["id"]})
    assert stands.json()["contract_id"] == contract["id"]
    await made(
        owner,
        "/tariff-groups",
        {
            "ident": "CITY",
            "members": [{"tariff": "GUEST", "drivers": ["ad_hoc"]}, {"tariff": "ALL"}],
        },
    )
    await made(owner, "/tariff-assignments", {"group": "CITY"})
    await made(owner, "/tariff-assignments", {"tariff": "VANS", "fleet_id": fleet["id"]})

    evse = at.evse(1)
    guest = (await owner.get(f"/evses/{evse}/tariff")).json()
    card = (await owner.get(f"/evses/{evse}/tariff", params={"token": token.uid})).json()
    by_name = (await owner.get(f"/evses/{evse}/tariff", params={"fleet": fleet["id"]})).json()
    before = (
        await owner.get(f"/evses/{evse}/tariff", params={"at": "2020-01-01T00:00:00Z"})
    ).json()

    assert guest["tariff"] == "GUEST"
    assert (card["tariff"], card["why"]) == (
        "VANS",
        "Tariff VANS, version 1, is assigned to the fleet.",
    )
    assert [step["scope"] for step in card["ladder"]] == [
        *("driver", "contract", "fleet", "evse", "station", "location", "party")
    ]
    assert [step["tariff"] for step in card["ladder"]] == [None, None, "VANS", *[None] * 3, "ALL"]
    assert by_name["tariff"] == "VANS"
    assert before["why"] == "No tariff is assigned here: it is free."
    assert (await stranger.get(f"/evses/{evse}/tariff")).status_code == 404
    assert len(await owner.items("/contracts", params={"fleet": fleet["id"]})) == 1
    assert len(await owner.items("/tariff-groups", params={"newest": True})) == 1


async def test_a_tariff_is_assigned_to_one_thing_that_is_one_s_own(
    owner: Caller, stranger: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        theirs = await a_station(work, stranger.party)
    await made(owner, "/tariffs", {**DOCUMENT, "id": "ALL"})
    fleet = await made(stranger, "/fleets", {"name": "Vans"})

    several = {"tariff": "ALL", "fleet_id": fleet["id"], "evse_id": str(theirs.evse(1))}
    assert (await owner.post("/tariff-assignments", several)).status_code == 422
    for name, id in (("fleet_id", fleet["id"]), ("evse_id", theirs.evse(1))):
        answer = await owner.post("/tariff-assignments", {"tariff": "ALL", name: str(id)})
        assert answer.status_code == 404, name


async def test_the_table_of_taxes_is_read_and_a_rate_is_set_over_it(owner: Caller) -> None:
    table = (await owner.get("/taxes")).json()
    finland = next(each for each in table["countries"] if each["code"] == "FI")
    assert finland["standard"][-1] == {"since": "2024-09-01", "rate": "25.5", "source": "tedb"}

    override = await made(
        owner, "/tax-overrides", {"country": "fi", "rate": "10", "reason": "Ruling 123"}
    )
    wrong = await owner.post("/tax-overrides", {"country": "FI", "rate": "ten", "reason": "x"})

    assert (override["country"], override["rate"]) == ("FI", "10")
    assert wrong.status_code in (400, 422)
    assert [each["id"] for each in await owner.items("/tax-overrides")] == [override["id"]]


async def test_what_the_law_forbids_is_refused_to_a_machine_and_listed_where_it_came(
    owner: Caller, stranger: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        at = await a_station(work, owner.party, evses=1)
    flat = {"type": "FLAT", "price": 1, "step_size": 1}
    parts = [*DOCUMENT["elements"][0]["price_components"], flat]  # type: ignore[index]
    forbidden = {**DOCUMENT, "elements": [{"price_components": parts}]}
    await made(owner, "/tariffs", {**forbidden, "id": "FLAT"})
    await made(owner, "/tariffs", {**DOCUMENT, "id": "KWH"})
    await made(owner, "/tariff-groups", {"ident": "G", "members": [{"tariff": "FLAT"}]})
    await made(owner, "/tariff-assignments", {"tariff": "FLAT"})
    nothing = (await owner.get("/tariffs/not-allowed")).json()
    async with begin() as work:
        await work.run("UPDATE evse SET power_w = 50000 WHERE id = $1", at.evse(1))
    [listed] = (await owner.get("/tariffs/not-allowed")).json()
    await made(owner, "/tariff-assignments", {"tariff": "KWH"})
    refused = [
        await owner.post("/tariff-assignments", {"tariff": "FLAT", "evse_id": str(at.evse(1))}),
        await owner.post("/tariff-assignments", {"group": "G"}),
        await owner.post("/tariffs/import", [{**forbidden, "id": "KWH"}]),
    ]

    assert nothing == []
    assert (listed["public_id"], listed["tariff"]) == (at.evses[1].public_id, "FLAT")
    for answer in refused:
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (422, "law_forbids")
        assert "Art. 5(4)" in problem["detail"]
    assert (await owner.get("/tariffs/not-allowed")).json() == []
    assert (await stranger.get("/tariffs/not-allowed")).json() == []


async def test_a_machine_declares_a_reduced_rate_with_its_law(
    owner: Caller, stranger: Caller
) -> None:
    table = (await owner.get("/taxes")).json()
    lows = {each["code"]: each["charging"] for each in table["countries"] if each["charging"]}
    declared = await made(
        owner, "/tax-declarations", {"country": "ie", "legal_basis": "Revenue, 16 June 2020"}
    )
    refused = await owner.post("/tax-declarations", {"country": "PT", "legal_basis": "Law"})

    assert sorted(lows) == ["GR", "HR", "IE", "LU", "MT"]
    assert lows["IE"][-2]["rate"] == "9"
    assert (declared["country"], declared["applies"]) == ("IE", True)
    assert (refused.status_code, refused.json()["code"]) == (422, "no_declaration")
    assert await owner.items("/tax-declarations") == [declared]
    assert await stranger.items("/tax-declarations") == []
