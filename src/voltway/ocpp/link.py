"""One authenticated socket of a station: what waits on it, and when it may be spoken to."""

from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from voltway.kernel.ids import GatewayId, PartyId, StationId
from voltway.ocpp.conduct import PIECES_A_FAULT, PING_COSTS, VIOLATION_COSTS, Conduct
from voltway.ocpp.dialect import Dialect
from voltway.ocpp.lobby import Guest
from voltway.ocpp.transport import Close, Socket
from voltway.stations.model import OrderRecord

if TYPE_CHECKING:
    from asyncio import TimerHandle

    from voltway.ocpp.batch import Pending

#: A station has one call open at a time; whoever sends on without waiting is read no further.
WAITING_MAX = 32
WAITING_BYTES_MAX = 2 * 1024 * 1024

#: What waits on all links, in the open batch and behind it; beyond it a link with anything waiting
#: is read no further, and one that tells something new is closed.
ALL_WAITING_BYTES_MAX = 32 * 1024 * 1024

#: So much more is for messages that are no longer than usual ones: a few stations with long ones,
#: which are heard and kept more slowly than they come, take no place from all the others.
SHORT_BYTES_MAX = 16 * 1024
SHORT_WAITING_BYTES_MAX = 16 * 1024 * 1024

#: How often a station's last sign of life is written down.
ALIVE_EVERY = timedelta(seconds=10)


class Owner(Protocol):
    """Who is told what happens on a link."""

    def link_opened(self, link: "Link") -> None: ...

    def link_heard(self, link: "Link", text: bytes) -> None: ...

    def link_closed(self, link: "Link") -> None: ...

    @property
    def id(self) -> GatewayId:
        """Which gateway holds the link."""
        ...

    def now_s(self) -> float:
        """A clock that only runs forward, for time limits."""
        ...

    @property
    def conduct(self) -> Conduct:
        """What is borne with from stations."""
        ...

    @property
    def waiting(self) -> "Waiting":
        """What waits on all links."""
        ...


class Waiting:
    """The bytes of all messages that are not answered yet."""

    __slots__ = ("bytes",)

    def __init__(self) -> None:
        self.bytes = 0

    @property
    def is_full(self) -> bool:
        return self.bytes > ALL_WAITING_BYTES_MAX

    def has_room(self, size: int) -> bool:
        """Whether one more message of this size may wait."""
        more = SHORT_WAITING_BYTES_MAX if size <= SHORT_BYTES_MAX else 0
        return self.bytes <= ALL_WAITING_BYTES_MAX + more


class Link:
    """A station's socket. ``generation`` tells it from the ones before and after it."""

    __slots__ = (
        "alive_at",
        "awaits",
        "busy",
        "closed_at",
        "dialect",
        "generation",
        "guest",
        "heard_s",
        "is_leaving",
        "is_open",
        "is_ready",
        "is_settled",
        "kept_alive_at",
        "opened_at",
        "owner",
        "party",
        "pinged_s",
        "raw_left",
        "raw_since_s",
        "sent",
        "silent",
        "socket",
        "station",
        "subject",
        "timer",
        "took_over",
        "waiting",
        "waiting_bytes",
    )

    def __init__(self, owner: Owner, guest: Guest, dialect: Dialect) -> None:
        self.owner = owner
        self.guest = guest
        self.dialect = dialect
        self.station: StationId = guest.credential.station
        self.party: PartyId = guest.credential.party
        self.subject = f"station:{self.station}"
        #: Given by the database with the commit that tells of the socket; 0 before.
        self.generation = 0
        self.opened_at: datetime | None = None
        self.closed_at: datetime | None = None
        self.socket: Socket | None = None
        self.is_open = False
        #: We are about to close it: what it says now is heard elsewhere.
        self.is_leaving = False
        self.took_over = False
        self.heard_s = owner.now_s()
        self.pinged_s = self.heard_s
        self.kept_alive_at: datetime | None = None
        #: The first message was answered; and that is long enough ago for a call of ours.
        self.is_settled = False
        self.is_ready = False
        #: Something of this link is in the open batch, or was handed to the commit.
        self.busy = False
        #: An empty deque holds 600 bytes, and most links never need one.
        self.waiting: deque[Pending] | None = None
        self.waiting_bytes = 0
        #: Our one open call, its time limit, and how many before it were never answered.
        self.sent: OrderRecord | None = None
        self.timer: TimerHandle | None = None
        self.silent = 0
        #: An order may be waiting for what this station tells next.
        self.awaits = True
        #: How many bytes are still kept raw, counted anew since then; none below 0.
        self.raw_left, self.raw_since_s = owner.conduct.raw.opened(self.station)

    # -- a transport's peer

    def opened(self, socket: Socket) -> None:
        self.socket = socket
        self.is_open = True
        self.owner.link_opened(self)

    def heard(self, text: bytes) -> None:
        self.heard_s = self.owner.now_s()
        self.owner.link_heard(self, text)

    def alive(self) -> None:
        self.heard_s = self.owner.now_s()
        self.erred(PING_COSTS, "too many pings")

    def in_pieces(self, count: int) -> None:
        if count > PIECES_A_FAULT:
            self.erred(count / PIECES_A_FAULT, "too many fragments")

    def violated(self) -> None:
        self.owner.conduct.erred(self.station, VIOLATION_COSTS)

    def closed(self) -> None:
        self.is_open = False
        self.socket = None  # it holds us; the two would wait for the collector
        self.free()
        self.owner.conduct.raw.closed(self)
        self.owner.link_closed(self)

    # -- what the gateway does with it

    def send(self, text: bytes) -> None:
        if self.socket is not None and self.is_open:
            self.socket.send(text)

    def close(self, code: Close, reason: str) -> None:
        if self.socket is not None:
            self.socket.close(code, reason)

    def erred(self, count: float, why: str) -> None:
        """What no good station does was done; whoever does it too often is sent away."""
        if self.owner.conduct.erred(self.station, count) and self.socket is not None:
            self.socket.shut(Close.POLICY, why)

    def wait(self, pending: "Pending") -> None:
        """Keep for the next batch; at most one of a station's messages is in a batch."""
        if self.waiting is None:
            self.waiting = deque()
        self.waiting.append(pending)
        self.waiting_bytes += len(pending.text)
        self.owner.waiting.bytes += len(pending.text)
        is_full = len(self.waiting) >= WAITING_MAX or self.waiting_bytes >= WAITING_BYTES_MAX
        if self.socket is not None and (is_full or self.owner.waiting.is_full):
            self.socket.pause()

    def next(self) -> "Pending | None":
        if not self.waiting:
            return None
        pending = self.waiting.popleft()
        self.waiting_bytes -= len(pending.text)
        self.owner.waiting.bytes -= len(pending.text)
        if self.socket is not None and len(self.waiting) < WAITING_MAX // 2:
            self.socket.resume()
        if not self.waiting:
            self.waiting = None
        return pending

    def forget_waiting(self) -> None:
        """What waits here is told again, on another line."""
        self.owner.waiting.bytes -= self.waiting_bytes
        self.waiting, self.waiting_bytes = None, 0

    def free(self) -> None:
        """No call of ours is open any more."""
        self.sent = None
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def is_due_alive(self, at: datetime) -> bool:
        """Whether this sign of life is to be written down; says yes once in a while."""
        if self.kept_alive_at is not None and at - self.kept_alive_at < ALIVE_EVERY:
            return False
        self.kept_alive_at = at
        return True
