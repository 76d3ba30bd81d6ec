"""Sweeps: raw frames are packed when their slot of five minutes is over, and forgotten in the end.

See Note [Two states of a frame] in ``frames``. A round is bounded, and so is what it holds in
memory. Killed at any moment it has moved whole batches or none; several at once do not meet.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import Any, Final
from uuid import UUID

from zstandard import ZstdCompressor, get_frame_parameters

from voltway.kernel.ids import PartyId
from voltway.runtime import parts
from voltway.runtime.work import BeginWork, Row, Work
from voltway.stations.frames import ENCODE, SHARES, SLOT_S, SLOTS, Packed, bucket, opened, slot_of

#: Frames of one blob, about.
FRAMES_EACH: Final = 256

#: Of one transaction: batches, and bytes of frames.
BATCHES_MAX: Final = 500
BYTES_MAX: Final = 32 << 20

#: A round ends after so long, and goes on where it was in the next.
ROUND_S: Final = 5.0

#: The parts of the ring, and what was kept before there was a ring.
_PARTS: Final = {slot: f"frame_batch_{slot}" for slot in range(SLOTS)} | {-1: "frame_batch_before"}


async def pack_frames(begin: BeginWork, *, seconds: float = ROUND_S) -> int:
    """Pack what was kept before this slot of the ring; how many batches were packed."""
    ends, packed = monotonic() + seconds, 0
    for slot, part in _PARTS.items():
        while moved := await _pack_some(begin, slot, part):
            packed += moved
            if monotonic() >= ends:
                return packed
        async with begin() as work:
            if slot != slot_of(work.now):
                await work.one("SELECT empty_part($1::text::regclass)", part)
    return packed


async def _pack_some(begin: BeginWork, slot: int, part: str) -> int:
    """Move some batches of a part from the one state to the other, in one transaction."""
    async with begin() as work:
        begins = int(work.now.timestamp()) // SLOT_S * SLOT_S
        rows = await work.all(
            f"""
            SELECT ctid, party_id, at, stations, frames FROM {part}
             WHERE at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
            """,
            datetime.fromtimestamp(begins, UTC),
            BATCHES_MAX,
        )
        taken = _as_many_as_fit(rows)
        if taken:
            # Off the loop, which has stations to answer.
            await _keep(work, await asyncio.to_thread(_packs, taken))
            await work.run(
                f"DELETE FROM {part} WHERE ctid = ANY($1::tid[])", [row["ctid"] for row in taken]
            )
        return len(taken)


def _as_many_as_fit(rows: Sequence[Row]) -> Sequence[Row]:
    """The first of these batches, up to so many bytes of frames; one at least."""
    total = 0
    for nth, row in enumerate(rows):
        total += _bytes_of(row["frames"])
        if nth and total > BYTES_MAX:
            return rows[:nth]
    return rows


def _bytes_of(blob: bytes) -> int:
    """How long a blob is when it is opened. Those of before do not say: about twelve times."""
    if blob[:1] == b"\x78":
        return 12 * len(blob)
    return get_frame_parameters(blob).content_size


@dataclass(slots=True)
class _Gathered:
    """The frames of one party and day, by station."""

    at: datetime
    count: int = 0
    stations: dict[UUID, list[Packed]] = field(default_factory=dict)


def _gathered(rows: Iterable[Row]) -> dict[tuple[PartyId, date], _Gathered]:
    found: dict[tuple[PartyId, date], _Gathered] = {}
    for row in rows:
        at = row["at"]
        gathered = found.setdefault((row["party_id"], at.date()), _Gathered(at))
        gathered.at = max(gathered.at, at)
        lists = [gathered.stations.setdefault(station, []) for station in row["stations"]]
        frames = opened(row["frames"])
        gathered.count += len(frames)
        for frame in frames:
            lists[frame.station].append(frame)
    return found


def _packs(taken: Sequence[Row]) -> list[Sequence[Any]]:
    """The rows of ``frame_pack`` that these batches become."""
    rows: list[Sequence[Any]] = []
    for (party, _), gathered in _gathered(taken).items():
        shares = max(each for each in SHARES if each == 1 or each * FRAMES_EACH <= gathered.count)
        buckets: dict[int, list[UUID]] = {}
        for station in gathered.stations:
            buckets.setdefault(bucket(station, shares), []).append(station)
        for number, stations in buckets.items():
            rows.append((party, number, gathered.at, stations, _blob(gathered, stations)))
    return rows


async def _keep(work: Work, rows: Sequence[Sequence[Any]]) -> None:
    days = {at.date() for _, _, at, _, _ in rows}
    await parts.ensure_days(work, "frame_pack", days)
    await work.copy("frame_pack", ("party_id", "bucket", "at", "stations", "frames"), rows)


def _blob(gathered: _Gathered, stations: Sequence[UUID]) -> bytes:
    frames: list[Packed] = []
    for place, station in enumerate(stations):
        for frame in gathered.stations[station]:
            frame.station = place
            frames.append(frame)
    # Made anew each time: a compressor must not be shared by two threads.
    return ZstdCompressor(level=3).compress(ENCODE(frames))


async def forget_old_frames(begin: BeginWork, days: int) -> int:
    """Drop the days of packed frames that are older than this; how many. 0 keeps them for ever.

    Frames under review are kept apart, and stay.
    """
    if not days:
        return 0
    dropped = 0
    async with begin() as work:
        oldest = f"frame_pack_{work.now - timedelta(days=days):%Y%m%d}"
        parts = await work.all(
            "SELECT part FROM parts_of('frame_pack') AS part WHERE part < $1", oldest
        )
    for row in parts:
        async with begin() as work:
            gone = await work.one("SELECT drop_part($1::text::regclass, NULL)", row["part"])
            dropped += bool(gone and gone["drop_part"])
    return dropped
