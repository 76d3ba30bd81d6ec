"""The payment providers that we can speak to, each before the world that plays it, and what is
asked of them."""

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import pytest

from tests.payments.hosted_page import pay
from voltway.kernel.ids import OnceKey
from voltway.kernel.money import EUR, Money
from voltway.payments.provider import CaptureOrder, HoldOrder, HoldSeen, Provider
from voltway.payments.providers.mollie import MollieProvider
from voltway.payments.providers.simulated import SimulatedProvider
from voltway.payments.providers.stripe import StripeProvider
from voltway_world.provider import ProviderServer


class Closable(Provider, Protocol):
    async def close(self) -> None: ...


#: Long enough for a machine that is busy with something else.
PATIENCE_S: Final = 5.0


def patience_s(request: pytest.FixtureRequest) -> float:
    """How long the adapter of this test waits: less where the provider is silent (its mark)."""
    mark = request.node.get_closest_marker("patience")
    return float(mark.args[0]) if mark else PATIENCE_S


@dataclass(frozen=True, slots=True)
class Kind:
    """A provider, and what its webhooks look like."""

    name: str
    make: Callable[..., Closable]
    header: str
    event: Callable[[str], Mapping[str, Any]]
    #: What stands in the header, of body, secret and second.
    sign: Callable[[bytes, str, int], str]
    #: Whether a signature tells when it was made, and has room for a second key.
    is_dated: bool = True

    def speaks_to(self, bank: ProviderServer, **more: Any) -> Closable:
        return self.make(
            **{
                "url": bank.url,
                "secret": bank.secret,
                "webhook_secret": bank.webhook_secret,
                "timeout_s": PATIENCE_S,
                **more,
            }
        )

    def body(self, event: str = "evt_1") -> bytes:
        """A webhook that says that the hold ``hold_1`` of our ``payment-1`` was captured."""
        return json.dumps(self.event(event)).encode()

    def signed(
        self, body: bytes, secret: str = "whsec_test", *, at: float | None = None
    ) -> dict[str, str]:
        stamp = int(time.time() if at is None else at)
        return {self.header: self.sign(body, secret, stamp)}


def _dated(body: bytes, secret: str, stamp: int) -> str:
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


def _plain(body: bytes, secret: str, _: int) -> str:
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _simulated(event: str) -> Mapping[str, Any]:
    return {
        "id": event,
        "type": "hold.captured",
        "data": {"id": "hold_1", "reference": "payment-1"},
    }


def _stripe(event: str) -> Mapping[str, Any]:
    intent = {"object": "payment_intent", "id": "hold_1", "metadata": {"reference": "payment-1"}}
    return {
        "id": event,
        "object": "event",
        "type": "payment_intent.succeeded",
        "data": {"object": intent},
    }


def _mollie(event: str) -> Mapping[str, Any]:
    return {
        "resource": "event",
        "id": event,
        "type": "payment.paid",
        "entityId": "hold_1",
        "createdAt": "2026-03-02T12:00:00+00:00",
        "_embedded": {"entity": {"id": "hold_1", "metadata": {"reference": "payment-1"}}},
    }


SIMULATED = Kind("simulated", SimulatedProvider, "Voltway-Signature", _simulated, _dated)
STRIPE = Kind("stripe", StripeProvider, "Stripe-Signature", _stripe, _dated)
MOLLIE = Kind("mollie", MollieProvider, "X-Mollie-Signature", _mollie, _plain, is_dated=False)
KINDS = [SIMULATED, STRIPE, MOLLIE]

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


async def open_hold(provider: Closable) -> HoldSeen:
    seen = await provider.open_hold(hold_order())
    assert isinstance(seen, HoldSeen)
    return seen


async def held(provider: Closable) -> str:
    seen = await open_hold(provider)
    await pay(seen.hosted_url)
    return seen.ref


def capture(ref: str, minor: int, once: OnceKey | None = None) -> CaptureOrder:
    return CaptureOrder(once=once or key(), ref=ref, amount=Money(minor, EUR))


@pytest.fixture(name="provider")
async def by_stripe(bank: ProviderServer) -> AsyncIterator[Closable]:
    """The provider, spoken to as Stripe is; for a module that names it among its own."""
    adapter = STRIPE.speaks_to(bank, timeout_s=5.0)
    yield adapter
    await adapter.close()
