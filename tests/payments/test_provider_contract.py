"""What every payment provider keeps to. A new one is done when it passes.

The simulated one runs always, over real HTTP; real ones join the list when the keys of their
sandboxes are set.
"""

import hashlib
import hmac
import itertools
import json
import time

import pytest

from tests.payments.hosted_page import pay
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments.provider import (
    CaptureOrder,
    Declined,
    HoldOrder,
    HoldSeen,
    HoldState,
    ProviderNonsense,
    ProviderSilent,
    Refunded,
    RefundOrder,
    ReleaseOrder,
    WebhookNotSigned,
)
from voltway.payments.providers.simulated import SimulatedProvider
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Fault, Kind, Place

HELD = Money(5000, EUR)
KEYS = itertools.count(1)


def key() -> OnceKey:
    return OnceKey(f"key-{next(KEYS)}")


def hold_order(once: OnceKey | None = None, reference: str = "payment-1") -> HoldOrder:
    return HoldOrder(
        once=once or key(),
        reference=reference,
        amount=HELD,
        description="Voltway, Market Square",
        return_url="http://127.0.0.1:1/v/x",
        cancel_url="http://127.0.0.1:1/e/x",
    )


async def open_hold(provider: SimulatedProvider) -> HoldSeen:
    seen = await provider.open_hold(hold_order())
    assert isinstance(seen, HoldSeen)
    return seen


async def held(provider: SimulatedProvider) -> str:
    seen = await open_hold(provider)
    await pay(seen.hosted_url)
    return seen.ref


def capture(ref: str, minor: int, once: OnceKey | None = None) -> CaptureOrder:
    return CaptureOrder(once=once or key(), ref=ref, amount=Money(minor, EUR))


async def test_a_new_hold_waits_for_the_driver_on_a_page(provider: SimulatedProvider) -> None:
    seen = await open_hold(provider)

    assert seen.state is HoldState.AWAITING
    assert seen.amount == HELD
    assert seen.reference == "payment-1"
    assert seen.hosted_url.startswith("http")
    assert seen.card is None


async def test_a_hold_asked_for_twice_under_one_key_is_one_hold(
    provider: SimulatedProvider,
) -> None:
    once = key()

    first = await provider.open_hold(hold_order(once))
    again = await provider.open_hold(hold_order(once))

    assert first == again


async def test_a_paid_hold_is_held_and_shows_no_more_of_the_card_than_it_may(
    provider: SimulatedProvider,
) -> None:
    seen = await provider.fetch(await held(provider))

    assert seen.state is HoldState.HELD
    assert seen.card is not None
    assert (seen.card.brand, seen.card.last4) == ("Visa", "4242")
    assert "424242" not in repr(seen)


async def test_a_declined_card_makes_a_declined_hold(provider: SimulatedProvider) -> None:
    seen = await open_hold(provider)

    await pay(seen.hosted_url, "4000 0000 0000 0002")

    assert (await provider.fetch(seen.ref)).state is HoldState.DECLINED


async def test_an_order_told_twice_is_one_order(
    provider: SimulatedProvider, bank: ProviderServer
) -> None:
    ref, once = await held(provider), key()

    first = await provider.capture(capture(ref, 1166, once))
    again = await provider.capture(capture(ref, 1166, once))

    assert isinstance(first, HoldSeen)
    assert first == again
    assert (first.state, first.captured) == (HoldState.CAPTURED, Money(1166, EUR))
    assert [move.amount_minor for move in bank.books.transactions.values()] == [1166]


async def test_more_than_was_held_is_declined(provider: SimulatedProvider) -> None:
    answer = await provider.capture(capture(await held(provider), HELD.minor + 1))

    assert isinstance(answer, Declined)
    assert answer.code == "amount_too_large"


async def test_what_the_bank_does_not_let_go_is_declined(provider: SimulatedProvider) -> None:
    seen = await open_hold(provider)
    await pay(seen.hosted_url, "4000 0000 0000 0341")

    answer = await provider.capture(capture(seen.ref, 1166))

    assert isinstance(answer, Declined)
    assert answer.code == "card_declined"


async def test_a_hold_is_captured_once_whatever_the_keys(provider: SimulatedProvider) -> None:
    ref = await held(provider)
    await provider.capture(capture(ref, 1166))

    answer = await provider.capture(capture(ref, 1))

    assert isinstance(answer, Declined)
    assert answer.code == Declined.MOVED_ON


async def test_a_released_hold_cannot_be_captured(provider: SimulatedProvider) -> None:
    ref = await held(provider)

    released = await provider.release(ReleaseOrder(once=key(), ref=ref))
    answer = await provider.capture(capture(ref, 1))

    assert isinstance(released, HoldSeen)
    assert released.state is HoldState.VOIDED
    assert isinstance(answer, Declined)
    assert answer.code == Declined.MOVED_ON


async def test_money_is_given_back_in_parts_and_never_more_than_was_taken(
    provider: SimulatedProvider,
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


@pytest.mark.parametrize(("place", "kind"), SILENCES)
async def test_a_silence_is_no_answer_and_asking_again_moves_the_money_once(
    provider: SimulatedProvider, bank: ProviderServer, place: Place, kind: Kind
) -> None:
    ref, once = await held(provider), key()
    bank.faults.set([Fault(on=place, kind=kind, times=1)])

    with pytest.raises(ProviderSilent, match=r"simulated did not answer"):
        await provider.capture(capture(ref, 1166, once))
    answer = await provider.capture(capture(ref, 1166, once))

    assert isinstance(answer, HoldSeen)
    assert answer.captured == Money(1166, EUR)
    assert [move.amount_minor for move in bank.books.transactions.values()] == [1166]


async def test_a_provider_that_is_gone_is_silent() -> None:
    gone = SimulatedProvider("http://127.0.0.1:1", secret="x", webhook_secret="y")

    with pytest.raises(ProviderSilent):
        await gone.open_hold(hold_order())
    await gone.close()


async def test_a_wrong_key_of_ours_is_silence_and_no_decline(bank: ProviderServer) -> None:
    stranger = SimulatedProvider(bank.url, secret="wrong", webhook_secret="y")

    with pytest.raises(ProviderSilent, match="status 401"):
        await stranger.open_hold(hold_order())
    await stranger.close()


async def test_a_hold_that_does_not_exist_cannot_be_fetched(provider: SimulatedProvider) -> None:
    with pytest.raises(ProviderNonsense, match="not_found"):
        await provider.fetch("hold_nobody")


BODY = json.dumps(
    {"id": "evt_1", "type": "hold.captured", "data": {"id": "hold_1", "reference": "payment-1"}}
).encode()


def signed(body: bytes, secret: str = "whsec_test", *, at: float | None = None) -> dict[str, str]:
    stamp = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Voltway-Signature": f"t={stamp},v1={digest}"}


def test_a_signed_webhook_is_read(provider: SimulatedProvider) -> None:
    told = provider.read_webhook(signed(BODY), BODY)

    assert (told.event, told.kind, told.ref, told.reference) == (
        "evt_1",
        "hold.captured",
        "hold_1",
        "payment-1",
    )


def test_a_webhook_signed_with_the_old_and_the_new_key_is_read(
    provider: SimulatedProvider,
) -> None:
    header = signed(BODY)["Voltway-Signature"]

    assert provider.read_webhook({"voltway-signature": f"{header},v1=00ff"}, BODY).event == "evt_1"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="without a signature"),
        pytest.param({"Voltway-Signature": ""}, id="with an empty one"),
        pytest.param({"Voltway-Signature": "t=x,v1=y"}, id="with rubbish"),
        pytest.param({"Voltway-Signature": "t=²,v1=y"}, id="with a time that is no number"),
        pytest.param({"Voltway-Signature": f"t={'9' * 5000},v1=é"}, id="with a time without end"),
        pytest.param(signed(BODY, "another"), id="signed by a stranger"),
        pytest.param(signed(BODY + b" "), id="signed for other bytes"),
    ],
)
def test_a_webhook_is_refused(provider: SimulatedProvider, headers: dict[str, str]) -> None:
    with pytest.raises(WebhookNotSigned):
        provider.read_webhook(headers, BODY)


@pytest.mark.parametrize("later_s", [-600, 600])
def test_a_webhook_signed_ten_minutes_from_now_is_refused(
    provider: SimulatedProvider, later_s: int
) -> None:
    with pytest.raises(WebhookNotSigned):
        provider.read_webhook(signed(BODY, at=time.time() + later_s), BODY)


def test_a_signed_webhook_without_sense_is_nonsense(provider: SimulatedProvider) -> None:
    body = b'{"id": 1}'

    with pytest.raises(ProviderNonsense):
        provider.read_webhook(signed(body), body)


def test_a_webhook_without_end_is_not_even_hashed(provider: SimulatedProvider) -> None:
    body = b" " * 100_000

    with pytest.raises(WebhookNotSigned, match="too long"):
        provider.read_webhook(signed(body), body)
