"""How long a running session still takes, and what an ended one taught of its car."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import isfinite
from typing import Final

import msgspec

from voltway.kernel.facts import Fact
from voltway.kernel.ids import SessionId
from voltway.runtime.work import Work
from voltway.sessions import actions
from voltway.sessions.model import Session, SessionEnded, SessionState
from voltway.sessions.rules_packing import KeptReading
from voltway.stations import actions as stations
from voltway.stations.model import Current
from voltway.vehicles import actions as vehicles
from voltway.vehicles.model import Charges, Point, TimeToDone
from voltway.vehicles.rules_counted import counted
from voltway.vehicles.rules_learning import taught
from voltway.vehicles.rules_level import Level, level
from voltway.vehicles.rules_since import ROUNDED, Since, counted_on, since_told, time_since
from voltway.vehicles.rules_time import Known, Station, per_percent, time_to_done

#: To what a battery is filled where nobody said anything else, in percent: fast chargers slow down
#: above this, and it is what most drivers wait for.
TARGET: Final = 80
FULL: Final = 100
#: What a car says of itself is believed for so long.
SAID_WITHIN: Final = timedelta(minutes=5)
REST: Final = "Display.RemainingTimeToTargetSOC"
GOAL: Final = "Display.TargetSOC"
SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Done:
    """When a session reaches its target: the estimate, from the moment of its last reading, the
    target in percent, with how much its driver said that the car came, and the charge that it told
    last where that is old and was counted on from."""

    time: TimeToDone
    target: int
    came_with: int | None = None
    told_last: int | None = None


async def of_session(work: Work, session: Session) -> Done | None:
    """How long a session still takes; ``None`` where it is over or idle, or that is withheld."""
    if session.state is not SessionState.CHARGING or session.evse is None:
        return None
    readings = await actions.readings_of(work, session.id)
    return await from_readings(work, session, readings)


async def from_readings(
    work: Work, session: Session, readings: Sequence[KeptReading]
) -> Done | None:
    """The same of a session whose readings were read already."""
    if session.state is not SessionState.CHARGING or session.evse is None:
        return None
    points = points_of(session, readings)
    charges = await _charges(work, session)
    known = await vehicles.known(work, charges)
    station = await _station(work, session)
    per = per_percent(known, station, points)
    since = since_told(points, per)
    if since is None:
        return None if charges is None else _counted(session, charges, known, station, points)
    said = said_by_car(readings)
    target = said.target or (charges.target_percent if charges is not None else TARGET)
    points = counted_on(points, per)
    if since.is_old and said.seconds is None:
        return _counted_on(known, station, target, points, since)
    target = target if since.least < target else FULL
    if since.least >= target:
        return None
    # What is counted on is a little off: only a charge that was told says that it is reached.
    soc = min(since.percent, max(target - ROUNDED, since.least))
    time = time_to_done(known, station, soc, target, points, said.seconds)
    return None if time is None else Done(time, target)


def _counted_on(
    known: Known, station: Station, target: int, points: Sequence[Point], since: Since
) -> Done | None:
    """The same of a car that told its charge long ago. One that goes on where its target must have
    been reached is filled whole."""
    for each in dict.fromkeys((target, FULL)):
        time = time_since(known, station, each, points, since)
        if time is not None:
            return Done(time, each, told_last=int(since.told))
    return None


def _counted(
    session: Session,
    charges: Charges,
    known: Known,
    station: Station,
    points: Sequence[Point],
) -> Done | None:
    """The same of a known car that does not tell its charge. One that goes on where its target must
    have been reached is filled whole."""
    came_with = charges.came_with(session.started_at)
    for target in dict.fromkeys((charges.target_percent, FULL)):
        time = counted(known, station, target, points, came_with)
        if time is not None:
            return Done(time, target, came_with)
    return None


async def level_of(work: Work, session: Session, readings: Sequence[KeptReading]) -> Level | None:
    """What is in the battery of the car of a session now; ``None`` where it never told."""
    if session.evse is None or all(each.soc_percent is None for each in readings):
        return None
    known = await vehicles.known(work, await _charges(work, session))
    per = per_percent(known, await _station(work, session), points_of(session, readings))
    return level(
        _told_of(session, readings),
        per,
        now_s=(work.now - session.started_at) / SECOND,
        charges=session.state is SessionState.CHARGING and session.ended_at is None,
    )


def _told_of(session: Session, readings: Sequence[KeptReading]) -> list[Point]:
    """All readings, also those that tell a charge and no register: the energy is that of before."""
    points: list[Point] = []
    first_wh = next((each.register_wh for each in readings if each.register_wh is not None), 0)
    energy_wh = 0.0
    for each in readings:
        if each.register_wh is not None:
            energy_wh = max(energy_wh, float(each.register_wh - first_wh))
        at_s = (each.at - session.started_at) / SECOND
        points.append(Point(at_s, energy_wh, each.soc_percent))
    return points


@dataclass(frozen=True, slots=True)
class SaidByCar:
    """What a car told of its own charge, at the moment of the last reading: seconds until its
    target, and the target in percent."""

    seconds: float | None = None
    target: int | None = None


def said_by_car(readings: Sequence[KeptReading]) -> SaidByCar:
    """What the car said last, less the time since; nothing where that is long ago.

    OCPP 2.1 part 2, MeasurandEnumType: ``Display.RemainingTimeToTargetSOC`` is an offset in seconds
    from the moment at which the car told it, ``Display.TargetSOC`` a percentage.
    """
    if not readings:
        return SaidByCar()
    until = readings[-1].at
    for each in reversed(readings):
        if until - each.at > SAID_WITHIN:
            break
        if each.rest is None or REST not in each.rest:
            continue
        told = {sample[0]: sample[1] for sample in msgspec.json.decode(f"[{each.rest}]")}
        seconds, target = number_in(told.get(REST)), number_in(told.get(GOAL))
        if seconds is None or seconds < 0:
            continue
        left = max(seconds - (until - each.at) / SECOND, 0.0)
        return SaidByCar(left, int(target) if target and 1 <= target <= FULL else None)
    return SaidByCar()


def number_in(word: object) -> float | None:
    """A number as a station writes it; ``None`` where it is none."""
    try:
        number = float(str(word))
    except ValueError:
        return None
    return number if isfinite(number) else None


async def _charges(work: Work, session: Session) -> Charges | None:
    if session.token is None:
        return None
    key = (session.party, session.token)
    return (await vehicles.charging(work, [key])).get(key)


async def _station(work: Work, session: Session) -> Station:
    assert session.evse is not None
    place = await stations.place_of(work, session.evse)
    return Station(place.current is Current.DC, max(place.power_w, 1))


def points_of(session: Session, readings: Sequence[KeptReading]) -> list[Point]:
    """The readings as the estimate takes them: from the first register on, in order of time, none
    that goes back."""
    points: list[Point] = []
    first_wh: float | None = None
    for each in readings:
        if each.register_wh is None:
            continue
        first_wh = each.register_wh if first_wh is None else first_wh
        at_s = (each.at - session.started_at) / SECOND
        energy_wh = float(each.register_wh - first_wh)
        if points and (at_s <= points[-1].at_s or energy_wh < points[-1].energy_wh):
            continue
        points.append(Point(at_s, energy_wh, each.soc_percent))
    return points


async def hears_session_ended(work: Work, facts: Sequence[Fact]) -> None:
    """Learn from the sessions whose car is known and told its charge; only DC teaches a curve."""
    ended = [fact.session for fact in facts if isinstance(fact, SessionEnded)]
    told = [
        each
        for each in await actions.sessions_by_id(work, ended)
        if each.soc_percent is not None and each.token is not None and each.evse is not None
    ]
    charging = await vehicles.charging(
        work, {(each.party, each.token) for each in told if each.token is not None}
    )
    for session in told:
        assert session.token is not None
        if (charges := charging.get((session.party, session.token))) is not None:
            await _learn(work, session, charges)


async def _learn(work: Work, session: Session, charges: Charges) -> None:
    station = await _station(work, session)
    if not station.is_dc:
        return
    readings = await actions.readings_of(work, session.id)
    if (lesson := taught(points_of(session, readings), station.power_w)) is not None:
        await vehicles.learn(work, charges, lesson)


async def of_id(work: Work, id: SessionId) -> Done | None:
    """``of_session`` by its id. Raises ``NoSuchSession``."""
    return await of_session(work, await actions.session(work, id))
