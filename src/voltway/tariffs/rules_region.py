"""Where an element's restrictions hold, as boxes: what they cover together, what is left, what two
of them share.

A box is a set of days and one span on each axis; spans include their low end and not their high
one, as restrictions do (OCPI 2.2.1, TariffRestrictions). What is not known of power and current
holds no restriction, so it lies below zero, where only elements that do not ask for it reach.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from enum import IntEnum
from typing import NamedTuple

from voltway.tariffs.model import Restrictions, Weekday

Span = tuple[Decimal, Decimal]

ENDLESS = Decimal("Infinity")
UNKNOWN = Decimal(-1)
DAY_M = Decimal(24 * 60)
EVERY_DAY = frozenset(Weekday)

#: So many pairs of boxes are laid beside each other for one tariff: a second of work.
PAIRS_MAX = 100_000


class Axis(IntEnum):
    """What restrictions ask for, beside the day of the week."""

    CLOCK_M = 0  # minutes of the local day
    DATE = 1  # the ordinal of the local date
    ENERGY_KWH = 2
    DURATION_S = 3
    POWER_KW = 4
    CURRENT_A = 5
    IDLE_S = 6  # since the vehicle last asked for power


class Box(NamedTuple):
    """Days, and a span on each axis."""

    days: frozenset[Weekday]
    spans: tuple[Span, ...]


class TooFine(Exception):
    """It takes more pairs of boxes than anybody waits for."""


@dataclass(slots=True)
class Patience:
    """How many pairs are left to be looked at."""

    pairs: int = PAIRS_MAX

    def spend(self, pairs: int) -> None:
        self.pairs -= pairs
        if self.pairs < 0:
            raise TooFine


#: Everything that may happen. The power of a session is always known from its energy and time.
WHOLE = Box(
    EVERY_DAY,
    (
        (Decimal(0), DAY_M),
        (Decimal(date.min.toordinal()), ENDLESS),
        (Decimal(0), ENDLESS),
        (Decimal(0), ENDLESS),
        (Decimal(0), ENDLESS),
        (UNKNOWN, ENDLESS),
        (Decimal(0), ENDLESS),
    ),
)


def boxes_of(limits: Restrictions, grace_s: int = 0) -> tuple[Box, ...]:
    """Where these restrictions hold, after this grace of a stop; none where they never do."""
    spans = (
        _dates(limits),
        _span(limits.min_kwh, limits.max_kwh),
        _span(limits.min_duration_s, limits.max_duration_s),
        _asked(limits.min_power_kw, limits.max_power_kw),
        _asked(limits.min_current_a, limits.max_current_a),
        (Decimal(grace_s), ENDLESS),
    )
    days = limits.days or EVERY_DAY
    boxes = (Box(days, (clock, *spans)) for clock in _clocks(limits.start_time, limits.end_time))
    return tuple(box for box in boxes if _is_some(box))


def shared(one: Box, other: Box) -> Box | None:
    """What both hold."""
    days = one.days & other.days
    if not days:
        return None
    spans = []
    for (low, high), (least, most) in zip(one.spans, other.spans, strict=True):
        span = (max(low, least), min(high, most))
        if span[0] >= span[1]:
            return None
        spans.append(span)
    return Box(days, tuple(spans))


def meet(some: Sequence[Box], others: Sequence[Box], patience: Patience) -> list[Box]:
    """What each pair of them shares. Raises ``TooFine``."""
    patience.spend(len(some) * len(others))
    pairs = (shared(one, other) for one in some for other in others)
    return [both for both in pairs if both is not None]


def left_of(boxes: Iterable[Box], takers: Sequence[Box], patience: Patience) -> list[Box]:
    """What is left of these when all that the others hold is taken. Raises ``TooFine``."""
    left = list(boxes)
    for taker in takers:
        patience.spend(len(left))
        left = [piece for box in left for piece in _without(box, taker)]
        if not left:
            break
    return left


def restrictions_of(box: Box) -> Restrictions:
    """The box as the restrictions that would hold there, so that it is told in the same words."""

    def least(axis: Axis) -> Decimal | None:
        low = box.spans[axis][0]
        return low if low > WHOLE.spans[axis][0] and low > 0 else None

    def most(axis: Axis) -> Decimal | None:
        high = box.spans[axis][1]
        return high if 0 < high < WHOLE.spans[axis][1] else None

    first, last = least(Axis.DATE), most(Axis.DATE)
    after_s, before_s = least(Axis.DURATION_S), most(Axis.DURATION_S)
    return Restrictions(
        start_time=_time(least(Axis.CLOCK_M)),
        end_time=_time(most(Axis.CLOCK_M)),
        start_date=None if first is None else date.fromordinal(int(first)),
        end_date=None if last is None else date.fromordinal(int(last)),
        min_kwh=least(Axis.ENERGY_KWH),
        max_kwh=most(Axis.ENERGY_KWH),
        min_duration_s=None if after_s is None else int(after_s),
        max_duration_s=None if before_s is None else int(before_s),
        min_power_kw=least(Axis.POWER_KW),
        max_power_kw=most(Axis.POWER_KW),
        min_current_a=least(Axis.CURRENT_A),
        max_current_a=most(Axis.CURRENT_A),
        days=frozenset() if box.days == EVERY_DAY else box.days,
    )


def after_grace(box: Box, grace_s: int) -> Box:
    """What of a box lies after so much of a stop."""
    low, high = box.spans[Axis.IDLE_S]
    spans = list(box.spans)
    spans[Axis.IDLE_S] = (max(low, Decimal(grace_s)), high)
    return box._replace(spans=tuple(spans))


def of_a_stop(box: Box) -> tuple[int, int | None]:
    """From which second of a stop on it holds, and before which."""
    low, high = box.spans[Axis.IDLE_S]
    return int(low), None if high == ENDLESS else int(high)


def knows_no_current(box: Box) -> bool:
    """Whether it is only there where nobody tells the current."""
    return box.spans[Axis.CURRENT_A][1] <= 0


def _without(box: Box, taker: Box) -> Iterator[Box]:
    """The pieces of a box that lie outside of another."""
    both = shared(box, taker)
    if both is None:
        yield box
        return
    if box.days - both.days:
        yield Box(box.days - both.days, box.spans)
    spans = list(box.spans)
    for axis, ((low, high), (least, most)) in enumerate(zip(box.spans, both.spans, strict=True)):
        if low < least:
            yield Box(both.days, (*spans[:axis], (low, least), *spans[axis + 1 :]))
        if most < high:
            yield Box(both.days, (*spans[:axis], (most, high), *spans[axis + 1 :]))
        spans[axis] = (least, most)


def _is_some(box: Box) -> bool:
    if any(low >= high for low, high in box.spans):
        return False
    first, last = box.spans[Axis.DATE]
    if last - first >= len(EVERY_DAY):
        return True
    dates = range(int(first), int(last))
    return any(date.fromordinal(day).weekday() in box.days for day in dates)


def _clocks(start: time | None, end: time | None) -> tuple[Span, ...]:
    """An end before its start, or equal to it, is on the next day; 00:00 is the day's end."""
    begins, ends = _minutes(start), _minutes(end)
    if begins < ends or not ends:
        return ((begins, ends or DAY_M),)
    if begins == ends:
        return ((Decimal(0), DAY_M),)
    return ((Decimal(0), ends), (begins, DAY_M))


def _minutes(at: time | None) -> Decimal:
    return Decimal(0) if at is None else Decimal(at.hour * 60 + at.minute)


def _time(minutes: Decimal | None) -> time | None:
    return None if minutes is None else time(int(minutes) // 60, int(minutes) % 60)


def _dates(limits: Restrictions) -> Span:
    first, last = limits.start_date or date.min, limits.end_date
    return Decimal(first.toordinal()), ENDLESS if last is None else Decimal(last.toordinal())


def _span(least: Decimal | int | None, most: Decimal | int | None) -> Span:
    return Decimal(least or 0), ENDLESS if most is None else Decimal(most)


def _asked(least: Decimal | None, most: Decimal | None) -> Span:
    if least is None and most is None:
        return UNKNOWN, ENDLESS
    return _span(least, most)
