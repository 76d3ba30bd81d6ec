"""Locations, stations, EVSEs, what the lobby saw, how orders stand, and the facts of these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from voltway.kernel.facts import Fact
from voltway.kernel.ids import (
    EvseId,
    GatewayId,
    LocationId,
    OrderId,
    PartyId,
    PublicEvseId,
    SessionId,
    StationId,
    StationIdentity,
)
from voltway.kernel.units import PowerW
from voltway.stations.orders import Answered, Order, OrderState
from voltway.stations.reports import PortStatus


class Current(StrEnum):
    AC = "AC"
    DC = "DC"


@dataclass(frozen=True, slots=True)
class Location:
    """A place with stations, one address, one time zone."""

    id: LocationId
    party: PartyId
    name: str
    address: str
    city: str
    country: str
    lat: float
    lon: float
    time_zone: str
    postal_code: str | None = None
    published: bool = True


@dataclass(frozen=True, slots=True)
class EvsePlan:
    """An EVSE to be added. Without a public name it is given one that tells nothing of the rest."""

    number: int
    connector_type: str = "IEC_62196_T2"
    current: Current = Current.AC
    power_w: PowerW = PowerW(22_000)
    public_id: PublicEvseId | None = None


@dataclass(frozen=True, slots=True)
class Station:
    id: StationId
    party: PartyId
    location: LocationId
    identity: StationIdentity
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    ocpp_version: str | None = None
    connected_at: datetime | None = None
    disconnected_at: datetime | None = None
    last_heard_at: datetime | None = None
    booted_at: datetime | None = None
    status: PortStatus = PortStatus.UNKNOWN
    clock_offset_s: int = 0

    @property
    def connected(self) -> bool:
        return self.connected_at is not None and self.disconnected_at is None


@dataclass(frozen=True, slots=True)
class EvsePlace:
    """An EVSE and all that is known of where it is."""

    evse: EvseId
    public_id: PublicEvseId
    number: int
    station: StationId
    identity: StationIdentity
    location: LocationId
    location_name: str
    address: str
    city: str
    country: str
    time_zone: str
    party: PartyId
    power_w: PowerW
    current: Current
    connector_type: str
    status: PortStatus
    clock_offset_s: int = 0
    postal_code: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What the gateway must know of a station to let it in. ``removed``: to let it in no more."""

    station: StationId
    party: PartyId
    identity: StationIdentity
    key_hash: bytes = field(repr=False)
    next_key_hash: bytes | None = field(repr=False)
    assume_subprotocol: str | None
    pin_subprotocol: str | None
    removed: bool


class Refused(StrEnum):
    """Why a socket was not opened."""

    UNKNOWN = "unknown"
    NO_KEY = "no_key"
    WRONG_KEY = "wrong_key"
    OTHER_NAME = "other_name"  # the user of Basic auth is not the identity in the URL
    NO_SUBPROTOCOL = "no_subprotocol"
    BAD_URL = "bad_url"


@dataclass(frozen=True, slots=True)
class Knock:
    """A handshake that was refused. ``key_hash`` is of a key strong enough to be adopted."""

    identity: str
    reason: Refused
    at: datetime
    source: str = ""
    subprotocols: str = ""
    credentials: str = ""
    agent: str = ""
    station: StationId | None = None
    key_hash: bytes | None = field(default=None, repr=False)
    tries: int = 1


@dataclass(frozen=True, slots=True)
class LobbyEntry:
    """A station that knocked and was not let in."""

    id: UUID
    identity: StationIdentity
    reason: Refused
    station: StationId | None
    subprotocols: str
    credentials: str
    key_usable: bool
    source: str
    agent: str
    tries: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """A station's authenticated socket."""

    station: StationId
    generation: int
    version: str
    source: str
    at: datetime
    with_next_key: bool = False
    took_over: bool = False
    gateway: GatewayId | None = None


@dataclass(frozen=True, slots=True)
class LinkClosed:
    station: StationId
    generation: int
    at: datetime


class Direction(StrEnum):
    HEARD = "heard"
    SAID = "said"


class KeptFrame(msgspec.Struct, frozen=True, gc=False):
    """A raw frame as it went over the wire."""

    station: StationId
    direction: Direction
    at: datetime
    text: bytes


@dataclass(frozen=True, slots=True)
class FrameForReview:
    """A call whose effect could not be kept."""

    station: StationId
    at: datetime
    action: str
    frame: bytes
    why: str


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """An order and how it stands."""

    id: OrderId
    party: PartyId
    station: StationId
    order: Order
    by: str
    state: OrderState
    placed_at: datetime
    expires_at: datetime
    sent_at: datetime | None = None
    answered_at: datetime | None = None
    answered: Answered | None = None
    word: str | None = None
    answer: str | None = None
    effect_by: datetime | None = None
    ended_at: datetime | None = None
    why: str | None = None
    session: SessionId | None = None
    reads_back: OrderId | None = None
    history: Sequence[Mapping[str, Any]] = ()

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def took_effect(self) -> bool:
        return self.state is OrderState.DONE


#: States from which an order still moves.
OPEN = frozenset({OrderState.QUEUED, OrderState.SENT, OrderState.ANSWERED})


@dataclass(frozen=True, slots=True, kw_only=True)
class StationFact(Fact):
    station: StationId

    @property
    def subject(self) -> str:
        return f"station:{self.station}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StationConnected(StationFact):
    version: str
    took_over: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StationLost(StationFact):
    """The newest socket of a station is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StationBooted(StationFact):
    """A boot notification; many stations send one at each reconnect."""

    vendor: str
    model: str
    firmware: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortStatusChanged(StationFact):
    """``evse`` is ``None`` for the station as a whole."""

    evse: EvseId | None
    status: PortStatus
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityReported(StationFact):
    """A station told of a security event (1.6 security whitepaper §4.3; 2.0.1 A04). ``kind`` and
    ``said`` are its own words, and so hostile text."""

    kind: str
    said: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationLetGo(StationFact):
    """A station says that it keeps a reservation no more, by the number that it was given."""

    reservation: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEnded(StationFact):
    order: OrderId
    kind: str
    state: OrderState
    why: str | None = None
