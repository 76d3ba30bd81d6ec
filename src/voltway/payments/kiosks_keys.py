"""The key of a platform that registers by itself (OCPI 2.3.0, module credentials).

The key that was given by hand (token A) is exchanged for another one (token C), and that for the
next with each update. An answer with a new key may be lost: so the key before still registers,
and opens nothing else, until the new one was shown once.
"""

import secrets
from dataclasses import dataclass
from typing import Final

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId
from voltway.parties import rules as secrecy
from voltway.payments import store_kiosks
from voltway.payments.kiosks import PREFIX, Platform, parts_of_key
from voltway.runtime.work import Row, Work

#: With prefix and id 63 characters: a token of OCPI has 64 at most.
SECRET_BYTES: Final = 20


class KeyOver(Refusal):
    """This key holds no more: another one has taken its place."""

    kind = Kind.CONFLICT


@dataclass(frozen=True, slots=True)
class Registering:
    """A platform that shows a key by which it may register (``is_new``: for the first time, or
    again where the answer may have been lost) or has (``is_registered``)."""

    platform: Platform
    is_new: bool
    is_registered: bool


async def who_registers(work: Work, key: str) -> Registering | None:
    """Whose key this is, if it registers."""
    parts = parts_of_key(key)
    found = await store_kiosks.platform(work, parts[0]) if parts else None
    if parts is None or found is None or not _registers(found, parts[1]):
        return None
    platform = Platform(found["id"], PartyId(found["party_id"]), found["name"])
    was_registered = found["registered_at"] is not None
    is_current = secrecy.is_same(parts[1], found["secret_hash"])
    return Registering(platform, not (was_registered and is_current), was_registered)


async def renew(work: Work, platform: Platform, shown: str) -> str:
    """A new key in the place of the one that was shown, in clear only here. Raises ``KeyOver``
    where another exchange was faster."""
    parts = parts_of_key(shown)
    found = await store_kiosks.lock_platform(work, platform.id)
    if parts is None or found is None or not _registers(found, parts[1]):
        raise KeyOver
    secret = secrets.token_urlsafe(SECRET_BYTES)
    before = secrecy.digest(parts[1])
    await store_kiosks.renew_key(work, platform.id, secrecy.digest(secret), before)
    return f"{PREFIX}_{platform.id.hex}_{secret}"


def _registers(found: Row, secret: str) -> bool:
    held = [each for each in (found["secret_hash"], found["before_hash"]) if each is not None]
    return not found["revoked_at"] and any(secrecy.is_same(secret, each) for each in held)
