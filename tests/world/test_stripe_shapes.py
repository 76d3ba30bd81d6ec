"""The simulated Stripe shows what Stripe shows: the types of its own SDK are the judge."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import httpx
import pytest
import stripe

from tests.payments.hosted_page import pay
from voltway_world.calling import a_line
from voltway_world.provider import ProviderServer
from voltway_world.provider.stripe.shapes import event_body

PAGE = {
    "mode": "payment",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "5000",
    "line_items[0][price_data][product_data][name]": "Charging",
    "payment_intent_data[capture_method]": "manual",
    "payment_intent_data[metadata][reference]": "payment-1",
    "success_url": "http://127.0.0.1:1/v",
    "cancel_url": "http://127.0.0.1:1/e",
}
PRESENT = {
    "amount": "5000",
    "currency": "eur",
    "allowed_payment_method_types[0]": "card_present",
    "capture_method": "manual",
    "metadata[reference]": "payment-2",
    "metadata[by]": "reader",
}
SAVING = {
    "mode": "setup",
    "currency": "eur",
    "customer": "cus_1",
    "success_url": "http://127.0.0.1:1/v",
    "cancel_url": "http://127.0.0.1:1/e",
}
KINDS: dict[str, type[stripe.StripeObject]] = {
    "checkout.session": stripe.checkout.Session,
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "balance_transaction": stripe.BalanceTransaction,
    "payout": stripe.Payout,
    "customer": stripe.Customer,
    "setup_intent": stripe.SetupIntent,
    "payment_method": stripe.PaymentMethod,
    "terminal.reader": stripe.terminal.Reader,
    "event": stripe.Event,
}


def flaws(body: dict[str, Any], kind: type, path: str = "") -> list[str]:
    """Where an object is not what the SDK says of it: a field is missing, unknown or another."""
    wanted = kind.__annotations__
    found = [f"{path}{name}: unknown" for name in body if name not in wanted]
    for name, hint in wanted.items():
        if str(hint).startswith("typing.ClassVar"):
            continue
        if name not in body:
            found += [] if _optional(hint) else [f"{path}{name}: missing"]
        else:
            found += _misfits(body[name], hint, f"{path}{name}")
    return found


def _optional(hint: Any) -> bool:
    return type(None) in get_args(hint) or "Optional" in str(hint)[:20]


def _misfits(value: Any, hint: Any, path: str) -> list[str]:
    if value is None:
        return [] if _optional(hint) else [f"{path}: null"]
    if isinstance(hint, type) and issubclass(hint, stripe.StripeObject):
        return flaws(value, hint, f"{path}.") if hint.__annotations__ else []
    if hint in (int, str, bool):
        return [] if type(value) is hint else [f"{path}: {value!r} is no {hint.__name__}"]
    if get_origin(hint) is list and isinstance(value, list):
        [inner] = get_args(hint)
        return [flaw for each in value for flaw in _misfits(each, inner, f"{path}[]")]
    words = _words(hint)
    if words and isinstance(value, str) and value not in words:
        return [f"{path}: {value!r} is none of {sorted(words)}"]
    nested = [each for each in get_args(hint) if isinstance(each, type) and each is not str]
    if isinstance(value, dict) and nested and issubclass(nested[0], stripe.StripeObject):
        return flaws(value, nested[0], f"{path}.") if nested[0].__annotations__ else []
    return []


def _words(hint: Any) -> set[str]:
    """The words that a field takes."""
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    if get_origin(hint) in (Union, UnionType):
        return {word for each in get_args(hint) for word in _words(each)}
    return set()


@pytest.fixture
async def bank(tmp_path: Path) -> AsyncIterator[ProviderServer]:
    async with ProviderServer(tmp_path) as server:
        yield server


@pytest.fixture
async def client(bank: ProviderServer) -> AsyncIterator[httpx.AsyncClient]:
    headers = {
        "Authorization": f"Bearer {bank.secret}",
        "Stripe-Version": stripe.api_version or "2026-10-28.endive",
    }
    async with a_line(base_url=bank.url, headers=headers) as made:
        yield made


async def ask(client: httpx.AsyncClient, path: str, **form: str) -> dict[str, Any]:
    answer = await client.post(path, data=form)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def look(client: httpx.AsyncClient, path: str) -> dict[str, Any]:
    body: dict[str, Any] = (await client.get(path)).raise_for_status().json()
    return body


async def everything(client: httpx.AsyncClient, bank: ProviderServer) -> list[dict[str, Any]]:
    """One of each object, at each place of its life."""
    page = await ask(client, "/v1/checkout/sessions", **PAGE)
    await pay(page["url"], "4000 0000 0000 0002")
    pi = page["id"].replace("cs_test_", "pi_")
    shown = [page, await look(client, f"/v1/payment_intents/{pi}")]
    await pay(page["url"])
    shown.append(await look(client, f"/v1/payment_intents/{pi}?expand[0]=latest_charge"))
    shown.append(shown[-1]["latest_charge"])
    shown.append(await ask(client, f"/v1/payment_intents/{pi}/capture", amount_to_capture="1000"))
    shown.append(await ask(client, "/v1/refunds", payment_intent=pi, amount="400"))
    shown.append(await ask(client, f"/_world/refund-fails/{shown[-1]['id']}"))
    shown.append(await ask(client, f"/_world/dispute/{pi}"))
    shown.append(await ask(client, "/_world/payout/EUR"))
    shown += (await look(client, "/v1/balance_transactions"))["data"]
    shown.append(await ask(client, "/v1/customers"))
    saving = await ask(client, "/v1/checkout/sessions", **SAVING)
    await pay(saving["url"])
    path = f"/v1/checkout/sessions/{saving['id']}?expand[0]=setup_intent.payment_method"
    saved = await look(client, path)
    shown += [saving, saved, saved["setup_intent"], saved["setup_intent"]["payment_method"]]
    shown.append(await look(client, f"/v1/checkout/sessions/{page['id']}"))
    dropped = await ask(client, "/v1/checkout/sessions", **PAGE)
    shown.append(await ask(client, f"/v1/checkout/sessions/{dropped['id']}/expire"))
    return shown + await at_a_reader(client)


async def at_a_reader(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    """A reader that shows, declines and takes a card, and what it was held for."""
    new = {"registration_code": "simulated-wpe", "label": "By the entrance", "location": "tml_1"}
    reader = await ask(client, "/v1/terminal/readers", **new)
    at = f"/v1/terminal/readers/{reader['id']}"
    intent = await ask(client, "/v1/payment_intents", **PRESENT)
    shown = [reader, intent]
    for happens in ("tap_declined", "tap"):
        shown.append(await ask(client, f"{at}/process_payment_intent", payment_intent=intent["id"]))
        shown.append(await ask(client, f"/_world/readers/{reader['id']}/{happens}"))
    shown += (await look(client, "/v1/terminal/readers"))["data"]
    shown.append(await look(client, f"/v1/payment_intents/{intent['id']}?expand[0]=latest_charge"))
    shown.append(shown[-1]["latest_charge"])
    shown.append(await ask(client, f"{at}/cancel_action"))
    return shown


async def test_every_object_is_what_the_sdk_says_it_is(
    client: httpx.AsyncClient, bank: ProviderServer
) -> None:
    shown = await everything(client, bank)

    assert {body["object"] for body in shown} == set(KINDS) - {"event"}
    for body in shown:
        assert flaws(body, KINDS[body["object"]]) == [], body["object"]


async def test_every_event_is_what_the_sdk_says_it_is(
    client: httpx.AsyncClient, bank: ProviderServer
) -> None:
    await everything(client, bank)

    told = [event_body(event) for event in bank.books.undelivered.values()]
    assert {
        "checkout.session.completed",
        "payment_intent.succeeded",
        "charge.refunded",
        "terminal.reader.action_failed",
    } <= {body["type"] for body in told}
    for body in told:
        known = {name: value for name, value in body.items() if name != "data"}
        assert [f for f in flaws(known, stripe.Event) if f != "data: missing"] == []
        about = body["data"]["object"]
        assert flaws(about, KINDS[about["object"]]) == [], body["type"]


@pytest.mark.parametrize(
    ("path", "form", "status", "code"),
    [
        ("/v1/checkout/sessions", PAGE | {"hurry": "1"}, 400, "parameter_unknown"),
        ("/v1/checkout/sessions", PAGE | {"mode": "magic"}, 400, "parameter_missing"),
        (
            "/v1/checkout/sessions",
            PAGE | {"line_items[0][price_data][unit_amount]": "1.5"},
            400,
            "parameter_invalid_integer",
        ),
        ("/v1/payment_intents/pi_none/capture", {}, 404, "resource_missing"),
        ("/v1/refunds", {"payment_intent": "pi_none"}, 404, "resource_missing"),
        ("/v1/checkout/sessions", {"a[b][c][d][e][f][g][h][i][j]": "1"}, 400, "parameter_unknown"),
    ],
)
async def test_a_wrong_question_is_refused_as_stripe_does(
    client: httpx.AsyncClient, path: str, form: dict[str, str], status: int, code: str
) -> None:
    answer = await client.post(path, data=form)

    assert answer.status_code == status
    assert (answer.json()["error"]["type"], answer.json()["error"]["code"]) == (
        "invalid_request_error",
        code,
    )


async def test_a_key_is_answered_once_and_for_one_question_only(
    client: httpx.AsyncClient, bank: ProviderServer
) -> None:
    key = {"Idempotency-Key": "one"}

    first = await client.post("/v1/checkout/sessions", data=PAGE, headers=key)
    again = await client.post("/v1/checkout/sessions", data=PAGE, headers=key)
    other = await client.post("/v1/checkout/sessions", data=SAVING, headers=key)

    assert first.json()["id"] == again.json()["id"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    assert len(bank.books.holds) == 1


async def test_both_shapes_share_their_books_and_a_path(
    client: httpx.AsyncClient, bank: ProviderServer
) -> None:
    page = await ask(client, "/v1/checkout/sessions", **PAGE)
    await pay(page["url"])
    await ask(
        client,
        f"/v1/payment_intents/{page['id'].replace('cs_test_', 'pi_')}/capture",
        amount_to_capture="700",
    )
    del client.headers["Stripe-Version"]

    theirs = await look(client, "/v1/balance_transactions")

    assert [(row["type"], row["amount_minor"]) for row in theirs["data"]] == [("capture", 700)]
