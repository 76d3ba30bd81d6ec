"""Keys of meters over the API, and what meters signed."""

from tests.evidence.signing import Meter
from tests.network import a_station
from tests.web.api.conftest import Caller
from voltway.runtime.work import BeginWork


async def test_a_key_is_registered_replaced_and_listed(
    owner: Caller, stranger: Caller, begin: BeginWork
) -> None:
    old, new = Meter(), Meter()
    async with begin() as work:
        post = await a_station(work, owner.party)
    asked = {"station_id": str(post.station.id), "evse_number": 1, "key": old.public}

    first = await owner.post("/meter-keys", asked)
    assert first.status_code == 201, first.text
    assert (first.json()["curve"], first.json()["key"]) == ("secp256r1", old.public)
    assert (await owner.post("/meter-keys", asked)).json()["code"] == "same_key"
    second = await owner.post(
        "/meter-keys", {**asked, "key": new.public, "since": "2026-03-02T10:00:00Z"}
    )
    assert second.status_code == 201, second.text
    [now] = await owner.items("/meter-keys", params={"at": "2026-03-02T11:00:00Z"})
    assert now == second.json()
    assert len(await owner.items("/meter-keys", params={"station": str(post.station.id)})) == 2
    assert (await stranger.post("/meter-keys", asked)).status_code == 404
    assert await stranger.items("/meter-keys") == []
    ended = await owner.post(f"/meter-keys/{second.json()['id']}/end")
    assert ended.json()["holds_until"] == "2026-03-02T12:00:00Z"
    bad = await owner.post("/meter-keys", {**asked, "key": "no key"})
    assert (bad.status_code, bad.json()["code"]) == (422, "no_key")


async def test_the_rule_and_the_register_over_the_api(owner: Caller, begin: BeginWork) -> None:
    async with begin() as work:
        post = await a_station(work, owner.party)
    rows = (
        f"Adresse;Postleitzahl Ort;Public Key1\nPohjoisesplanadi 1;00130 Helsinki;{Meter().public}"
    )

    told = await owner.post("/meter-keys/import", {"csv": rows})
    assert told.status_code == 200, told.text
    assert [each["station"] for each in told.json()["registered"]] == [post.station.identity]
    assert (await owner.get("/signed-rule")).json() == {"demanded": False}
    assert (await owner.post("/signed-rule", {"demanded": True})).json() == {"demanded": True}
    assert (await owner.get("/signed-rule")).json() == {"demanded": True}
    none = await owner.get("/sessions/01900000-0000-7000-8000-000000000000/signed-data")
    assert none.status_code == 404
