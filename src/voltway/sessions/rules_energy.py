"""How much energy a session used: register algebra, not last minus first.

A station tells a register at the start, at the end, and between them; each may be missing or wrong
(see design, stations, rule 7, and the quirks M-001 to M-031, T-004 to T-014). What follows from
them does not depend on the order in which they came. See Note [Which registers are believed].
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from voltway.kernel.units import EnergyWh, PowerW
from voltway.sessions.model import Doubt
from voltway.tariffs.model import MeterPoint

#: Less than this is not billed at all, so cutting it off needs nobody's eyes.
CUT_WH_MAX = 100

#: As much of a session's energy may flow after its last reading without anybody looking.
UNMEASURED_SHARE = 0.05

#: A unit is suspected when register and power differ by about a thousand: Wh for kWh, W for kW.
UNIT_FACTORS = (300, 3000)

#: Fewer readings of power than this say nothing of what was between them.
UNIT_READINGS_MIN = 3

#: From this much on, the sum of power over time says something about the register's unit.
UNIT_WH_MIN = 500

#: Power is taken to hold between two readings no longer apart than this.
POWER_GAP_S_MAX = 3600


class Sample(msgspec.Struct, frozen=True, gc=False):
    """A reading of a session: its register, and the power then."""

    at: datetime
    register_wh: int | None
    power_w: int | None = None


class Told(msgspec.Struct, frozen=True, gc=False):
    """All that a session's registers are known by. ``bound_s`` is the time for the bound: the
    longer of the station's and our own count."""

    begins: datetime
    ends: datetime
    begin_wh: int | None
    end_wh: int | None
    samples: Sequence[Sample]
    power_w_max: PowerW
    bound_s: float
    running: bool = False


class Way(StrEnum):
    """How the energy was found. See Note [Which registers are believed]."""

    NONE = "none"  # no register: no energy
    PAIR = "pair"  # the difference of the registers of start and end
    WITHOUT_START = "without_start"  # from the first reading on
    STRETCHES = "stretches"  # a meter that was set back: its rising stretches


class Measured(msgspec.Struct, frozen=True, gc=False):
    """The energy of a session, where it stood when, and what is doubtful about it.

    ``way``, ``begin_wh`` and ``end_wh`` say how it was found, and ``used`` by which readings, as
    they were told. What is not among these was set aside.
    """

    energy_wh: EnergyWh
    points: tuple[MeterPoint, ...]
    doubts: frozenset[Doubt] = frozenset()
    way: Way = Way.NONE
    begin_wh: int | None = None
    end_wh: int | None = None
    used: tuple[Sample, ...] = ()


def bound_wh(power_w_max: PowerW, lasted_s: float) -> int:
    """What an EVSE can give in a time, and one twentieth more for meters and clocks."""
    return int(power_w_max * max(lasted_s, 0) * 105 / 100 / 3600)


def measure(told: Told) -> Measured:
    """The energy of a session. Never negative, never above the physical bound."""
    doubts: set[Doubt] = set()
    samples = _told_once(told.samples)
    registers = [s for s in samples if s.register_wh is not None and s.register_wh >= 0]
    begin, end = _ends(told, registers, doubts)
    if begin is None or end is None:
        doubts.add(Doubt.NO_REGISTERS)
        return Measured(EnergyWh(0), _flat(told), frozenset(doubts))

    most = bound_wh(told.power_w_max, told.bound_s)
    measured = _between(begin, end, told, registers, most)
    doubts |= measured.doubts
    if doubts & {Doubt.END_REGISTER_MISSING, Doubt.END_REGISTER_ZERO} and _may_lack(
        told, registers, end, measured.energy_wh
    ):
        doubts.add(Doubt.END_UNMEASURED)
    if _unit_is_suspect(told, measured, samples):
        doubts.add(Doubt.UNIT_SUSPECT)
    return _bounded(replace(measured, doubts=frozenset(doubts)), told, most)


# Note [Which registers are believed]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# 1. The registers of start and end are a pair from one message type, and stations that get all
#    else wrong get these right. If they rise by no more than the EVSE can give, and the readings
#    between do not show a meter that was set back, their difference is the energy; readings only
#    shape it over time. So readings that count from the session's start (M-016), are in kWh
#    (M-009), or dip to zero now and then, change nothing.
# 2. If the start's register does not fit (M-019: zero outside of a session, a lifetime inside),
#    the readings' own first register stands for it, and a person looks.
# 3. Otherwise the meter was set back: the rising stretches are added up, and a person looks.
# 4. Whatever comes of it is cut at what the EVSE can give in the time.


def _told_once(samples: Iterable[Sample]) -> list[Sample]:
    return sorted(
        set(samples),
        key=lambda s: (
            s.at,
            -1 if s.register_wh is None else s.register_wh,
            s.power_w is not None,
            s.power_w or 0,
        ),
    )


def _ends(
    told: Told, registers: Sequence[Sample], doubts: set[Doubt]
) -> tuple[int | None, int | None]:
    """The registers of start and end, or what stands for them."""
    values = [s.register_wh for s in registers if s.register_wh is not None]
    begin = told.begin_wh if told.begin_wh is not None and told.begin_wh >= 0 else None
    end = told.end_wh if told.end_wh is not None and told.end_wh >= 0 else None
    if begin is None and values:
        doubts.add(Doubt.START_REGISTER_MISSING)
        begin = values[0]
    if end == 0 and (begin or any(values)):
        doubts.add(Doubt.END_REGISTER_ZERO)
        end = None
    elif end is None and not told.running:
        doubts.add(Doubt.END_REGISTER_MISSING)
    if end is None:
        while len(values) > 1 and values[-1] == 0 and any(values):
            values.pop()
        end = values[-1] if values else (begin if told.running else None)
    if begin is None and end is not None and told.running:
        begin = end
    return begin, end


def _may_lack(told: Told, registers: Sequence[Sample], end: int, energy_wh: int) -> bool:
    """Whether so much may have flowed after the reading that stands for the end that a bill
    without it is another bill (quirks T-005, V-001)."""
    last = max((s for s in registers if s.register_wh == end), key=lambda s: s.at, default=None)
    since = last.at if last is not None else told.begins
    known_w = last.power_w if last is not None else None
    power_w = told.power_w_max if known_w is None else min(known_w, told.power_w_max)
    unmeasured_wh = power_w * (told.ends - since).total_seconds() / 3600
    return unmeasured_wh > max(CUT_WH_MAX, energy_wh * UNMEASURED_SHARE)


def _between(begin: int, end: int, told: Told, registers: Sequence[Sample], most: int) -> Measured:
    inside = [s for s in registers if s.at <= told.ends]
    highest = begin + most + CUT_WH_MAX
    if begin <= end <= highest:
        possible = [s for s in inside if s.register_wh is not None and s.register_wh <= highest]
        chain = _rising(possible, begin, end + CUT_WH_MAX)
        odd = len(possible) - len(chain)
        if odd == 1 or 2 * len(chain) >= len(possible):
            return _pair(begin, end, told, chain, _left_out(possible, inside, chain, end))
        if (shape := _in_kwh(possible, begin, end)) is not None:
            measured = _pair(begin, end, told, shape, {Doubt.REGISTER_IN_KWH})
            return replace(measured, used=tuple(possible))
        if (shape := _of_session(possible, begin, end)) is not None:
            measured = _pair(begin, end, told, shape, {Doubt.REGISTER_OF_SESSION})
            return replace(measured, used=tuple(possible))
    if (own := _without_start(begin, end, told, inside, most)) is not None:
        return own
    if highest < end and len(chain := _rising(inside, begin, end)) == len(inside):
        return _pair(begin, end, told, chain, set())  # more than can be: it will be cut
    return _stretches(begin, end, told, inside)


def _left_out(
    possible: Sequence[Sample], inside: Sequence[Sample], chain: Sequence[Sample], end: int
) -> set[Doubt]:
    """What readings that do not fit say: one above the end may be a meter that was set back."""
    if any((s.register_wh or 0) > end + CUT_WH_MAX for s in possible):
        return {Doubt.REGISTER_RESET}
    return {Doubt.REGISTER_DIPPED} if len(chain) < len(inside) else set()


def _pair(
    begin: int, end: int, told: Told, chain: Sequence[Sample], doubts: set[Doubt]
) -> Measured:
    """The difference of start and end; the readings shape it."""
    points = [
        MeterPoint(s.at, min(s.register_wh, end) - begin, s.power_w)
        for s in chain
        if s.register_wh is not None
    ]
    points.append(MeterPoint(told.ends, end - begin))
    return Measured(
        EnergyWh(end - begin), tuple(points), frozenset(doubts), Way.PAIR, begin, end, tuple(chain)
    )


def _rising(samples: Sequence[Sample], low: int, high: int) -> list[Sample]:
    """The longest run of readings, in order of time, that never falls and stays in the limits."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    within = [s for s in samples if s.register_wh is not None and low <= s.register_wh <= high]
    for nth, sample in enumerate(within):
        assert sample.register_wh is not None
        length = bisect_right(tails, sample.register_wh)
        before.append(ends[length - 1] if length else -1)
        tails[length : length + 1] = [sample.register_wh]
        ends[length : length + 1] = [nth]
    chain: list[Sample] = []
    nth = ends[-1] if ends else -1
    while nth >= 0:
        chain.append(within[nth])
        nth = before[nth]
    return chain[::-1]


def _of_session(samples: Sequence[Sample], begin: int, end: int) -> list[Sample] | None:
    """Readings that count from the session's start, as lifetime registers; or ``None``."""
    slack = CUT_WH_MAX + (end - begin) // 20
    if any(s.register_wh is None or s.register_wh > end - begin + slack for s in samples):
        return None
    shifted = [replace(s, register_wh=min(begin + (s.register_wh or 0), end)) for s in samples]
    return shifted if len(_rising(shifted, begin, end)) == len(shifted) else None


def _in_kwh(samples: Sequence[Sample], begin: int, end: int) -> list[Sample] | None:
    """Readings in kilowatt-hours, as watt-hours; or ``None``. They were cut to whole ones."""
    scaled: list[Sample] = []
    for sample in samples:
        wh = (sample.register_wh or 0) * 1000
        if not begin - 1000 <= wh <= end + 1000:
            return None
        scaled.append(replace(sample, register_wh=min(max(wh, begin), end)))
    return scaled if len(_rising(scaled, begin, end)) == len(scaled) else None


def _without_start(
    begin: int, end: int, told: Told, samples: Sequence[Sample], most: int
) -> Measured | None:
    """The energy from the first reading on, where the start's register is far below all others."""
    values = [s.register_wh for s in samples if s.register_wh is not None]
    if not values or values[0] - begin <= most or not values[0] <= end <= values[0] + most:
        return None
    chain = _rising(samples, values[0], end)
    if 2 * len(chain) < len(samples):
        return None
    measured = _pair(values[0], end, told, chain, {Doubt.START_REGISTER_OFF})
    return replace(measured, way=Way.WITHOUT_START)


def _stretches(begin: int, end: int, told: Told, samples: Sequence[Sample]) -> Measured:
    """The rising stretches of a meter that was set back, added up.

    What a stretch began with is counted only up to what the EVSE could give since the reading
    before, for a meter that was set back began at zero. A last register that nothing leads to is
    not counted (T-006: a stop below its start is no energy).
    """
    walk = [Sample(told.begins, begin), *samples]
    last = walk[-1].register_wh
    if last is not None and end >= last:
        walk.append(Sample(told.ends, end))
    used = 0
    points: list[MeterPoint] = []
    for before, after in pairwise(walk):
        assert before.register_wh is not None
        assert after.register_wh is not None
        most = bound_wh(told.power_w_max, (after.at - before.at).total_seconds())
        rise = after.register_wh - before.register_wh
        used += min(rise, most) if rise >= 0 else min(after.register_wh, most)
        points.append(MeterPoint(after.at, used, after.power_w))
    points.append(MeterPoint(told.ends, used))
    return Measured(
        EnergyWh(used),
        tuple(points),
        frozenset({Doubt.REGISTER_RESET}),
        Way.STRETCHES,
        begin,
        end if last is not None and end >= last else None,
        tuple(samples),
    )


def _unit_is_suspect(told: Told, measured: Measured, samples: Sequence[Sample]) -> bool:
    """Whether power over time tells of about a thousand times the register's energy, or a
    thousandth of it (quirk M-009): of the whole energy, and of what flowed between the readings of
    power, for what flowed before the first and after the last says nothing of units."""
    powered = [s for s in samples if s.power_w is not None and s.power_w >= 0]
    if len(powered) < UNIT_READINGS_MIN:
        return False
    steady = [
        (before, after, lasted_s)
        for before, after in pairwise(powered)
        if (lasted_s := (after.at - before.at).total_seconds()) <= POWER_GAP_S_MAX
    ]
    by_power_wh = sum(
        ((before.power_w or 0) + (after.power_w or 0)) / 2 * lasted_s / 3600
        for before, after, lasted_s in steady
    )
    if not _differ_by_a_unit(by_power_wh, measured.energy_wh):
        return False
    points = measured.points
    walk = [MeterPoint(told.begins, 0), *points] if told.begins < points[0].at else points
    between_wh = sum(
        _wh_at(walk, after.at) - _wh_at(walk, before.at) for before, after, _ in steady
    )
    return _differ_by_a_unit(by_power_wh, between_wh)


def _differ_by_a_unit(one_wh: float, other_wh: float) -> bool:
    smaller, larger = sorted((one_wh, other_wh))
    least, most = UNIT_FACTORS
    return larger >= UNIT_WH_MIN and least * smaller <= larger <= most * smaller


def _wh_at(walk: Sequence[MeterPoint], at: datetime) -> float:
    """The Wh that had flowed by a moment: straight between the points, level beyond them."""
    nth = bisect_right(walk, at, key=lambda point: point.at)
    if nth == 0:
        return walk[0].energy_wh
    before = walk[nth - 1]
    if nth == len(walk):
        return before.energy_wh
    after = walk[nth]
    share = (at - before.at) / (after.at - before.at)
    return before.energy_wh + share * (after.energy_wh - before.energy_wh)


def _bounded(measured: Measured, told: Told, most: int) -> Measured:
    if measured.energy_wh <= most:
        return measured
    over = measured.energy_wh - most
    doubt = Doubt.CUT_TO_BOUND if over <= CUT_WH_MAX else Doubt.ABOVE_BOUND
    points = tuple(
        MeterPoint(point.at, min(point.energy_wh, most), point.power_w) for point in measured.points
    )
    return replace(
        measured, energy_wh=EnergyWh(most), points=points, doubts=measured.doubts | {doubt}
    )


def _flat(told: Told) -> tuple[MeterPoint, ...]:
    return (MeterPoint(told.ends, 0),)
