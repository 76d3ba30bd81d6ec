"""The parts of a station that a car stands at: its EVSEs, their meters, and what goes on there."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voltway_world.stations.cars import Car
from voltway_world.stations.signing import Signed, SigningMeter


class State(StrEnum):
    """What a person standing there would say; each version of OCPP has fewer words."""

    AVAILABLE = "Available"
    RESERVED = "Reserved"
    AUTHORISED = "Waiting for the plug"
    PLUGGED = "Plugged in"
    CHARGING = "Charging"
    FULL = "Full"
    FINISHING = "Finishing"
    FAULTED = "Faulted"
    UNAVAILABLE = "Out of service"


@dataclass(frozen=True, slots=True)
class EvseSpec:
    number: int
    power_w: int = 22_000
    current: str = "AC"
    connector: str = "TYPE2"
    register_wh: int = 0
    meter: SigningMeter | None = None


@dataclass(frozen=True, slots=True)
class Token:
    uid: str
    kind: str = "ISO14443"
    remote_start_id: int | None = None
    is_remote: bool = False
    contract: str | None = None  # the certificate that a car showed with it, and its issuers (PEM)


@dataclass(frozen=True, slots=True)
class Reservation:
    """An EVSE kept for who shows this token, until a moment."""

    number: int
    token: Token
    until: datetime

    def is_for(self, token: Token | None) -> bool:
        return token is not None and token.uid.lower() == self.token.uid.lower()


@dataclass(frozen=True, slots=True)
class Reading:
    """What the meter of one EVSE shows at one moment."""

    register_wh: int
    power_w: int | None = None
    current_a: float | None = None
    voltage_v: int | None = None
    soc: int | None = None
    signed: Signed | None = None


@dataclass(eq=False)
class Session:
    """One use of one EVSE, as the station knows it."""

    evse: int
    token: Token | None
    started_at: datetime
    start_wh: int
    ref: str | int | None = None
    seq: int = 0
    is_scripted: bool = False
    status: str = ""
    reservation: int | None = None

    def next_seq(self) -> int:
        self.seq += 1
        return self.seq - 1


class Bay:
    """One EVSE: its car, the token that was shown, its running session, and its register."""

    def __init__(self, spec: EvseSpec) -> None:
        self.spec = spec
        self.number = spec.number
        self.car: Car | None = None
        self.token: Token | None = None
        self.session: Session | None = None
        self.reservation: Reservation | None = None
        self.is_finished = False
        self.is_faulted = False
        self.is_operative = True
        self.becomes_inoperative = False
        self.told: str | None = None
        self.was_full = False
        self.since_reading_s = 0.0
        self._register_wh = float(spec.register_wh)

    @property
    def register_wh(self) -> int:
        return int(self._register_wh)

    def set_register(self, register_wh: int) -> None:
        """What a script says that the meter shows."""
        self._register_wh = float(register_wh)

    @property
    def session_token(self) -> Token | None:
        return self.session.token if self.session is not None else None

    @property
    def state(self) -> State:
        if self.is_faulted:
            return State.FAULTED
        if self.session is not None:
            return self._state_in_session(self.session)
        if self.car is not None:
            return State.FINISHING if self.is_finished else State.PLUGGED
        if not self.is_operative:
            return State.UNAVAILABLE
        if self.token is not None:
            return State.AUTHORISED
        return State.RESERVED if self.reservation is not None else State.AVAILABLE

    def refuses(self, token: Token) -> bool:
        """Whether it is kept for another token."""
        return self.reservation is not None and not self.reservation.is_for(token)

    def _state_in_session(self, session: Session) -> State:
        if session.is_scripted:
            return State.CHARGING
        if self.car is None:
            return State.AUTHORISED
        if session.token is None:
            return State.PLUGGED
        return State.FULL if self.car.is_full else State.CHARGING

    @property
    def power_w(self) -> int:
        if self.state is not State.CHARGING or self.car is None:
            return 0
        return self.car.power_w(self.spec.current, self.spec.power_w)

    def charge(self, seconds: float) -> None:
        """Let current flow. The register only grows, as a meter's does."""
        power_w = self.power_w
        if self.car is not None and power_w > 0:
            self._register_wh += self.car.take(self.spec.current, power_w * seconds / 3600)

    def sealed(self, session: Session, at: datetime) -> Signed | None:
        """What the meter signs at the end of a session, if it can."""
        if self.spec.meter is None:
            return None
        token = session.token.uid if session.token is not None else ""
        begin = session.started_at, session.start_wh
        return self.spec.meter.signs(begin, (at, self.register_wh), token)

    def reading(self) -> Reading:
        if self.car is None:
            return Reading(self.register_wh)
        power_w = self.power_w
        direct = self.spec.current == "DC"
        volts = self.car.model.dc_volts if direct else 230
        phases = 1 if direct else self.car.model.ac_phases
        return Reading(
            register_wh=self.register_wh,
            power_w=power_w,
            current_a=round(power_w / (volts * phases), 1),
            voltage_v=volts,
            soc=int(self.car.soc) if direct else None,
        )
