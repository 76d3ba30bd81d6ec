"""JSON from outside, read without a float and with the place of every fault.

A document is somebody else's: it is capped in size, its numbers in length, and what is wrong with
it is told as one sentence with the line or the field.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NoReturn, TypeVar

import msgspec

from voltway.kernel.errors import Kind, Refusal

BYTES_MAX = 16 * 1024 * 1024
NUMBER_MAX = Decimal(10) ** 12
PLACES_MAX = 40  # 0.30000000000000004 is what many programs write for 0.3

Shape = TypeVar("Shape")


@dataclass(eq=False)
class NotJson(Refusal):
    """The {what} is not JSON: {why} at line {line}, column {column}."""

    kind = Kind.INVALID

    what: str
    why: str
    line: int
    column: int


@dataclass(eq=False)
class BadField(Refusal):
    """The {what} has a fault at {at}: {why}."""

    kind = Kind.INVALID

    what: str
    at: str
    why: str


def read_json(raw: bytes | str, what: str) -> Any:
    """The document, every number with a point in it as an exact decimal."""
    if len(raw) > BYTES_MAX:
        raise BadField(what, "its size", f"it has more than {BYTES_MAX // 1024 // 1024} MiB")
    try:
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
        return json.loads(
            text, parse_float=_number, parse_int=_whole_number, parse_constant=_no_number
        )
    except json.JSONDecodeError as error:
        why = error.msg[:1].lower() + error.msg[1:]
        raise NotJson(what, why, error.lineno, error.colno) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise NotJson(what, "a byte that is not UTF-8", line, 1) from error
    except RecursionError as error:
        raise NotJson(what, "lists or objects nested too deep", 1, 1) from error
    except _BadNumber as error:
        raise BadField(what, f"the number {error.text[:40]}", error.why) from error


def shaped(document: object, shape: type[Shape], what: str) -> Shape:
    """The document in this shape, or the field that does not fit it."""
    try:
        return msgspec.convert(document, shape, strict=True)
    except msgspec.ValidationError as error:
        why, _, path = str(error).rpartition(" - at ")
        why, at = (why, path.strip("`")) if why else (str(error), "$")
        raise BadField(what, at.removeprefix("$.").replace("$", "its top"), _lower(why)) from error


def moment(text: str, what: str, at: str) -> datetime:
    """A UTC moment. OCPI's own are UTC with or without the Z (types, DateTime)."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadField(what, at, f"{text[:40]!r} is no date and time") from error
    try:
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except OverflowError as error:
        raise BadField(what, at, f"{text[:40]!r} is out of the calendar") from error


class _BadNumber(ValueError):
    """A number that is too long to be meant."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(text)
        self.text = text
        self.why = why


def _number(text: str) -> Decimal:
    number = Decimal(text)
    # The exponent is looked at first: 1e999999999 must not be written out.
    places = number.as_tuple().exponent
    assert isinstance(places, int), "JSON has no NaN and no infinity"
    if number.adjusted() > NUMBER_MAX.adjusted() or abs(number) > NUMBER_MAX:
        raise _BadNumber(text, "it is greater than any price or volume")
    if number and -places > PLACES_MAX:
        raise _BadNumber(text, f"it has more than {PLACES_MAX} places")
    return number


def _whole_number(text: str) -> int:
    if len(text) > 20:
        raise _BadNumber(text, "it is greater than any price or volume")
    return int(text)


def _no_number(text: str) -> NoReturn:
    raise _BadNumber(text, "it is not a number that JSON allows")


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]
