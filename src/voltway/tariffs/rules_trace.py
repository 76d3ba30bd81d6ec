"""Which price was taken for each part of a session, when, and why: told by the calculator itself.

``rules.price`` tells a witness of every stretch that it prices. Here the stretches that follow each
other under one price are put together, and the reason is said: what held, and what kept each
element before it from holding. Elements are counted from 1, as people count.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from voltway.tariffs import rules
from voltway.tariffs.exact import Exact, as_decimal, exact
from voltway.tariffs.model import (
    BASE_UNITS,
    ChargingPeriod,
    Cost,
    Dimension,
    Reservation,
    Restrictions,
    Tariff,
    TariffElement,
)
from voltway.tariffs.rules_clock import holds_by_clock, local_at
from voltway.tariffs.rules_display import condition_of
from voltway.tariffs.rules_select import Stretch
from voltway.tariffs.rules_terms import Priced, elements_for
from voltway.tariffs.rules_words import lasts

MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A part of a session under one price. ``element`` counts from 1; none: nothing priced it."""

    begins: datetime
    ends: datetime
    dimension: Dimension
    reservation: Reservation | None
    element: int | None
    price: Decimal | None
    used: Exact  # Wh, seconds or times
    why: str
    passed_over: tuple[str, ...]  # why each element before it did not hold

    @property
    def volume(self) -> Decimal:
        return as_decimal(self.used * Fraction(1, BASE_UNITS[self.dimension]))


def traced(
    tariff: Tariff, periods: Sequence[ChargingPeriod], zone: ZoneInfo
) -> tuple[Cost, tuple[Step, ...]]:
    """The cost, and the steps on the way to it in the order of their time."""
    seen = _Seen(tariff, zone)
    cost = rules.price(tariff, periods, zone, witness=seen)
    order = list(Dimension)
    steps = sorted(seen.steps, key=lambda step: (step.begins, order.index(step.dimension)))
    return cost, tuple(steps)


@dataclass(frozen=True, slots=True)
class _Moment:
    """Where a session stands when a stretch begins."""

    at: datetime
    lasted_s: Exact
    used_wh: Exact
    idle_s: Exact
    power_kw: Exact | None
    current_a: Exact | None


class _Seen:
    """A witness that keeps what it is told."""

    def __init__(self, tariff: Tariff, zone: ZoneInfo) -> None:
        self._zone = zone
        self._elements = {
            kind: [(each.place, each.element) for each in elements_for(tariff, kind)]
            for kind in (None, *Reservation)
        }
        self._begins: dict[Reservation | None, datetime] = {}
        self._last: dict[tuple[Reservation | None, Dimension], int] = {}
        self._used: Exact = 0
        self._idle: Exact = 0
        self._stretch: tuple[ChargingPeriod, Exact] | None = None
        self._moment: _Moment | None = None
        self.steps: list[Step] = []

    def __call__(
        self, stretch: Stretch, dimension: Dimension, volume: Exact, priced: Priced | None
    ) -> None:
        moment = self._at(stretch)
        kind = stretch.period.reservation
        step = Step(
            begins=moment.at,
            ends=_ends(stretch, dimension, moment),
            dimension=dimension,
            reservation=kind,
            element=None if priced is None else priced.place + 1,
            price=None if priced is None else priced.component.price,
            used=volume,
            why="",
            passed_over=(),
        )
        nth = self._last.get((kind, dimension))
        if nth is not None and _goes_on(self.steps[nth], step):
            before = self.steps[nth]
            self.steps[nth] = replace(before, ends=step.ends, used=before.used + volume)
            return
        self._last[kind, dimension] = len(self.steps)
        self.steps.append(
            replace(
                step,
                why=f"{self._why(kind, step.element, moment)}{_market(priced)}",
                passed_over=tuple(self._passed_over(kind, dimension, step.element, moment)),
            )
        )

    def _at(self, stretch: Stretch) -> _Moment:
        """The moment at which this stretch begins; what it uses counts for the next."""
        period, into = stretch.period, stretch.into
        if self._stretch == (period, into) and self._moment is not None:
            return self._moment
        if period.reservation not in self._begins:
            self._begins[period.reservation] = period.begins
            self._used = self._idle = 0
        if not period.parking_s and period.begins < period.ends:
            self._idle = 0
        at = _within(period, into)
        lasted = (at - self._begins[period.reservation]) // MICROSECOND
        power, current = period.min_power_kw, period.min_current_a
        if power is None and period.begins < period.ends:
            hours = Fraction((period.ends - period.begins) // MICROSECOND, 3_600_000_000)
            power = Fraction(period.energy_wh) / 1000 / hours
        self._moment = _Moment(
            at, Fraction(lasted, 1_000_000), self._used, self._idle, power, current
        )
        self._stretch = (period, into)
        self._used += period.energy_wh * stretch.share
        self._idle += period.parking_s * stretch.share
        return self._moment

    def _why(self, kind: Reservation | None, element: int | None, moment: _Moment) -> str:
        if element is None:
            return "No element prices it, so it is free."
        limits, idle = next(
            (each.restrictions, each.idle)
            for place, each in self._elements[kind]
            if place + 1 == element
        )
        condition = condition_of(limits, "en")
        if idle is not None and idle.grace_s:
            after = f"after {lasts(idle.grace_s)} of standing"
            condition = f"{condition}, {after}" if condition else after
        if not condition:
            return f"Element {element} always holds."
        return f"Element {element} holds {condition}: {self._stands(moment, limits)}."

    def _passed_over(
        self, kind: Reservation | None, dimension: Dimension, chosen: int | None, moment: _Moment
    ) -> Iterator[str]:
        for place, element in self._elements[kind]:
            if place + 1 == chosen:
                return
            if element.component(dimension) is None:
                continue
            why = self._why_not(element, moment)
            if why:
                yield f"Element {place + 1} does not hold: {why}."

    def _why_not(self, element: TariffElement, moment: _Moment) -> str | None:
        """What keeps an element from holding; none if it is the power of a part of the time."""
        limits = element.restrictions
        if not holds_by_clock(limits, local_at(moment.at, self._zone)):
            return f"it holds {_clock_words(limits)}, and it is {self._clock(moment)}"
        used_kwh = Fraction(moment.used_wh) / 1000
        for value, least, most, unit in (
            (used_kwh, limits.min_kwh, limits.max_kwh, "kWh"),
            (moment.power_kw, limits.min_power_kw, limits.max_power_kw, "kW"),
            (moment.current_a, limits.min_current_a, limits.max_current_a, "A"),
        ):
            if _outside(value, least, most):
                is_said = "it is not known" if value is None else f"it is at {_told(value)} {unit}"
                return f"it asks for {_range(least, most, unit)}, and {is_said}"
        least_s, most_s = limits.min_duration_s, limits.max_duration_s
        if least_s is not None and moment.lasted_s < least_s:
            return f"it begins after {lasts(least_s)}, and {lasts(moment.lasted_s)} have passed"
        if most_s is not None and moment.lasted_s >= most_s:
            return f"it ends after {lasts(most_s)}, and {lasts(moment.lasted_s)} have passed"
        if element.idle is not None and moment.idle_s < element.idle.grace_s:
            return f"the first {lasts(element.idle.grace_s)} of each stop are free"
        return None

    def _stands(self, moment: _Moment, limits: Restrictions) -> str:
        """Where the session stands, as far as these restrictions ask for it."""
        said = []
        if limits.asks_the_clock:
            said.append(f"it is {self._clock(moment)}")
        if limits.min_kwh is not None or limits.max_kwh is not None:
            said.append(f"{_told(Fraction(moment.used_wh) / 1000)} kWh have been used")
        if limits.min_duration_s is not None or limits.max_duration_s is not None:
            said.append(f"{lasts(moment.lasted_s)} have passed")
        if limits.asks_the_power and moment.power_kw is not None:
            said.append(f"it is at {_told(moment.power_kw)} kW")
        return ", ".join(said) or f"the vehicle has stood for {lasts(moment.idle_s)}"

    def _clock(self, moment: _Moment) -> str:
        return f"{moment.at.astimezone(self._zone):%a %Y-%m-%d %H:%M}"


def _market(priced: Priced | None) -> str:
    if priced is None or priced.component.spot is None:
        return ""
    return f" Its price follows the market {priced.component.spot.series}."


def _goes_on(before: Step, step: Step) -> bool:
    """Whether a step only goes on with the one before it."""
    same = (before.element, before.price) == (step.element, step.price)
    return same and before.ends == step.begins


def _ends(stretch: Stretch, dimension: Dimension, moment: _Moment) -> datetime:
    """A flat fee is owed at a moment; all else is used until the stretch ends."""
    if dimension is Dimension.FLAT:
        return moment.at
    return _within(stretch.period, stretch.into + stretch.share)


def _within(period: ChargingPeriod, into: Exact) -> datetime:
    lasted_us = (period.ends - period.begins) // MICROSECOND
    return period.begins + MICROSECOND * round(into * lasted_us)


def _outside(value: Exact | None, least: Decimal | None, most: Decimal | None) -> bool:
    if least is None and most is None:
        return False
    if value is None:
        return True
    return (least is not None and value < exact(least)) or (
        most is not None and value >= exact(most)
    )


def _range(least: Decimal | None, most: Decimal | None, unit: str) -> str:
    said = [f"at least {least:f} {unit}"] if least is not None else []
    return " and ".join([*said, f"less than {most:f} {unit}"] if most is not None else said)


def _told(value: Exact) -> str:
    return f"{as_decimal(Fraction(round(Fraction(value) * 1000), 1000)):f}"


def _clock_words(limits: Restrictions) -> str:
    clock = Restrictions(
        start_time=limits.start_time,
        end_time=limits.end_time,
        start_date=limits.start_date,
        end_date=limits.end_date,
        days=limits.days,
    )
    return condition_of(clock, "en")
