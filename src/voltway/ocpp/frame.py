"""OCPP-J frames: the array around every message, read and written. Pure; no state, no I/O.

OCPP-J 1.6 §4.1-4.2 with errata 3.3 and 3.7; OCPP 2.0.1 and 2.1 part 4 §4.1-4.3. A payload stays
undecoded (``msgspec.Raw``) until the action's own type reads it (:mod:`voltway.ocpp.reading`),
which also holds it to the caps of depth, members and numbers; the frame's own cap is its size.
"""

import json
import re
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
from msgspec import Raw

from voltway.ocpp.faults import BrokenFrame, BrokenPayload, Fault, Version
from voltway.ocpp.limits import FRAME_BYTES_MAX, parse
from voltway.stations.reports import Deviation

#: The standard allows 36. Stations are longer and it costs us nothing; what is absurd is refused.
MESSAGE_ID_MAX = 255

#: OCPP 2.1 part 4 §4.2.3, table 7: the answer to a frame whose message id cannot be read.
UNREADABLE_ID = "-1"

DESCRIPTION_MAX = 255

EMPTY = Raw(b"{}")


class Call(msgspec.Struct, array_like=True, tag=2, forbid_unknown_fields=True, gc=False):
    id: str
    action: str
    payload: Raw

    @property
    def tolerated(self) -> tuple[Deviation, ...]:
        """Where the frame itself departed from the standard."""
        return ()


class OddCall(Call, array_like=True, tag=2, gc=False):
    """A call whose frame was understood only with good will."""

    oddities: tuple[Deviation, ...] = ()

    @property
    def tolerated(self) -> tuple[Deviation, ...]:
        return self.oddities


class CallResult(msgspec.Struct, array_like=True, tag=3, forbid_unknown_fields=True, gc=False):
    id: str
    payload: Raw


class CallError(msgspec.Struct, array_like=True, tag=4, forbid_unknown_fields=True, gc=False):
    id: str
    code: str = Fault.GENERIC.value
    description: str = ""
    details: Raw = EMPTY

    @property
    def fault(self) -> Fault:
        return Fault.read(self.code)


class CallResultError(msgspec.Struct, array_like=True, tag=5, forbid_unknown_fields=True, gc=False):
    """OCPP 2.1: our CALLRESULT could not be processed."""

    id: str
    code: str = Fault.GENERIC.value
    description: str = ""
    details: Raw = EMPTY


class Send(msgspec.Struct, array_like=True, tag=6, forbid_unknown_fields=True, gc=False):
    """OCPP 2.1: a message that wants no answer."""

    id: str
    action: str
    payload: Raw


Frame: TypeAlias = Call | CallResult | CallError | CallResultError | Send

_THREE_TYPES = msgspec.json.Decoder(Call | CallResult | CallError)

_FIVE_TYPES = msgspec.json.Decoder(Call | CallResult | CallError | CallResultError | Send)

_DECODE: dict[Version, Callable[[bytes | str], Frame]] = {
    "1.6": _THREE_TYPES.decode,
    "2.0.1": _THREE_TYPES.decode,
    "2.1": _FIVE_TYPES.decode,
}

_ENCODER = msgspec.json.Encoder()


def decode(text: bytes | str, version: Version) -> Frame:
    """The frame; raises :class:`BrokenFrame`, which says what to answer (see :func:`refusal`)."""
    if len(text) > FRAME_BYTES_MAX:
        raise BrokenFrame(
            Fault.FORMAT, f"it is longer than {FRAME_BYTES_MAX} bytes", _id_in(text)[1]
        )
    try:
        frame = _DECODE[version](text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _with_good_will(text, version)
    if not 0 < len(frame.id) <= MESSAGE_ID_MAX:
        return _with_good_will(text, version)
    return frame


def encode(frame: Frame) -> bytes:
    return _ENCODER.encode(frame)


def payload_of(frame: Call | CallResult | Send) -> bytes:
    """The payload's JSON; ``null`` is an empty object (OCPP-J 1.6 §4.2.1)."""
    payload = bytes(frame.payload)
    return b"{}" if payload == b"null" else payload


def refusal(trouble: BrokenFrame, version: Version) -> bytes | None:
    """The answer that the standard names for a broken frame, or ``None`` where it wants silence."""
    if not trouble.wants_answer:
        return None
    if trouble.message_id is None:
        # Version 1.6 has no way to answer a message without an id.
        return None if version == "1.6" else error(UNREADABLE_ID, Fault.RPC, version, str(trouble))
    return error(trouble.message_id, trouble.fault, version, str(trouble))


def error(message_id: str, fault: Fault, version: Version, description: str = "") -> bytes:
    """A CALLERROR. It cannot fail whatever the texts hold: both are escaped to ASCII and cut."""
    said = json.dumps(description[:DESCRIPTION_MAX])
    return f'[4,{json.dumps(message_id)},"{fault.spelled(version)}",{said},{{}}]'.encode("ascii")


_OPENING = re.compile(
    r'[\s\ufeff]*\[\s*"?(\d{1,3})"?\s*,\s*("(?:[^"\\]|\\.){1,255}"|-?\d{1,40}\b)?'
)


def _id_in(text: bytes | str) -> tuple[int | None, str | None]:
    """The message type and id at the start of a text that may be no JSON at all (quirk R-001)."""
    start = text[:2048] if isinstance(text, str) else text[:2048].decode("utf-8", "replace")
    match = _OPENING.match(start)
    if match is None:
        return None, None
    message_id = match[2]
    if message_id and message_id[0] == '"':
        try:
            message_id = json.loads(message_id)
        except ValueError:
            message_id = None
    return int(match[1]), message_id


def _with_good_will(text: bytes | str, version: Version) -> Frame:
    """A frame that the strict decoder refused, element by element."""
    kind, message_id = _id_in(text)
    raw = text.encode("utf-8", "replace") if isinstance(text, str) else bytes(text)
    is_answer = kind in (3, 4, 5, 6)
    try:
        elements = parse(raw.removeprefix(b"\xef\xbb\xbf"))
    except BrokenPayload as trouble:
        raise BrokenFrame(trouble.fault, trouble.why, message_id, not is_answer) from None
    if not isinstance(elements, list) or kind is None:
        raise BrokenFrame(Fault.RPC, "it is no array that begins with a type and an id")
    if kind not in (2, 3, 4) and not (version == "2.1" and kind in (5, 6)):
        # Only 2.0.1 wants an answer (part 4 §4.4); 1.6 (§4.1.3) and 2.1 (§4.4) say: ignore it.
        raise BrokenFrame(
            Fault.MESSAGE_TYPE,
            f"message type {kind} is not known",
            message_id,
            wants_answer=version == "2.0.1",
        )
    if not message_id:
        raise BrokenFrame(Fault.RPC, "its message id cannot be read", wants_answer=not is_answer)
    return _BUILD[kind](message_id, elements)


def _call(message_id: str, elements: list[Any]) -> Call:
    odd = []
    if not isinstance(elements[1], str):
        odd.append(Deviation("number_as_text", "[1]", message_id))
    if elements[0] != 2:
        odd.append(Deviation("text_as_number", "[0]", str(elements[0])))
    if len(elements) != 4:
        odd.append(Deviation("frame_length", "", str(len(elements))))
    if len(elements) < 3 or not isinstance(elements[2], str):
        raise BrokenFrame(Fault.RPC, "it names no action", message_id)
    payload = elements[3] if len(elements) > 3 else {}
    return OddCall(message_id, elements[2], _raw(payload), tuple(odd))


def _result(message_id: str, elements: list[Any]) -> CallResult:
    return CallResult(message_id, _raw(elements[2] if len(elements) > 2 else {}))


def _error(message_id: str, elements: list[Any]) -> CallError:
    return CallError(message_id, *_error_fields(elements))


def _result_error(message_id: str, elements: list[Any]) -> CallResultError:
    return CallResultError(message_id, *_error_fields(elements))


def _error_fields(elements: list[Any]) -> tuple[str, str, Raw]:
    """Three to five elements of any type (quirk R-012)."""
    code, description, details = (elements[2:5] + [None] * 3)[:3]
    return str(code or Fault.GENERIC.value), str(description or ""), _raw(details or {})


def _send(message_id: str, elements: list[Any]) -> Send:
    call = _call(message_id, elements)
    return Send(call.id, call.action, call.payload)


def _raw(value: Any) -> Raw:
    return Raw(_NUMBERS.encode(value))


_NUMBERS = msgspec.json.Encoder(decimal_format="number")

_BUILD: dict[int, Callable[[str, list[Any]], Frame]] = {
    2: _call,
    3: _result,
    4: _error,
    5: _result_error,
    6: _send,
}
