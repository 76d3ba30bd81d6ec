"""A small network, made through the actions: parties, stations, tokens, tariffs for all tests.

Each function takes a ``Work`` of the whole house and gives back the noun that it made.
"""

import itertools
from typing import Any

from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.runtime.work import Work

_NUMBERS = itertools.count(1)
_IDENTS = (
    f"{letter}{number:02d}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" for number in range(100)
)


def number() -> int:
    """A number that no other thing of this test run has."""
    return next(_NUMBERS)


async def a_party(
    work: Work, *, name: str = "Voltway Oy", ident: str | None = None, **more: Any
) -> Party:
    """A party in Finland, priced in euros."""
    return await parties.add_party(
        work, name=name, ident=ident or next(_IDENTS), vat_id="FI12345678", **more
    )
