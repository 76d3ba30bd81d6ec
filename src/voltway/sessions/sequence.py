"""Which sequence numbers of a transaction were heard (OCPP 2.0.1 part 2 E01.FR.07).

A set of whole numbers as ranges: a session that misses nothing needs one.
"""

from bisect import bisect_right
from typing import TypeAlias

#: Ranges (first, last), both inclusive, in order, apart from each other.
Seen: TypeAlias = tuple[tuple[int, int], ...]

#: More holes than this no honest line makes. The oldest are then taken as filled.
RANGES_MAX = 64

#: What a database integer holds; what lies beyond is no number of a message.
NUMBER_MAX = 2**31 - 2


def is_number(seq: int | None) -> bool:
    return seq is not None and 0 <= seq <= NUMBER_MAX


def valid(seq: int | None) -> int | None:
    """The number, if it can be one of a message."""
    return seq if is_number(seq) else None


def holds(seen: Seen, seq: int) -> bool:
    place = bisect_right(seen, (seq, NUMBER_MAX + 1)) - 1
    return place >= 0 and seen[place][1] >= seq


def with_(seen: Seen, seq: int) -> Seen:
    """The set with one more number."""
    if seen and seen[-1][1] + 1 == seq:  # the common case: the next in order
        return (*seen[:-1], (seen[-1][0], seq))
    if holds(seen, seq):
        return seen
    merged: list[tuple[int, int]] = []
    for first, last in sorted((*seen, (seq, seq))):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    while len(merged) > RANGES_MAX:
        (first, _), (_, last) = merged[0], merged[1]
        merged[:2] = [(first, last)]
    return tuple(merged)


def is_whole(seen: Seen, start: int | None, end: int | None) -> bool:
    """Whether nothing is missing from the number of the start to that of the end.

    A station that numbers nothing (1.6) misses nothing that we could know of. Numbers should begin
    at 0 for each transaction, but may go on from the last one (part 2 E01.FR.07).
    """
    if start is None and end is None:
        return True
    return start is not None and end is not None and seen == ((start, end),)


def text_of(seen: Seen) -> str:
    """As it is kept: ``0-5,7-9``."""
    return ",".join(f"{first}-{last}" for first, last in seen)


def read(text: str) -> Seen:
    if not text:
        return ()
    pairs = (part.split("-") for part in text.split(","))
    return tuple((int(first), int(last)) for first, last in pairs)
