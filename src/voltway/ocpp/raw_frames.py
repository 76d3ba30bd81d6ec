"""How much of what a station says and hears is kept raw: so many bytes of it in a day.

A station that says more is heard and answered as ever, and its sessions and readings are kept; only
its raw frames are not, for an hour or more. Its page says so, and a mark among the frames, so that
nobody takes what is left of them for all that was said: a bill is not made again from half of it.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from voltway.kernel.ids import StationId
from voltway.runtime.metrics import counter
from voltway.stations.frames import NOT_KEPT
from voltway.stations.model import Direction, KeptFrame
from voltway.stations.reports import Deviation

if TYPE_CHECKING:
    from voltway.ocpp.batch import Extras
    from voltway.ocpp.link import Link

DAY_S: Final = 86_400.0

#: Frames are kept again when so much of a day's bytes has come back.
BACK_PARTS: Final = 24

#: While frames are missing a mark is kept so often.
MARK_S: Final = 60.0

#: Stations without a line of which it is remembered how much they may say.
APART_MAX: Final = 20_000

#: The bound where there is none.
_BOUNDLESS: Final = 2**62

LACKING: Final = counter(
    "voltway_ocpp_frames_not_kept", "Raw frames that were too many of their station to be kept"
)


class RawFrames:
    """What is left of each station's bytes: a day's at first; they come back evenly over a day."""

    def __init__(self, now_s: Callable[[], float], bytes_a_day: int) -> None:
        self._now_s = now_s
        self._a_day = bytes_a_day or _BOUNDLESS
        self._left: dict[StationId, tuple[int, float]] = {}
        self._marked_s: dict[StationId, float] = {}

    def opened(self, station: StationId) -> tuple[int, float]:
        """What is left of a station that comes, and since when."""
        return self._left.pop(station, None) or (self._a_day, self._now_s())

    def closed(self, link: "Link") -> None:
        """Remember what is left; the longest gone are forgotten where there are too many."""
        self._left[link.station] = (link.raw_left, link.raw_since_s)
        if len(self._left) > APART_MAX:
            gone = next(iter(self._left))
            del self._left[gone]
            self._marked_s.pop(gone, None)

    def lack(self, extras: "Extras", link: "Link", at: datetime) -> bool:
        """Nothing was left: whether it still is so when what came back is added. A frame that is
        not kept is counted, and places where some are missing are marked at both ends."""
        now_s, station = self._now_s(), link.station
        back = int(min(1.0, (now_s - link.raw_since_s) / DAY_S) * self._a_day)
        is_over = back < self._a_day // BACK_PARTS
        if is_over:
            link.raw_left = -1
            self._count(extras, station, at)
            is_due = now_s - self._marked_s.get(station, -MARK_S) >= MARK_S
            if is_due:
                self._marked_s[station] = now_s
        else:
            link.raw_left, link.raw_since_s = back, now_s
            is_due = self._marked_s.pop(station, None) is not None
        if is_due:
            mark = KeptFrame(station, Direction.SAID, at, NOT_KEPT)
            extras.said.append((link.party, mark))
        return is_over

    def _count(self, extras: "Extras", station: StationId, at: datetime) -> None:
        """For the station's page."""
        LACKING.inc()
        one = Deviation("frames_not_kept", "", f"more than {self._a_day / 1e6:g} MB in a day")
        place = (station, one.kind, one.path)
        before = extras.faults.get(place)
        extras.faults[place] = (before[0] + 1 if before else 1, one, at)
