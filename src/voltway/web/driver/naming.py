"""A bay by its EVSE ID, as somebody types it who reads it off the hardware.

An EVSE ID is country, operator, E and signs, with or without stars between (eMI3 group, eMI3
standard part 2: EVSE ID format).
"""

import re
from collections.abc import Sequence
from typing import Final

from voltway.runtime.work import Work

_SIGNS: Final = re.compile(r"[^A-Z0-9]")
_EVSE_ID: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}E[A-Z0-9]{1,30}")


async def bays_called(work: Work, words: str) -> Sequence[str] | None:
    """The bays that these words name, in upper or lower case, with or without their signs; ``None``
    where the words are no EVSE ID. Where names differ in their signs alone, it is all of them,
    unless the words are as one of them."""
    typed = words.upper().strip()
    name = _SIGNS.sub("", typed)
    if not _EVSE_ID.fullmatch(name) or name.isalpha():  # “Dresden” is a city
        return None
    rows = await work.all(
        """
        SELECT public_id FROM port_view
         WHERE published AND regexp_replace(upper(public_id), '[^A-Z0-9]', '', 'g') = $1
         ORDER BY public_id
        """,
        name,
    )
    found = [str(row["public_id"]) for row in rows]
    same = [each for each in found if each.upper() == typed]
    return same or found
