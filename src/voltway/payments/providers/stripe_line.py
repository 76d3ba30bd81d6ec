"""The line to Stripe: its own SDK over aiohttp, and what becomes of its errors.

The SDK tries nothing again by itself: what was asked without an answer is noted, and the house
asks again under the same key. Stripe keeps the first answer under a key for a day or more, also a
broken one (status 500). So where a broken answer is given again, nothing more will come of that
key: we look whether the deed was done, and if it was not, ask under the next key.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import aiohttp
import msgspec
import stripe
from stripe._base_address import BaseAddresses

from voltway.kernel.ids import OnceKey
from voltway.payments.provider import Declined, ProviderSilent

#: How often one deed may meet a broken answer that is kept. Each was a fault of Stripe's own.
TURNS: Final = 3
#: As ``Declined`` codes: what was asked for is not possible where the object is now.
MOVED_ON: Final = frozenset(
    {
        "charge_already_captured",
        "charge_already_refunded",
        "charge_expired_for_capture",
        "intent_invalid_state",
        "payment_intent_unexpected_state",
    }
)

T = TypeVar("T")
Asking = Callable[[stripe.RequestOptions], Awaitable[stripe.StripeObject]]
Looking = Callable[[], Awaitable[T | None]]

# How long its requests took is nobody's business but ours; it would be sent with each request.
stripe.enable_telemetry = False


class BrokenForGood(Exception):
    """Under this key there is no answer and will be none."""


class Line:
    """Speaks to one account. Close it when the house closes."""

    def __init__(self, name: str, *, secret: str, url: str, timeout_s: float) -> None:
        self.name = name
        self._http = stripe.AIOHTTPClient(timeout=aiohttp.ClientTimeout(total=timeout_s))
        base: BaseAddresses = {"api": url.rstrip("/")} if url else {}
        self.v1 = stripe.StripeClient(
            secret, base_addresses=base, http_client=self._http, max_network_retries=0
        ).v1

    async def close(self) -> None:
        await self._http.close_async()  # type: ignore[no-untyped-call]

    async def ask(
        self,
        kind: type[T],
        once: OnceKey,
        asking: Asking,
        done: Looking[T | Declined] | None = None,
    ) -> T | Declined:
        """Do a deed once. ``done`` looks whether it was done, where no answer can tell any more.

        Raises ``ProviderSilent`` where nobody knows.
        """
        for turn in range(1, TURNS + 1):
            key = once if turn == 1 else f"{once}.{turn}"
            try:
                return await self._answer(kind, asking({"idempotency_key": key}))
            except BrokenForGood:
                found = await done() if done is not None else None
                if found is not None:
                    return found
        raise ProviderSilent(self.name, f"{TURNS} times its answer was broken")

    async def look(self, kind: type[T], asking: Awaitable[stripe.StripeObject]) -> T | Declined:
        """Read something."""
        try:
            return await self._answer(kind, asking)
        except BrokenForGood as error:
            raise ProviderSilent(self.name, "its answer was broken") from error

    async def _answer(self, kind: type[T], asked: Awaitable[stripe.StripeObject]) -> T | Declined:
        try:
            answer = await asked
        except stripe.IdempotencyError as error:
            # Asked in other words under the same key, by an older Voltway.
            raise BrokenForGood from error
        except stripe.CardError as error:
            return declined(error)
        except stripe.InvalidRequestError as error:
            if error.http_status == 409:  # another request with this key is under way
                raise ProviderSilent(self.name, "it is still at it") from error
            return declined(error)
        except stripe.APIConnectionError as error:
            raise ProviderSilent(self.name, _cause(error)) from error
        except stripe.StripeError as error:
            if (error.headers or {}).get("Idempotent-Replayed") == "true":
                raise BrokenForGood from error
            raise ProviderSilent(self.name, f"status {error.http_status}") from error
        except TimeoutError as error:
            raise ProviderSilent(self.name, "it took too long") from error
        except aiohttp.ClientError as error:
            raise ProviderSilent(self.name, "the connection broke") from error
        return self.read(kind, answer.to_dict())

    def read(self, kind: type[T], answer: dict[str, Any]) -> T:
        """An object of theirs as the part of it that we use."""
        try:
            return msgspec.convert(answer, kind)
        except msgspec.ValidationError as error:
            raise ProviderSilent(self.name, "its answer cannot be read") from error


def declined(error: stripe.CardError | stripe.InvalidRequestError) -> Declined:
    """A no in our words. A bank's reason is finer than Stripe's code for it."""
    told = error.error
    fine = getattr(told, "decline_code", None) if isinstance(error, stripe.CardError) else None
    code = error.code or "invalid_request"
    if code in MOVED_ON:
        code = Declined.MOVED_ON
    if fine is None or fine == "generic_decline":
        fine = code
    return Declined(fine, error.user_message or "Stripe gave no reason.")


def _cause(error: stripe.APIConnectionError) -> str:
    match error.__cause__:
        case TimeoutError():
            return "it took too long"
        case aiohttp.ClientConnectorError():
            return "it cannot be reached"
        case _:
            return "the connection broke"
