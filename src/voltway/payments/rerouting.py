"""Where providers are offered, read again when their file changes: for which parties, currencies
and ways to pay, and in which order. No process is started anew for that.

Keys and addresses are read when a process starts; who is new in the file waits for that, and who is
gone from it is offered to nobody meanwhile, and ends what it has.
"""

import asyncio
from pathlib import Path
from typing import Final

import structlog

from voltway.kernel.errors import Misconfigured
from voltway.payments import accounts
from voltway.payments.choosing import Providers

log = structlog.get_logger("voltway.payments")

#: How often the file is looked at.
EVERY_S: Final = 5.0


class Rerouting:
    """Keeps a house's providers as their file has them."""

    def __init__(self, file: Path, given: Providers) -> None:
        self._file = file
        self._given = given
        self._seen = self._stamp()

    async def run(self) -> None:
        """Look at the file, for ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            self.look()

    def look(self) -> bool:
        """Whether the file was another and holds now. What is wrong in it is told, and all stays as
        it was."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        try:
            told = accounts.read(self._file)
        except Misconfigured as trouble:
            log.error("providers_stay_as_they_were", why=str(trouble))  # noqa: TRY400 - in words
            return False
        new = self._given.reroute({one.name: accounts.terms(one) for one in told})
        log.info("providers_rerouted", offered=[one.name for one in told], after_a_restart=new)
        return True

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_ino)
