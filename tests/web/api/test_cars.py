"""Cars that show themselves, over the API: offered, taken, released; and roots of contracts."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.billing.test_autocharge import MAC, a_driver, shows_itself
from tests.payments.scene import Scene
from tests.web.api.conftest import Caller
from tests.web.api.test_balances import bank, party, provider, scene
from tests.web.test_cars import a_contract_seen
from voltway.billing import autocharge
from voltway_world.pki import issue

__all__ = ["bank", "party", "provider", "scene"]


@pytest.fixture
async def offer(scene: Scene) -> str:
    """A car that is offered to Ben."""
    ben, card = await a_driver(scene)
    await shows_itself(scene)
    scene.clock.jump(timedelta(minutes=1))
    await scene.starts(card.uid)
    await scene.settles()
    async with scene.begin() as work:
        [row] = await autocharge.offers_to(work, scene.station.party.id, ben)
    return str(row["id"])


async def test_a_car_is_accepted_once_for_its_driver(owner: Caller, offer: str) -> None:
    [shown] = await owner.items("/car-offers?state=offered")
    taken = (await owner.post(f"/car-offers/{offer}/accept")).json()
    late = await owner.post(f"/car-offers/{offer}/decline")
    [token] = await owner.items("/tokens?kind=vehicle")

    assert (shown["id"], shown["mac"], shown["state"]) == (offer, MAC, "offered")
    assert (taken["state"], taken["decided_by"]) == ("accepted", "API key The owner")
    assert late.status_code == 404
    assert token["uid"] == f"VID:{MAC}"
    released = await owner.post(f"/cars/{token['id']}/release", {"why": "They called"})
    assert released.json()["items"] == []  # the guard had found nothing
    assert (await owner.post(f"/cars/{uuid4()}/release", {"why": "x"})).status_code == 404


async def test_a_car_that_is_not_theirs_is_declined(owner: Caller, offer: str) -> None:
    declined = (await owner.post(f"/car-offers/{offer}/decline")).json()

    assert declined["state"] == "declined"
    assert await owner.items("/car-offers?state=offered") == []


async def test_contracts_that_cars_showed_are_listed(owner: Caller, scene: Scene) -> None:
    await a_contract_seen(scene, timedelta(days=2), "revoked")
    [shown] = await owner.items("/contract-certificates?state=revoked&emaid=FI-VLT-C12345678-9")

    assert (shown["emaid"], shown["serial"], shown["state"]) == ("FIVLTC12345678", "bb", "revoked")
    assert await owner.items("/contract-certificates?state=good") == []
    assert await owner.items("/contract-certificates?emaid=FIVLTC99999999") == []


async def test_a_root_is_trusted_until_it_is_not(owner: Caller) -> None:
    pem = issue("Root of mobility").pem
    [root] = (await owner.post("/contract-roots", {"pem": pem})).json()["items"]
    kept = await owner.items("/contract-roots")
    refused = await owner.post("/contract-roots", {"pem": "no root"})
    gone = await owner.ask("DELETE", f"/contract-roots/{root['id']}")
    again = await owner.ask("DELETE", f"/contract-roots/{root['id']}")

    assert kept == [root]
    assert refused.status_code == 422
    assert (gone.status_code, again.status_code) == (204, 404)
