"""What is Mollie's alone: amounts as text, banks that take their time, pages that cannot close."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from mollie import models

from tests.payments.providers import (
    MOLLIE,
    Closable,
    capture,
    held,
    hold_order,
    key,
    open_hold,
)
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import Currency, Money
from voltway.payments.provider import (
    Declined,
    HoldSeen,
    HoldState,
    ProviderNonsense,
    ReleaseOrder,
    SavedMethod,
)
from voltway.payments.providers import mollie_line
from voltway.payments.providers import mollie_seen as seen
from voltway_world.provider import ProviderServer
from voltway_world.provider.mollie import shapes


@pytest.fixture
async def provider(bank: ProviderServer) -> AsyncIterator[Closable]:
    adapter = MOLLIE.speaks_to(bank)
    yield adapter
    await adapter.close()


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(1166, "EUR", "11.66"), (1166, "JPY", "1166"), (5, "SEK", "0.05"), (1234, "KWD", "1.234")],
)
def test_every_currency_is_written_to_the_last_unit(minor: int, currency: str, text: str) -> None:
    amount = Money(minor, Currency(currency))

    assert seen.written(amount) == {"currency": currency, "value": text}
    assert seen.read(text, currency) == amount


@pytest.mark.parametrize(("text", "currency"), [("11.665", "EUR"), ("1.5", "JPY")])
def test_a_text_that_is_no_amount_is_not_read(text: str, currency: str) -> None:
    with pytest.raises(seen.NoSense, match="is no amount"):
        seen.read(text, currency)


def test_one_key_of_ours_is_always_one_uuid_and_another_is_another() -> None:
    first = mollie_line.key(OnceKey("payment-1:capture"))

    assert first == mollie_line.key(OnceKey("payment-1:capture"))
    assert first != mollie_line.key(OnceKey("payment-2:capture"))
    assert first[14] == "4"


async def test_only_the_methods_that_were_named_are_asked_for(bank: ProviderServer) -> None:
    provider = MOLLIE.speaks_to(bank, methods=("creditcard", "mobilepay"))

    await open_hold(provider)
    await provider.close()

    [hold] = bank.books.holds.values()
    assert hold.methods == ("creditcard", "mobilepay")


async def test_a_page_that_nobody_paid_on_is_cancelled(provider: Closable) -> None:
    page = await open_hold(provider)

    answer = await provider.release(ReleaseOrder(once=key(), ref=page.ref))
    again = await provider.release(ReleaseOrder(once=key(), ref=page.ref))

    assert isinstance(answer, HoldSeen)
    assert answer.state is HoldState.VOIDED
    assert answer == again


async def test_a_hold_that_ran_out_is_expired(provider: Closable, bank: ProviderServer) -> None:
    ref = await held(provider)
    bank.desk.expire(ref)

    taken = await provider.capture(capture(ref, 1166))
    let_go = await provider.release(ReleaseOrder(once=key(), ref=ref))

    assert isinstance(taken, Declined)
    assert isinstance(let_go, Declined)
    assert taken.code == let_go.code == Declined.MOVED_ON
    assert (await provider.fetch(ref)).state is HoldState.EXPIRED


async def test_a_method_that_was_saved_elsewhere_is_not_held_here(provider: Closable) -> None:
    order = replace(hold_order(), saved=SavedMethod("cus_1", "pm_1"))

    answer = await provider.open_hold(order)

    assert isinstance(answer, Declined)
    assert answer.code == "not_offered"


def as_sent(bank: ProviderServer, **changes: Any) -> models.PaymentResponse:
    [hold] = bank.books.holds.values()
    body = shapes.payment_of(hold, bank.url) | changes
    return models.PaymentResponse.model_validate_json(msgspec.json.encode(body))


async def test_what_is_taken_of_a_hold_counts_while_the_rest_is_still_on_its_way_back(
    provider: Closable, bank: ProviderServer
) -> None:
    await held(provider)

    hold = seen.hold_of(as_sent(bank, amountCaptured={"currency": "EUR", "value": "11.66"}))

    assert (hold.state, hold.captured.minor) == (HoldState.CAPTURED, 1166)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("open", HoldState.AWAITING),
        ("pending", HoldState.AWAITING),
        ("authorized", HoldState.HELD),
        ("canceled", HoldState.VOIDED),
        ("expired", HoldState.EXPIRED),
        ("failed", HoldState.DECLINED),
    ],
)
async def test_each_status_of_a_payment_is_a_state_of_its_hold(
    provider: Closable, bank: ProviderServer, status: str, state: HoldState
) -> None:
    await open_hold(provider)

    assert seen.hold_of(as_sent(bank, status=status)).state is state


@pytest.mark.parametrize("status", ["sleeping", "paid"])
async def test_a_payment_that_contradicts_itself_is_not_believed(
    provider: Closable, bank: ProviderServer, status: str
) -> None:
    await open_hold(provider)

    with pytest.raises(seen.NoSense):
        seen.hold_of(as_sent(bank, status=status))


async def test_a_chargeback_shows_on_the_payment(provider: Closable, bank: ProviderServer) -> None:
    ref = await held(provider)
    await provider.capture(capture(ref, 1000))

    charged = as_sent(bank, amountChargedBack={"currency": "EUR", "value": "10.00"})

    assert seen.hold_of(charged).disputed
    assert not (await provider.fetch(ref)).disputed


def test_a_webhook_about_a_refund_names_the_payment_that_it_is_of(provider: Closable) -> None:
    body = msgspec.json.encode(
        {
            "id": "event_1",
            "type": "refund.failed",
            "entityId": "re_1",
            "_embedded": {"entity": {"id": "re_1", "paymentId": "tr_1"}},
        }
    )

    told = provider.read_webhook(MOLLIE.signed(body), body)

    assert (told.event, told.ref, told.state) == ("event_1", "tr_1", None)


def test_an_old_webhook_that_carries_a_name_alone_is_refused(provider: Closable) -> None:
    with pytest.raises(ProviderNonsense):
        provider.read_webhook(MOLLIE.signed(b"id=tr_1"), b"id=tr_1")
