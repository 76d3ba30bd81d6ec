"""Hosts by the API: added, agreed with in versions, and their shares."""

from typing import Any
from uuid import UUID

from tests.network import a_location
from tests.web.api.conftest import Caller
from voltway.parties.model import Party
from voltway.runtime.work import BeginWork

HOST = {
    "name": "Kamppi Oy",
    "street": "Urho Kekkosen katu 1",
    "postal_code": "00100",
    "city": "Helsinki",
    "country": "FI",
    "pay_days": 14,
}


async def test_a_host_is_agreed_with_in_versions(
    owner: Caller, stranger: Caller, party: Party, begin: BeginWork
) -> None:
    async with begin() as work:
        location = await a_location(work, party)
    host = (await owner.post("/hosts", HOST)).json()
    at = f"/hosts/{host['id']}/agreements"
    terms: dict[str, Any] = {"location_id": str(location.id), "valid_from": "2026-01-01"}

    first = await owner.post(at, {**terms, "percent": "12.50", "per_kwh": "0.02"})
    second = await owner.post(at, {**terms, "percent": "100", "vat_rate": "25.5"})

    assert (first.status_code, second.status_code) == (201, 201)
    assert (first.json()["version"], first.json()["percent"]) == (1, "12.5")
    assert {each["version"] for each in await owner.items(at)} == {1, 2}
    assert await owner.items(f"/hosts/{host['id']}/shares") == []
    assert (await owner.get(f"/hosts/{host['id']}")).json()["pay_days"] == 14
    assert (await stranger.get(f"/hosts/{host['id']}")).status_code == 404
    assert (await stranger.post(at, {**terms, "percent": "1"})).status_code == 404
    assert await stranger.items("/hosts") == []


NO_TERMS = [{"percent": "100.1"}, {"percent": "-1"}, {"per_kwh": "1e3"}, {"per_kwh": "NaN"}]


async def test_terms_that_are_none_are_refused(
    owner: Caller, party: Party, begin: BeginWork
) -> None:
    async with begin() as work:
        location = await a_location(work, party)
    host = (await owner.post("/hosts", HOST)).json()
    for terms in NO_TERMS:
        given = {"location_id": str(location.id), "valid_from": "2026-01-01", **terms}

        answer = await owner.post(f"/hosts/{host['id']}/agreements", given)

        assert answer.status_code == 422
    assert await owner.items(f"/hosts/{host['id']}/agreements") == []


async def test_a_place_of_another_party_is_not_there(owner: Caller) -> None:
    host = (await owner.post("/hosts", HOST)).json()
    given = {"location_id": str(UUID(int=1)), "valid_from": "2026-01-01", "percent": "1"}

    assert (await owner.post(f"/hosts/{host['id']}/agreements", given)).status_code == 404
