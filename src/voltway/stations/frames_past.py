"""Raw frames read again: all of some stations over some time, as bills are checked by them.

Nothing is decoded here; what the frames tell is for the door of the stations to say.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from voltway.kernel.ids import StationId
from voltway.runtime.work import Row, Work
from voltway.stations.frames import SHARES, bucket, opened
from voltway.stations.model import Direction, KeptFrame

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

#: Frames keep whole milliseconds of their moments.
GRAIN: Final = timedelta(milliseconds=1)

#: A frame is kept with a batch that begins a moment later; where the database was away, much later.
KEPT_WITHIN: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to another, both inclusive."""

    since: datetime
    until: datetime

    def joined(self, other: "Span") -> "Span":
        return Span(min(self.since, other.since), max(self.until, other.until))


async def frames_between(
    work: Work, wanted: Mapping[StationId, Span]
) -> dict[StationId, list[KeptFrame]]:
    """The frames from and to these stations, each within its span, in the order in which they went
    over the wire."""
    if not wanted:
        return {}
    whole = _whole(wanted.values())
    # The ring first: what is packed meanwhile is then found twice, and never missed.
    rows = await work.all(
        """
        SELECT stations, frames FROM frame_batch
         WHERE stations && $1::uuid[] AND at BETWEEN $2 AND $3
         ORDER BY at, ctid
        """,
        list(wanted),
        whole.since,
        whole.until + KEPT_WITHIN,
    )
    # A pack has the moment of its newest batch, and all its batches are of one day.
    packs = await work.all(
        """
        SELECT stations, frames FROM frame_pack
         WHERE bucket = ANY($2::int[]) AND stations && $1::uuid[] AND at >= $3 AND at < $4
         ORDER BY at, ctid
        """,
        list(wanted),
        sorted({bucket(station, shares) for station in wanted for shares in SHARES}),
        whole.since,
        whole.until.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        + timedelta(days=1),
    )
    found: dict[StationId, dict[KeptFrame, None]] = {station: {} for station in wanted}
    for row in (*packs, *rows):
        _take(found, row, wanted)
    return {station: _in_order(frames) for station, frames in found.items()}


def _whole(spans: Iterable[Span]) -> Span:
    whole: Span | None = None
    for span in spans:
        whole = span if whole is None else whole.joined(span)
    assert whole is not None
    return whole


def _take(
    found: dict[StationId, dict[KeptFrame, None]], row: Row, wanted: Mapping[StationId, Span]
) -> None:
    places = {place: station for place, station in enumerate(row["stations"]) if station in wanted}
    for one in opened(row["frames"]):
        station = places.get(one.station)
        if station is None:
            continue
        at = _EPOCH + timedelta(milliseconds=one.at_ms)
        span = wanted[station]
        if span.since - GRAIN <= at <= span.until:
            said = Direction.SAID if one.said else Direction.HEARD
            found[station][KeptFrame(station, said, at, one.text)] = None


def _in_order(frames: Iterable[KeptFrame]) -> list[KeptFrame]:
    """By their moments; of one moment, what was heard before what we said to it."""
    return sorted(frames, key=lambda frame: (frame.at, frame.direction is Direction.SAID))
