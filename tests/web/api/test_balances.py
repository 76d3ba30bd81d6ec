"""Balances and vouchers over the API: topped up at the provider, redeemed, corrected, paid back."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.payments.hosted_page import pay
from tests.payments.providers import STRIPE, Closable, patience_s
from tests.payments.scene import Scene, a_scene
from tests.web.api.conftest import Caller
from voltway.drivers import contracts
from voltway.parties.model import Party
from voltway.payments.choosing import Offer, Providers
from voltway.payments.providers.balance import BalanceProvider
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer

LATER = "2030-01-31T00:00:00Z"
PAGES = {"return_url": "https://app.example/{collection}", "cancel_url": "https://app.example/"}


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[ProviderServer]:
    async with ProviderServer(tmp_path / "provider", webhook_delay_s=0.01) as server:
        yield server


@pytest.fixture
async def provider(
    request: pytest.FixtureRequest, database: Database, bank: ProviderServer
) -> AsyncIterator[Providers]:
    stripe = STRIPE.speaks_to(bank, timeout_s=patience_s(request))
    yield Providers([Offer(provider=stripe)], own=[BalanceProvider(database.begin)])
    await stripe.close()


@pytest.fixture
async def scene(
    database: Database, clock: JumpingClock, bank: ProviderServer, provider: Closable
) -> AsyncIterator[Scene]:
    async with a_scene(database, clock, bank, provider) as made:
        yield made


@pytest.fixture
def party(scene: Scene) -> Party:
    return scene.station.party


@pytest.fixture
async def ann(scene: Scene) -> str:
    async with scene.begin() as work:
        made = await contracts.add_driver(work, scene.station.party.id, "Ann", "ann@example.org")
    return f"/balances/{made.id}"


async def moves(owner: Caller, path: str, body: object = None, once: str = "") -> Any:
    return await owner.post(path, body, headers={"Idempotency-Key": once or uuid4().hex})


async def test_a_balance_is_topped_up_at_the_provider_and_paid_back_once(
    owner: Caller, ann: str
) -> None:
    begun = (await moves(owner, f"{ann}/top-ups", {"amount": "20.00", **PAGES})).json()
    back = (await pay(begun["hosted_url"])).headers["location"]
    done = (await owner.get(f"/top-ups/{begun['id']}")).json()
    has = (await owner.get(ann)).json()
    paid = [await moves(owner, f"{ann}/paybacks", once="k") for _ in range(2)]
    none_left = await moves(owner, f"{ann}/paybacks")
    moved = await owner.items(f"{ann}/moves")

    assert (begun["state"], done["state"], done["hosted_url"]) == ("awaiting", "done", None)
    assert back == f"https://app.example/{begun['id']}"
    assert (has["balance"]["amount"], has["reserved"]["minor"]) == ("20.00", 0)
    assert [answer.status_code for answer in paid] == [201, 201]
    [part] = paid[0].json()["items"]
    assert (part["state"], part["amount"]["amount"], part["top_up_id"]) == (
        "done",
        "20.00",
        begun["id"],
    )
    assert paid[1].json() == paid[0].json()
    assert paid[0].json()["balance"]["balance"]["minor"] == 0
    assert none_left.status_code == 409
    assert {each["kind"] for each in moved} == {"top_up", "paid_back"}
    entry = (await owner.get(f"/ledger/entries/{moved[0]['entry_id']}")).json()
    assert entry["memo"]


async def test_vouchers_are_made_told_once_redeemed_once_and_withdrawn(
    owner: Caller, ann: str
) -> None:
    wanted = {"name": "Opening", "value": "10.00", "count": 2, "valid_until": LATER}
    made = [await moves(owner, "/voucher-series", wanted, once="k") for _ in range(2)]
    series, codes = made[0].json()["series"], made[0].json()["codes"]

    redeemed = await moves(owner, f"{ann}/vouchers", {"code": codes[0].lower()})
    again = await moves(owner, f"{ann}/vouchers", {"code": codes[0]})
    wrong = await moves(owner, f"{ann}/vouchers", {"code": "nothing"})
    over = await owner.post(f"/voucher-series/{series['id']}/withdraw")
    late = await moves(owner, f"{ann}/vouchers", {"code": codes[1]})
    [listed] = await owner.items("/voucher-series")

    assert made[0].json() == made[1].json()
    assert redeemed.json()["balance"]["amount"] == "10.00"
    assert [each.status_code for each in (again, wrong, late)] == [409, 404, 409]
    assert over.json()["withdrawn_at"] is not None
    assert (listed["redeemed"], listed["count"], "codes" in listed) == (1, 2, False)


async def test_a_correction_has_a_reason_and_takes_no_more_than_is_there(
    owner: Caller, ann: str
) -> None:
    wanted = {"name": "Opening", "value": "10.00", "count": 1, "valid_until": LATER}
    [code] = (await moves(owner, "/voucher-series", wanted)).json()["codes"]
    absent = await moves(owner, f"{ann}/corrections", {"amount": "1.00", "reason": "Early"})
    await moves(owner, f"{ann}/vouchers", {"code": code})

    taken = await moves(owner, f"{ann}/corrections", {"amount": "-4.00", "reason": "Doubled"})
    too_much = await moves(owner, f"{ann}/corrections", {"amount": "-6.01", "reason": "More"})
    silent = await moves(owner, f"{ann}/corrections", {"amount": "1.00", "reason": ""})
    [has] = await owner.items("/balances")

    assert taken.json()["balance"]["amount"] == "6.00"
    assert [each.status_code for each in (absent, too_much, silent)] == [404, 409, 422]
    assert (has["balance"]["minor"], has["driver_id"]) == (600, ann.rpartition("/")[2])


@pytest.mark.parametrize(
    "body",
    [
        {"amount": "4.99", **PAGES},
        {"amount": "0", **PAGES},
        {"amount": "20.001", **PAGES},
        {"amount": "20.00", "return_url": "javascript:1", "cancel_url": "https://app.example/"},
    ],
)
async def test_what_is_no_top_up_is_refused(
    owner: Caller, scene: Scene, ann: str, body: dict[str, str]
) -> None:
    refused = await moves(owner, f"{ann}/top-ups", body)

    assert refused.status_code == 422, refused.text
    assert not scene.bank.books.holds


async def test_nobody_tops_up_for_a_driver_that_there_is_not(owner: Caller) -> None:
    body = {"amount": "20.00", **PAGES}

    assert (await moves(owner, f"/balances/{uuid4()}/top-ups", body)).status_code == 404
    assert (await owner.get(f"/balances/{uuid4()}")).status_code == 404
    assert (await owner.get(f"/top-ups/{uuid4()}")).status_code == 404
