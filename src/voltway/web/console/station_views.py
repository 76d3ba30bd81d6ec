"""What the console shows of stations: lists, one station whole, its frames in words."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from voltway.kernel.ids import SessionId, StationId
from voltway.ocpp.dialects import DIALECTS
from voltway.runtime.work import Row, Work
from voltway.sessions import actions as sessions
from voltway.stations import actions as stations
from voltway.stations.model import Direction, KeptFrame
from voltway.stations.rules_calibration import today_at
from voltway.web import states
from voltway.web.console.calibration import MeterLine, meter_line
from voltway.web.console.order_views import OrderLine, orders_of
from voltway.web.driver.views import BAYS, plug, state_of
from voltway.web.formats import Formats
from voltway.web.states import Bead, PortState

FRAMES_SHOWN: Final = 40
FRAME_SIGNS_MAX: Final = 6_000
LIST_MAX: Final = 500
LEAVES_DEEP: Final = 6


@dataclass(frozen=True, slots=True)
class StationLine:
    """A station in the list."""

    id: UUID
    identity: str
    location: str
    city: str
    model: str
    version: str
    state: PortState
    beads: tuple[Bead, ...]
    beads_words: str
    free: str
    heard_at: datetime | None
    deviations: int


@dataclass(frozen=True, slots=True)
class Port:
    """One EVSE of a station, and what runs at it."""

    number: int
    public_id: str
    plug: str
    state: PortState
    error: str
    status_at: datetime | None
    meter: MeterLine | None
    session: UUID | None
    energy_wh: int
    power_w: int | None
    cost: str


@dataclass(frozen=True, slots=True)
class FrameLine:
    """A frame as a person reads it."""

    at: datetime
    way: str
    message: str
    says: str
    pretty: str
    size: int


@dataclass(frozen=True, slots=True)
class StationPage:
    """One station, whole."""

    row: Row
    version: str
    can: frozenset[str]
    ports: tuple[Port, ...]
    orders: tuple[OrderLine, ...]
    frames: tuple[FrameLine, ...]
    deviations: Sequence[Row]
    variables: Sequence[Row]
    reviews: Sequence[Row]
    sessions_day: int
    energy_day_wh: int
    in_use: int

    @property
    def id(self) -> UUID:
        found: UUID = self.row["id"]
        return found

    @property
    def glyph(self) -> str:
        if not self.row["connected"]:
            return "offline"
        return min((port.state for port in self.ports), key=lambda state: state.rank).glyph

    @property
    def words(self) -> str:
        if not self.row["connected"]:
            return "Offline" if self.row["connected_at"] else "Never connected"
        return f"{self.in_use} of {len(self.ports)} in use"


async def lines(
    work: Work, *, words: str, state: str, location: UUID | None, expected_s: int
) -> list[StationLine]:
    """The stations of this party that fit, trouble first."""
    rows = await work.all(
        """
        SELECT * FROM station_view
         WHERE ($1 = '' OR concat_ws(' ', identity, location_name, city, vendor, model, serial)
                           ILIKE '%' || $1 || '%')
           AND ($2::uuid IS NULL OR location_id = $2)
         ORDER BY location_name, identity LIMIT $3
        """,
        words,
        location,
        LIST_MAX,
    )
    ports: dict[UUID, list[PortState]] = defaultdict(list)
    for row in await work.all(
        f"{BAYS} WHERE p.station_id = ANY($1) ORDER BY p.number",
        [row["id"] for row in rows],
    ):
        ports[row["station_id"]].append(state_of(row, work.now, expected_s))
    found = [_line(row, ports[row["id"]]) for row in rows if ports[row["id"]]]
    fitting = [
        line for line in found if not state or any(bead.glyph == state for bead in line.beads)
    ]
    return sorted(fitting, key=lambda line: (line.state.rank, line.location, line.identity))


def _line(row: Row, here: Sequence[PortState]) -> StationLine:
    glyphs = [state.glyph for state in here]
    worst = min(here, key=lambda state: state.rank)
    return StationLine(
        id=row["id"],
        identity=row["identity"],
        location=row["location_name"],
        city=row["city"],
        model=" ".join(filter(None, (row["vendor"], row["model"]))),
        version=row["ocpp_version"] or "",
        state=worst,
        beads=states.beads(glyphs),
        beads_words=states.in_words(glyphs),
        free=f"{glyphs.count('available')} of {len(glyphs)}",
        heard_at=row["last_heard_at"],
        deviations=row["deviations"],
    )


async def station(work: Work, id: StationId, formats: Formats, expected_s: int) -> StationPage:
    """One station of this party."""
    await stations.station(work, id)  # refuses with a sentence where there is none
    row = await work.one("SELECT * FROM station_view WHERE id = $1", id)
    assert row is not None, "a station has its line in the view"
    ports = await _ports(work, id, formats, expected_s)
    day = await work.one(
        """
        SELECT count(*)::int AS n, coalesce(sum(energy_wh), 0)::bigint AS wh FROM session_view
         WHERE station_id = $1 AND started_at > $2
        """,
        id,
        work.now - timedelta(days=1),
    )
    version = str(row["ocpp_version"] or "").removeprefix("ocpp")
    return StationPage(
        row=row,
        version=version,
        can=_can(version),
        ports=tuple(ports),
        orders=tuple(await orders_of(work, id)),
        frames=tuple(frame_lines(await stations.last_frames(work, id, FRAMES_SHOWN))),
        deviations=await work.all(
            "SELECT * FROM deviation_view WHERE station_id = $1 ORDER BY count DESC LIMIT 30", id
        ),
        variables=await work.all(
            """
            SELECT * FROM variable_view WHERE station_id = $1
             ORDER BY component, name, evse LIMIT 400
            """,
            id,
        ),
        reviews=await work.all(
            """
            SELECT * FROM frame_review_view WHERE station_id = $1 AND reviewed_at IS NULL
             ORDER BY at DESC LIMIT 10
            """,
            id,
        ),
        sessions_day=day["n"] if day else 0,
        energy_day_wh=day["wh"] if day else 0,
        in_use=sum(1 for port in ports if port.session),
    )


def _can(version: str) -> frozenset[str]:
    """What the station's version has words for; everything where we do not know it yet."""
    for dialect in DIALECTS.values():
        if dialect.version == version:
            return frozenset(kind.__name__ for kind in dialect.can_say)
    return frozenset(kind.__name__ for each in DIALECTS.values() for kind in each.can_say)


async def _ports(work: Work, id: StationId, formats: Formats, expected_s: int) -> list[Port]:
    running = {
        row["evse_number"]: row
        for row in await work.all(
            "SELECT * FROM session_view WHERE station_id = $1 AND running ORDER BY started_at", id
        )
    }
    ports = []
    for row in await work.all(f"{BAYS} WHERE p.station_id = $1 ORDER BY p.number", id):
        session = running.get(row["number"])
        energy_wh, cost = 0, ""
        if session is not None:
            record, priced = await sessions.cost_so_far(work, SessionId(session["id"]))
            energy_wh, cost = record.energy_wh, formats.money(priced.payable)
        ports.append(
            Port(
                number=row["number"],
                public_id=row["public_id"],
                plug=plug(row["connector_type"], row["power_w"], formats),
                state=state_of(row, work.now, expected_s),
                error=row["error"] or "",
                status_at=row["status_at"],
                meter=meter_line(row, today_at(row["time_zone"], work.now))
                if row["meter_valid_until"]
                else None,
                session=session["id"] if session else None,
                energy_wh=energy_wh,
                power_w=session["power_w"] if session else None,
                cost=cost,
            )
        )
    return ports


def frame_lines(frames: Sequence[KeptFrame]) -> list[FrameLine]:
    """Frames in words. What is no OCPP at all is shown as it came."""
    asked: dict[str, str] = {}
    for frame in frames:
        match _parsed(frame):
            case [2, str(id), str(action), *_]:
                asked[id] = action
            case _:
                pass
    return [_frame_line(frame, asked) for frame in frames]


def _frame_line(frame: KeptFrame, asked: dict[str, str]) -> FrameLine:
    parsed = _parsed(frame)
    match parsed:
        case [2, str(), str(action), *rest]:
            message, body = action, rest[0] if rest else {}
        case [3, str(id), *rest]:
            message, body = f"{asked.get(id, '')} answer".strip(), rest[0] if rest else {}
        case [4, str(id), *rest]:
            message, body = f"{asked.get(id, '')} error".strip(), rest
        case _:
            message, body = "not OCPP", frame.text.decode("utf-8", "replace")
    pretty = body if isinstance(body, str) else json.dumps(body, indent=1, ensure_ascii=False)
    return FrameLine(
        at=frame.at,
        way="to" if frame.direction is Direction.SAID else "from",
        message=message[:80],
        says=_says(body),
        pretty=pretty[:FRAME_SIGNS_MAX],
        size=len(frame.text),
    )


def _parsed(frame: KeptFrame) -> Any:
    try:
        return json.loads(frame.text)
    except (ValueError, RecursionError):
        return None


#: What says the most in a message, in this order.
_TELLING: Final = (
    "status",
    "connectorStatus",
    "eventType",
    "triggerReason",
    "connectorId",
    "evseId",
    "errorCode",
    "idTag",
    "transactionId",
    "meterStart",
    "meterStop",
    "reason",
    "interval",
    "chargePointModel",
)


def _says(body: object) -> str:
    """The telling members of a message in one short line, else its first ones."""
    if isinstance(body, list):
        return " ".join(str(part) for part in body[:2])[:100]
    if not isinstance(body, dict):
        return str(body)[:100]
    leaves = dict(_leaves(body))
    chosen = [name for name in _TELLING if name in leaves] or list(leaves)[:4]
    return ", ".join(f"{name} {leaves[name]}" for name in chosen)[:100]


def _leaves(body: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, object]]:
    """The plain members of a message, however deep; of a list only what comes first."""
    match body:
        case dict() if depth < LEAVES_DEEP:
            for inner, value in body.items():
                yield from _leaves(value, str(inner), depth + 1)
        case [first, *_] if depth < LEAVES_DEEP:
            yield from _leaves(first, name, depth + 1)
        case str() | int() | float():
            yield name, body
        case _:
            return
