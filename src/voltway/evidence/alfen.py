"""Alfen's format: ``AP;type;3;key;data;signature;`` in Base32, one line a reading.

The data are 82 bytes, numbers with their lowest byte first; signed by ECDSA on secp192r1 with
SHA-256, the signature's two numbers side by side. The layout is the one that the transparency
software of S.A.F.E. reads.
"""

import base64
import binascii
import re
import struct
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from voltway.evidence.model import Clock, Flaw, Format, Mark, Record, SignedReading

START: Final = "AP;"

CURVE: Final = "secp192r1"
DATA_BYTES: Final = 82
SIGNATURE_BYTES: Final = 48

_MARKS: Final = {"0": Mark.BEGIN, "1": Mark.END, "2": Mark.DURING}

#: adapter, firmware, checksum, meter, meter's state, adapter's state, seconds of operation, time,
#: OBIS, unit, scale, register, user, charge, page
_LAYOUT: Final = struct.Struct("<10s4s2s10sHHII6sBbq20sii")

#: Bits of the meter's state: memory broken (1, 2), a phase gone (8 to 10) or wrong (11).
_METER_BAD: Final = 0b0000_0000_0000_0110
_METER_CLOCK: Final = 1
#: Bits of the adapter's state: broken (0), registers do not fit (10), memory (14), no meter (15).
_ADAPTER_BAD: Final = 1 << 0 | 1 << 10 | 1 << 14 | 1 << 15

_WH: Final = 0x1E  # DLMS unit 30


def read(text: str) -> Record:
    """The record that this line is, as far as it can be read."""
    parts = text.strip().rstrip(";").split(";")
    if len(parts) != 6 or parts[0] != "AP" or parts[2] != "3":
        return Record(format=Format.ALFEN, text=text, flaws=(Flaw.TRUNCATED,))
    kind = parts[1]
    try:
        key, data, signature = (_bytes(part) for part in parts[3:])
    except (binascii.Error, ValueError):
        return Record(format=Format.ALFEN, text=text, flaws=(Flaw.TRUNCATED,))
    if len(data) != DATA_BYTES or kind not in _MARKS:
        return Record(format=Format.ALFEN, text=text, flaws=(Flaw.TRUNCATED,))
    flaws = () if len(signature) == SIGNATURE_BYTES else (Flaw.SIGNATURE_UNREADABLE,)
    told = _LAYOUT.unpack(data)
    adapter, meter, user, session, page = told[0], told[3], told[12], told[13], told[14]
    return Record(
        format=Format.ALFEN,
        text=text,
        payload=data,
        signature=signature,
        curve=CURVE,
        named_key=key,
        readings=(_reading(_MARKS[kind], *told[4:12]),),
        pages="T",
        page=page,
        meter=f"{meter.hex()}/{adapter.hex()}",
        user=user.rstrip(b"\0").decode("ascii", "replace"),
        session=str(session),
        flaws=flaws,
    )


def _reading(
    mark: Mark,
    meter_state: int,
    adapter_state: int,
    _seconds: int,
    at: int,
    quantity: bytes,
    unit: int,
    scale: int,
    value: int,
) -> SignedReading:
    is_wh = unit == _WH and -15 <= scale <= 15
    a, b, c, d, e, f = quantity
    return SignedReading(
        at=datetime.fromtimestamp(at, UTC),
        clock=Clock.UNKNOWN if meter_state & _METER_CLOCK else Clock.SYNCHRONISED,
        mark=mark,
        wh=Decimal(value).scaleb(scale) if is_wh else None,
        resolution_wh=Decimal(1).scaleb(scale) if is_wh else None,
        quantity=f"{a}-{b}:{c}.{d}.{e}*{f}",
        unit="Wh" if is_wh else f"unit {unit}",
        is_good=not (meter_state & _METER_BAD or adapter_state & _ADAPTER_BAD),
    )


def _bytes(text: str) -> bytes:
    plain = text.rstrip("=")
    if not re.fullmatch(r"[A-Z2-7]*", plain):
        raise ValueError("no Base32")
    return base64.b32decode(plain + "=" * (-len(plain) % 8))
