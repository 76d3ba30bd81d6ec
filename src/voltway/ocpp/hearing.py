"""Raw frames of a station heard once more, long after: what they tell, in our words. Pure.

A frame does not say which version it is of. Most actions of a transaction belong to one version
alone (``StartTransaction``, ``TransactionEvent``), and what several versions share (a boot, a
status) is of the version that the frames around it are of.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from voltway.kernel.ids import TransactionRef
from voltway.ocpp import frame
from voltway.ocpp.dialect import Dialect
from voltway.ocpp.dialects import DIALECTS
from voltway.ocpp.faults import BrokenFrame
from voltway.ocpp.frame import Call, CallResult, Send
from voltway.stations.model import Direction, KeptFrame
from voltway.stations.reports import Heard, HeardAgain

#: The order in which a version is believed where nothing tells: the newest first.
_ALL: Final = tuple(DIALECTS.values())


class _Numbered(msgspec.Struct, rename="camel"):
    """The name of a transaction in the answer to its start (OCPP 1.6 §6.46)."""

    transaction_id: int | None = None


@dataclass(slots=True)
class _Read:
    """A call in a frame, and what became of it."""

    kept: KeptFrame
    call: Call
    number: TransactionRef | None = None
    answer: KeptFrame | None = None  # where it gave the number


def heard_again(frames: Sequence[KeptFrame]) -> list[HeardAgain]:
    """What one station told by these frames, in their order. What could not be read then, and moved
    nothing, moves nothing now."""
    calls = _calls(frames)
    dialects = _dialects(calls)
    found = []
    for index, (one, dialect) in enumerate(zip(calls, dialects, strict=True)):
        heard = _heard(index, one, dialect)
        if heard is not None:
            found.append(HeardAgain(heard, one.number))
    return found


def calls_in(frames: Sequence[KeptFrame]) -> list[tuple[KeptFrame, KeptFrame | None]]:
    """The calls in these frames, by the index that ``heard_again`` gives them, each with the answer
    that gave a transaction its number."""
    return [(one.kept, one.answer) for one in _calls(frames)]


def _calls(frames: Sequence[KeptFrame]) -> list[_Read]:
    """The calls in these frames, each with the number that its answer gave."""
    calls: list[_Read] = []
    waiting: dict[str, _Read] = {}
    for kept in frames:
        read = _decoded(kept)
        if isinstance(read, Send):
            read = Call(read.id, read.action, read.payload)
        if kept.direction is Direction.HEARD and isinstance(read, Call):
            calls.append(_Read(kept, read))
            waiting[read.id] = calls[-1]
        elif kept.direction is Direction.SAID and isinstance(read, CallResult):
            asked = waiting.pop(read.id, None)
            if asked is not None:
                asked.number = _number(read)
                asked.answer = kept if asked.number is not None else None
    return calls


def _decoded(kept: KeptFrame) -> frame.Frame | None:
    """The frame as the laxest version reads it: the array around a message is the same in all."""
    try:
        return frame.decode(kept.text, "2.1")
    except BrokenFrame:
        return None


def _number(answer: CallResult) -> TransactionRef | None:
    try:
        number = msgspec.json.decode(answer.payload, type=_Numbered).transaction_id
    except msgspec.MsgspecError:
        return None
    return None if number is None else TransactionRef(str(number))


def _dialects(calls: Sequence[_Read]) -> Iterator[Dialect]:
    """For each call the version that it is of: that of the call before it, where that has it."""
    having = [_having(one.call.action) for one in calls]
    tells = (found for found in having if 0 < len(found) < len(_ALL))
    before = next(tells, _ALL)[0]
    for found in having:
        if found and before not in found:
            before = found[0]
        yield before


def _having(action: str) -> Sequence[Dialect]:
    """The versions that have this action, the newest first."""
    return [dialect for dialect in _ALL if action in dialect.actions]


def _heard(index: int, one: _Read, dialect: Dialect) -> Heard | None:
    try:
        told = dialect.hear(one.call)
    except Exception:  # noqa: BLE001 - whatever it was, it moved nothing then either
        return None
    return Heard(index, one.kept.station, one.call.action, one.kept.at, told.reports)
