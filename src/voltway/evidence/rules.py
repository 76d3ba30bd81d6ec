"""What the signed data of a charge proves, and whether the law lets it be billed.

A signature that fits is not enough. Nothing is billed from a single reading, from one that the
meter flagged, from a clock that was not synchronised, over a page that is missing, or where the
register fell (OCMF, section *Signing and Verification Process* and tables 7, 10, 11 and 19).
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from voltway.evidence import container, keys
from voltway.evidence.curves import CURVES, fits, signature_of
from voltway.evidence.model import (
    INVALIDATES,
    Clock,
    Finding,
    Flaw,
    Format,
    Mark,
    PublicKey,
    Record,
    Sent,
    SignedReading,
    Verdict,
)

#: OBIS codes of energy delivered: total import (1.8), at the mains or at the car (B0 to B3), and
#: the transaction's register (98.8). Upper case, without leading zeros.
_DELIVERED: Final = re.compile(r"(?:\w+-\w+:)?(?:1|98|B[0-3])\.8\.\w+(?:\*\w+)?")

#: Of what a bill in whole watt-hours may differ from registers that are exact.
WHOLE_WH: Final = Decimal(1)


def judge(
    pieces: Sequence[Sent], key: PublicKey | None, *, by_time: bool = False, meter: str = ""
) -> Finding:
    """The finding of all signed data of one charge. Never raises, whatever the data are.

    ``key`` is the one that was registered; the one in the message is compared and never used.
    ``by_time``: the bill has lines for time, which an informative clock cannot prove.
    ``meter``: the serial number that was registered with the key.
    """
    records = _distinct([container.read(piece) for piece in pieces])
    flaws = [flaw for record in records for flaw in record.flaws]
    if not records:
        flaws.append(Flaw.UNREADABLE)
    if len(pieces) > container.RECORDS_MAX:
        flaws.append(Flaw.TOO_LARGE)
    if len({record.format for record in records}) > 1:
        flaws.append(Flaw.FORMATS_MIXED)
    flaws += _proved(records, pieces, key)
    used = _of_the_charge(records)
    if meter and any(meter not in record.meter.split("/") for record in used if record.meter):
        flaws.append(Flaw.OTHER_METER)
    begin, end = _ends(used, flaws)
    flaws += _billable(used, begin, end)
    clock = _weaker(begin, end)
    if by_time and clock is Clock.INFORMATIVE:
        flaws.append(Flaw.TIME_INFORMATIVE)
    return _finding(records, list(dict.fromkeys(flaws)), begin, end, clock)


def differs(finding: Finding, billed_wh: int) -> bool:
    """Whether a bill's energy lies farther from the signed energy than the meter can tell."""
    if finding.energy_wh is None:
        return False
    allowed = max(finding.resolution_wh or WHOLE_WH, WHOLE_WH)
    return abs(finding.energy_wh - billed_wh) > allowed


def sha256(texts: Iterable[str]) -> str:
    """Of the records as they stand, each with a line feed after it: anybody can make it again."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\n")
    return digest.hexdigest()


def _distinct(records: Sequence[Record]) -> list[Record]:
    """Each record once: stations send one again with the stop."""
    return list({record.text: record for record in records}.values())


def _finding(
    records: Sequence[Record],
    flaws: list[Flaw],
    begin: SignedReading | None,
    end: SignedReading | None,
    clock: Clock | None,
) -> Finding:
    energy = resolution = None
    if begin is not None and end is not None and begin.wh is not None and end.wh is not None:
        energy = end.wh - begin.wh
        resolution = max(begin.resolution_wh or WHOLE_WH, end.resolution_wh or WHOLE_WH)
    return Finding(
        verdict=_verdict(flaws),
        flaws=tuple(sorted(flaws, key=list(Flaw).index)),
        format=records[0].format if records else None,
        records=len(records),
        sha256=sha256(record.text for record in records),
        meter=next((record.meter for record in records if record.meter), ""),
        begins=begin.at if begin else None,
        ends=end.at if end else None,
        begin_wh=begin.wh if begin else None,
        end_wh=end.wh if end else None,
        energy_wh=energy,
        resolution_wh=resolution,
        by_clock=clock,
    )


def _verdict(flaws: Iterable[Flaw]) -> Verdict:
    found = set(flaws)
    if found & INVALIDATES:
        return Verdict.INVALID
    if Flaw.NO_KEY in found:
        return Verdict.UNCHECKED
    return Verdict.NOT_BILLABLE if found else Verdict.VALID


def _proved(records: Sequence[Record], pieces: Sequence[Sent], key: PublicKey | None) -> list[Flaw]:
    """What is wrong with the signatures."""
    named = {piece.text: piece.named_key for piece in pieces}
    if key is None:
        return [Flaw.NO_KEY] if records else []
    flaws = []
    for record in records:
        if not set(record.flaws) & INVALIDATES:
            flaws += _signed(record, key)
        if _names_another(record, named.get(record.text, ""), key):
            flaws.append(Flaw.FOREIGN_KEY)
    return flaws


def _signed(record: Record, key: PublicKey) -> list[Flaw]:
    curve = record.curve
    if (key.curve or curve) != curve or len(key.x) != CURVES[curve].size:
        return [Flaw.KEY_OF_OTHER_CURVE]
    signature = signature_of(record.signature, curve)
    if signature is None:
        return [Flaw.SIGNATURE_UNREADABLE]
    return [] if fits(key.point, curve, signature, record.payload) else [Flaw.SIGNATURE_WRONG]


def _names_another(record: Record, named: str, key: PublicKey) -> bool:
    """Whether the message brings a key that is not the registered one."""
    told = keys.key_of(record.named_key) if record.named_key else None
    if told is None and named:
        try:
            told = keys.read_key(named)
        except keys.NoKey:
            return False  # what cannot be read names nobody; it is not used anyway
    return told is not None and not told.is_same(key)


def _of_the_charge(records: Sequence[Record]) -> list[Record]:
    """The records that tell of the charge, in the order of their pages: one that has beginning and
    end by itself, or all of them; those of fiscal readings only where there is nothing else."""
    for record in reversed(records):
        marks = {reading.mark for reading in record.readings}
        if Mark.BEGIN in marks and Mark.END in marks:
            return [record]
    ours = [record for record in records if record.pages != "F"] or list(records)
    return sorted(ours, key=lambda record: (record.page is None, record.page or 0))


def _ends(
    records: Sequence[Record], flaws: list[Flaw]
) -> tuple[SignedReading | None, SignedReading | None]:
    """The first and the last reading of the energy that was delivered."""
    readings = [reading for record in records for reading in record.readings]
    delivered = [each for each in readings if _is_delivered(each)]
    if readings and not delivered:
        flaws.append(Flaw.QUANTITY_WRONG)
    begins = [each for each in delivered if each.mark is Mark.BEGIN]
    ends = [each for each in delivered if each.mark is Mark.END]
    if len({(each.at, each.wh) for each in begins}) > 1:
        flaws.append(Flaw.SEVERAL_BEGINS)
    if len({(each.at, each.wh) for each in ends}) > 1:
        flaws.append(Flaw.SEVERAL_ENDS)
    if not delivered:
        return None, None
    if not any(reading.mark for reading in readings):
        flaws.append(Flaw.OUTSIDE_TRANSACTION)
    elif not begins or not ends:
        flaws.append(Flaw.NO_END if begins else Flaw.NO_BEGIN)
        if len(delivered) == 1:
            flaws.append(Flaw.SINGLE_READING)
    return begins[0] if begins else None, ends[-1] if ends else None


def _is_delivered(reading: SignedReading) -> bool:
    code = re.sub(r"(?<![0-9A-F])0+(?=[0-9A-F])", "", reading.quantity.upper())
    return not code or bool(_DELIVERED.fullmatch(code))


def _billable(
    records: Sequence[Record], begin: SignedReading | None, end: SignedReading | None
) -> list[Flaw]:
    """Why nobody may bill from these readings."""
    flaws = [flaw for each in (begin, end) if each is not None for flaw in _reading(each)]
    between = [reading for record in records for reading in record.readings]
    if any(reading.mark is Mark.EXCEPTION for reading in between):
        flaws.append(Flaw.EXCEPTION)
    flaws += _together(records)
    if begin is None or end is None:
        return flaws
    if begin.wh is not None and end.wh is not None and end.wh < begin.wh:
        flaws.append(Flaw.REGISTER_FELL)
    if begin.at and end.at and end.at < begin.at:
        flaws.append(Flaw.TIME_BACKWARDS)
    if begin.clock is Clock.RELATIVE and end.clock is not Clock.RELATIVE:
        flaws.append(Flaw.TIME_NOT_SYNCHRONISED)
    if begin.errors != end.errors and end.errors is not None:
        flaws.append(Flaw.ERRORS_COUNTED)
    return flaws


def _reading(reading: SignedReading) -> list[Flaw]:
    flaws = []
    if "E" in reading.flags:
        flaws.append(Flaw.ENERGY_FLAGGED)
    if "t" in reading.flags:
        flaws.append(Flaw.TIME_FLAGGED)
    if not reading.is_good:
        flaws.append(Flaw.METER_FAULTY)
    if reading.at is None:
        flaws.append(Flaw.TIME_UNREADABLE)
    elif reading.clock is Clock.UNKNOWN:
        flaws.append(Flaw.TIME_NOT_SYNCHRONISED)
    if reading.unit.lower() not in ("wh", "kwh"):
        flaws.append(Flaw.UNIT_WRONG)
    elif reading.wh is None:
        flaws.append(Flaw.VALUE_UNREADABLE)
    return flaws


def _together(records: Sequence[Record]) -> list[Flaw]:
    """Whether several records are of one meter, one charge and one user, and no page is missing."""
    flaws = []
    for flaw, told in (
        (Flaw.OTHER_METER, {record.meter for record in records}),
        (Flaw.OTHER_SESSION, {record.session for record in records}),
        (Flaw.OTHER_USER, {record.user for record in records if record.user}),
    ):
        if len(told) > 1:
            flaws.append(flaw)
    pages = [record.page for record in records]
    if len(records) < 2:
        return flaws
    if any(page is None for page in pages):
        return [*flaws, Flaw.PAGE_MISSING]
    known = [page for page in pages if page is not None]
    if len(set(known)) < len(known):
        flaws.append(Flaw.PAGE_REPEATED)
    # Alfen's adapter counts the pages of all charges together, those that nobody asked for too.
    elif records[0].format is Format.OCMF and known[-1] - known[0] != len(known) - 1:
        flaws.append(Flaw.PAGE_MISSING)
    return flaws


def _weaker(begin: SignedReading | None, end: SignedReading | None) -> Clock | None:
    """How far the times of both can be believed. An informative beginning with a lawful duration
    (OCMF table 19, ``R``) is relative."""
    if begin is None or end is None:
        return None
    if Clock.UNKNOWN in (begin.clock, end.clock):
        return Clock.UNKNOWN
    if end.clock is Clock.RELATIVE:
        return Clock.RELATIVE
    if Clock.INFORMATIVE in (begin.clock, end.clock):
        return Clock.INFORMATIVE
    return end.clock
