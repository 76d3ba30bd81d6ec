"""A bay by its EVSE ID, as somebody types it who reads it off the hardware.

An EVSE ID is country, operator, E and signs, with or without stars between (eMI3 group, eMI3
standard part 2: EVSE ID format).
"""

import re
from typing import Final

from voltway.runtime.work import Work

_SIGNS: Final = re.compile(r"[^A-Z0-9]")
_EVSE_ID: Final = re.compile(r"[A-Z]{2}[A-Z0-9]{3}E[A-Z0-9]{1,30}")


async def bay_called(work: Work, words: str) -> str | None:
    """The one bay that these words name, in upper or lower case, with or without its signs. Where
    two names differ in their signs alone, the words must be as one of them."""
    typed = words.upper().strip()
    name = _SIGNS.sub("", typed)
    if not _EVSE_ID.fullmatch(name):
        return None
    rows = await work.all(
        """
        SELECT public_id FROM port_view
         WHERE published AND regexp_replace(upper(public_id), '[^A-Z0-9]', '', 'g') = $1
        """,
        name,
    )
    found = [str(row["public_id"]) for row in rows]
    same = [each for each in found if each.upper() == typed]
    return same[0] if same else found[0] if len(found) == 1 else None
