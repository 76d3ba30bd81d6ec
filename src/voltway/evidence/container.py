"""What signed data comes wrapped in, and the file of the transparency software.

Stations send a record as it is, in hexadecimal (OCPP 1.6 §7.42, ValueFormat), in Base64, or in the
JSON of a 2.0.1 SignedMeterValueType (part 2, §2.46). The transparency software of S.A.F.E. reads
and we write XML: ``values``, in it a ``value`` for each record with ``signedData`` and
``publicKey``.
"""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Sequence
from typing import Final
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from voltway.evidence import alfen, keys, ocmf, pcdf
from voltway.evidence.model import Flaw, Format, Mark, PublicKey, Record, Sent

#: All signed data of a charge, and its records.
BYTES_MAX: Final = 1_048_576
RECORDS_MAX: Final = 1000

#: So deep may one wrapping be in another.
DEPTH_MAX: Final = 4

_CONTEXTS: Final = {
    Mark.BEGIN: "Transaction.Begin",
    Mark.DURING: "Sample.Periodic",
    Mark.EXCEPTION: "Sample.Periodic",
    Mark.END: "Transaction.End",
}


def unwrapped(text: str, named_key: str = "") -> list[Sent]:
    """The records in a text, whatever they are wrapped in; one piece as it is where we find none.

    Never raises: what cannot be read is told of by ``read``.
    """
    if len(text) > BYTES_MAX:
        return [Sent(text=text[:64], named_key=named_key)]
    found = _pieces(text, named_key, DEPTH_MAX)
    return found[: RECORDS_MAX + 1] or [Sent(text=text, named_key=named_key)]


def read(piece: Sent) -> Record:
    """A piece as a record, by the format that it begins with."""
    text = piece.text
    if len(text) > BYTES_MAX:
        return Record(format=None, text=text, flaws=(Flaw.TOO_LARGE,))
    if text.startswith(ocmf.START):
        return ocmf.read(text)
    if text.startswith(alfen.START):
        return alfen.read(text)
    if pcdf.bare(text).startswith(pcdf.START):
        return pcdf.read(text)
    known = any(start.startswith(text[:4]) for start in (ocmf.START, pcdf.START) if text[:4])
    return Record(format=None, text=text, flaws=(Flaw.TRUNCATED if known else Flaw.UNREADABLE,))


def file(records: Sequence[Record], key: PublicKey | None) -> str:
    """The XML that the transparency software opens, with the registered key and no other."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<values>"]
    for place, record in enumerate(records, 1):
        marks = {reading.mark for reading in record.readings if reading.mark}
        context = ""
        if len(marks) == 1:
            context = f" context={quoteattr(_CONTEXTS[marks.pop()])}"
        # Records of one charge have one number, by which the software puts them together.
        lines.append(f'  <value transactionId="1"{context}>')
        kind = record.format or Format.OCMF
        body = escape(record.text)
        lines.append(
            f'    <signedData format="{kind}" encoding="plain" transactionId="{place}">'
            f"{body}</signedData>"
        )
        if key is not None:
            lines.append(f"    {_key_element(record, key)}")
        lines.append("  </value>")
    return "\n".join([*lines, "</values>", ""])


def _key_element(record: Record, key: PublicKey) -> str:
    """The key as the software takes it for the format: Base32 for ALFEN, else hexadecimal."""
    if record.format is Format.ALFEN:
        point = bytes([2 + key.is_odd]) + key.x
        return f'<publicKey encoding="base32">{base64.b32encode(point).decode()}</publicKey>'
    if record.format is Format.PCDF:
        return f'<publicKey encoding="hex">{key.point.hex()}</publicKey>'
    named = PublicKey(key.point, key.curve or record.curve or None)
    return f'<publicKey encoding="hex">{keys.written(named)}</publicKey>'


def _pieces(text: str, named_key: str, depth: int) -> list[Sent]:
    body = text.strip("\ufeff \t\r\n").strip('"')
    if depth == 0 or not body:
        return []
    if body[0] == "<":
        return _of_xml(body, depth)
    if body[0] == "{":
        return _of_json(body, named_key, depth)
    if body.startswith(ocmf.START):
        return [
            Sent(text=part.rstrip(), named_key=named_key)
            for part in re.split(r"(?<=\s)(?=OCMF\|)", body)
        ]
    if body.startswith(alfen.START):
        return [Sent(text=part, named_key=named_key) for part in body.split()]
    if pcdf.bare(body).startswith(pcdf.START):
        return [Sent(text=pcdf.bare(body), named_key=named_key)]
    inner = _decoded(body)
    return _pieces(inner, named_key, depth - 1) if inner else []


def _decoded(text: str) -> str:
    """What a text says in hexadecimal or Base64, if it does."""
    dense = re.sub(r"\s", "", text)
    try:
        if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", dense):
            return bytes.fromhex(dense).decode()
        return base64.b64decode(dense + "=" * (-len(dense) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""


def _of_json(body: str, named_key: str, depth: int) -> list[Sent]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return []
    data = said.get("signedMeterData") if isinstance(said, dict) else None
    if not isinstance(data, str):
        return []
    key = said.get("publicKey")
    key = key if isinstance(key, str) and key else named_key
    return _pieces(data, key, depth - 1) or [Sent(text=data, named_key=key)]


def _of_xml(body: str, depth: int) -> list[Sent]:
    """The records of the transparency software's XML."""
    # What XML could declare for itself is of no use here, and can be made to cost the earth.
    if "<!" in body:
        return []
    try:
        root = ElementTree.fromstring(body)
    except (ElementTree.ParseError, ValueError, LookupError):
        return []
    found: list[Sent] = []
    for value in _named(root, "value"):
        key = next((each.text or "" for each in _named(value, "publicKey")), "")
        for told in (*_named(value, "signedData"), *_named(value, "encodedData")):
            text = (told.text or "").strip()
            inner = _pieces(text, key.strip(), depth - 1)
            found += inner or [Sent(text=text, named_key=key.strip())]
    return found


def _named(parent: ElementTree.Element, name: str) -> Iterable[ElementTree.Element]:
    """The elements of this name, in whatever namespace."""
    return (each for each in parent.iter() if each.tag.rpartition("}")[2] == name)
