"""Passwords, hashed by argon2id off the event loop (RFC 9106 §4, second recommended option)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()  # 64 MiB, 3 passes, 4 lanes

#: What is verified where no such operator exists, so that both answers take the same time.
_NOBODYS = _HASHER.hash("nobody signs in with this")

#: Two at once, for each takes 64 MiB: many wrong tries must not eat the machine.
_TURNS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")


async def hash_of(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_TURNS, _HASHER.hash, password)


async def is_right(password: str, kept: str | None) -> bool:
    """Whether it is the kept one. ``None`` is nobody's: as slow, and wrong."""
    right = await asyncio.get_running_loop().run_in_executor(
        _TURNS, _verify, password, kept or _NOBODYS
    )
    return right and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether it was hashed more weakly than today."""
    return _HASHER.check_needs_rehash(kept)


def _verify(password: str, kept: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
