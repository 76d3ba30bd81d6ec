"""Which price applies: the first element, in the tariff's order, that has it and may be used.

Each dimension is looked up by itself (OCPI 2.2.1, Tariff object), so that prices of several
elements can be active together. A dimension that no element prices is free.
"""

from bisect import bisect_right
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from msgspec import Struct

from voltway.tariffs.exact import Exact, less
from voltway.tariffs.model import ChargingPeriod, Dimension
from voltway.tariffs.rules_clock import Local, clock_turns, holds_by_clock, local_at
from voltway.tariffs.rules_spot import price_at
from voltway.tariffs.rules_terms import Choice, PowerLimits, Priced, Terms

#: So many answers are remembered of one tariff: of each quarter of a day, and more.
CHOSEN_MAX = 256


class Stretch(Struct, frozen=True, gc=False):
    """A part of a period in which no restriction turns."""

    period: ChargingPeriod
    share: Exact  # of the period
    prices: Mapping[Dimension, Sequence[Priced]]
    into: Exact = 0  # at which fraction of the period it begins


def active(prices: Sequence[Priced], period: ChargingPeriod) -> Priced | None:
    """The price that applies at the power and current of this period."""
    for priced in prices:
        if priced.power is None or _holds_by_power(priced.power, period):
            return priced
    return None


def _holds_by_power(limits: PowerLimits, period: ChargingPeriod) -> bool:
    """What is not known holds no restriction."""
    if limits.least_kw is not None or limits.most_kw is not None:
        low, high = _power(period)
        if not _within(limits.least_kw, limits.most_kw, low, high):
            return False
        if limits.least_a is None and limits.most_a is None:
            return True
    return _within(limits.least_a, limits.most_a, period.min_current_a, period.max_current_a)


def _within(least: Exact | None, most: Exact | None, low: Exact | None, high: Exact | None) -> bool:
    low, high = (high if low is None else low), (low if high is None else high)
    if least is not None and (low is None or less(low, least)):
        return False
    return most is None or (high is not None and less(high, most))


def _power(period: ChargingPeriod) -> tuple[Exact | None, Exact | None]:
    """The power of a period; where none was told, what its energy and time say on average."""
    if period.min_power_kw is not None or period.max_power_kw is not None:
        return period.min_power_kw, period.max_power_kw
    lasted = period.ends - period.begins
    if not lasted:
        return None, None
    hours = Fraction(lasted // timedelta(microseconds=1), 3_600_000_000)
    average = Fraction(period.energy_wh) / 1000 / hours
    return average, average


def stretches(terms: Terms, periods: Sequence[ChargingPeriod], zone: ZoneInfo) -> Iterator[Stretch]:
    """The periods, in order, cut wherever a clock, a duration or an energy restriction turns, or
    where the grace time of an idle fee ends.
    """
    if not periods:
        return
    timeline = _timeline(terms, periods, zone)
    turns, steps, waits = timeline.turns, terms.steps, terms.waits
    if not turns and not steps and not waits:
        prices = timeline.prices(0, 0, 0)
        for period in periods:
            yield Stretch(period, 1, prices)
        return
    used: Exact = 0
    idle: Exact = 0
    for period in periods:
        if waits and not period.parking_s and period.begins < period.ends:
            idle = 0  # see Note [Each stop has its grace]
        when = bisect_right(turns, period.begins)
        step = bisect_right(steps, used)
        wait = bisect_right(waits, idle)
        after = used + period.energy_wh
        late = when < len(turns) and turns[when] < period.ends
        much = step < len(steps) and steps[step] < after
        long = wait < len(waits) and waits[wait] < idle + period.parking_s
        if not late and not much and not long:
            yield Stretch(period, 1, timeline.prices(when, step, wait))
        else:
            yield from _cut(timeline, period, used, idle)
        used = after
        idle += period.parking_s


# Note [Each stop has its grace]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# OCPI counts durations from the beginning of a session, so it cannot say "from twenty minutes
# after charging ended". Ours is a restriction of its own: how long the vehicle has been connected
# without asking for power since it last did. When it asks again, the next stop has its grace anew.
# So a fee that is owed stays owed as the session goes on, and splitting a period changes nothing.


def _cut(
    timeline: "_Timeline", period: ChargingPeriod, used: Exact, idle: Exact
) -> Iterator[Stretch]:
    """What is used is spread evenly over a period, so each turn lies at a fraction of it."""
    lasted = (period.ends - period.begins) // timedelta(microseconds=1)
    turned = [
        Fraction((turn - period.begins) // timedelta(microseconds=1), lasted)
        for turn in timeline.turns
        if period.begins < turn < period.ends
    ]
    stepped = _fractions(timeline.terms.steps, used, period.energy_wh)
    waited = _fractions(timeline.terms.waits, idle, period.parking_s)
    cuts = {*turned, *stepped, *waited}  # fractions of the period
    when = bisect_right(timeline.turns, period.begins)
    reached = bisect_right(timeline.terms.steps, used)
    passed = bisect_right(timeline.terms.waits, idle)
    begins: Exact = 0
    for ends in (*sorted(cuts), Fraction(1)):
        prices = timeline.prices(
            when + bisect_right(turned, begins),
            reached + bisect_right(stepped, begins),
            passed + bisect_right(waited, begins),
        )
        yield Stretch(period, ends - begins, prices, begins)
        begins = ends


def _fractions(limits: Sequence[Exact], before: Exact, grows: Exact) -> list[Fraction]:
    """At which fractions of a period what grows evenly passes these limits."""
    return [Fraction(limit - before) / grows for limit in limits if before < limit < before + grows]


@dataclass(slots=True)
class _Timeline:
    """The moments and energies at which restrictions turn, and the prices between them."""

    terms: Terms
    zone: ZoneInfo
    begins: datetime
    turns: list[datetime]
    known: dict[tuple[int, int, int], Mapping[Dimension, Sequence[Priced]]]

    def prices(self, when: int, step: int, wait: int) -> Mapping[Dimension, Sequence[Priced]]:
        """What may apply after so many turns, so many steps and so many grace times."""
        found = self.known.get((when, step, wait))
        if found is None:
            found = self.known[when, step, wait] = self._found(when, step, wait)
        return found

    def _found(self, when: int, step: int, wait: int) -> Mapping[Dimension, Sequence[Priced]]:
        """The same, remembered by where the clock stands among all that the tariff asks of it."""
        terms = self.terms
        at = self.turns[when - 1] if when else self.begins
        used = terms.steps[step - 1] if step else 0
        idle = terms.waits[wait - 1] if wait else 0
        if terms.chosen is None:
            return self._chosen(at, used, idle)
        lasts = bisect_right(terms.durations, at - self.begins)
        key: Hashable = (lasts, step, wait)
        if terms.times:
            local = at.astimezone(self.zone)
            day = local.date() if terms.asks_the_date else local.weekday()
            key = (day, bisect_right(terms.times, local.time()), key)
        found = terms.chosen.get(key)
        if found is None:
            if len(terms.chosen) >= CHOSEN_MAX:
                terms.chosen.clear()
            found = terms.chosen[key] = self._chosen(at, used, idle)
        return found

    def _chosen(
        self, at: datetime, used: Exact, idle: Exact
    ) -> Mapping[Dimension, Sequence[Priced]]:
        """Per dimension, the elements up to the first that power and current cannot exclude."""
        local = local_at(at, self.zone)
        lasted_s = (at - self.begins).total_seconds()
        chosen: dict[Dimension, list[Priced]] = {}
        settled: set[Dimension] = set()
        for choice in self.terms.choices:
            if settled and settled.issuperset(choice.prices):
                continue
            if idle < choice.grace_s or not _holds(choice, local, lasted_s, used):
                continue
            for dimension, priced in choice.prices.items():
                if dimension not in settled:
                    if priced.component.spot is not None:
                        priced = _at_market(priced, at)
                    chosen.setdefault(dimension, []).append(priced)
                    if priced.power is None:
                        settled.add(dimension)
        return chosen


def _holds(choice: Choice, local: Local, lasted_s: float, used: Exact) -> bool:
    """Everything but power and current. Whole seconds of a float are exact."""
    limits = choice.restrictions
    if not holds_by_clock(limits, local):
        return False
    if limits.min_duration_s is not None and lasted_s < limits.min_duration_s:
        return False
    if limits.max_duration_s is not None and lasted_s >= limits.max_duration_s:
        return False
    if choice.least_wh is not None and used < choice.least_wh:
        return False
    return choice.most_wh is None or used < choice.most_wh


def _timeline(terms: Terms, periods: Sequence[ChargingPeriod], zone: ZoneInfo) -> _Timeline:
    begins = periods[0].begins
    ends = max([period.ends for period in periods])
    turns = clock_turns(terms.times, zone, begins, ends)
    if terms.durations or terms.markets:
        others = (*(begins + lasts for lasts in terms.durations), *terms.markets)
        turns = sorted({*turns, *(turn for turn in others if begins < turn < ends)})
    return _Timeline(terms, zone, begins, turns, {})


def _at_market(priced: Priced, at: datetime) -> Priced:
    """The price with what the market asks at this moment, as far as that is known."""
    price = price_at(priced.component, at)
    if price is None:
        return priced._replace(untold=at)
    component = replace(priced.component, price=price)
    return priced._replace(component=component, key=(priced.place, price))
