"""Card readers over the API."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.network import a_party, a_station
from tests.payments.providers import STRIPE, Closable
from tests.payments.readers import a_reader, at
from tests.web.api.conftest import Caller, a_caller
from voltway.parties.model import Role
from voltway.runtime.work import BeginWork
from voltway_world.provider import ProviderServer


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[ProviderServer]:
    async with ProviderServer(tmp_path / "provider") as server:
        yield server


@pytest.fixture
async def provider(bank: ProviderServer) -> AsyncIterator[Closable]:
    made = STRIPE.speaks_to(bank)
    yield made
    await made.close()


async def test_a_reader_is_found_registered_listed_and_taken_away(
    owner: Caller, begin: BeginWork, bank: ProviderServer
) -> None:
    ref = await a_reader(bank, "Box 7")
    await at(bank, ref, "offline")
    async with begin() as work:
        station = await a_station(work, owner.party)
    place, bay = str(station.location.id), str(station.evse())
    new = {"provider": "stripe", "ref": ref, "name": "Entrance", "location_id": place}

    [found] = await owner.items("/card-readers/found")
    made = await owner.ask("POST", "/card-readers", json={**new, "evse_ids": [bay]})
    twice = await owner.ask("POST", "/card-readers", json=new)
    kept = await owner.items("/card-readers")
    unknown = await owner.ask("POST", "/card-readers", json={**new, "ref": "tmr_none"})
    gone = await owner.ask("DELETE", f"/card-readers/{made.json()['id']}")
    again = await owner.ask("DELETE", f"/card-readers/{made.json()['id']}")

    assert (found["ref"], found["label"], found["online"]) == (ref, "Box 7", False)
    assert (made.status_code, made.json()["evse_ids"]) == (201, [bay])
    assert kept == [made.json()]
    assert (twice.status_code, unknown.status_code) == (409, 404)
    assert (gone.status_code, again.status_code) == (204, 404)
    assert await owner.items("/card-readers") == []


async def test_who_sees_money_sees_readers_and_another_party_sees_none_and_takes_none(
    owner: Caller, begin: BeginWork, bank: ProviderServer
) -> None:
    ref = await a_reader(bank)
    async with begin() as work:
        place = str((await a_station(work, owner.party)).location.id)
        others = await a_party(work, ident="OTH")
        elsewhere = str((await a_station(work, others, identity="OTHER")).location.id)
    new = {"provider": "stripe", "ref": ref, "name": "Entrance", "location_id": place}
    made = (await owner.ask("POST", "/card-readers", json=new)).json()
    support = await a_caller(begin, owner.client, owner.party, Role.SUPPORT)
    other = await a_caller(begin, owner.client, others)

    assert await support.items("/card-readers") == [made]
    assert (await support.ask("POST", "/card-readers", json=new)).status_code == 403
    assert (await support.ask("DELETE", f"/card-readers/{made['id']}")).status_code == 403
    assert await other.items("/card-readers") == []
    assert (await other.ask("DELETE", f"/card-readers/{made['id']}")).status_code == 404
    assert (await other.ask("POST", "/card-readers", json=new)).status_code == 404
    taken = {**new, "location_id": elsewhere}
    assert (await other.ask("POST", "/card-readers", json=taken)).status_code == 409
