"""What goes between a partner's platform and us is signed by both.

The header is ``t=<seconds>,v1=<HMAC-SHA256>``; what is signed is ``<seconds>.<body>``, with the
secret that the operator handed over once.
"""

import hmac
import time
from typing import Final

from voltway.kernel import signatures
from voltway.kernel.signatures import HEADER

__all__ = ["HEADER", "is_signed", "signature"]

#: Clocks of two machines may differ by so much, and a signature is good for no longer.
TOLERANCE_S: Final = 300


def signature(secret: str, body: bytes, at_s: int) -> str:
    """The header for these bytes, signed at this second."""
    return signatures.signature([secret], body, at_s)


def is_signed(secret: str, body: bytes, header: str, *, now_s: float | None = None) -> bool:
    """Whether this header is of these bytes, and new."""
    parts = dict(part.strip().partition("=")[::2] for part in header.split(","))
    stamp, given = parts.get("t", ""), parts.get("v1", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12 and given.isascii()):
        return False
    is_new = abs((time.time() if now_s is None else now_s) - int(stamp)) <= TOLERANCE_S
    return is_new and hmac.compare_digest(given, signatures.digest(secret, body, int(stamp)))
