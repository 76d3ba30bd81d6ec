"""Codes that change, as a station shows them on its display: OCPP 2.1 part 2, use case C25,
"Time-based One-Time password algorithm", version 1."""

import hashlib
import hmac
from typing import Final

#: The alphabet is printed without its "o" in the specification, and is called base62. A station may
#: have taken either at its word.
ALPHABETS: Final = (
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "0123456789abcdefghijklmnpqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
)
VERSION: Final = "v1"
#: As many signs as we ask stations for; 60 seconds is the time of one code.
LENGTH: Final = 12
VALID_S: Final = 60
#: How long somebody who scanned a code has until they begin to pay.
GRANT_S: Final = 900


def totp(secret: str, at_s: float, *, valid_s: int, length: int, alphabet: str) -> str:
    """The code of a moment, in seconds since 1970."""
    interval = int(at_s) // valid_s
    hash_ = hmac.new(secret.encode(), interval.to_bytes(8, "big"), hashlib.sha256).digest()
    offset = hash_[-1] & 0x0F
    return "".join(
        alphabet[hash_[(offset + place) % len(hash_)] % len(alphabet)] for place in range(length)
    )


def is_valid(shown: str, secret: str, now_s: float, valid_s: int) -> bool:
    """Whether a code is that of now, of the interval before, or of the next ("Validation of
    TOTP"): clocks differ, and people are slow."""
    if len(shown) != LENGTH:
        return False
    return any(
        hmac.compare_digest(
            shown.encode(),
            totp(
                secret, now_s + step * valid_s, valid_s=valid_s, length=LENGTH, alphabet=alphabet
            ).encode(),
        )
        for step in (0, -1, 1)
        for alphabet in ALPHABETS
    )


def grant(secret: str, evse: str, now_s: float) -> str:
    """What lets who scanned a good code begin to pay at this bay for a while: its end, signed."""
    until = int(now_s) + GRANT_S
    return f"{until}.{_signed(secret, evse, until)}"


def holds(shown: str, secret: str, evse: str, now_s: float) -> bool:
    """Whether a grant is good at this bay still."""
    until, _, signature = shown.partition(".")
    if not (until.isascii() and until.isdecimal() and len(until) < 12) or int(until) < now_s:
        return False
    return hmac.compare_digest(signature.encode(), _signed(secret, evse, int(until)).encode())


def _signed(secret: str, evse: str, until: int) -> str:
    return hmac.new(secret.encode(), f"{evse}:{until}".encode(), hashlib.sha256).hexdigest()[:32]
