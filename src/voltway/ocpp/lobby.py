"""Who is let in: decided from memory before the upgrade, and who was not is listed.

OCPP-J 1.6 §3.1 (the URL names the station, percent-encoded once), §6.2 (Basic auth); OCPP 1.6
security whitepaper A00.FR.203 to 206; OCPP 2.0.1 part 2 A00.FR.203 to 206, part 4 §3.1.

An unknown station and a wrong key look and last the same. Successes always pass, so that nobody
can lock a station out by knocking in its name; only what a station did itself, with its own key,
can make it wait.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final
from urllib.parse import unquote_to_bytes

from voltway.kernel.ids import StationId
from voltway.ocpp.conduct import REMEMBERED_MAX, Conduct, Debts
from voltway.ocpp.porch import network_of
from voltway.ocpp.transport import Admitted, Handshake, Peer, TurnedAway
from voltway.runtime.metrics import counter
from voltway.runtime.work import Clock
from voltway.stations import keys
from voltway.stations.model import Credential, Knock, Refused

KNOCKS: Final = counter("voltway_ocpp_handshakes_refused", "Handshakes refused", "reason")

#: Wrong tries that one source has at once, as many in one name, and how soon one comes back.
TRIES: Final = 60
TRY_S: Final = 1.0

#: Wrong tries of all together: beyond it they are told to wait, and are not listed.
ALL_TRIES: Final = 1200
ALL_TRY_S: Final = 0.05

#: Knocks that wait to be listed; who floods us loses his own.
WAITING_MAX: Final = 500

_WORDS: Final = {
    HTTPStatus.UNAUTHORIZED: "This station is not let in: its name or its key is not known here.\n",
    HTTPStatus.NOT_FOUND: (
        "There is no station at this address. It is /ocpp/ and the station's name, "
        "with the slash between, percent-encoded once.\n"
    ),
    HTTPStatus.BAD_REQUEST: (
        "Name the version of OCPP in Sec-WebSocket-Protocol; we speak {spoken}.\n"
    ),
    HTTPStatus.UPGRADE_REQUIRED: (
        "This is the OCPP-J (JSON, WebSocket) address for charging stations.\n"
    ),
    HTTPStatus.TOO_MANY_REQUESTS: "Too many wrong tries. Please wait.\n",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too much was wrong, or too often. Please come back later.\n",
}

_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Guest:
    """A station that may come in, how we speak with it, and with which of its keys it came."""

    credential: Credential
    subprotocol: str
    with_next_key: bool
    source: str


class Lobby:
    """The doorman. What it knows of stations is kept up by ``learn``."""

    def __init__(
        self,
        clock: Clock,
        spoken: Collection[str],
        receive: Callable[[Guest], Peer],
        conduct: Conduct,
    ) -> None:
        self._clock = clock
        self._conduct = conduct
        self._spoken = spoken
        self._receive = receive
        self._by_identity: dict[str, Credential] = {}
        self._by_station: dict[StationId, Credential] = {}
        #: A one-tuple for each station is a quarter of a set.
        self._folded: dict[str, tuple[str, ...]] = {}

        def now_s() -> float:
            return clock.now().timestamp()

        self._by_source: Debts[str] = Debts(now_s, TRY_S, TRIES + 1, REMEMBERED_MAX)
        self._by_name: Debts[str] = Debts(now_s, TRY_S, TRIES + 1, REMEMBERED_MAX)
        self._by_all: Debts[str] = Debts(now_s, ALL_TRY_S, ALL_TRIES + 1, 1)
        self._waiting: dict[tuple[str, Refused], Knock] = {}

    def learn(self, credentials: Iterable[Credential]) -> list[StationId]:
        """Take in credentials; the stations that may no longer be here."""
        gone = []
        for credential in credentials:
            self._forget(credential.station)
            if credential.removed:
                gone.append(credential.station)
                continue
            self._by_station[credential.station] = credential
            self._by_identity[credential.identity] = credential
            folded = credential.identity.casefold()
            self._folded[folded] = (*self._folded.get(folded, ()), credential.identity)
        return gone

    def _forget(self, station: StationId) -> None:
        known = self._by_station.pop(station, None)
        if known is None:
            return
        self._by_identity.pop(known.identity, None)
        folded = known.identity.casefold()
        others = tuple(each for each in self._folded.pop(folded, ()) if each != known.identity)
        if others:
            self._folded[folded] = others

    def take_knocks(self) -> list[Knock]:
        """Who was refused since the last call."""
        knocks = list(self._waiting.values())
        self._waiting.clear()
        return knocks

    def decide(self, handshake: Handshake) -> Admitted | TurnedAway:
        """Whether this handshake becomes a socket."""
        if not handshake.wants_upgrade:
            return _away(HTTPStatus.UPGRADE_REQUIRED, {"Upgrade": "websocket"})
        identity = identity_in(handshake.target)
        if identity is None:
            return self._refuse(handshake, handshake.target[:100], Refused.BAD_URL)
        identity, known = self._named(identity)
        with_next_key, refused, key = _check(
            identity, known, handshake.headers.get("authorization", "")
        )
        if refused is not None:
            return self._refuse(handshake, identity, refused, known, key)
        assert known is not None
        return self._admit(handshake, known, with_next_key=with_next_key)

    def _named(self, identity: str) -> tuple[str, Credential | None]:
        """The station of this name; in other letters, if only one is meant."""
        known = self._by_identity.get(identity)
        if known is None and len(same := self._folded.get(identity.casefold(), ())) == 1:
            return identity, self._by_identity[same[0]]
        return identity, known

    def _admit(
        self, handshake: Handshake, known: Credential, *, with_next_key: bool
    ) -> Admitted | TurnedAway:
        offered = handshake.subprotocols
        wanted = [known.pin_subprotocol] if known.pin_subprotocol else list(self._spoken)
        chosen = next((each for each in wanted if each in offered), None)
        speaks = chosen or (known.assume_subprotocol if not offered else None)
        if speaks is None or speaks not in self._spoken:
            KNOCKS.labels(Refused.NO_SUBPROTOCOL.value).inc()
            self._note(handshake, known.identity, Refused.NO_SUBPROTOCOL, known)
            words = _WORDS[HTTPStatus.BAD_REQUEST].format(spoken=" and ".join(wanted))
            return TurnedAway(HTTPStatus.BAD_REQUEST, words)
        if wait_s := self._conduct.comes_too_soon(known.station):
            KNOCKS.labels("too_soon").inc()
            return _away(HTTPStatus.SERVICE_UNAVAILABLE, {"Retry-After": str(wait_s)})
        guest = Guest(known, speaks, with_next_key, handshake.source)
        return Admitted(self._receive(guest), chosen)

    def _refuse(
        self,
        handshake: Handshake,
        identity: str,
        reason: Refused,
        known: Credential | None = None,
        key: bytes = b"",
    ) -> TurnedAway:
        """List who knocked, and tell them as much as an attacker may know."""
        KNOCKS.labels(reason.value).inc()
        of_all = self._by_all.add("")
        of_source = self._by_source.add(network_of(handshake.source))
        of_name = self._by_name.add(identity)
        if of_all <= ALL_TRIES:
            self._note(handshake, identity, reason, known, key)
        if of_all > ALL_TRIES or of_source > TRIES or of_name > TRIES:
            return _away(HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": "60"})
        if reason is Refused.BAD_URL:
            return _away(HTTPStatus.NOT_FOUND, {})
        return _away(
            HTTPStatus.UNAUTHORIZED,
            {"WWW-Authenticate": 'Basic realm="OCPP", charset="UTF-8"'},
        )

    def _note(
        self,
        handshake: Handshake,
        identity: str,
        reason: Refused,
        known: Credential | None = None,
        key: bytes = b"",
    ) -> None:
        place = (identity, reason)
        before = self._waiting.get(place)
        if before is None and len(self._waiting) >= WAITING_MAX:
            return
        adoptable = _adoptable(key)  # for known stations too, which takes as long
        knock = Knock(
            identity=_printable(identity),
            reason=reason,
            at=self._clock.now(),
            source=handshake.source,
            subprotocols=_printable(", ".join(handshake.subprotocols)),
            credentials=_kind(handshake.headers.get("authorization", ""), key),
            agent=_printable(handshake.headers.get("user-agent", "")),
            station=None if known is None else known.station,
            key_hash=adoptable if known is None else None,
        )
        self._waiting[place] = replace(knock, tries=before.tries + 1) if before else knock


def identity_in(target: str) -> str | None:
    """The station's name in a request's target; ``None`` where there is none to be read.

    It is the last segment that is not empty, for stations add slashes and whole addresses to it
    (quirks H-005, H-007); a single segment is a missing slash. Decoded exactly once (H-006).
    """
    path = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://[^/]*", "", target).partition("?")[0]
    segments = [segment for segment in path.split("/") if segment]
    if len(segments) < 2 or _BAD_ESCAPE.search(segments[-1]):
        return None
    try:
        identity = unquote_to_bytes(segments[-1].encode("latin-1")).decode()
    except UnicodeDecodeError:
        return None
    if not identity.isprintable() or "/" in identity or len(identity) > 255:
        return None
    return identity


def _check(
    identity: str, known: Credential | None, authorization: str
) -> tuple[bool, Refused | None, bytes]:
    """Whether the key is the next one; why it does not open; the key that was shown.

    Both keys are always tried, and for an unknown station keys of nobody, so that all refusals
    take the same time.
    """
    user, key = _basic(authorization)
    kept = keys.NOBODY if known is None else known.key_hash
    following = (None if known is None else known.next_key_hash) or keys.NOBODY
    # A station set up by AuthorizationKey may send the bytes that its hexadecimal text means.
    texts = (key, key.hex().encode())
    opens_now = [keys.opens(text, kept) for text in texts]
    opens_next = [keys.opens(text, following) for text in texts]
    if not key:
        return False, Refused.UNKNOWN if known is None else Refused.NO_KEY, b""
    if user != identity and (known is None or user != known.identity):
        return False, Refused.UNKNOWN if known is None else Refused.OTHER_NAME, b""
    if known is None:
        return False, Refused.UNKNOWN, key
    if not any(opens_now) and not any(opens_next):
        return False, Refused.WRONG_KEY, key
    return any(opens_next), None, b""


def _basic(authorization: str) -> tuple[str, bytes]:
    """The user and the key of Basic auth (RFC 7617 §2); both empty if there is none."""
    scheme, _, encoded = authorization.strip().partition(" ")
    if scheme.lower() != "basic":
        return "", b""
    try:
        user, _, key = b64decode(encoded.strip(), validate=True).partition(b":")
        return user.decode(), key
    except (NotBase64, ValueError):
        return "", b""


def _adoptable(key: bytes) -> bytes | None:
    """The hash of a key that is strong enough to be kept when its station is adopted."""
    try:
        return keys.hashed(key.decode())
    except (keys.KeyTooShort, UnicodeDecodeError):
        return None


def _kind(authorization: str, key: bytes) -> str:
    """What was shown, in words that hold no secret."""
    if not authorization:
        return "none"
    scheme = authorization.strip().partition(" ")[0].lower()
    if scheme != "basic":
        return "other"
    return f"basic, {len(key)} characters" if key else "basic"


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "�" for sign in text[:200])


def _away(status: HTTPStatus, headers: dict[str, str]) -> TurnedAway:
    return TurnedAway(status, _WORDS[status], headers)
