"""OCMF, the Open Charge Metering Format (S.A.F.E., revision 1.2): ``OCMF|payload|signature``.

Signed are the bytes of the payload exactly as they stand (section *Signing and Verification
Process*), so the text is never written anew. In a record, what a reading leaves out is as in the
reading before it (section *Readings*).
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from voltway.evidence.curves import DEFAULT, curve_of_method
from voltway.evidence.model import Clock, Flaw, Format, Mark, Record, SignedReading

START: Final = "OCMF|"

READINGS_MAX: Final = 1000

_MARKS: Final = {
    "B": Mark.BEGIN,
    "C": Mark.DURING,
    "S": Mark.DURING,
    "T": Mark.DURING,
    "X": Mark.EXCEPTION,
    **dict.fromkeys("ELRAP", Mark.END),
}
_CLOCKS: Final = {
    "S": Clock.SYNCHRONISED,
    "R": Clock.RELATIVE,
    "I": Clock.INFORMATIVE,
    "U": Clock.UNKNOWN,
}
_WH: Final = {"wh": Decimal(1), "kwh": Decimal(1000)}

#: OCMF table 11: the group of errors.
USER_ERRORS: Final = frozenset({"MISMATCH", "INVALID", "OUTDATED", "UNKNOWN"})

_TIME: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)[,.](\d{1,6})([+-])(\d\d):?(\d\d)(?: ([A-Z]))?"
)

#: A register beyond this is none (2.0e15 Wh is the world's electricity of a month).
_ABSURD: Final = 15


class _Twice(ValueError):
    """A member is there twice."""


def read(text: str) -> Record:
    """The record that this text is, as far as it can be read."""
    sections = text[len(START) :].rsplit("|", 1)
    if not text.startswith(START) or len(sections) != 2:
        return Record(format=Format.OCMF, text=text, flaws=(Flaw.TRUNCATED,))
    payload, signature = sections
    try:
        said, signed = _object(payload), _object(signature)
    except _Twice:
        return Record(format=Format.OCMF, text=text, flaws=(Flaw.AMBIGUOUS,))
    except (ValueError, RecursionError):
        return Record(format=Format.OCMF, text=text, flaws=(Flaw.TRUNCATED,))
    curve, raw, flaws = _signature(signed)
    pages, page = _page(said.get("PG"))
    readings, odd = _readings(said.get("RD"))
    if _text(said, "IL").upper() in USER_ERRORS:
        odd.append(Flaw.USER_ERROR)
    return Record(
        format=Format.OCMF,
        text=text,
        payload=payload.encode("utf-8", "surrogatepass"),
        signature=raw,
        curve=curve,
        readings=tuple(readings),
        pages=pages,
        page=page,
        meter=_text(said, "MS") or _text(said, "GS"),
        user=_text(said, "ID"),
        flaws=(*flaws, *odd),
    )


def _object(text: str) -> dict[str, Any]:
    """JSON with exact numbers, each member once."""

    def once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        if len(made) != len(pairs):
            raise _Twice
        return made

    def no_number(word: str) -> Any:
        raise ValueError(word)

    found = json.loads(
        text,
        parse_float=Decimal,
        parse_int=Decimal,
        parse_constant=no_number,
        object_pairs_hook=once,
    )
    if isinstance(found, dict):
        return found
    raise ValueError("a section is an object")


def _signature(signed: Mapping[str, Any]) -> tuple[str, bytes, list[Flaw]]:
    """The curve, the signature's bytes and what is wrong (OCMF table 8: SA, SE, SM, SD)."""
    method = signed.get("SA")
    curve: str | None = DEFAULT
    if method is not None:
        curve = curve_of_method(method) if isinstance(method, str) else None
    kind = signed.get("SM", "application/x-der")
    if curve is None or kind != "application/x-der":
        return "", b"", [Flaw.METHOD_UNKNOWN]
    data, encoding = signed.get("SD"), signed.get("SE", "hex")
    if not isinstance(data, str) or not data:
        return curve, b"", [Flaw.SIGNATURE_MISSING]
    try:
        if str(encoding).lower() == "base64":
            return curve, base64.b64decode(data, validate=True), []
        return curve, bytes.fromhex(data), []
    except (binascii.Error, ValueError):
        return curve, b"", [Flaw.SIGNATURE_UNREADABLE]


def _page(told: Any) -> tuple[str, int | None]:
    match = re.fullmatch(r"([TF])(\d{1,18})", told) if isinstance(told, str) else None
    return (match[1], int(match[2])) if match else ("", None)


def _readings(told: Any) -> tuple[list[SignedReading], list[Flaw]]:
    if not isinstance(told, list) or not all(isinstance(each, dict) for each in told):
        return [], [Flaw.TRUNCATED]
    if len(told) > READINGS_MAX:
        return [], [Flaw.TOO_LARGE]
    found: list[SignedReading] = []
    whole: dict[str, Any] = {}
    for each in told:
        whole = {**whole, "RV": None, **each}
        found.append(_reading(whole))
    return found, []


def _reading(said: Mapping[str, Any]) -> SignedReading:
    at, clock = _time(said.get("TM"))
    unit = _text(said, "RU")
    scale = _WH.get(unit.lower())
    value = _number(said.get("RV"))
    errors = said.get("EI")
    return SignedReading(
        at=at,
        clock=clock,
        mark=_MARKS.get(_text(said, "TX")),
        wh=None if value is None or scale is None else value * scale,
        resolution_wh=None if value is None or scale is None else _step(value) * scale,
        quantity=_text(said, "RI"),
        unit=unit,
        flags=_text(said, "EF"),
        is_good=_text(said, "ST") in ("G", ""),
        errors=int(errors) if isinstance(errors, Decimal) and abs(errors) < 10**9 else None,
    )


def _time(told: Any) -> tuple[datetime | None, Clock]:
    match = _TIME.fullmatch(told.strip()) if isinstance(told, str) else None
    if match is None:
        return None, Clock.UNKNOWN
    date, part, sign, hours, minutes, clock = match.groups()
    try:
        at = datetime.fromisoformat(f"{date}.{part:0<6}{sign}{hours}:{minutes}")
    except ValueError:
        return None, Clock.UNKNOWN
    return at, _CLOCKS.get(clock or "U", Clock.UNKNOWN)


def _number(told: Any) -> Decimal | None:
    """A register; some meters write it as a text with leading blanks or zeros."""
    try:
        value = Decimal(told.strip()) if isinstance(told, str) else told
    except InvalidOperation:
        return None
    if not isinstance(value, Decimal) or not value.is_finite():
        return None
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "a finite number has one"
    return value if value.adjusted() <= _ABSURD and -_ABSURD <= exponent <= _ABSURD else None


def _step(value: Decimal) -> Decimal:
    """One in the last digit that is written."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int), "a finite number has one"
    return Decimal(1).scaleb(exponent)


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    return value.strip()[:200] if isinstance(value, str) else ""
