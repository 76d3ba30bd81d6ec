"""Stations' keys: made here, shown once, kept as a salted hash.

A key is at least sixteen random bytes, so one fast hash keeps it: nobody can try them all. That
lets the gateway check a key in the upgrade callback, which cannot wait (OCPP 1.6 security
whitepaper A00.FR.203: 16 to 20 bytes, sent as text).
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import ClassVar

from voltway.kernel.errors import Kind, Refusal

KEY_CHARACTERS_MIN = 16
_SALT_BYTES = 16

#: Compared against where there is no station, so that a refusal takes as long as a wrong key.
NOBODY = bytes(48)


@dataclass(eq=False)
class KeyTooShort(Refusal):
    """A station's key needs at least {needed} characters."""

    kind: ClassVar[Kind] = Kind.INVALID

    needed: int = KEY_CHARACTERS_MIN


def new_key() -> str:
    """A key of sixteen random bytes, in hexadecimal."""
    return secrets.token_hex(16)


def hashed(key: str) -> bytes:
    """Salt and digest, to be kept."""
    if len(key) < KEY_CHARACTERS_MIN:
        raise KeyTooShort
    salt = secrets.token_bytes(_SALT_BYTES)
    return salt + _digest(key.encode(), salt)


def opens(key: bytes, kept: bytes) -> bool:
    """Whether this is the key; takes as long when it is not."""
    return hmac.compare_digest(_digest(key, kept[:_SALT_BYTES]), kept[_SALT_BYTES:])


def _digest(key: bytes, salt: bytes) -> bytes:
    return hashlib.blake2b(key, digest_size=32, salt=salt).digest()
