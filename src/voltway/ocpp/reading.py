"""Payloads from stations, read with good will and without silence.

The fast way decodes strictly into the wire struct. Whatever that refuses goes the slow way, which
keeps what can be understood and tells each deviation it forgave; a payload that the fast way took
is known to be free of them. See Note [Proof by writing it again].

Forgiven (``Deviation.kind``): ``unknown_member``, ``null``, ``too_long``, ``unknown_value`` of an
enumeration, ``number_as_text``, ``text_as_number``, ``text_as_truth``, ``decimal`` and ``fraction``
for a whole number, ``out_of_range``, ``lone_item`` for a list, ``too_few``, ``too_many``,
``not_utf8``, ``unreadable`` and, where asked, ``missing``. An optional member or an item of a list
that cannot be read is left out.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from voltway.ocpp.faults import BrokenPayload, Fault
from voltway.ocpp.limits import parse
from voltway.ocpp.shapes import INT64_MAX, INT64_MIN, Wire
from voltway.stations.reports import Deviation

T = TypeVar("T", bound=Wire)

#: The schemas bound depth and shape but not the length of lists; beyond this we count members.
COUNTED_FROM_BYTES = 64 * 1024

DEVIATIONS_MAX = 50

SAMPLE_MAX = 80

# What stands for a required member that is missing: nothing that a station could mean.
MISSING_TEXT = ""

MISSING_NUMBER = -1

_ENCODE = msgspec.json.Encoder(decimal_format="number").encode


def read(
    kind: type[T], payload: bytes, *, stand_in: bool = False
) -> tuple[T, tuple[Deviation, ...]]:
    """The message in a payload and the deviations that were forgiven.

    With ``stand_in`` a missing required member is not refused: text is then empty, a number is
    -1, a list empty. It is for the messages that must never be answered with a CALLERROR
    (transactions and meter values), and the deviation ``missing`` says where. Raises
    :class:`BrokenPayload` where even that leaves no message.
    """
    reader = _reader(kind)
    if len(payload) <= COUNTED_FROM_BYTES:
        try:
            message: T = reader.decode(payload)
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            return _repaired(kind, payload, stand_in=stand_in)
        if reader.proves(payload, message):
            return message, ()
    return _repaired(kind, payload, stand_in=stand_in)


# Note [Proof by writing it again]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# The strict decoder does not tell of doubled members (the last wins), of null for an absent
# member, nor of numbers given as text where we read a Decimal. All three vanish when the message
# is written again: it comes out shorter, and nothing else that we write is longer than what was
# read, save a Decimal with an exponent. So equal lengths are a proof where there is no Decimal.
# Else, or where the station puts blanks between the tokens, the quotes are counted, which is a
# proof where no text holds an escape. Writing costs half of reading, and the slow way thirty times
# as much. Nothing is proved of members that are open by design (custom data), nor of the bounds of
# a Decimal (in 2.1), which the decoder does not know: a payload that holds one goes the slow way.
@dataclass(frozen=True, slots=True)
class _Reader(Generic[T]):
    decode: Callable[[bytes], T]
    unproved: tuple[bytes, ...]  # names of members
    has_decimals: bool

    def proves(self, payload: bytes, message: T) -> bool:
        """Whether the message is all that the payload says."""
        for name in self.unproved:
            if name in payload:
                return False
        again = _ENCODE(message)
        if not self.has_decimals and len(payload) == len(again):
            return True
        return b"\\" not in payload and payload.count(b'"') == again.count(b'"')


@cache
def _reader(kind: type[T]) -> _Reader[T]:
    members = list(_members_within(inspect.type_info(kind)))
    unproved = inspect.AnyType | inspect.DictType | inspect.Metadata
    names = sorted({name for name, inner in members if isinstance(inner, unproved)})
    return _Reader(
        decode=msgspec.json.Decoder(kind).decode,
        unproved=tuple(name.encode() for name in names),
        has_decimals=any(
            isinstance(inner, inspect.DecimalType | inspect.Metadata) for _, inner in members
        ),
    )


def _members_within(kind: inspect.Type) -> Iterator[tuple[str, inspect.Type]]:
    """The names and types of all members at every depth."""
    if isinstance(kind, inspect.StructType):
        for member in kind.fields:
            inner = _bare(member.type)
            yield member.encode_name, inner
            yield from _members_within(inner)
    elif isinstance(kind, inspect.ListType):
        yield from _members_within(kind.item_type)


def _bare(kind: inspect.Type) -> inspect.Type:
    """The type of a member without its ``None``."""
    if isinstance(kind, inspect.UnionType):
        (kind,) = (inner for inner in kind.types if not isinstance(inner, inspect.NoneType))
    return kind


def _repaired(kind: type[T], payload: bytes, *, stand_in: bool) -> tuple[T, tuple[Deviation, ...]]:
    repair = _Repair(stand_in=stand_in)
    given = parse(payload)
    if not _is_utf8(payload):
        repair.note("not_utf8", "", "")
    if given is None:
        given = {}  # OCPP-J 1.6 §4.2.1 allows null for a payload without members
    if not isinstance(given, dict):
        raise BrokenPayload(Fault.FORMAT, "it is no object")
    message = repair.struct(kind, given, "")
    if message is None:
        raise repair.refusal()
    return message, tuple(repair.deviations[:DEVIATIONS_MAX])


def _is_utf8(payload: bytes) -> bool:
    try:
        payload.decode()
    except UnicodeDecodeError:
        return False
    return True


class _Unreadable(Exception):
    """This value says nothing that its member could hold."""


@dataclass
class _Repair:
    """One walk through a payload; ``deviations`` are what it met."""

    stand_in: bool
    deviations: list[Deviation] = field(default_factory=list)

    def note(self, kind: str, path: str, given: Any) -> None:
        sample = given if isinstance(given, str) else json.dumps(given, default=str)
        self.deviations.append(Deviation(kind, path, sample[:SAMPLE_MAX]))

    def refusal(self) -> BrokenPayload:
        """Which of the standard's codes a message that lacks something deserves.

        A null, or members of another message in place of ours, is a matter of form (quirks X-008
        and H-003); a value of another type is one of type; else a member is not there.
        """
        kinds = {deviation.kind for deviation in self.deviations}
        path = next(found.path for found in self.deviations if found.kind == "missing")
        if kinds & {"null", "unknown_member"}:
            return BrokenPayload(Fault.FORMAT, f"{path} is required", path)
        if any(found.kind == "unreadable" and found.path == path for found in self.deviations):
            return BrokenPayload(Fault.TYPE, f"{path} cannot be read", path)
        return BrokenPayload(Fault.OCCURRENCE, f"{path} is required", path)

    def struct(self, kind: type[T], given: dict[str, Any], path: str) -> T | None:
        """The object, or ``None`` where a required member is missing and nothing stands for it."""
        members = _members(kind)
        found = {}
        for name, value in given.items():
            here = f"{path}.{name}" if path else name
            member = members.get(name)
            if member is None:
                self.note("unknown_member", here[:SAMPLE_MAX], value)
            elif value is None:
                self.note("null", here, value)
            else:
                try:
                    found[member.name] = self.value(member.type, value, here)
                except _Unreadable:
                    self.note("unreadable", here, value)
        for member in members.values():
            if member.required and member.name not in found:
                here = f"{path}.{member.wire_name}" if path else member.wire_name
                self.note("missing", here, "")
                if not self.stand_in:
                    return None
                try:
                    found[member.name] = self.missing(member.type, here)
                except _Unreadable:
                    return None
        return kind(**found)

    def missing(self, kind: inspect.Type, path: str) -> Any:
        match kind:
            case inspect.StrType() | inspect.LiteralType():
                return MISSING_TEXT
            case inspect.IntType():
                return MISSING_NUMBER
            case inspect.BoolType():
                return False
            case inspect.ListType():
                return []
            case inspect.StructType(cls=cls):
                return self._object(cls, {}, path)
            case _:
                # An energy that was not told has no stand-in: its reading is left out.
                raise _Unreadable

    def value(self, kind: inspect.Type, given: Any, path: str) -> Any:
        if type(given) is str and _holds(kind, given):
            return given  # most members, and the match below is slow
        match kind:
            case inspect.StrType(max_length=most):
                text = self._text(given, path)
                if most is not None and len(text) > most:
                    self.note("too_long", path, text)
                return text
            case inspect.LiteralType(values=values):
                text = self._text(given, path)
                if text not in values:
                    self.note("unknown_value", path, text)
                return text
            case inspect.IntType(ge=least, le=most):
                return self._whole(given, path, least, most)
            case inspect.DecimalType():
                return self._exact(given, path, {})
            case inspect.Metadata(extra=bounds):
                return self._exact(given, path, bounds or {})
            case inspect.BoolType():
                return self._truth(given, path)
            case inspect.ListType():
                return self._list(kind, given, path)
            case inspect.StructType(cls=cls):
                if not isinstance(given, dict) or not given:
                    raise _Unreadable
                return self._object(cls, given, path)
            case inspect.DictType():
                if not isinstance(given, dict):
                    raise _Unreadable
                return given
            case _:
                return given

    def _object(self, kind: type[msgspec.Struct], given: dict[str, Any], path: str) -> Wire:
        assert issubclass(kind, Wire)
        found = self.struct(kind, given, path)
        if found is None:
            raise _Unreadable
        return found

    def _text(self, given: Any, path: str) -> str:
        if isinstance(given, str):
            return given
        if isinstance(given, bool):
            self.note("number_as_text", path, given)
            return "true" if given else "false"
        if isinstance(given, int | Decimal):
            self.note("number_as_text", path, given)
            return str(given)
        raise _Unreadable

    def _number(self, given: Any, path: str) -> int | Decimal:
        if isinstance(given, str) and _PLAIN_NUMBER.fullmatch(given.strip()):
            self.note("text_as_number", path, given)
            return Decimal(given.strip())
        if isinstance(given, bool) or not isinstance(given, int | Decimal):
            raise _Unreadable
        return given

    def _whole(self, given: Any, path: str, least: float | None, most: float | None) -> int:
        number = self._number(given, path)
        if not INT64_MIN <= number <= INT64_MAX:
            raise _Unreadable
        if isinstance(given, Decimal) or number != int(number):
            self.note("decimal" if number == int(number) else "fraction", path, given)
        whole = round(number)
        if (least is not None and whole < least) or (most is not None and whole > most):
            self.note("out_of_range", path, given)
        return whole

    def _exact(self, given: Any, path: str, bounds: dict[str, int]) -> Decimal:
        number = Decimal(self._number(given, path))
        if not bounds.get("least", number) <= number <= bounds.get("most", number):
            self.note("out_of_range", path, given)
        return number

    def _truth(self, given: Any, path: str) -> bool:
        if isinstance(given, bool):
            return given
        word = str(given).strip().lower()
        if word not in _TRUTH:
            raise _Unreadable
        self.note("text_as_truth", path, given)
        return _TRUTH[word]

    def _list(self, kind: inspect.ListType, given: Any, path: str) -> list[Any]:
        if not isinstance(given, list):
            self.note("lone_item", path, given)
            given = [given]
        items = []
        for place, item in enumerate(given):
            here = f"{path}[{place}]"
            try:
                items.append(self.value(kind.item_type, item, here))
            except _Unreadable:
                self.note("unreadable", here, item)
        if len(items) < (kind.min_length or 0):
            self.note("too_few", path, len(items))
        if kind.max_length is not None and len(items) > kind.max_length:
            self.note("too_many", path, len(items))
        return items


def _holds(kind: inspect.Type, text: str) -> bool:
    if isinstance(kind, inspect.StrType):
        return kind.max_length is None or len(text) <= kind.max_length
    return isinstance(kind, inspect.LiteralType) and text in kind.values


# ASCII digits only: Python would read Arabic-Indic ones, underscores and "NaN" (quirk M-006).
_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,19}(\.[0-9]{1,19})?")

_TRUTH = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class _Member:
    name: str
    wire_name: str
    type: inspect.Type
    required: bool


@cache
def _members(kind: type[Wire]) -> dict[str, _Member]:
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType)
    return {
        found.encode_name: _Member(found.name, found.encode_name, _bare(found.type), found.required)
        for found in shape.fields
    }
