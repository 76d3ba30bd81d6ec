"""Passwords, hashed by argon2id off the event loop (RFC 9106 §4, second recommended option)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

STRONG: Final = PasswordHasher()  # 64 MiB, 3 passes, 4 lanes

_hasher = STRONG

#: What is verified where no such operator exists, so that both answers take the same time. Made
#: once for all: making it takes every process that starts as long as a sign-in.
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$IMp6dwh+tg8ngL/MxMaE3Q$" + (
    "/xcIzGC9YzYvVw3Fgnpgg3Wbr60Zq28EJFMlZrRvdho"
)

#: Two at once, for each takes 64 MiB: many wrong tries must not eat the machine.
_TURNS = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")


def use(hasher: PasswordHasher) -> None:
    """Hash by other costs from now on. What was hashed keeps its own, and is verified by them."""
    global _hasher
    _hasher = hasher


async def hash_of(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_TURNS, _hasher.hash, password)


async def is_right(password: str, kept: str | None) -> bool:
    """Whether it is the kept one. ``None`` is nobody's: as slow, and wrong."""
    right = await asyncio.get_running_loop().run_in_executor(
        _TURNS, _verify, password, kept or NOBODYS
    )
    return right and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether it was hashed more weakly than today."""
    return _hasher.check_needs_rehash(kept)


def _verify(password: str, kept: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
