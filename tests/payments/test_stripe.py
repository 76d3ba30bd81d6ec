"""What is Stripe's alone: how it writes amounts, and what its page and its intent are to us."""

from collections.abc import AsyncIterator
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.payments.hosted_page import pay
from tests.payments.providers import (
    STRIPE,
    Closable,
    capture,
    held,
    hold_order,
    key,
    open_hold,
)
from voltway.kernel.money import Currency, Money
from voltway.payments.provider import Declined, HoldSeen, HoldState, ReleaseOrder
from voltway.payments.providers import stripe_seen as seen
from voltway.payments.providers.stripe_amounts import is_exact, read, written
from voltway_world.provider import ProviderServer

CURRENCIES = ["EUR", "USD", "SEK", "HUF", "JPY", "KRW", "CLP", "ISK", "UGX"]


@pytest.fixture
async def provider(bank: ProviderServer) -> AsyncIterator[Closable]:
    adapter = STRIPE.speaks_to(bank)
    yield adapter
    await adapter.close()


@pytest.mark.parametrize(
    ("ours", "currency", "theirs"),
    [
        pytest.param(1166, "EUR", 1166, id="cents are cents"),
        pytest.param(1166, "JPY", 1166, id="yen have no parts"),
        pytest.param(1166, "ISK", 116600, id="krónur have none, and are written in hundredths"),
        pytest.param(1166, "UGX", 116600, id="shillings of Uganda likewise"),
        pytest.param(1166, "HUF", 1166, id="forints are written with fillérs"),
    ],
)
def test_an_amount_is_written_in_the_unit_that_stripe_wants(
    ours: int, currency: str, theirs: int
) -> None:
    assert written(Money(ours, Currency(currency))) == theirs


@given(st.sampled_from(CURRENCIES), st.integers(-(10**9), 10**9))
def test_an_amount_comes_back_as_it_was_written(currency: str, minor: int) -> None:
    amount = Money(minor, Currency(currency))

    assert read(written(amount), currency.lower()) == amount


@pytest.mark.parametrize(("number", "currency"), [(116650, "isk"), (100, "kwd"), (5, "mga")])
def test_a_number_that_is_no_amount_is_not_read(number: int, currency: str) -> None:
    with pytest.raises(ValueError, match="is no amount"):
        read(number, currency)


@pytest.mark.parametrize("currency", ["KWD", "BHD", "TND", "MGA"])
async def test_a_currency_that_cannot_be_taken_exactly_is_not_held(
    provider: Closable, currency: str
) -> None:
    assert not is_exact(Currency(currency))
    order = replace(hold_order(), amount=Money(5000, Currency(currency)))

    answer = await provider.open_hold(order)

    assert isinstance(answer, Declined)
    assert answer.code == "currency_not_exact"


@pytest.mark.parametrize("currency", CURRENCIES)
async def test_every_currency_is_held_and_taken_to_the_last_unit(
    provider: Closable, bank: ProviderServer, currency: str
) -> None:
    held = Money(5000, Currency(currency))
    page = await provider.open_hold(replace(hold_order(), amount=held))
    assert isinstance(page, HoldSeen)
    await pay(page.hosted_url)

    taken = await provider.capture(
        replace(capture(page.ref, 0), amount=Money(1167, Currency(currency)))
    )

    assert isinstance(taken, HoldSeen)
    assert (page.amount, taken.captured) == (held, Money(1167, Currency(currency)))


async def test_a_page_becomes_an_intent_when_it_is_paid_and_both_names_lead_to_it(
    provider: Closable,
) -> None:
    page = await open_hold(provider)
    await pay(page.hosted_url)

    by_page = await provider.fetch(page.ref)
    by_intent = await provider.fetch(by_page.ref)

    assert page.ref.startswith("cs_")
    assert by_page.ref.startswith("pi_")
    assert by_page == by_intent


async def test_an_intent_of_a_page_on_which_a_card_was_declined_leads_back_to_the_page(
    provider: Closable, bank: ProviderServer
) -> None:
    page = await open_hold(provider)
    await pay(page.hosted_url, "4000 0000 0000 0002")

    found = await provider.fetch(page.ref.replace("cs_test_", "pi_"))

    assert (found.ref, found.state) == (page.ref, HoldState.AWAITING)


async def test_a_page_that_nobody_paid_on_is_closed_and_cannot_be_paid_any_more(
    provider: Closable,
) -> None:
    page = await open_hold(provider)

    answer = await provider.release(ReleaseOrder(once=key(), ref=page.ref))
    await pay(page.hosted_url)

    assert isinstance(answer, HoldSeen)
    assert answer.state is HoldState.VOIDED
    assert (await provider.fetch(page.ref)).state is HoldState.EXPIRED


async def test_a_page_that_was_paid_meanwhile_is_let_go_by_its_hold(
    provider: Closable, bank: ProviderServer
) -> None:
    ref = await held(provider)  # known by its page's name still

    answer = await provider.release(ReleaseOrder(once=key(), ref=ref))

    assert isinstance(answer, HoldSeen)
    assert answer.state is HoldState.VOIDED
    assert [hold.status for hold in bank.books.holds.values()] == ["voided"]


async def test_a_hold_that_ran_out_is_expired_and_not_let_go(
    provider: Closable, bank: ProviderServer
) -> None:
    ref = await held(provider)
    bank.desk.expire(ref)

    answer = await provider.capture(capture(ref, 1166))

    assert isinstance(answer, Declined)
    assert answer.code == Declined.MOVED_ON
    assert (await provider.fetch(ref)).state is HoldState.EXPIRED


@pytest.mark.parametrize(
    ("status", "reason", "state"),
    [
        ("requires_capture", None, HoldState.HELD),
        ("succeeded", None, HoldState.CAPTURED),
        ("canceled", "requested_by_customer", HoldState.VOIDED),
        ("canceled", "automatic", HoldState.EXPIRED),
        ("canceled", "expired", HoldState.EXPIRED),
        ("requires_action", None, HoldState.AWAITING),
        ("processing", None, HoldState.AWAITING),
        ("requires_payment_method", None, HoldState.AWAITING),
    ],
)
def test_every_status_of_an_intent_is_a_state_of_a_hold(
    status: str, reason: str | None, state: HoldState
) -> None:
    intent = seen.Intent(
        id="pi_1", status=status, amount=5000, currency="eur", cancellation_reason=reason
    )

    assert seen.hold_of_intent(intent).state is state


def test_a_status_that_there_is_not_makes_no_sense() -> None:
    with pytest.raises(seen.NoSense):
        seen.state_of(seen.Intent(id="pi_1", status="charmed", amount=1, currency="eur"))


@pytest.mark.parametrize(
    ("about", "names"),
    [
        ({"object": "checkout.session", "id": "cs_1", "client_reference_id": "p"}, ("cs_1", "p")),
        ({"object": "payment_intent", "id": "pi_1", "metadata": {"reference": "p"}}, ("pi_1", "p")),
        ({"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}, ("pi_1", "")),
        ({"object": "dispute", "id": "du_1", "payment_intent": "pi_1"}, ("pi_1", "")),
        ({"object": "customer", "id": "cus_1"}, ("", "")),
    ],
)
def test_an_event_names_its_hold_whatever_it_is_about(
    about: dict[str, object], names: tuple[str, str]
) -> None:
    assert seen.names_of(msgspec.convert(about, seen.Named)) == names


async def test_only_the_methods_that_were_named_are_offered(bank: ProviderServer) -> None:
    provider = STRIPE.speaks_to(bank, methods=("card", "mobilepay"))

    page = await open_hold(provider)
    await provider.close()

    [hold] = bank.books.holds.values()
    assert page.state is HoldState.AWAITING
    assert hold.methods == ("card", "mobilepay")
