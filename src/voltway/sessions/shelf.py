"""The desks of one gateway's stations between two batches: what it knows as of its last commit.

Note [Written from memory]
~~~~~~~~~~~~~~~~~~~~~~~~~~
A gateway holds a station's only socket, so between two of its messages hardly anyone else changes
that station's sessions. Hence it need not ask the database each time what it wrote there itself a
second ago: the desk of a station goes back on the shelf when its batch is committed, and the next
batch takes it from there. Three things keep that right:

- a desk that is being worked on is off the shelf. It is put back after the commit and at no other
  time, so what was undone was never known;
- a session is written back only if its ``revision`` is the one that was read (compare and set).
  Where somebody else wrote in between (a sweep, another gateway) nothing is written, the work is
  done again, and the desk is laid out anew from the database, under locks;
- a name that is not on the desk (a start told again, the end of a session of last week) is looked
  up in the database, and where it is found the desk is laid out anew.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from voltway.kernel.errors import Outage
from voltway.kernel.ids import StationId
from voltway.sessions.desk import Desk

#: Where a station stands is asked again after this long: operators move stations now and then.
KNOWN_FOR: Final = timedelta(minutes=5)


@dataclass(eq=False)
class WrittenByOthers(Outage):
    """Sessions were changed by somebody else meanwhile. Please try again."""


@dataclass(slots=True)
class Shelf:
    """Desks by station. ``take`` them for a batch, then ``put_back`` or ``lose`` them."""

    _desks: dict[StationId, tuple[datetime, Desk]] = field(default_factory=dict)
    _out: dict[StationId, tuple[datetime, Desk]] = field(default_factory=dict)
    #: Days whose partitions are known to be there.
    days: set[date] = field(default_factory=set)

    def take(self, stations: Iterable[StationId], now: datetime) -> dict[StationId, Desk]:
        """The desks of these stations, as far as they are known; they are off the shelf then."""
        taken: dict[StationId, Desk] = {}
        for station in stations:
            known = self._desks.pop(station, None)
            if known is not None and now - known[0] < KNOWN_FOR:
                self._out[station] = known
                taken[station] = known[1]
        return taken

    def work_on(self, desks: dict[StationId, Desk], now: datetime) -> None:
        """These desks are in use now: those that were taken, and those laid out anew."""
        self._out = {
            station: self._out[station]
            if station in self._out and self._out[station][1] is desk
            else (now, desk)
            for station, desk in desks.items()
        }

    def put_back(self, stations: Container[StationId]) -> None:
        """The work was kept: what it left on the desks is known now, of these stations at least."""
        for station, known in self._out.items():
            if station in stations:
                known[1].clear()
                self._desks[station] = known
        self._out = {}

    def lose(self) -> None:
        """The work was undone, and what it left on the desks with it."""
        self._out = {}

    def forget(self, station: StationId) -> None:
        """Something about this station may be other than we know."""
        self._desks.pop(station, None)
        self._out.pop(station, None)
