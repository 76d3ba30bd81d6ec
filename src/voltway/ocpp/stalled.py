"""What a gateway lets go of while nothing can be kept: no outage of a database may fill memory.

Stations dial again and again meanwhile, and each tells its message anew. Nothing of it was
answered, so nothing of it was promised.
"""

from typing import Final

from voltway.ocpp.batch import Extras, Pending
from voltway.runtime.metrics import counter

#: Lines that opened and are not recorded: from so many on those that closed again are forgotten.
BLINKS_FROM: Final = 10_000

#: How often it is looked whether a message can be let go.
ROOM_EVERY_S: Final = 1.0

EXTRAS_LOST: Final = counter(
    "voltway_ocpp_extras_lost",
    "Commits that the database refused, of lines that opened and closed and of what we said",
)


class Stalled:
    """Looks through what waits now and then, for looking costs as much as there is."""

    def __init__(self) -> None:
        self.lost = 0  # commits of extras that the database refused
        self._look_s = 0.0
        self._blinks_from = BLINKS_FROM

    def let_go(self, ready: list[Pending], now_s: float) -> list[Pending]:
        """These messages without those of lines that are closed, which are counted no more."""
        if now_s < self._look_s:
            return ready
        self._look_s = now_s + ROOM_EVERY_S
        kept: list[Pending] = []
        for each in ready:
            if each.link.is_open:
                kept.append(each)
            else:
                each.link.owner.waiting.bytes -= len(each.text)
                each.link.forget_waiting()
        return kept

    def lose(self) -> None:
        """The database refused to keep extras by themselves; nobody was promised them."""
        self.lost += 1
        EXTRAS_LOST.inc()

    def forget_blinks(self, extras: Extras) -> None:
        """Record no line that opened and closed again before anything could be recorded."""
        if len(extras.opened) <= self._blinks_from:
            return
        gone = {link for link in extras.opened if link.closed_at is not None}
        extras.opened = [link for link in extras.opened if link not in gone]
        extras.closed = [link for link in extras.closed if link not in gone]
        self._blinks_from = max(BLINKS_FROM, 2 * len(extras.opened))
