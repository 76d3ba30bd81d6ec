"""Payloads to stations: exactly what the version's schema allows, or we are wrong.

A message is written and read again by our own reader, which tells every deviation. So nothing
leaves that a strict station would refuse: no unknown value of an enumeration, no text too long,
no number out of range; absent members are not written, and ``null`` never is.
"""

from functools import cache
from typing import Any

import msgspec
from msgspec import inspect, structs

from voltway.ocpp.faults import BrokenPayload
from voltway.ocpp.reading import read
from voltway.ocpp.shapes import Wire

#: Members whose words we choose freely, by type and member; their ends may be cut to fit.
FREE_TEXT = {
    ("StatusInfo", "additional_info"),
    ("MessageContent", "content"),
}

_ENCODE = msgspec.json.Encoder(decimal_format="number").encode


def write(message: Wire) -> bytes:
    """The payload's JSON. Free text that is too long is cut; anything else asserts."""
    payload = _ENCODE(message)
    if _trouble(message, payload) is None:
        return payload
    payload = _ENCODE(_cut(message))
    trouble = _trouble(message, payload)
    assert trouble is None, f"{type(message).__name__}: {trouble}"
    return payload


def _trouble(message: Wire, payload: bytes) -> str | None:
    """What a strict station would find in it."""
    try:
        _, deviations = read(type(message), payload)
    except BrokenPayload as error:
        return str(error)
    return str(deviations[0]) if deviations else None


def _cut(message: Wire) -> Wire:
    """The message with its free texts cut to the schema's length, at every depth."""
    changed: dict[str, Any] = {}
    for name in message.__struct_fields__:
        value = getattr(message, name)
        if isinstance(value, str) and (type(message).__name__, name) in FREE_TEXT:
            changed[name] = value[: _length_max(type(message), name)]
        elif isinstance(value, Wire):
            changed[name] = _cut(value)
        elif isinstance(value, list):
            changed[name] = [_cut(item) if isinstance(item, Wire) else item for item in value]
    return structs.replace(message, **changed)


@cache
def _length_max(kind: type[Wire], name: str) -> int | None:
    shape = inspect.type_info(kind)
    assert isinstance(shape, inspect.StructType)
    for member in shape.fields:
        types = member.type.types if isinstance(member.type, inspect.UnionType) else (member.type,)
        for text in types:
            if member.name == name and isinstance(text, inspect.StrType):
                return text.max_length
    return None
