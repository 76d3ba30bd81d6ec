"""The simulated payment provider keeps to what it promises, over real HTTP."""

import asyncio
import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.world.merchant import Merchant
from tests.world.process import running
from voltway_world.calling import a_line
from voltway_world.provider import ProviderServer
from voltway_world.provider.cards import luhn

SHOP = "https://shop.example/v/1"
GOOD, DECLINED, LATER = "4242 4242 4242 4242", "4000000000000002", "4000-0000-0000-0341"


@pytest.fixture
async def merchant() -> AsyncIterator[Merchant]:
    async with Merchant() as listening:
        yield listening


@pytest.fixture
async def provider(tmp_path: Path, merchant: Merchant) -> AsyncIterator[ProviderServer]:
    async with ProviderServer(
        tmp_path, webhook=merchant.url, webhook_secret="whsec", webhook_delay_s=0.01
    ) as running:
        yield running


@pytest.fixture
async def shop(provider: ProviderServer) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {provider.secret}"}
    async with a_line(base_url=provider.url, headers=headers, timeout=5) as client:
        yield client


async def ask(
    shop: httpx.AsyncClient, path: str, key: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    return await shop.post(path, json=body or {}, headers={"Idempotency-Key": key})


async def open_hold(shop: httpx.AsyncClient, key: str = "open", amount: int = 5000) -> Any:
    answer = await ask(
        shop,
        "/v1/holds",
        key,
        {
            "amount_minor": amount,
            "currency": "EUR",
            "reference": f"visit-{key}",
            "description": "Charging at Gartenstraße",
            "return_url": SHOP,
            "cancel_url": f"{SHOP}/cancelled",
            "capture_method": "manual",
            "metadata": {"visit": key},
        },
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def type_card(shop: httpx.AsyncClient, hold: Any, number: str = GOOD) -> httpx.Response:
    form = {"number": number, "expiry": "12/34", "cvc": "123"}
    return await shop.post(hold["hosted_url"], data=form)


async def paid_hold(shop: httpx.AsyncClient, number: str = GOOD) -> Any:
    hold = await open_hold(shop)
    assert (await type_card(shop, hold, number)).status_code == 303
    return hold


async def state(shop: httpx.AsyncClient, hold: Any) -> Any:
    return (await shop.get(f"/v1/holds/{hold['id']}")).json()


async def test_a_hold_is_opened_paid_captured_in_part_and_given_back(
    shop: httpx.AsyncClient,
) -> None:
    hold = await open_hold(shop)
    assert (hold["status"], hold["card"], hold["captured_minor"]) == ("requires_payment", None, 0)

    paid = await type_card(shop, hold)
    assert (paid.status_code, paid.headers["Location"]) == (303, SHOP)
    assert (await state(shop, hold))["card"]["last4"] == "4242"

    path = f"/v1/holds/{hold['id']}"
    captured = (await ask(shop, f"{path}/capture", "c", {"amount_minor": 1166})).json()
    assert (captured["status"], captured["captured_minor"]) == ("captured", 1166)
    refund = await ask(shop, f"{path}/refunds", "r", {"amount_minor": 500, "reason": "asked"})
    assert refund.status_code == 201
    assert refund.json()["id"].startswith("re_")
    assert (await state(shop, hold))["refunded_minor"] == 500

    moves = (await shop.get("/v1/balance_transactions")).json()["data"]
    assert [move["amount_minor"] for move in moves] == [1166, -500]


async def test_the_same_key_and_body_is_one_deed_with_one_answer(shop: httpx.AsyncClient) -> None:
    hold = await paid_hold(shop)
    path = f"/v1/holds/{hold['id']}/capture"

    first = await ask(shop, path, "once", {"amount_minor": 900})
    again = await ask(shop, path, "once", {"amount_minor": 900})
    other = await ask(shop, path, "once", {"amount_minor": 901})
    fresh = await ask(shop, path, "twice", {"amount_minor": 900})

    assert first.json() == again.json()
    assert (other.status_code, other.json()["error"]["code"]) == (409, "idempotency_mismatch")
    assert (fresh.status_code, fresh.json()["error"]["code"]) == (409, "invalid_state")
    assert len((await shop.get("/v1/balance_transactions")).json()["data"]) == 1


async def test_a_post_without_a_key_or_secret_is_refused(shop: httpx.AsyncClient) -> None:
    assert (await shop.post("/v1/holds", json={})).status_code == 400
    wrong = await shop.get("/v1/holds", headers={"Authorization": "Bearer guess"})
    assert wrong.status_code == 401


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        pytest.param({"amount_minor": 0}, "more than nothing", id="an amount of nothing"),
        pytest.param({"amount_minor": 9.5}, "int", id="an amount with a fraction"),
        pytest.param({"currency": "euro"}, "currency", id="no currency code"),
        pytest.param({"return_url": "javascript:alert(1)"}, "web address", id="a hostile URL"),
    ],
)
async def test_a_hold_that_makes_no_sense_is_refused(
    shop: httpx.AsyncClient, changed: dict[str, Any], says: str
) -> None:
    body = {
        "amount_minor": 1,
        "currency": "EUR",
        "reference": "r",
        "return_url": SHOP,
        "cancel_url": SHOP,
    }
    answer = await ask(shop, "/v1/holds", "bad", body | changed)

    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]


async def test_more_than_is_held_is_refused_and_the_hold_stays(shop: httpx.AsyncClient) -> None:
    hold = await paid_hold(shop)
    answer = await ask(shop, f"/v1/holds/{hold['id']}/capture", "much", {"amount_minor": 5001})

    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "amount_too_large")
    assert (await state(shop, hold))["status"] == "authorised"


async def test_a_card_can_hold_well_and_decline_the_capture(shop: httpx.AsyncClient) -> None:
    hold = await paid_hold(shop, LATER)
    answer = await ask(shop, f"/v1/holds/{hold['id']}/capture", "c", {"amount_minor": 100})

    assert (answer.status_code, answer.json()["error"]["code"]) == (402, "card_declined")
    void = await ask(shop, f"/v1/holds/{hold['id']}/void", "v")
    assert void.json()["status"] == "voided"


async def test_an_unknown_outcome_is_found_by_reference(shop: httpx.AsyncClient) -> None:
    await open_hold(shop, "one")
    two = await open_hold(shop, "two")

    found = (await shop.get("/v1/holds", params={"reference": "visit-two"})).json()
    assert [hold["id"] for hold in found["data"]] == [two["id"]]
    first = (await shop.get("/v1/holds")).json()["data"][0]
    after = (await shop.get("/v1/holds", params={"after": first["id"]})).json()
    assert [hold["id"] for hold in after["data"]] == [two["id"]]


async def test_the_hosted_page_is_strict_about_scripts_and_escapes_the_shop(
    shop: httpx.AsyncClient,
) -> None:
    hold = await open_hold(shop)
    page = await shop.get(hold["hosted_url"])

    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://shop.example" in policy
    assert "Charging at Gartenstraße" in page.text
    assert "50.00" in page.text
    assert 'autocomplete="cc-number"' in page.text
    assert "<script" not in page.text


async def test_a_wrong_card_number_is_explained_and_nothing_happens(
    shop: httpx.AsyncClient,
) -> None:
    hold = await open_hold(shop)
    page = await type_card(shop, hold, "4242 4242 4242 4241")

    assert page.status_code == 422
    assert "This is not a card number" in page.text
    assert (await state(shop, hold))["status"] == "requires_payment"


async def test_a_declined_card_gets_a_clear_sentence(
    shop: httpx.AsyncClient, merchant: Merchant
) -> None:
    hold = await open_hold(shop)
    page = await type_card(shop, hold, DECLINED)

    assert page.status_code == 402
    assert "Your bank declined this card" in page.text
    assert (await state(shop, hold))["status"] == "declined"
    await merchant.heard_of("hold.declined")


async def test_a_wallet_pays_at_once_and_a_paid_page_leads_on(shop: httpx.AsyncClient) -> None:
    hold = await open_hold(shop)
    paid = await shop.post(hold["hosted_url"], data={"wallet": "apple_pay"})

    assert paid.headers["Location"] == SHOP
    assert (await state(shop, hold))["card"]["wallet"] == "Apple Pay"
    assert (await shop.get(hold["hosted_url"])).headers["Location"] == SHOP


async def test_a_webhook_is_signed_over_its_raw_body(
    shop: httpx.AsyncClient, merchant: Merchant
) -> None:
    hold = await paid_hold(shop)
    event = (await merchant.heard_of("hold.authorised"))[0]
    headers, body = merchant.heard[0]

    stamp, proof = headers["voltway-signature"].split(",")
    signed = f"{stamp.removeprefix('t=')}.".encode() + body
    assert proof == "v1=" + hmac.new(b"whsec", signed, hashlib.sha256).hexdigest()
    assert event["id"].startswith("evt_")
    assert event["data"]["id"] == hold["id"]


async def test_a_webhook_is_repeated_until_it_is_heard(tmp_path: Path) -> None:
    async with (
        Merchant(refuses=3) as merchant,
        ProviderServer(tmp_path, webhook=merchant.url, webhook_delay_s=0.01) as provider,
        a_line(
            base_url=provider.url, headers={"Authorization": f"Bearer {provider.secret}"}
        ) as shop,
    ):
        await paid_hold(shop)
        events = await merchant.heard_of("hold.authorised", times=4)

    assert len({event["id"] for event in events}) == 1


async def set_fault(shop: httpx.AsyncClient, **fault: Any) -> None:
    assert (await shop.put("/_world/faults", json=[fault])).status_code == 200


@pytest.mark.parametrize(
    ("kind", "happened"),
    [
        pytest.param("timeout_before", False, id="silence before the effect"),
        pytest.param("timeout_after", True, id="silence after the effect"),
        pytest.param("error_500", False, id="500 before the effect"),
        pytest.param("error_500_after", True, id="500 after the effect"),
        pytest.param("reset_connection", False, id="a reset before the effect"),
        pytest.param("reset_connection_after", True, id="a reset after the effect"),
    ],
)
async def test_a_fault_strikes_once_and_the_same_key_mends_it(
    shop: httpx.AsyncClient, kind: str, happened: bool
) -> None:
    hold = await paid_hold(shop)
    path = f"/v1/holds/{hold['id']}/capture"
    await set_fault(shop, on="capture", kind=kind, times=1, seconds=0.05)

    try:
        answer = await ask(shop, path, "k", {"amount_minor": 700})
        assert answer.status_code == 500
    except httpx.TransportError:
        assert not kind.startswith("error")

    assert (await state(shop, hold))["captured_minor"] == (700 if happened else 0)
    again = await ask(shop, path, "k", {"amount_minor": 700})
    assert (again.status_code, again.json()["captured_minor"]) == (200, 700)
    assert len((await shop.get("/v1/balance_transactions")).json()["data"]) == 1


async def test_a_caller_that_gives_up_leaves_nothing_hanging(shop: httpx.AsyncClient) -> None:
    hold = await paid_hold(shop)
    await set_fault(shop, on="get", kind="timeout_before", times=1, seconds=600)

    with pytest.raises(httpx.ReadTimeout):
        await shop.get(f"/v1/holds/{hold['id']}", timeout=0.05)
    assert (await state(shop, hold))["status"] == "authorised"


async def test_webhooks_can_be_doubled_and_lost(
    shop: httpx.AsyncClient, merchant: Merchant
) -> None:
    await set_fault(shop, on="webhook", kind="webhook_doubled", times=1)
    hold = await paid_hold(shop)
    assert len(await merchant.heard_of("hold.authorised", times=2)) == 2

    await set_fault(shop, on="webhook", kind="webhook_lost", times=1)
    path = f"/v1/holds/{hold['id']}"
    await ask(shop, f"{path}/capture", "c", {"amount_minor": 10})
    await ask(shop, f"{path}/refunds", "r", {"amount_minor": 10})
    await merchant.heard_of("refund.created")
    assert "hold.captured" not in [event["type"] for event in merchant.events]


async def test_unknown_faults_are_refused(shop: httpx.AsyncClient) -> None:
    answer = await shop.put("/_world/faults", json=[{"on": "lunch", "kind": "error_500"}])
    assert answer.status_code == 400
    assert (await shop.get("/_world/faults")).json() == []
    assert (await shop.delete("/_world/faults")).status_code == 204


async def test_the_world_can_let_a_hold_expire(shop: httpx.AsyncClient, merchant: Merchant) -> None:
    hold = await paid_hold(shop)
    assert (await shop.post(f"/_world/expire/{hold['id']}")).json()["status"] == "expired"
    await merchant.heard_of("hold.expired")
    assert (await shop.post(f"/_world/expire/{hold['id']}")).status_code == 409


async def test_the_books_survive_a_restart_and_half_a_line(tmp_path: Path) -> None:
    auth = {"Authorization": "Bearer sk_test"}
    async with (
        ProviderServer(tmp_path) as provider,
        a_line(base_url=provider.url, headers=auth) as shop,
    ):
        hold = await paid_hold(shop)
        first = await ask(shop, f"/v1/holds/{hold['id']}/capture", "c", {"amount_minor": 42})
    journal = tmp_path / "journal.jsonl"
    assert "4242424242424242" not in journal.read_text()
    with journal.open("ab") as torn:
        torn.write(b'{"hold":{"id":"hold_x"')

    async with (
        Merchant() as merchant,
        ProviderServer(tmp_path, webhook=merchant.url) as provider,
        a_line(base_url=provider.url, headers=auth) as shop,
    ):
        # Nobody listened in the first life, so the events of it are told in the second.
        await merchant.heard_of("hold.captured")
        assert (await state(shop, hold))["captured_minor"] == 42
        again = await ask(shop, f"/v1/holds/{hold['id']}/capture", "c", {"amount_minor": 42})
        assert again.json() == first.json()


async def test_the_provider_runs_as_a_process_of_its_own(tmp_path: Path) -> None:
    async with (
        running("voltway_world.provider", "--data", str(tmp_path), "--secret", "k") as line,
        a_line() as client,
    ):
        word, url = line.split()
        assert word == "ready"
        assert (await client.get(f"{url}/v1/health")).json() == {"status": "ok"}
        assert (await client.get(f"{url}/look.css")).headers["Content-Type"].startswith("text/css")


@pytest.mark.parametrize(
    ("digits", "fits"),
    [("4242424242424242", True), ("4242424242424241", False), ("79927398713", True)],
)
def test_the_last_digit_of_a_card_number_fits_the_others(digits: str, fits: bool) -> None:
    assert luhn(digits) is fits


async def test_concurrent_captures_with_one_key_take_the_money_once(
    shop: httpx.AsyncClient,
) -> None:
    hold = await paid_hold(shop)
    path = f"/v1/holds/{hold['id']}/capture"
    answers = await asyncio.gather(
        *(ask(shop, path, "same", {"amount_minor": 300}) for _ in range(8))
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len((await shop.get("/v1/balance_transactions")).json()["data"]) == 1
