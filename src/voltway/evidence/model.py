"""Signed meter data: records, readings, keys, and what is found of them.

A *record* is what one signature covers. A session has one record with its first and last reading,
or one for each; see the OCMF specification (S.A.F.E., revision 1.2), tables 1 to 8.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

from voltway.kernel.ids import PartyId, SessionId, StationId


class Format(StrEnum):
    OCMF = "OCMF"
    ALFEN = "ALFEN"
    PCDF = "PCDF"


class Verdict(StrEnum):
    VALID = "valid"
    NOT_BILLABLE = "not_billable"  # the signature is right, and the law lets nobody bill from it
    INVALID = "invalid"
    UNCHECKED = "unchecked"  # there is no registered key to check it with


class Flaw(StrEnum):
    """Why signed data is not simply valid. See ``SAYS`` for the words."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    TRUNCATED = "truncated"
    AMBIGUOUS = "ambiguous"
    FORMATS_MIXED = "formats_mixed"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_UNREADABLE = "signature_unreadable"
    SIGNATURE_WRONG = "signature_wrong"
    METHOD_UNKNOWN = "method_unknown"
    KEY_UNREADABLE = "key_unreadable"
    KEY_OF_OTHER_CURVE = "key_of_other_curve"
    FOREIGN_KEY = "foreign_key"
    NO_KEY = "no_key"
    SINGLE_READING = "single_reading"
    NO_BEGIN = "no_begin"
    NO_END = "no_end"
    SEVERAL_BEGINS = "several_begins"
    SEVERAL_ENDS = "several_ends"
    OUTSIDE_TRANSACTION = "outside_transaction"
    ENERGY_FLAGGED = "energy_flagged"
    TIME_FLAGGED = "time_flagged"
    METER_FAULTY = "meter_faulty"
    EXCEPTION = "exception"
    ERRORS_COUNTED = "errors_counted"
    BILLING_REFUSED = "billing_refused"
    TIME_UNREADABLE = "time_unreadable"
    TIME_NOT_SYNCHRONISED = "time_not_synchronised"
    TIME_INFORMATIVE = "time_informative"
    TIME_BACKWARDS = "time_backwards"
    VALUE_UNREADABLE = "value_unreadable"
    REGISTER_FELL = "register_fell"
    UNIT_WRONG = "unit_wrong"
    QUANTITY_WRONG = "quantity_wrong"
    PAGE_MISSING = "page_missing"
    PAGE_REPEATED = "page_repeated"
    OTHER_METER = "other_meter"
    OTHER_SESSION = "other_session"
    OTHER_USER = "other_user"
    USER_ERROR = "user_error"


#: What an operator and a driver read.
SAYS: Final[Mapping[Flaw, str]] = {
    Flaw.UNREADABLE: "This is no signed meter data that we can read (OCMF, ALFEN or PCDF).",
    Flaw.TOO_LARGE: "This is more data than a session can have, so it was not looked at.",
    Flaw.TRUNCATED: "The data is cut off or damaged: it cannot be read to its end.",
    Flaw.AMBIGUOUS: "The data says one thing twice, so two readers could read it differently.",
    Flaw.FORMATS_MIXED: "The records are of different formats.",
    Flaw.SIGNATURE_MISSING: "The data has no signature.",
    Flaw.SIGNATURE_UNREADABLE: "The signature cannot be read.",
    Flaw.SIGNATURE_WRONG: "The signature does not fit this data and this key: one was changed.",
    Flaw.METHOD_UNKNOWN: "It is signed by a method that the format does not know.",
    Flaw.KEY_UNREADABLE: "The key is no public key that we can read.",
    Flaw.KEY_OF_OTHER_CURVE: "The key belongs to another curve than the signature.",
    Flaw.FOREIGN_KEY: "The data names another key than the one registered for this meter.",
    Flaw.NO_KEY: "No key is registered for this meter, so the signature cannot be checked.",
    Flaw.SINGLE_READING: "There is a single reading, and a bill needs two.",
    Flaw.NO_BEGIN: "There is no reading of the beginning.",
    Flaw.NO_END: "There is no reading of the end.",
    Flaw.SEVERAL_BEGINS: "There are several readings of the beginning.",
    Flaw.SEVERAL_ENDS: "There are several readings of the end.",
    Flaw.OUTSIDE_TRANSACTION: "The readings belong to no charge.",
    Flaw.ENERGY_FLAGGED: "The meter says that its energy must not be billed (error flag E).",
    Flaw.TIME_FLAGGED: "The meter says that its time must not be billed (error flag t).",
    Flaw.METER_FAULTY: "The meter was not in order when it was read.",
    Flaw.EXCEPTION: "The meter told of an error during the charge.",
    Flaw.ERRORS_COUNTED: "The meter counted errors between beginning and end.",
    Flaw.BILLING_REFUSED: "The meter says that this must not be billed.",
    Flaw.TIME_UNREADABLE: "A reading has no time that can be read.",
    Flaw.TIME_NOT_SYNCHRONISED: "The meter's clock was not synchronised.",
    Flaw.TIME_INFORMATIVE: "The meter's clock was informative only: time must not be billed.",
    Flaw.TIME_BACKWARDS: "The end lies before the beginning.",
    Flaw.VALUE_UNREADABLE: "A reading has no number that can be read.",
    Flaw.REGISTER_FELL: "The register at the end is lower than at the beginning.",
    Flaw.UNIT_WRONG: "The readings are not in kWh or Wh.",
    Flaw.QUANTITY_WRONG: "The readings are not of the energy delivered to the car.",
    Flaw.PAGE_MISSING: "A page between beginning and end is missing.",
    Flaw.PAGE_REPEATED: "Two different records have the same page number.",
    Flaw.OTHER_METER: "The records, or the key, belong to different meters.",
    Flaw.OTHER_SESSION: "The records belong to different charges.",
    Flaw.OTHER_USER: "Beginning and end name different users.",
    Flaw.USER_ERROR: "The meter could not tell whose charge it was.",
}

#: Under these nothing is proved, whoever signed it.
INVALIDATES: Final = frozenset(
    {
        Flaw.UNREADABLE,
        Flaw.TOO_LARGE,
        Flaw.TRUNCATED,
        Flaw.AMBIGUOUS,
        Flaw.FORMATS_MIXED,
        Flaw.SIGNATURE_MISSING,
        Flaw.SIGNATURE_UNREADABLE,
        Flaw.SIGNATURE_WRONG,
        Flaw.METHOD_UNKNOWN,
        Flaw.KEY_UNREADABLE,
        Flaw.KEY_OF_OTHER_CURVE,
        Flaw.FOREIGN_KEY,
    }
)


class Mark(StrEnum):
    """What a reading marks of a charge (OCMF table 7, ``TX``)."""

    BEGIN = "begin"
    DURING = "during"
    EXCEPTION = "exception"
    END = "end"


class Clock(StrEnum):
    """How far the time of a reading can be believed (OCMF table 19)."""

    SYNCHRONISED = "synchronised"
    RELATIVE = "relative"  # the duration is right, the moment informative
    INFORMATIVE = "informative"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedReading:
    """One reading of a record, exact to the digit that the meter wrote."""

    at: datetime | None
    clock: Clock
    mark: Mark | None
    wh: Decimal | None
    resolution_wh: Decimal | None = None
    quantity: str = ""
    unit: str = ""
    flags: str = ""
    is_good: bool = True
    errors: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What one signature covers, read and not yet believed."""

    format: Format | None
    text: str
    payload: bytes = b""
    signature: bytes = b""
    curve: str = ""
    named_key: bytes = b""
    readings: tuple[SignedReading, ...] = ()
    pages: str = ""  # which count of pages: T of charges, F of fiscal readings
    page: int | None = None
    meter: str = ""
    user: str = ""
    session: str = ""
    flaws: tuple[Flaw, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A meter's public key: a point, and its curve where that is said with it."""

    point: bytes  # SEC 1 §2.3.3: 04 and both numbers, or 02 or 03 and the first
    curve: str | None = None

    @property
    def x(self) -> bytes:
        size = len(self.point) - 1
        return self.point[1:] if self.point[0] != 4 else self.point[1 : 1 + size // 2]

    @property
    def is_odd(self) -> bool:
        return bool(self.point[-1] & 1) if self.point[0] == 4 else self.point[0] == 3

    def is_same(self, other: "PublicKey") -> bool:
        """Whether both are one key, however each is written."""
        return self.x == other.x and self.is_odd == other.is_odd


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of all signed data of one charge."""

    verdict: Verdict
    flaws: tuple[Flaw, ...]
    format: Format | None = None
    records: int = 0
    sha256: str = ""  # of the records, each with a line feed after it
    meter: str = ""
    begins: datetime | None = None
    ends: datetime | None = None
    begin_wh: Decimal | None = None
    end_wh: Decimal | None = None
    energy_wh: Decimal | None = None
    resolution_wh: Decimal | None = None
    by_clock: Clock | None = None

    @property
    def says(self) -> tuple[str, ...]:
        return tuple(SAYS[flaw] for flaw in self.flaws)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterKey:
    """The public key of a meter as an operator registered it, and from when to when it holds."""

    id: UUID
    party: PartyId
    station: StationId
    evse_number: int | None  # None: for every EVSE of the station
    meter: str  # the meter's serial number, where it is known
    key: PublicKey
    source: str
    holds_from: datetime
    holds_until: datetime | None
    added_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A piece of signed data as a station sent it, and the key that it named."""

    text: str
    named_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """The signed data of a session, and what was found of it."""

    session: SessionId
    party: PartyId
    pieces: tuple[Sent, ...]
    finding: Finding
    key: MeterKey | None
    checked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """The signed data of a session as they are to be judged, and the key to judge them by."""

    session: SessionId
    party: PartyId
    pieces: tuple[Sent, ...]
    is_cut: bool  # there was more than can be kept
    key: MeterKey | None
    by_time: bool  # the bill has lines for time
