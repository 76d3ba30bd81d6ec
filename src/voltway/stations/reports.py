"""What a station can tell us, in any version of OCPP.

A report is a claim: it may be late, told twice, or wrong. Rules decide what becomes of it.
Times are what the station claims, parsed to UTC, or ``None`` where it gave nothing readable;
``Heard.received_at`` is when we heard it.

These are structs and no dataclasses, because several are made for each message that comes in.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from voltway.kernel.ids import StationId, TokenUid, TransactionRef
from voltway.kernel.units import CurrentMa, PowerW, RegisterWh, VoltageMv


class Told(msgspec.Struct, frozen=True, gc=False):
    """Something that was told: a value that never changes."""


class Context(StrEnum):
    """When in a session a reading was taken (OCPP ReadingContext, reduced to what matters)."""

    BEGIN = "begin"
    PERIODIC = "periodic"
    CLOCK = "clock"
    END = "end"
    TRIGGER = "trigger"
    OTHER = "other"


class Reading(Told, frozen=True):
    """A meter's register and measurands at one moment. ``None``: not told."""

    at: datetime | None
    register_wh: RegisterWh | None = None
    power_w: PowerW | None = None
    current_ma: CurrentMa | None = None
    voltage_mv: VoltageMv | None = None
    soc_percent: int | None = None
    context: Context = Context.PERIODIC
    #: Signed data and measurands that have no column, kept as the station sent them (JSON text).
    rest: str | None = None


class PortStatus(StrEnum):
    """The state of an EVSE in our words (see the design's states)."""

    AVAILABLE = "available"
    PREPARING = "preparing"  # plugged or token shown, not charging yet; OCPP 2.x Occupied
    CHARGING = "charging"
    IDLE = "idle"  # connected, no energy asked for or given
    RESERVED = "reserved"
    FAULTED = "faulted"
    UNAVAILABLE = "unavailable"  # taken out of service
    UNKNOWN = "unknown"


class Booted(Told, frozen=True):
    vendor: str
    model: str
    serial: str | None = None
    firmware: str | None = None
    reason: str | None = None


class Alive(Told, frozen=True):
    """A heartbeat."""


class StatusChanged(Told, frozen=True):
    """``evse`` 0 is the whole station (1.6 connector 0).

    ``charging`` and ``by_vehicle`` as in ``Metered``, where a status tells them (1.6 SuspendedEV).
    """

    evse: int
    connector: int
    status: PortStatus
    at: datetime | None
    error_code: str | None = None
    info: str | None = None
    vendor_error: str | None = None
    charging: bool | None = None
    by_vehicle: bool | None = None


class CertificateNamed(Told, frozen=True):
    """A certificate by hashes of its issuer and its number, and who can be asked about it."""

    algorithm: str
    name_hash: str
    key_hash: str
    serial: str
    responder: str


class TokenShown(Told, frozen=True):
    """May this token charge here, now?"""

    token: TokenUid
    kind: str = "ISO14443"
    evse: int | None = None
    #: The contract certificate of a car and those that issued it, in PEM (Plug & Charge).
    certificate: str | None = None
    #: The same by their names, where the station checked them itself and tells no more.
    named: tuple[CertificateNamed, ...] = ()


class StatusAsked(Told, frozen=True):
    """What does its issuer say of a certificate? (2.0.1 M06)"""

    certificate: CertificateNamed


class Started(Told, frozen=True):
    """``ref`` is ``None`` where the station does not name transactions (1.6): we do, in answer.

    ``seq`` is 2.x's seqNo, ``offline`` its flag. ``evse`` may be unknown at first in 2.x.
    """

    ref: TransactionRef | None
    evse: int | None
    connector: int | None
    token: TokenUid | None
    at: datetime | None
    readings: tuple[Reading, ...] = ()
    remote_start_id: int | None = None
    seq: int | None = None
    offline: bool = False
    charging: bool | None = None
    reservation: int | None = None


class Metered(Told, frozen=True):
    """Readings; in 2.x also news of a running transaction (token, EVSE, charging state).

    ``ref`` is ``None`` for readings outside a transaction. ``charging``: ``True`` energy flows,
    ``False`` it does not; ``by_vehicle`` says who withholds it, where known.
    """

    ref: TransactionRef | None
    evse: int | None
    readings: tuple[Reading, ...]
    at: datetime | None = None
    connector: int | None = None
    token: TokenUid | None = None
    seq: int | None = None
    offline: bool = False
    charging: bool | None = None
    by_vehicle: bool | None = None
    remote_start_id: int | None = None
    trigger: str | None = None


class Ended(Told, frozen=True):
    """``readings`` ends with the last register (1.6 meterStop is its own reading, context END)."""

    ref: TransactionRef | None
    reason: str
    at: datetime | None
    readings: tuple[Reading, ...] = ()
    token: TokenUid | None = None
    evse: int | None = None
    connector: int | None = None
    seq: int | None = None
    offline: bool = False
    remote_start_id: int | None = None


class VariableReported(Told, frozen=True):
    component: str
    variable: str
    value: str | None
    evse: int | None = None
    instance: str | None = None
    attribute: str = "Actual"
    mutability: str | None = None


class VariablesReported(Told, frozen=True):
    """A part of a report of variables (NotifyReport)."""

    request: int | None
    seq: int
    last: bool
    variables: tuple[VariableReported, ...]


class ReservationOver(Told, frozen=True):
    """A station keeps an EVSE no more, though nobody asked it to let go (2.0.1 part 2 H04 and
    H01.FR.16). ``why`` is Expired, Removed or NoTransaction (2.1)."""

    reservation: int
    why: str


class EventNotified(Told, frozen=True):
    """A monitored variable did something (NotifyEvent)."""

    at: datetime | None
    component: str
    variable: str
    value: str
    trigger: str
    severity: int | None = None
    cleared: bool = False


#: The type of the token that a station's own terminal shows (2.1, C18), in small letters.
DIRECT: Final = "directpayment"


class PaidAtTerminal(Told, frozen=True):
    """A station's own payment terminal took a card (2.1 C18): its acquirer's name for that, and the
    token that stands for it with us. ``held`` is in major units of the party's currency; ``ref``
    is ``None`` where no transaction began yet."""

    psp_ref: str
    token: TokenUid
    ref: TransactionRef | None = None
    evse: int | None = None
    held: Decimal | None = None
    brand: str | None = None
    last4: str | None = None


class LimitSet(Told, frozen=True):
    """A station's terminal holds more than before for a transaction (2.1 C23)."""

    ref: TransactionRef
    held: Decimal


class VatAsked(Told, frozen=True):
    """Is this VAT number registered? (2.1 C18.FR.08)"""

    number: str


class SettlementTold(Told, frozen=True):
    """What became of the money that a station's terminal held (2.1 C19 to C22). ``status`` is
    Settled, Canceled, Rejected or Failed; ``amount`` is in major units of the party's currency.
    ``vat_company`` is what the driver typed of a company, as JSON: name, address1, address2,
    postal_code, city, country."""

    psp_ref: str
    status: str
    amount: Decimal
    at: datetime | None
    ref: TransactionRef | None = None
    said: str = ""
    receipt_id: str = ""
    receipt_url: str = ""
    vat_number: str = ""
    vat_company: str = ""


class VendorData(Told, frozen=True):
    """DataTransfer."""

    vendor: str
    message: str | None
    data: str | None


class Other(Told, frozen=True):
    """A message that we keep and answer, and that moves nothing yet (logs, firmware, security)."""

    action: str
    summary: Mapping[str, str] = {}


Report: TypeAlias = (
    Booted
    | Alive
    | StatusChanged
    | TokenShown
    | Started
    | Metered
    | Ended
    | VariablesReported
    | ReservationOver
    | EventNotified
    | PaidAtTerminal
    | LimitSet
    | SettlementTold
    | VatAsked
    | StatusAsked
    | VendorData
    | Other
)


class Deviation(Told, frozen=True):
    """Where a station departed from the standard and was understood all the same."""

    kind: str
    path: str
    sample: str


class Heard(Told, frozen=True):
    """One call of a station: what it told, and what a decision is owed to.

    ``index`` is the call's place in the batch; decisions are given by it.
    """

    index: int
    station: StationId
    action: str
    received_at: datetime
    reports: Sequence[Report]
    deviations: Sequence[Deviation] = ()


class HeardAgain(Told, frozen=True):
    """One call read again from its raw frame, and the name that our answer gave to the transaction
    that it began (1.6): the answer is a frame too."""

    call: Heard
    number: TransactionRef | None = None


class Decision(Told, frozen=True):
    """What a call is answered with, in our words; the dialect puts it on the wire.

    Empty fields mean: nothing to say.
    """

    registered: str | None = None  # Booted: accepted | pending | rejected
    interval_s: int | None = None
    token: str | None = None  # accepted | blocked | expired | invalid | concurrent | unknown
    ref: TransactionRef | None = None  # Started, where we name it
    certificate: str | None = None  # how a car's contract certificate stands, in OCPP's words
    issuers: bool = False  # whether the issuers of that certificate are still to be asked
    ocsp: str | None = None  # StatusAsked: what was answered, in Base64; empty: nothing
    asks: UUID | None = None  # a token that stands well with us, and may have somebody else to ask
    vendor_data: str | None = None  # accepted | rejected | unknown_vendor | unknown_message
    receipt_url: str | None = None  # SettlementTold: where the driver finds the bill
    vat: str | None = None  # VatAsked: valid | invalid | silent
    left: Decimal | None = None  # what a balance that pays for the token has left, in major units
    says: str | None = None  # why a card at a terminal opens nothing, for its driver
