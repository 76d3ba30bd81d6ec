"""What Mollie tells by itself, by its webhooks of 2025 and later, whose bodies are signed.

Older ones carry a payment's name and no signature, and are not heard. A signature has no time in
it: one that is sent again is known by its event, and the payment is fetched whatever it says.
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

import msgspec

from voltway.payments.provider import ProviderNonsense, Told, WebhookNotSigned
from voltway.payments.providers import mollie_seen as seen

BYTES_MAX: Final = 65_536
HEADER: Final = "x-mollie-signature"
PREFIX: Final = "sha256="


def read_webhook(name: str, secret: str, headers: Mapping[str, str], raw: bytes) -> Told:
    """Raises ``WebhookNotSigned`` unless these bytes carry the signature of our subscription."""
    if len(raw) > BYTES_MAX:
        raise WebhookNotSigned(name, "it is too long to be one")
    if not secret:
        raise WebhookNotSigned(name, "the secret of our subscription is not set")
    header = next((value for key, value in headers.items() if key.lower() == HEADER), "")
    digest = hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(header.removeprefix(PREFIX).encode(), digest.encode()):
        raise WebhookNotSigned(name, "the signature is not of these bytes")
    try:
        event = msgspec.json.decode(raw, type=seen.Event)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ProviderNonsense(name, "a signed webhook cannot be read") from error
    ref, reference = seen.names_of(event)
    return Told(event.id, event.type, ref, reference, seen.TELLS.get(event.type))
