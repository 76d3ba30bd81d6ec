"""Sessions: one use of one EVSE each, what is doubtful about it, and the facts of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from voltway.kernel.facts import Fact
from voltway.kernel.ids import (
    EvseId,
    LocationId,
    PartyId,
    SessionId,
    StationId,
    TokenUid,
    TransactionRef,
)
from voltway.kernel.units import DurationS, EnergyWh, PowerW, RegisterWh
from voltway.sessions.sequence import Seen
from voltway.stations.reports import Context
from voltway.tariffs.model import MeterPoint, StateChange

#: Why a session has no tariff that a fleet's driver charges at home (``drivers.homes``).
AT_HOME: Final = "It is charged at home: nothing is sold, and the company pays the driver back."


class SessionState(StrEnum):
    CHARGING = "charging"
    IDLE = "idle"  # connected, and no energy flows
    ENDING = "ending"  # we think it is over, and wait for the station's word
    ENDED = "ended"


class EndKind(StrEnum):
    """How its end is known. Only what the station told by its name is final."""

    PROVISIONAL = "provisional"  # a newer session took its place, or the station forgot it
    INFERRED = "inferred"  # an end under a foreign name, matched by time and register
    TOLD = "told"


class Doubt(StrEnum):
    """What is odd about a session. See ``SAYS`` for the words and ``HOLDS`` for what waits."""

    START_MISSING = "start_missing"
    START_REGISTER_MISSING = "start_register_missing"
    START_REGISTER_OFF = "start_register_off"
    SECOND_START = "second_start"
    END_MISSING = "end_missing"
    END_INFERRED = "end_inferred"
    END_REGISTER_MISSING = "end_register_missing"
    END_REGISTER_ZERO = "end_register_zero"
    END_UNMEASURED = "end_unmeasured"
    ENDED_BEFORE_START = "ended_before_start"
    SECOND_END = "second_end"
    END_AFTER_BILL = "end_after_bill"
    EVENTS_MISSING = "events_missing"
    NUMBERS_RESTARTED = "numbers_restarted"
    REF_REUSED = "ref_reused"
    REF_INFERRED = "ref_inferred"
    LATE_READINGS = "late_readings"
    REGISTER_RESET = "register_reset"
    REGISTER_DIPPED = "register_dipped"
    REGISTER_OF_SESSION = "register_of_session"
    REGISTER_IN_KWH = "register_in_kwh"
    UNIT_SUSPECT = "unit_suspect"
    NO_REGISTERS = "no_registers"
    ABOVE_BOUND = "above_bound"
    CUT_TO_BOUND = "cut_to_bound"
    TOKEN_UNKNOWN = "token_unknown"
    TOKEN_NOT_ACCEPTED = "token_not_accepted"
    CLOCK_UNSURE = "clock_unsure"


#: What an operator reads.
SAYS: Mapping[Doubt, str] = {
    Doubt.START_MISSING: "The station never told of its start.",
    Doubt.START_REGISTER_MISSING: "The start told no register; the first reading stands for it.",
    Doubt.START_REGISTER_OFF: "The start's register does not fit the readings that follow.",
    Doubt.SECOND_START: "The station told of two starts of the same session.",
    Doubt.END_MISSING: "The station never told of its end.",
    Doubt.END_INFERRED: "Its end came under a foreign name, and was matched by time and register.",
    Doubt.END_REGISTER_MISSING: "The end told no register; the last reading stands for it.",
    Doubt.END_REGISTER_ZERO: "The end told the register as zero; the last reading stands for it.",
    Doubt.END_UNMEASURED: "More may have flowed between the last reading and the end.",
    Doubt.ENDED_BEFORE_START: "By the station's clock it ended before it started.",
    Doubt.SECOND_END: "The station told of two different ends; the first one counts.",
    Doubt.END_AFTER_BILL: "Its true end came after it had been settled.",
    Doubt.EVENTS_MISSING: "The station's numbering shows that messages are missing.",
    Doubt.NUMBERS_RESTARTED: "The station began to number its messages again.",
    Doubt.REF_REUSED: "The station used the name of an earlier session again.",
    Doubt.REF_INFERRED: "Readings came under a foreign name, and were matched by connector.",
    Doubt.LATE_READINGS: "Readings came after the session was settled.",
    Doubt.REGISTER_RESET: "The meter's register fell during the session and went on from there.",
    Doubt.REGISTER_DIPPED: "Some readings do not fit the others, and were left out.",
    Doubt.REGISTER_OF_SESSION: "Readings count from zero, start and end for the meter's life.",
    Doubt.REGISTER_IN_KWH: "Readings are in kilowatt-hours, start and end in watt-hours.",
    Doubt.UNIT_SUSPECT: "Register and power differ as if one had a wrong unit.",
    Doubt.NO_REGISTERS: "There is no register to bill from.",
    Doubt.ABOVE_BOUND: "The registers tell of more energy than this EVSE can give in that time.",
    Doubt.CUT_TO_BOUND: "The energy was cut by less than 0.1 kWh to what the EVSE can give.",
    Doubt.TOKEN_UNKNOWN: "It was started with a token that nobody knows, or with none.",
    Doubt.TOKEN_NOT_ACCEPTED: "It was started with a token that is blocked or has expired.",
    Doubt.CLOCK_UNSURE: "The station's clock was not set; times are those at which we heard it.",
}

#: Doubts under which nobody is billed before a person has looked.
HOLDS: frozenset[Doubt] = frozenset(
    {
        Doubt.START_MISSING,
        Doubt.START_REGISTER_OFF,
        Doubt.SECOND_START,
        Doubt.END_MISSING,
        Doubt.END_INFERRED,
        Doubt.END_UNMEASURED,
        Doubt.ENDED_BEFORE_START,
        Doubt.SECOND_END,
        Doubt.END_AFTER_BILL,
        Doubt.LATE_READINGS,
        Doubt.REGISTER_RESET,
        Doubt.UNIT_SUSPECT,
        Doubt.NO_REGISTERS,
        Doubt.ABOVE_BOUND,
        Doubt.TOKEN_UNKNOWN,
    }
)


class Row(msgspec.Struct, frozen=True, gc=False):
    """A kept reading, by what the record of its session needs of it."""

    at: datetime
    register_wh: int | None
    power_w: int | None
    context: Context


class LastFlow(msgspec.Struct, frozen=True, gc=False):
    """What a session's last numbered event said of the flow, or those before it where it said
    nothing. ``sure``: nothing else was said of that moment or a later one. ``untold`` are the
    flows that were not worth keeping: moment, energy flows, the vehicle withholds it, number."""

    seq: int
    charging: bool
    by_vehicle: bool | None
    sure: bool
    untold: tuple[tuple[datetime, bool, bool | None, int], ...] = ()


class Session(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One use of one EVSE (an OCPI Session, an OCPP transaction), as it stands.

    A struct and no dataclass, because one is made anew for each reading that comes in.
    """

    id: SessionId
    party: PartyId
    station: StationId
    location: LocationId
    zone: str
    power_w_max: PowerW
    ref: TransactionRef
    started_at: datetime
    start_method: str
    start_told: bool
    created_at: datetime
    heard_at: datetime
    evse: EvseId | None = None
    evse_number: int | None = None
    round: int = 0
    ref_number: int | None = None
    start_key: bytes | None = None
    token: TokenUid | None = None
    token_word: str | None = None
    remote_start_id: int | None = None
    tariff_version_id: UUID | None = None
    tariff_why: str | None = None
    started_claimed: datetime | None = None
    begin_wh: RegisterWh | None = None
    ended_at: datetime | None = None
    ended_claimed: datetime | None = None
    end_method: str | None = None
    end_kind: EndKind | None = None
    end_wh: RegisterWh | None = None
    end_heard_at: datetime | None = None
    reason: str | None = None
    state: SessionState = SessionState.CHARGING
    first_wh: RegisterWh | None = None
    last_wh: RegisterWh | None = None
    last_at: datetime | None = None
    energy_wh: EnergyWh = EnergyWh(0)
    power_w: PowerW | None = None
    soc_percent: int | None = None
    seen: Seen = ()
    start_seq: int | None = None
    end_seq: int | None = None
    claimed_until: datetime | None = None
    doubts: frozenset[Doubt] = frozenset()  # from what it told
    judged: frozenset[Doubt] = frozenset()  # from the last full reading of its registers
    forgotten_since: datetime | None = None
    settle_at: datetime | None = None
    told_at: datetime | None = None
    #: Counts what was kept of it; see Note [Written from memory] in ``shelf``.
    revision: int = 0
    #: Remembered only, never kept; see Note [A flow told again] in ``rules_plain``.
    flow: LastFlow | None = None

    def __post_init__(self) -> None:
        assert self.energy_wh >= 0
        assert self.ended_at is None or self.started_at <= self.ended_at

    @property
    def is_running(self) -> bool:
        return self.ended_at is None

    @property
    def is_final(self) -> bool:
        """Whether the station itself told of the end, by this session's name."""
        return self.end_kind is EndKind.TOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """All that pricing and billing need of a session, the one true reading of what was kept.

    ``ends`` of a running session is the moment up to which it was read.
    """

    session: SessionId
    party: PartyId
    station: StationId
    location: LocationId
    evse: EvseId | None
    ref: TransactionRef
    token: TokenUid | None
    tariff_version_id: UUID | None
    zone: ZoneInfo
    begins: datetime
    ends: datetime
    running: bool
    reason: str | None
    energy_wh: EnergyWh
    points: tuple[MeterPoint, ...]
    changes: tuple[StateChange, ...]
    start_register_wh: RegisterWh | None
    end_register_wh: RegisterWh | None
    doubts: tuple[Doubt, ...] = ()

    @property
    def held_by(self) -> tuple[Doubt, ...]:
        """Why nobody may be billed before a person has looked; empty: bill it."""
        return tuple(doubt for doubt in self.doubts if doubt in HOLDS)

    @property
    def needs_review(self) -> bool:
        return bool(self.held_by)

    @property
    def duration_s(self) -> DurationS:
        return DurationS(int((self.ends - self.begins).total_seconds()))


@dataclass(frozen=True, slots=True)
class SignedSample:
    """What a meter signed, as the station sent it, and the key that it named with it."""

    data: str
    named_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionFact(Fact):
    session: SessionId

    @property
    def subject(self) -> str:
        return f"session:{self.session}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(SessionFact):
    """A session began. In 2.x told again when its EVSE or token is known, which may be later."""

    station: StationId
    evse: EvseId | None
    location: LocationId
    token: TokenUid | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnded(SessionFact):
    """A session is over. ``complete``: register told and no message missing; else wait for late
    readings before you bill."""

    energy_wh: EnergyWh
    reason: str
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionResumed(SessionFact):
    """A session that we thought forgotten goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCorrected(SessionFact):
    """After its end was announced, something came that changes it: a person must look."""

    energy_wh: EnergyWh
    doubt: str
