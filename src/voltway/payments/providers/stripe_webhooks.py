"""What Stripe tells by itself: verified by its SDK over the raw bytes; only a reason to look."""

import time
from collections.abc import Mapping
from typing import Final

import msgspec
import stripe

from voltway.payments.provider import ProviderNonsense, Told, WebhookNotSigned
from voltway.payments.providers import stripe_seen as seen

BYTES_MAX: Final = 65_536
HEADER: Final = "stripe-signature"


class Webhooks:
    """Reads the webhooks of one endpoint, whose secret signs them."""

    def __init__(self, name: str, *, secret: str, tolerance_s: int) -> None:
        self._name = name
        self._secret = secret
        self._tolerance_s = tolerance_s

    def read(self, headers: Mapping[str, str], raw: bytes) -> Told:
        """Raises ``WebhookNotSigned`` unless Stripe sent exactly these bytes a short while ago."""
        if len(raw) > BYTES_MAX:
            raise WebhookNotSigned(self._name, "it is too long to be one")
        if not self._secret:
            raise WebhookNotSigned(self._name, "the secret of our endpoint is not set")
        header = next((value for key, value in headers.items() if key.lower() == HEADER), "")
        try:
            stripe.WebhookSignature.verify_header(raw, header, self._secret, self._tolerance_s)
            ahead_s = _signed_at(header) - time.time()
        except (stripe.SignatureVerificationError, ValueError, TypeError) as error:
            raise WebhookNotSigned(self._name, "the signature is not of these bytes") from error
        if ahead_s > self._tolerance_s:
            raise WebhookNotSigned(self._name, "it was signed in time to come")
        try:
            event = msgspec.json.decode(raw, type=seen.Event)
        except msgspec.DecodeError as error:
            raise ProviderNonsense(self._name, "a signed webhook cannot be read") from error
        ref, reference = seen.names_of(event.data.object)
        return Told(event.id, event.type, ref, reference, seen.TELLS.get(event.type))


def _signed_at(header: str) -> int:
    """The SDK refuses what is old, and takes what comes from the future."""
    return next(int(part[2:]) for part in header.split(",") if part.startswith("t="))
