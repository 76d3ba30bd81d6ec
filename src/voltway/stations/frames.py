"""Raw frames of both directions, kept as they went over the wire: one compressed blob a commit.

A row a message would write six times as much to disk as the messages' effect. A blob holds the
frames of one party, so that the wall between parties stands around it; the stations named beside
it say where to look.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from voltway.kernel.ids import PartyId, StationId, new_id
from voltway.runtime.work import BeginWork, Work
from voltway.stations.model import Direction, FrameForReview, KeptFrame

KEEP_DAYS = 30

#: Batches opened to find the last frames of one station.
BATCHES_MAX = 400

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class _Packed(msgspec.Struct, array_like=True, gc=False):
    """One frame in a blob: whose it is (a place in the row's ``stations``), which way, when."""

    station: int
    said: bool
    at_ms: int
    text: bytes


_ENCODE = msgspec.msgpack.Encoder().encode
_DECODE = msgspec.msgpack.Decoder(list[_Packed]).decode


@dataclass(frozen=True, slots=True)
class Batch:
    """Frames of one party."""

    party: PartyId
    stations: list[StationId]
    blob: bytes


def pack(frames: Sequence[tuple[PartyId, KeptFrame]]) -> list[Batch]:
    """The frames as blobs, one for each party."""
    stations: dict[PartyId, dict[StationId, int]] = {}
    packed: dict[PartyId, list[_Packed]] = {}
    for party, frame in frames:
        places = stations.setdefault(party, {})
        place = places.setdefault(frame.station, len(places))
        at_ms = round(frame.at.timestamp() * 1000)
        packed.setdefault(party, []).append(
            _Packed(place, frame.direction is Direction.SAID, at_ms, frame.text)
        )
    return [
        Batch(party, list(stations[party]), zlib.compress(_ENCODE(each), 1))
        for party, each in packed.items()
    ]


def unpack(stations: Sequence[UUID], blob: bytes) -> list[KeptFrame]:
    return [
        KeptFrame(
            StationId(stations[one.station]),
            Direction.SAID if one.said else Direction.HEARD,
            _EPOCH + timedelta(milliseconds=one.at_ms),
            one.text,
        )
        for one in _DECODE(zlib.decompress(blob))
    ]


async def keep_frames(work: Work, frames: Sequence[tuple[PartyId, KeptFrame]]) -> None:
    """Keep raw frames, in the transaction that keeps what they did."""
    for batch in pack(frames):
        await work.run(
            "INSERT INTO frame_batch (party_id, at, stations, frames) VALUES ($1, $2, $3, $4)",
            batch.party,
            work.now,
            batch.stations,
            batch.blob,
        )


async def last_frames(work: Work, station: StationId, n: int = 50) -> list[KeptFrame]:
    """The last frames from and to a station, the newest first."""
    found: list[KeptFrame] = []
    before: int | None = None
    for _ in range(BATCHES_MAX // 20):
        rows = await work.all(
            """
            SELECT id, stations, frames FROM frame_batch
             WHERE stations @> ARRAY[$1::uuid] AND ($2::bigint IS NULL OR id < $2)
             ORDER BY id DESC
             LIMIT 20
            """,
            station,
            before,
        )
        for row in rows:
            mine = [
                each for each in unpack(row["stations"], row["frames"]) if each.station == station
            ]
            found += reversed(mine)
        if len(rows) < 20 or len(found) >= n:
            break
        before = rows[-1]["id"]
    # An answer is kept with the batch after its call, so the order of batches is not yet theirs.
    found.sort(key=lambda frame: (frame.at, frame.direction is Direction.SAID), reverse=True)
    return found[:n]


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


async def forget_old_frames(begin: BeginWork, days: int = KEEP_DAYS) -> int:
    """Sweep: raw frames are not kept for ever; those under review stay."""
    async with begin() as work:
        return await work.run(
            "DELETE FROM frame_batch WHERE at < $1", work.now - timedelta(days=days)
        )
