"""What the live wall shows, read from the rooms' views."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Final
from uuid import UUID

from voltway.kernel.ids import SessionId
from voltway.parties import actions as parties
from voltway.runtime.work import Row, Work
from voltway.sessions import actions as sessions
from voltway.web import series, states
from voltway.web.console import wall_troubles
from voltway.web.console.wall_troubles import Trouble
from voltway.web.driver.views import BAYS, state_of
from voltway.web.formats import Formats, zone_of
from voltway.web.series import Chart, Day
from voltway.web.states import Bar, Bead, PortState

SESSIONS_SHOWN: Final = 8

#: Below so many starts a rate says nothing.
RATE_FLOOR: Final = 10


@dataclass(frozen=True, slots=True)
class Count:
    glyph: str
    word: str
    count: int


@dataclass(frozen=True, slots=True)
class LocationLine:
    """A location on the wall, with its worst state in front."""

    id: UUID
    name: str
    glyph: str
    words: str
    beads: tuple[Bead, ...]
    beads_words: str


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A running session."""

    id: UUID
    number: int | None
    place: str
    glyph: str
    word: str
    started_at: datetime
    zone: str
    energy_wh: int
    power_w: int | None
    spark: str
    cost: str


@dataclass(frozen=True, slots=True)
class Revenue:
    """What was billed since midnight, against a week ago at the same time."""

    today: str
    then: str
    then_day: str
    change: str
    receipts: int
    chart: Chart | None
    hours: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Wall:
    locations_n: int
    ports_n: int
    bars: tuple[Bar, ...]
    counts: tuple[Count, ...]
    locations: tuple[LocationLine, ...]
    troubles: tuple[Trouble, ...]
    sessions: tuple[SessionLine, ...]
    open_n: int
    power_w: int
    energy_today_wh: int
    starts: str
    starts_n: int
    revenue: Revenue | None
    zone: str


async def wall(work: Work, formats: Formats, *, expected_s: int, sees_money: bool) -> Wall:
    """All that the wall of this party shows now."""
    assert work.party is not None, "a wall is of one party"
    party = await parties.party(work, work.party)
    rows = await work.all(f"{BAYS} ORDER BY p.location_name, p.location_id, p.number")
    ports = [(row, state_of(row, work.now, expected_s)) for row in rows]
    glyphs = [state.glyph for _, state in ports]
    counts = {state: glyphs.count(state) for state in states.IN_ORDER}
    midnight = _midnight(work.now, party.time_zone)
    running = await work.all(
        "SELECT * FROM session_view WHERE running ORDER BY started_at DESC LIMIT 500"
    )
    started, worked = await _starts(work, midnight)
    return Wall(
        locations_n=len({row["location_id"] for row in rows}),
        ports_n=len(rows),
        bars=states.bars(counts, 1192),
        counts=tuple(Count(s, states.WORDS[s], counts[s]) for s in states.IN_ORDER),
        locations=_locations(ports, formats),
        troubles=tuple(await wall_troubles.troubles(work, ports, formats, sees_money=sees_money)),
        sessions=tuple([await _session(work, row, formats) for row in running[:SESSIONS_SHOWN]]),
        open_n=len(running),
        power_w=sum(row["power_w"] or 0 for row in running),
        energy_today_wh=await _energy_since(work, midnight),
        starts=formats.number(Decimal(100 * worked) / started, 1) if started >= RATE_FLOOR else "",
        starts_n=started,
        revenue=await revenue(work, formats, party.time_zone, party.currency)
        if sees_money
        else None,
        zone=party.time_zone,
    )


def _midnight(now: datetime, zone: str) -> datetime:
    local = now.astimezone(zone_of(zone))
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def _locations(
    ports: Sequence[tuple[Row, PortState]], formats: Formats
) -> tuple[LocationLine, ...]:
    lines = []
    for _, group in groupby(ports, key=lambda port: port[0]["location_id"]):
        here = list(group)
        glyphs = [state.glyph for _, state in here]
        worst = min(here, key=lambda port: port[1].rank)
        lines.append(
            (
                worst[1].rank,
                LocationLine(
                    id=here[0][0]["location_id"],
                    name=here[0][0]["location_name"],
                    glyph=worst[1].glyph
                    if worst[1].rank < states.TROUBLE_FIRST.index("reserved")
                    else ("available" if "available" in glyphs else worst[1].glyph),
                    words=_words(here, worst, formats),
                    beads=states.beads(glyphs),
                    beads_words=states.in_words(glyphs),
                ),
            )
        )
    return tuple(line for _, line in sorted(lines, key=lambda pair: (pair[0], pair[1].name)))


def _words(
    here: Sequence[tuple[Row, PortState]], worst: tuple[Row, PortState], formats: Formats
) -> str:
    row, state = worst
    glyphs = [each.glyph for _, each in here]
    count = glyphs.count(state.glyph)
    match state.glyph:
        case "faulted" | "idle" | "maintenance":
            age = f", {formats.since(row['status_at'])}" if row["status_at"] else ""
            return f"{count} {states.WORDS[state.glyph].split(',')[0].lower()}{age}"
        case "offline":
            if count < len(here):
                return f"{count} offline"
            heard = state.heard_at
            return f"Offline, {formats.since(heard)}" if heard else "Never connected"
        case "unknown":
            return f"Silent for {formats.since(state.heard_at)}" if state.heard_at else "Unknown"
        case _:
            return f"{glyphs.count('available')} of {len(glyphs)} free"


async def _session(work: Work, row: Row, formats: Formats) -> SessionLine:
    record, cost = await sessions.cost_so_far(work, SessionId(row["id"]))
    powers = [point.power_w for point in record.points if point.power_w is not None]
    is_idle = row["state"] != "charging"
    word = {"charging": "Charging", "idle": "Idle", "ending": "Ending"}.get(row["state"], "Ended")
    return SessionLine(
        id=row["id"],
        number=row["evse_number"],
        place=row["location_name"],
        glyph="idle" if is_idle else "charging",
        word=word if record.energy_wh or is_idle else "Starting",
        started_at=row["started_at"],
        zone=row["zone"],
        energy_wh=record.energy_wh,
        power_w=row["power_w"],
        spark=series.spark(powers[-40:]),
        cost=formats.money(cost.payable),
    )


async def _starts(work: Work, since: datetime) -> tuple[int, int]:
    """Paid visits since then, and how many of them became a session."""
    row = await work.one(
        """
        SELECT count(*)::int AS started, count(session_id)::int AS worked FROM payment_view
         WHERE held_at >= $1 AND (session_id IS NOT NULL OR ended_at IS NOT NULL)
        """,
        since,
    )
    return (row["started"], row["worked"]) if row else (0, 0)


async def _energy_since(work: Work, since: datetime) -> int:
    row = await work.one(
        "SELECT coalesce(sum(energy_wh), 0)::bigint AS wh FROM session_view WHERE started_at >= $1",
        since,
    )
    return int(row["wh"]) if row else 0


async def revenue(work: Work, formats: Formats, zone: str, currency: str) -> Revenue:
    """Receipts since midnight, and those of the same weekday a week ago."""
    midnight, week = _midnight(work.now, zone), timedelta(days=7)
    ours = await _receipts(work, midnight, work.now, currency)
    theirs = await _receipts(work, midnight - week, midnight - week + timedelta(days=1), currency)
    until = work.now - midnight
    total = ours.sum_at(until)
    before = theirs.sum_at(until)
    change = f"{formats.number(Decimal(100 * (total - before)) / before, 1)} %" if before else ""
    today, receipts = formats.amount(total, currency), len(ours.amounts)
    then = formats.amount(before, currency) if before else ""
    then_day = formats.weekday(work.now - week, zone)
    words = f"Revenue today: {today} from {receipts} receipts so far"
    return Revenue(
        today=today,
        then=then,
        then_day=then_day,
        change=f"+{change}" if change and total >= before else change,
        receipts=receipts,
        chart=series.revenue(
            ours,
            theirs,
            now=work.now,
            zone=zone,
            currency=currency,
            words=f"{words}, {then} by this time on {then_day}" if then else words,
            label=then_day,
        ),
        hours=tuple(
            (
                formats.clock(midnight + hour, zone),
                formats.amount(ours.sum_at(hour), currency) if hour <= until else "",
                formats.amount(theirs.sum_at(hour), currency),
            )
            for hour in (timedelta(hours=nth) for nth in range(3, 25, 3))
        ),
    )


async def _receipts(work: Work, begins: datetime, ends: datetime, currency: str) -> Day:
    rows = await work.all(
        """
        SELECT issued_at, total_minor FROM invoice_view
         WHERE issued_at >= $1 AND issued_at <= $2 AND currency = $3 ORDER BY issued_at
        """,
        begins,
        ends,
        currency,
    )
    return Day(begins, [(row["issued_at"], row["total_minor"]) for row in rows])
