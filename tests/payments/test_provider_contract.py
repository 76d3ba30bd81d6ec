"""What every payment provider keeps to. A new one is done when it passes.

Each speaks over real HTTP to the world that plays it, by its vendor's own SDK where there is one.
What only some can do is in ``test_provider_abilities``.
"""

import time
from collections.abc import AsyncIterator

import pytest

from tests.payments.hosted_page import pay, pay_by_wallet
from tests.payments.providers import (
    HELD,
    KINDS,
    Closable,
    capture,
    held,
    hold_order,
    key,
    open_hold,
    patience_s,
)
from tests.payments.providers import Kind as ProviderKind
from voltway.kernel.money import EUR, Money
from voltway.payments.provider import (
    Card,
    Declined,
    HoldSeen,
    HoldState,
    ProviderNonsense,
    ProviderSilent,
    Refunded,
    RefundOrder,
    ReleaseOrder,
    WebhookNotSigned,
)
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Fault, Kind, Place


@pytest.fixture(params=KINDS, ids=lambda kind: kind.name)
def kind(request: pytest.FixtureRequest) -> ProviderKind:
    chosen: ProviderKind = request.param
    return chosen


@pytest.fixture
async def provider(
    request: pytest.FixtureRequest, kind: ProviderKind, bank: ProviderServer
) -> AsyncIterator[Closable]:
    adapter = kind.speaks_to(bank, timeout_s=patience_s(request))
    yield adapter
    await adapter.close()


async def test_a_new_hold_waits_for_the_driver_on_a_page(provider: Closable) -> None:
    seen = await open_hold(provider)

    assert seen.state is HoldState.AWAITING
    assert seen.amount == HELD
    assert seen.reference == "payment-1"
    assert seen.hosted_url.startswith("http")
    assert seen.card is None


async def test_a_hold_asked_for_twice_under_one_key_is_one_hold(
    provider: Closable,
) -> None:
    once = key()

    first = await provider.open_hold(hold_order(once))
    again = await provider.open_hold(hold_order(once))

    assert first == again


async def test_a_paid_hold_is_held_and_shows_no_more_of_the_card_than_it_may(
    provider: Closable,
) -> None:
    seen = await provider.fetch(await held(provider))

    assert seen.state is HoldState.HELD
    assert seen.card is not None
    assert (seen.card.brand, seen.card.last4) == ("Visa", "4242")
    assert "424242" not in repr(seen)


async def test_one_card_has_one_word_and_another_that_ends_alike_has_another(
    provider: Closable,
) -> None:
    words: list[str | None] = []
    for number in ("4242 4242 4242 4242", "4242 4242 4242 4242", "4000 0000 0002 4242"):
        page = await provider.open_hold(hold_order(reference=f"payment-{len(words)}"))
        assert isinstance(page, HoldSeen)
        await pay(page.hosted_url, number)
        card = (await provider.fetch(page.ref)).card
        assert card is not None
        words.append(card.fingerprint)

    assert words[0] is not None
    assert words[0] == words[1] != words[2]


@pytest.mark.parametrize(
    ("wallet", "name"), [("apple_pay", "Apple Pay"), ("google_pay", "Google Pay")]
)
async def test_a_wallet_pays_and_is_named(provider: Closable, wallet: str, name: str) -> None:
    page = await open_hold(provider)

    await pay_by_wallet(page.hosted_url, wallet)
    seen = await provider.fetch(page.ref)

    assert seen.state is HoldState.HELD
    assert seen.card == Card("Visa", "4242", name)


async def test_a_declined_card_holds_nothing_and_another_may_be_tried_where_the_page_stays(
    provider: Closable,
) -> None:
    seen = await open_hold(provider)

    await pay(seen.hosted_url, "4000 0000 0000 0002")
    declined = (await provider.fetch(seen.ref)).state
    await pay(seen.hosted_url)

    again = provider.can.tries_again
    assert declined is (HoldState.AWAITING if again else HoldState.DECLINED)
    assert (await provider.fetch(seen.ref)).state is (
        HoldState.HELD if again else HoldState.DECLINED
    )


async def test_an_order_told_twice_is_one_order(provider: Closable, bank: ProviderServer) -> None:
    ref, once = await held(provider), key()

    first = await provider.capture(capture(ref, 1166, once))
    again = await provider.capture(capture(ref, 1166, once))

    assert isinstance(first, HoldSeen)
    assert first == again
    assert (first.state, first.captured) == (HoldState.CAPTURED, Money(1166, EUR))
    assert [move.amount_minor for move in bank.books.transactions.values()] == [1166]


async def test_more_than_was_held_is_declined(provider: Closable) -> None:
    answer = await provider.capture(capture(await held(provider), HELD.minor + 1))

    assert isinstance(answer, Declined)
    assert answer.code == "amount_too_large"


async def test_what_the_bank_does_not_let_go_is_declined(provider: Closable) -> None:
    seen = await open_hold(provider)
    await pay(seen.hosted_url, "4000 0000 0000 0341")

    answer = await provider.capture(capture(seen.ref, 1166))

    assert isinstance(answer, Declined)
    assert answer.code == "card_declined"


async def test_a_hold_is_captured_once_whatever_the_keys(provider: Closable) -> None:
    ref = await held(provider)
    await provider.capture(capture(ref, 1166))

    answer = await provider.capture(capture(ref, 1))

    assert isinstance(answer, Declined)
    assert answer.code == Declined.MOVED_ON


async def test_a_released_hold_cannot_be_captured(provider: Closable) -> None:
    ref = await held(provider)

    released = await provider.release(ReleaseOrder(once=key(), ref=ref))
    answer = await provider.capture(capture(ref, 1))

    assert isinstance(released, HoldSeen)
    assert released.state is HoldState.VOIDED
    assert isinstance(answer, Declined)
    assert answer.code == Declined.MOVED_ON


async def test_money_is_given_back_in_parts_and_never_more_than_was_taken(
    provider: Closable,
) -> None:
    ref = await held(provider)
    await provider.capture(capture(ref, 1000))

    part = RefundOrder(once=key(), ref=ref, amount=Money(600, EUR), reason="goodwill")
    first = await provider.refund(part)
    again = await provider.refund(part)
    more = await provider.refund(
        RefundOrder(once=key(), ref=ref, amount=Money(401, EUR), reason="goodwill")
    )

    assert isinstance(first, Refunded)
    assert first == again
    assert isinstance(more, Declined)
    assert (await provider.fetch(ref)).refunded == Money(600, EUR)


SILENCES: list[tuple[Place, Kind]] = [
    ("capture", "timeout_before"),
    ("capture", "timeout_after"),
    ("capture", "error_500"),
    ("capture", "error_500_after"),
    ("capture", "reset_connection"),
    ("capture", "reset_connection_after"),
]


@pytest.mark.patience(2.0)
@pytest.mark.parametrize(("place", "fault"), SILENCES)
async def test_a_silence_is_no_answer_and_asking_again_moves_the_money_once(
    provider: Closable, bank: ProviderServer, place: Place, fault: Kind
) -> None:
    ref, once = await held(provider), key()
    bank.faults.set([Fault(on=place, kind=fault, times=1)])

    with pytest.raises(ProviderSilent, match=r"did not answer"):
        await provider.capture(capture(ref, 1166, once))
    answer = await provider.capture(capture(ref, 1166, once))

    assert isinstance(answer, HoldSeen)
    assert answer.captured == Money(1166, EUR)
    assert [move.amount_minor for move in bank.books.transactions.values()] == [1166]


async def test_a_provider_that_is_gone_is_silent(kind: ProviderKind, bank: ProviderServer) -> None:
    gone = kind.speaks_to(bank, url="http://127.0.0.1:1")

    with pytest.raises(ProviderSilent, match="cannot be reached"):
        await gone.open_hold(hold_order())
    await gone.close()


async def test_a_wrong_key_of_ours_is_silence_and_no_decline(
    kind: ProviderKind, bank: ProviderServer
) -> None:
    stranger = kind.speaks_to(bank, secret="wrong")

    with pytest.raises(ProviderSilent, match="status 401"):
        await stranger.open_hold(hold_order())
    await stranger.close()


@pytest.mark.parametrize("ref", ["hold_nobody", "pi_nobody", "cs_test_nobody"])
async def test_a_hold_that_does_not_exist_cannot_be_fetched(provider: Closable, ref: str) -> None:
    with pytest.raises(ProviderNonsense, match=r"not_found|resource_missing"):
        await provider.fetch(ref)


def test_a_signed_webhook_is_read(kind: ProviderKind, provider: Closable) -> None:
    body = kind.body()

    told = provider.read_webhook(kind.signed(body), body)

    assert (told.event, told.ref, told.reference) == ("evt_1", "hold_1", "payment-1")
    assert told.state is HoldState.CAPTURED
    assert told.kind


def test_a_webhook_signed_with_the_old_and_the_new_key_is_read(
    kind: ProviderKind, provider: Closable
) -> None:
    if not kind.is_dated:
        pytest.skip("its signature has no room for two keys")
    body = kind.body()
    [(name, header)] = kind.signed(body).items()

    assert provider.read_webhook({name.lower(): f"{header},v1=00ff"}, body).event == "evt_1"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(None, id="without a signature"),
        pytest.param("", id="with an empty one"),
        pytest.param("t=x,v1=y", id="with rubbish"),
        pytest.param("t=,v1=", id="with nothing in it"),
        pytest.param(",,,", id="with commas alone"),
        pytest.param("t=²,v1=y", id="with a time that is no number"),
        pytest.param(f"t={'9' * 5000},v1=é", id="with a time without end"),
    ],
)
def test_a_webhook_is_refused(kind: ProviderKind, provider: Closable, header: str | None) -> None:
    headers = {} if header is None else {kind.header: header}

    with pytest.raises(WebhookNotSigned):
        provider.read_webhook(headers, kind.body())


def test_a_webhook_of_a_stranger_or_for_other_bytes_is_refused(
    kind: ProviderKind, provider: Closable
) -> None:
    body = kind.body()

    for headers in (kind.signed(body, "another"), kind.signed(body + b" ")):
        with pytest.raises(WebhookNotSigned):
            provider.read_webhook(headers, body)


def test_where_we_have_no_secret_every_webhook_is_refused(
    kind: ProviderKind, bank: ProviderServer
) -> None:
    body = kind.body()

    with pytest.raises(WebhookNotSigned):
        kind.speaks_to(bank, webhook_secret="").read_webhook(kind.signed(body, ""), body)


@pytest.mark.parametrize("later_s", [-600, 600])
def test_a_webhook_signed_ten_minutes_from_now_is_refused(
    kind: ProviderKind, provider: Closable, later_s: int
) -> None:
    if not kind.is_dated:
        pytest.skip("its signature has no time in it; what is sent again is known by its event")
    body = kind.body()

    with pytest.raises(WebhookNotSigned):
        provider.read_webhook(kind.signed(body, at=time.time() + later_s), body)


@pytest.mark.parametrize("body", [b'{"id": 1}', b"[]", b"", b'{"id": "e", "type": "x"}'])
def test_a_signed_webhook_without_sense_is_nonsense(
    kind: ProviderKind, provider: Closable, body: bytes
) -> None:
    with pytest.raises(ProviderNonsense):
        provider.read_webhook(kind.signed(body), body)


def test_a_webhook_of_bytes_that_are_no_text_is_refused(
    kind: ProviderKind, provider: Closable
) -> None:
    body = b"\xff\xfe{}"

    with pytest.raises((WebhookNotSigned, ProviderNonsense)):
        provider.read_webhook(kind.signed(body), body)


def test_a_webhook_without_end_is_not_even_hashed(kind: ProviderKind, provider: Closable) -> None:
    body = b" " * 100_000

    with pytest.raises(WebhookNotSigned, match="too long"):
        provider.read_webhook(kind.signed(body), body)
