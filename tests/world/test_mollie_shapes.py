"""The simulated Mollie shows what Mollie shows: the types of its own SDK are the judge."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from mollie import models
from pydantic import BaseModel

from tests.payments.hosted_page import pay
from voltway_world.calling import a_line
from voltway_world.provider import ProviderServer
from voltway_world.provider.mollie.shapes import event_body

PAYMENT = {
    "amount": {"currency": "EUR", "value": "50.00"},
    "description": "Charging",
    "redirectUrl": "http://127.0.0.1:1/v",
    "cancelUrl": "http://127.0.0.1:1/e",
    "captureMode": "manual",
    "metadata": {"reference": "payment-1"},
}
TEN = {"amount": {"currency": "EUR", "value": "10.00"}, "description": "goodwill"}


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[ProviderServer]:
    async with ProviderServer(tmp_path, webhook=None) as server:
        yield server


@pytest.fixture
async def shop(bank: ProviderServer) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Bearer {bank.secret}"}
    async with a_line(base_url=bank.url, headers=headers) as client:
        yield client


def flaws(body: dict[str, Any], kind: type[BaseModel]) -> list[str]:
    """What an object has that the SDK does not know; what it lacks or has wrong is raised."""
    kind.model_validate_json(msgspec.json.encode(body))
    known = {field.alias or name for name, field in kind.model_fields.items()}
    return sorted(set(body) - known)


async def done(shop: httpx.AsyncClient, path: str, body: Any, key: str) -> dict[str, Any]:
    answer = await shop.post(f"/v2/{path}", json=body, headers={"Idempotency-Key": key})
    assert answer.headers["content-type"] == "application/hal+json"
    return dict(answer.json())


async def test_a_payment_a_capture_and_a_refund_are_as_the_sdk_says(
    shop: httpx.AsyncClient,
) -> None:
    opened = await done(shop, "payments", PAYMENT, "1")
    await pay(opened["_links"]["checkout"]["href"])
    name = opened["id"]
    held = (await shop.get(f"/v2/payments/{name}")).json()
    capture = await done(shop, f"payments/{name}/captures", TEN, "2")
    refund = await done(shop, f"payments/{name}/refunds", TEN, "3")
    captures = (await shop.get(f"/v2/payments/{name}/captures")).json()
    (await shop.post(f"/_world/refund-fails/{refund['id']}")).raise_for_status()
    refunds = (await shop.get(f"/v2/payments/{name}/refunds")).json()

    assert flaws(opened, models.PaymentResponse) == []
    assert flaws(held, models.PaymentResponse) == []
    assert flaws(held["details"], models.PaymentDetails) == []
    assert flaws(capture, models.CaptureResponse) == []
    assert flaws(refund, models.RefundResponse) == []
    assert flaws(captures, models.ListCapturesResponseBody) == []
    assert flaws(refunds, models.ListRefundsResponseBody) == []


async def test_what_a_subscription_is_told_is_as_the_sdk_says(
    shop: httpx.AsyncClient, bank: ProviderServer
) -> None:
    opened = await done(shop, "payments", PAYMENT, "1")
    await pay(opened["_links"]["checkout"]["href"])

    [event] = bank.books.undelivered.values()
    assert flaws(event_body(event), models.EntityWebhookEvent) == []
    assert event_body(event)["type"] == "payment.authorized"


async def test_a_no_is_as_the_sdk_says_and_names_the_field(shop: httpx.AsyncClient) -> None:
    opened = await done(shop, "payments", PAYMENT, "1")
    early = await done(shop, f"payments/{opened['id']}/captures", TEN, "2")
    wrong = await done(
        shop, "payments", PAYMENT | {"amount": {"currency": "EUR", "value": "0.00"}}, "3"
    )

    for body in (early, wrong):
        assert flaws(body, models.ErrorResponseData) == []
    assert (early["status"], early.get("field")) == (422, None)
    assert (wrong["status"], wrong["field"]) == (422, "body")
