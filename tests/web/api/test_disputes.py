"""Disputes over the API: a driver's bank wants money back, and reads our evidence once."""

from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.payments.providers import MOLLIE, STRIPE, Closable, Kind
from tests.payments.scene import Scene, a_scene
from tests.web.api.conftest import Caller
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.parties.model import Party
from voltway.payments import actions, disputing
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway_world.calling import a_line
from voltway_world.provider import ProviderServer

EVIDENCE = {"product": "Charging at Market Square", "proof": "Receipt 17: 10 kWh, 11.66 EUR."}


@pytest.fixture
def kind() -> Kind:
    return STRIPE


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[ProviderServer]:
    async with ProviderServer(tmp_path / "provider", webhook_delay_s=0.01) as server:
        yield server


@pytest.fixture
async def provider(kind: Kind, bank: ProviderServer) -> AsyncIterator[Closable]:
    adapter = kind.speaks_to(bank, timeout_s=5.0)
    yield adapter
    await adapter.close()


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
async def path(scene: Scene) -> str:
    """The disputes of a payment of 11.66 EUR."""
    payment = await scene.pays(await scene.opens(email="ann@example.org"))
    taken = Money(1166, EUR)
    await actions.capture(scene.begin, scene.provider, payment.id, taken, OnceKey("settlement-1"))
    return f"/payments/{payment.id}/disputes"


async def complains(scene: Scene) -> str:
    """The driver complains at their bank."""
    [hold] = scene.bank.books.holds
    async with a_line() as driver:
        answer = await driver.post(f"{scene.bank.url}/_world/dispute/{hold}")
    return str(answer.json()["id"])


async def test_a_dispute_is_listed_contested_once_and_stays_so(
    owner: Caller, scene: Scene, path: str
) -> None:
    none = (await owner.get(path)).json()
    ref = await complains(scene)
    [asked] = (await owner.get(path)).json()["items"]
    sent = await owner.post(
        f"{path}/{ref}/evidence", EVIDENCE, headers={"Idempotency-Key": str(uuid4())}
    )
    other = await owner.post(
        f"{path}/{ref}/evidence",
        EVIDENCE | {"proof": "Another story"},
        headers={"Idempotency-Key": str(uuid4())},
    )

    assert none == {"items": []}
    assert (asked["ref"], asked["state"], asked["amount"]["amount"]) == (ref, "asks", "11.66")
    assert asked["answer_by"] is not None
    assert (sent.status_code, sent.json()["state"]) == (201, "judged")
    assert other.json()["state"] == "judged"
    kept = scene.bank.books.disputes[ref]
    assert kept.evidence["uncategorized_text"] == EVIDENCE["proof"]
    assert kept.evidence["customer_email_address"] == "ann@example.org"
    assert kept.submissions == 1


async def test_a_dispute_of_another_payment_is_not_there(
    owner: Caller, scene: Scene, path: str
) -> None:
    answer = await owner.post(
        f"{path}/du_other/evidence", EVIDENCE, headers={"Idempotency-Key": str(uuid4())}
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_dispute")


@pytest.mark.parametrize("kind", [MOLLIE], ids=["mollie"])
async def test_a_provider_that_takes_no_evidence_says_so(
    owner: Caller, scene: Scene, path: str
) -> None:
    await complains(scene)
    [told] = (await owner.get(path)).json()["items"]
    answer = await owner.post(
        f"{path}/{told['ref']}/evidence", EVIDENCE, headers={"Idempotency-Key": str(uuid4())}
    )

    assert (told["state"], told["answer_by"]) == ("judged", None)
    assert (answer.status_code, answer.json()["code"]) == (409, "takes_no_evidence")


async def test_what_is_kept_of_disputes_is_listed_with_who_bears_it(
    owner: Caller, scene: Scene, path: str
) -> None:
    payment = path.split("/")[2]
    await complains(scene)
    await disputing.read(scene.begin, scene.provider, {"payment": payment})

    [kept] = (await owner.get("/disputes?open=true")).json()["items"]
    over = (await owner.get("/disputes?open=false")).json()["items"]

    assert (kept["payment_id"], kept["top_up_id"], kept["debt_id"]) == (payment, None, None)
    assert (kept["state"], kept["amount"]["amount"]) == ("asks", "11.66")
    shares = [kept[each]["minor"] for each in ("from_balance", "from_payer", "at_our_cost", "owed")]
    assert shares == [0, 0, 1166, 0]
    assert over == []
