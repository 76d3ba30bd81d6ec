"""The desks of one gateway's stations between two batches: what it knows as of its last commit.

Note [Written from memory]
~~~~~~~~~~~~~~~~~~~~~~~~~~
A gateway holds a station's only socket, so between two of its messages hardly anyone else changes
that station's sessions. Hence it need not ask the database each time what it wrote there itself a
second ago: the desk of a station goes back on the shelf when its batch is committed, and the next
batch takes it from there. Three things keep that right:

- what a batch left on a desk is known after its commit, and at no other time: when the work is
  undone, its desks are lost;
- a session is written back only if its ``revision`` is the one that was read (compare and set).
  Where somebody else wrote in between (a sweep, another gateway) nothing is written, the work is
  done again, and the desk is laid out anew from the database, under locks;
- a name that is not on the desk (a start told again, the end of a session of last week) is looked
  up in the database, and where it is found the desk is laid out anew.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from voltway.kernel.ids import StationId
from voltway.sessions.desk import Desk

#: Where a station stands is asked again after this long: operators move stations now and then.
KNOWN_FOR: Final = timedelta(minutes=5)


@dataclass(slots=True)
class Shelf:
    """Desks by station. ``take`` them for a batch, then ``put_back`` or ``lose`` them."""

    _desks: dict[StationId, Desk] = field(default_factory=dict)
    _in_use: dict[StationId, Desk] = field(default_factory=dict)
    #: Days whose partitions are known to be there.
    days: set[date] = field(default_factory=set)

    def take(self, station: StationId, now: datetime) -> Desk | None:
        """The desk of this station, if it is known."""
        desk = self._desks.get(station)
        if desk is None or now - desk.laid_at > KNOWN_FOR:
            return None
        return desk

    def work_on(self, desks: dict[StationId, Desk]) -> None:
        """These desks are in use now: those that were taken, and those laid out anew."""
        self._in_use = desks

    def put_back(self, stations: Container[StationId]) -> None:
        """The work was kept: what it left on the desks is known now, of these stations at least."""
        desks = self._desks
        for station, desk in self._in_use.items():
            if station in stations:
                desk.clear()
                desks[station] = desk
        self._in_use = {}

    def lose(self) -> None:
        """The work was undone, and what it left on the desks with it."""
        for station in self._in_use:
            self._desks.pop(station, None)
        self._in_use = {}
        self.days = set()

    def forget(self, station: StationId) -> None:
        """Something about this station may be other than we know."""
        self._desks.pop(station, None)
        self._in_use.pop(station, None)
