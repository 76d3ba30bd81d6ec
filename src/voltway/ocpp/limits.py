"""JSON from a station, parsed with suspicion: the caps of all that the schemas do not bound.

This is the slow and exact parser, for payloads that the fast one refused or cannot judge. It
refuses duplicate keys (which of the two did the station mean?), keeps numbers exact, and stops at
a depth, a count of members and a length of numbers that no honest station comes near.
"""

import json
from decimal import Decimal
from typing import Any, NoReturn

from voltway.ocpp.faults import BrokenPayload, DoubledMember, Fault

FRAME_BYTES_MAX = 1024 * 1024

DEPTH_MAX = 32

MEMBERS_MAX = 10_000

NUMBER_DIGITS_MAX = 40


def parse(payload: bytes) -> Any:
    """The JSON value, numbers as ``int`` or exact ``Decimal``.

    Raises :class:`BrokenPayload`. Bytes that are no UTF-8 become U+FFFD: a label in Latin-1 must
    not cost a stop.
    """
    try:
        value = json.loads(
            payload.decode("utf-8", "replace"),
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_float=_decimal,
            parse_constant=_constant,
        )
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        raise BrokenPayload(
            Fault.FORMAT, f"it is no JSON ({error.msg} at character {error.pos})"
        ) from None
    _measure(value)
    return value


def _measure(value: Any) -> None:
    """Hold a value to the caps of depth and members, one level at a time."""
    members, depth, level = 0, 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        if depth > DEPTH_MAX:
            raise _too_deep()
        level = [
            child for item in level for child in (item.values() if isinstance(item, dict) else item)
        ]
        members += len(level)
        if members > MEMBERS_MAX:
            raise BrokenPayload(Fault.FORMAT, f"it has more than {MEMBERS_MAX} members")


def _too_deep() -> BrokenPayload:
    return BrokenPayload(Fault.FORMAT, f"it is nested deeper than {DEPTH_MAX} levels")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise DoubledMember
    return members


def _integer(text: str) -> int:
    _digits(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    _digits(text)
    return Decimal(text)


def _digits(text: str) -> None:
    if len(text) > NUMBER_DIGITS_MAX and sum(map(str.isdigit, text)) > NUMBER_DIGITS_MAX:
        raise BrokenPayload(Fault.FORMAT, f"a number has more than {NUMBER_DIGITS_MAX} digits")


def _constant(text: str) -> NoReturn:
    raise BrokenPayload(Fault.FORMAT, f"{text} is no number in JSON")
