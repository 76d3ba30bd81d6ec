"""Raw frames of both directions, kept as they went over the wire: one compressed blob a commit.

A row a message would write six times as much to disk as the messages' effect. A blob holds the
frames of one party, so that the wall between parties stands around it; the stations named beside
it say where to look.

Note [Two states of a frame]
~~~~~~~~~~~~~~~~~~~~~~~~~~~~
What is written at every commit must cost next to nothing, and what is kept for a month must be
small and quick to find. So a batch is compressed lightly and appended to ``frame_batch``, which has
no index; when its five minutes are over, ``frames_packing`` moves it to ``frame_pack``, where
the frames of a station lie side by side in larger blobs that an index finds. A frame is in one of
the two, never in both: one transaction takes it out of the one and puts it into the other.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
from zstandard import ZstdCompressor, ZstdDecompressor

from voltway.kernel.ids import PartyId, StationId, new_id
from voltway.runtime.work import Row, Work
from voltway.stations.model import Direction, FrameForReview, KeptFrame

#: The slots of the ring that batches are kept in. Who looks at a station reads through what is not
#: packed yet, so a slot is as short as it can be while its frames still fill a pack.
SLOT_S: Final = 300
SLOTS: Final = 4

#: Stands among the frames of a station where some are not kept: more than are kept of one in a day.
NOT_KEPT: Final = b"Frames are missing here: more than VOLTWAY_KEEP_FRAMES_MB_A_DAY were told."

#: Packs opened at once to find the last frames of one station, and at most.
PACKS_AT_ONCE: Final = 8
PACKS_MAX: Final = 400

#: Shares of the stations that packs may be cut into: 1, 4, 16, ... up to a million.
SHARES: Final = tuple(4**power for power in range(11))

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: What begins a blob of zstd (RFC 8878 §3.1.1); blobs of before are zlib's.
_ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"

#: See docs/figures/storage.md for what each level costs and saves.
_SQUEEZE: Final = ZstdCompressor(level=-1).compress


class Packed(msgspec.Struct, array_like=True, gc=False):
    """One frame in a blob: whose it is (a place in the row's ``stations``), which way, when."""

    station: int
    said: bool
    at_ms: int
    text: bytes


ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(list[Packed]).decode


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames of one party."""

    party: PartyId
    stations: list[StationId]
    blob: bytes


def pack(frames: Sequence[tuple[PartyId, KeptFrame]]) -> list[Batch]:
    """The frames as blobs, one for each party."""
    stations: dict[PartyId, dict[StationId, int]] = {}
    packed: dict[PartyId, list[Packed]] = {}
    last: datetime | None = None
    for party, frame in frames:
        places = stations.get(party)
        if places is None:
            places, packed[party] = stations.setdefault(party, {}), []
        place = places.setdefault(frame.station, len(places))
        if frame.at is not last:  # all answers of a batch have one moment
            last = frame.at
            at_ms = round(last.timestamp() * 1000)
        packed[party].append(Packed(place, frame.direction is Direction.SAID, at_ms, frame.text))
    return [
        Batch(party, list(stations[party]), _SQUEEZE(ENCODE(each)))
        for party, each in packed.items()
    ]


def opened(blob: bytes) -> list[Packed]:
    """The frames of a blob, whoever compressed it."""
    if blob[:4] != _ZSTD_MAGIC:
        return _DECODE(zlib.decompress(blob))
    # Made anew each time: it must not be shared by two threads.
    return _DECODE(ZstdDecompressor().decompress(blob))


def slot_of(at: datetime) -> int:
    """The part of the ring that a batch of this moment is kept in."""
    return int(at.timestamp()) // SLOT_S % SLOTS


def bucket(station: UUID, shares: int) -> int:
    """Which of so many shares of the stations this one is in, named apart for each cut."""
    return shares + (station.int & shares - 1)


def keep_frames(work: Work, frames: Sequence[tuple[PartyId, KeptFrame]]) -> None:
    """Keep raw frames, in the transaction that keeps what they did."""
    for batch in pack(frames):
        work.later(
            "INSERT INTO frame_batch (party_id, at, slot, stations, frames)"
            " VALUES ($1, $2, $3, $4, $5)",
            batch.party,
            work.now,
            slot_of(work.now),
            batch.stations,
            batch.blob,
        )


async def last_frames(work: Work, station: StationId, n: int = 50) -> list[KeptFrame]:
    """The last frames from and to a station, the newest first."""
    # Each row that names the station holds a frame of it at least: so many rows are enough.
    found = _of_station(
        station,
        await work.all(
            """
            SELECT stations, frames FROM frame_batch
             WHERE stations @> ARRAY[$1::uuid]
             ORDER BY at DESC, ctid DESC
             LIMIT $2
            """,
            station,
            n + 100,
        ),
    )
    for start in range(0, PACKS_MAX, PACKS_AT_ONCE):
        if len(found) >= n:
            break
        rows = await work.all(
            """
            SELECT stations, frames FROM frame_pack
             WHERE bucket = ANY($2::int[]) AND stations @> ARRAY[$1::uuid]
             ORDER BY at DESC, ctid DESC
             LIMIT $3 OFFSET $4
            """,
            station,
            [bucket(station, shares) for shares in SHARES],
            PACKS_AT_ONCE,
            start,
        )
        found += _of_station(station, rows)
        if len(rows) < PACKS_AT_ONCE:
            break
    # An answer is kept with the batch after its call, so the order of batches is not yet theirs.
    found.sort(key=lambda frame: (frame.at, frame.direction is Direction.SAID), reverse=True)
    return found[:n]


def _of_station(station: StationId, rows: Sequence[Row]) -> list[KeptFrame]:
    """Its frames in these rows, the last one first, as the rows are."""
    found: list[KeptFrame] = []
    for row in rows:
        place = row["stations"].index(station)
        found += [
            KeptFrame(
                station,
                Direction.SAID if one.said else Direction.HEARD,
                _EPOCH + timedelta(milliseconds=one.at_ms),
                one.text,
            )
            for one in reversed(opened(row["frames"]))
            if one.station == place
        ]
    return found


async def keep_for_review(work: Work, frames: Sequence[FrameForReview]) -> None:
    """Calls whose effect the database refused: raw, for a person to look at."""
    for frame in frames:
        await work.run(
            """
            INSERT INTO frame_review (id, party_id, station_id, at, action, frame, why)
            SELECT $1, party_id, id, $3, $4, $5, $6 FROM station WHERE id = $2
            """,
            new_id(work.now),
            frame.station,
            frame.at,
            frame.action.replace("\x00", "�")[:100],
            frame.frame,
            frame.why.replace("\x00", "�")[:1000],
        )


async def mark_reviewed(work: Work, review: UUID) -> bool:
    """A person has looked at a frame; whether it was still to be looked at."""
    return bool(
        await work.run(
            "UPDATE frame_review SET reviewed_at = $2 WHERE id = $1 AND reviewed_at IS NULL",
            review,
            work.now,
        )
    )
