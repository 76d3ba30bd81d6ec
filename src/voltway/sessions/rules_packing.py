"""Readings as few bytes, and back, bit for bit.

A pack is columns of differences: neighbours are alike, so most bytes of a difference are zero, and
with the lowest bytes of all differences side by side, and then the second ones, they compress to
little more than what is truly new. See docs/figures/storage.md for how little.
"""

import struct
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from math import gcd
from operator import sub
from typing import Final, NamedTuple, TypeAlias

import msgspec
from zstandard import ZstdCompressor, ZstdDecompressor

from voltway.sessions.model import Row
from voltway.stations.reports import Context

CONTEXTS: Final = tuple(Context)
CONTEXT_PLACE: Final = {context: place for place, context in enumerate(CONTEXTS)}

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

#: The first byte of a pack says how the others are to be read.
_PLAIN: Final = b"\x00"
_SQUEEZED: Final = b"\x01"
_VAST: Final = b"\x02"


class KeptReading(NamedTuple):
    """A reading as it is kept, hot or packed: the columns of a hot row but for whose it is."""

    received_at: datetime
    at: datetime
    register_wh: int | None
    power_w: int | None
    current_ma: int | None
    voltage_mv: int | None
    soc_percent: int | None
    context: int  # its place in ``CONTEXTS``
    rest: str | None

    @property
    def row(self) -> Row:
        return Row(self.at, self.register_wh, self.power_w, CONTEXTS[self.context])

    def place(self) -> tuple[datetime, datetime, int, list[tuple[bool, int]], str]:
        """Its place among others, the same wherever it comes from."""
        numbers = [(number is not None, number or 0) for number in self[2:7]]
        return self.at, self.received_at, self.context, numbers, self.rest or ""


_Numbers: TypeAlias = Sequence[int | None]


class _Column(msgspec.Struct, array_like=True, omit_defaults=True, gc=False):
    """Numbers as differences, in the largest unit that all of them are whole in (a clock of whole
    seconds, a current in tenths). ``there`` has a byte for each reading, where some have none."""

    there: bytes | None
    first: int
    planes: bytes
    unit: int = 1


class _Pack(msgspec.Struct, array_like=True, gc=False):
    count: int
    columns: list[_Column | None]
    rest: list[str | None] | None


class _VastPack(msgspec.Struct, array_like=True, gc=False):
    """Of numbers whose differences take more than 64 bits; they are kept as they are."""

    columns: list[_Numbers]
    rest: list[str | None] | None


_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder(_Pack).decode
_DECODE_VAST: Final = msgspec.msgpack.Decoder(_VastPack).decode


def packed(readings: Sequence[KeptReading]) -> bytes:
    """These readings as a pack, in the order in which they were heard."""
    ordered = sorted(readings, key=lambda each: each[:2])
    columns = _columns(ordered)
    rest = [each.rest for each in ordered]
    texts = rest if any(text is not None for text in rest) else None
    try:
        body = _ENCODE(_Pack(len(ordered), [_differences(each) for each in columns], texts))
    except struct.error:
        return _VAST + _squeezed(_ENCODE(_VastPack(columns, texts)))
    squeezed = _squeezed(body)
    return _SQUEEZED + squeezed if len(squeezed) < len(body) else _PLAIN + body


def unpacked(pack: bytes) -> list[KeptReading]:
    """The readings of a pack, in the order in which they were heard."""
    kind, body = pack[:1], pack[1:]
    if kind == _VAST:
        vast = _DECODE_VAST(ZstdDecompressor().decompress(body))
        return _readings(vast.columns, vast.rest)
    found = _DECODE(ZstdDecompressor().decompress(body) if kind == _SQUEEZED else body)
    return _readings([_numbers(each, found.count) for each in found.columns], found.rest)


def united(some: Iterable[KeptReading], others: Iterable[KeptReading]) -> list[KeptReading]:
    """All of both. What is in both is there as often as in the one that has it more often, so
    packing again what was packed already changes nothing."""
    return list((Counter(some) | Counter(others)).elements())


def _squeezed(body: bytes) -> bytes:
    # Made anew each time: a compressor must not be shared by two threads.
    return ZstdCompressor(level=9).compress(body)


def _columns(readings: Sequence[KeptReading]) -> list[_Numbers]:
    heard, told, *numbers, _rest = zip(*readings, strict=True)
    told_us = [_us(each) for each in told]
    # Told in even steps mostly, and heard about equally late each time.
    return [told_us, list(map(sub, map(_us, heard), told_us)), *numbers]


def _readings(columns: Sequence[_Numbers], rest: Sequence[str | None] | None) -> list[KeptReading]:
    moments, late, *numbers = columns
    received: list[datetime] = []
    told: list[datetime] = []
    for told_us, late_us in zip(moments, late, strict=True):
        assert told_us is not None
        assert late_us is not None
        told.append(_EPOCH + timedelta(microseconds=told_us))
        received.append(_EPOCH + timedelta(microseconds=told_us + late_us))
    texts = [None] * len(received) if rest is None else rest
    return [KeptReading._make(each) for each in zip(received, told, *numbers, texts, strict=True)]


def _us(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _differences(numbers: _Numbers) -> _Column | None:
    """A column as its first number and the differences of neighbours; ``None`` for one of none."""
    known = [number for number in numbers if number is not None]
    if not known:
        return None
    there = None
    if len(known) < len(numbers):
        there = bytes(number is not None for number in numbers)
    steps = list(map(sub, known[1:], known))
    unit = gcd(*steps) or 1
    # Small numbers of either sign become small numbers without one: 0, -1, 1, -2, 2, ...
    folded = [step << 1 if step >= 0 else ~(step << 1) for step in (each // unit for each in steps)]
    width = (max(folded, default=0).bit_length() + 7) // 8
    raw = struct.pack(f"<{len(folded)}Q", *folded)
    return _Column(there, known[0], b"".join(raw[place::8] for place in range(width)), unit)


def _numbers(column: _Column | None, count: int) -> _Numbers:
    if column is None:
        return [None] * count
    steps = (count if column.there is None else sum(column.there)) - 1
    raw = bytearray(8 * steps)
    width = len(column.planes) // steps if steps else 0
    for place in range(width):
        raw[place::8] = column.planes[place * steps : (place + 1) * steps]
    folded = struct.unpack(f"<{steps}Q", raw)
    unit = column.unit
    unfolded = ((~(each >> 1) if each & 1 else each >> 1) * unit for each in folded)
    known = accumulate(unfolded, initial=column.first)
    if column.there is None:
        return list(known)
    return [next(known) if there else None for there in column.there]
