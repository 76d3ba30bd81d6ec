"""How what goes to other programs is signed: ``t=<seconds>,v1=<HMAC-SHA256>``.

What is signed is ``<seconds>.<body>``. While a secret is being changed there are two signatures,
one by each.
"""

import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

HEADER: Final = "Voltway-Signature"


def signature(secrets: Sequence[str], body: bytes, at_s: int) -> str:
    """The header for these bytes, signed at this second by each of these secrets."""
    return f"t={at_s}," + ",".join(f"v1={digest(each, body, at_s)}" for each in secrets)


def digest(secret: str, body: bytes, at_s: int) -> str:
    return hmac.new(secret.encode(), f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
