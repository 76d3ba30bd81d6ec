"""The hosts in the address of a database, of which one is the primary: found again when it changes.

``postgresql://account:password@first:5432,second:5432/database``
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import asyncpg

#: RFC 3986 knows one host; libpq and we know several, with commas between.
_SEVERAL: Final = re.compile(
    r"(?P<before>[a-z]+://(?:[^/?]*@)?)(?P<hosts>[^/?@,]+(?:,[^/?@,]+)+)(?P<after>[/?].*)?"
)

#: How long one host may take, where there are others.
HOST_S_MAX: Final = 3.0

#: A host that says so, or nothing, is not the one that we look for. It may be later.
_NOT_HERE: Final = (
    OSError,
    TimeoutError,
    asyncpg.TargetServerAttributeNotMatched,  # a standby, which cannot be written
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)


@dataclass(slots=True)
class Hosts:
    """The addresses of a database, one for each host; first the one that was the primary last.

    The driver goes through several hosts by itself, but gives all of them one time: a machine that
    lost its power refuses nobody, and the next host would never be asked.
    """

    addresses: list[str]

    async def connect(self, dsn: str | None = None, **options: Any) -> Any:
        """A connection to the host that can be written. The pool gives its address; we have it."""
        if len(self.addresses) == 1:
            return await asyncpg.connect(self.addresses[0], **options)
        options |= {"timeout": HOST_S_MAX, "target_session_attrs": "read-write"}
        trouble: Exception | None = None
        for address in list(self.addresses):
            try:
                connection = await asyncpg.connect(address, **options)
            except _NOT_HERE as reason:
                trouble = reason
                continue
            self.addresses.remove(address)
            self.addresses.insert(0, address)
            return connection
        assert trouble is not None
        raise trouble


@cache
def hosts(url: str) -> Hosts:
    """The hosts of this address, the same for all who ask: where one was found, all look first."""
    found = _SEVERAL.fullmatch(url)
    if found is None:
        return Hosts([url])
    return Hosts(
        [found["before"] + host + (found["after"] or "") for host in found["hosts"].split(",")]
    )
