"""PCDF, Porsche's format of DC stations: one record a charge, ``128.8.0(ST:…)(CT:…)…(SG:…)``.

Signed by ECDSA on secp256r1 with SHA-256 is the text up to ``(SG:``, as it stands. The fields and
their order are those that the transparency software of S.A.F.E. reads. The record has the energy
of the charge and no registers.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from voltway.evidence.model import Clock, Flaw, Format, Mark, Record, SignedReading

START: Final = "128.8.0"

CURVE: Final = "secp256r1"

_FIELDS: Final = [
    "ST",
    "CT",
    "CD",
    "TV",
    "BV",
    "CSC",
    "SP",
    "RV",
    "SI",
    "CS",
    "HW",
    "DT",
    "PK",
    "SG",
]
_RECORD: Final = re.compile(
    re.escape(START) + "".join(rf"\({name}:([^()]{{0,400}})\)" for name in _FIELDS)
)
_VALUE: Final = re.compile(r"(\d{4}\.\d{3})\*(\w+)")


def read(text: str) -> Record:
    """The record that this text is, as far as it can be read."""
    body = bare(text)
    match = _RECORD.fullmatch(body)
    if match is None:
        return Record(format=Format.PCDF, text=text, flaws=(Flaw.TRUNCATED,))
    said = dict(zip(_FIELDS, match.groups(), strict=True))
    flaws: list[Flaw] = []
    try:
        key, signature = bytes.fromhex(said["PK"]), bytes.fromhex(said["SG"])
    except ValueError:
        key = signature = b""
    if not signature:
        flaws.append(Flaw.SIGNATURE_UNREADABLE if said["SG"] else Flaw.SIGNATURE_MISSING)
    if said["BV"] != "1":
        flaws.append(Flaw.BILLING_REFUSED)
    user, _, session = said["SI"].split("*", 2) if said["SI"].count("*") == 2 else ("", "", "")
    return Record(
        format=Format.PCDF,
        text=text,
        payload=body[: body.index("(SG:")].encode("utf-8", "surrogatepass"),
        signature=signature,
        curve=CURVE,
        named_key=key,
        readings=_readings(said),
        meter=said["HW"],
        user=user,
        session=session,
        flaws=tuple(flaws),
    )


def bare(text: str) -> str:
    """The record without the control characters that frame it on the wire."""
    body = text.strip().removeprefix("\\u0002").removesuffix("\\u0003")
    return body.strip('\x02\x03\r\n\t "')


def _readings(said: dict[str, str]) -> tuple[SignedReading, ...]:
    """Zero at the beginning and the energy at the end: what it has instead of registers."""
    match = _VALUE.fullmatch(said["RV"])
    is_kwh = match is not None and match[2] == "kWh"
    wh = Decimal(match[1]) * 1000 if match is not None and is_kwh else None
    clock = Clock.SYNCHRONISED if said["TV"] == "1" else Clock.UNKNOWN
    unit = match[2] if match is not None else ""
    begin = SignedReading(
        at=_time(said["ST"]),
        clock=clock,
        mark=Mark.BEGIN,
        wh=Decimal(0),
        resolution_wh=Decimal(1),
        unit=unit,
    )
    if said["SP"] != "1":
        return (begin,)
    end = SignedReading(
        at=_time(said["CT"]),
        clock=clock,
        mark=Mark.END,
        wh=wh,
        resolution_wh=Decimal(1),
        unit=unit,
    )
    return begin, end


def _time(told: str) -> datetime | None:
    try:
        return datetime.strptime(told, "%y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
