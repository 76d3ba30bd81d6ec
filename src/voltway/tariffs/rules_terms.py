"""What a tariff asks of a session: worked out once for each tariff, and remembered.

A tariff's elements are looked at for each stretch of each session that it prices. So their limits
are made exact numbers once, with the moments at which they may turn.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

from voltway.tariffs.exact import Exact, exact, narrowed
from voltway.tariffs.model import (
    Dimension,
    IdleTerms,
    PriceComponent,
    Reservation,
    Restrictions,
    Tariff,
    TariffElement,
)
from voltway.tariffs.rules_clock import named_times
from voltway.tariffs.rules_unit import UnitPrice, unit_price


class Placed(NamedTuple):
    """An element and its place in the tariff."""

    place: int
    element: TariffElement


class PowerLimits(NamedTuple):
    """The power and current at which a price applies; minimum inclusive, maximum exclusive."""

    least_kw: Exact | None
    most_kw: Exact | None
    least_a: Exact | None
    most_a: Exact | None


class Priced(NamedTuple):
    """A price that may apply, the element it stands in, and what power it asks for, if any.

    ``key`` tells the prices of a dimension apart: an element that follows a market has many.
    """

    place: int
    component: PriceComponent
    power: PowerLimits | None
    key: Hashable
    idle: IdleTerms | None = None
    untold: datetime | None = None  # from when on the market's price is not known


class Choice(NamedTuple):
    """An element as it is looked at again and again: its limits and its prices, made once."""

    restrictions: Restrictions
    least_wh: Exact | None
    most_wh: Exact | None
    grace_s: int
    prices: Mapping[Dimension, Priced]


class Terms(NamedTuple):
    """All that a tariff asks of a session, or of a reservation before it: made once for many.

    ``chosen`` and ``units`` are what has been found out about it so far.
    """

    choices: Sequence[Choice]
    times: tuple[time, ...]  # of the local clock at which something turns; none: no clock is asked
    durations: Sequence[timedelta]
    markets: Sequence[datetime]
    steps: Sequence[Exact]
    waits: Sequence[Exact]
    asks_the_power: bool
    asks_the_date: bool
    chosen: dict[Hashable, Mapping[Dimension, Sequence[Priced]]] | None  # none: it follows a market
    units: dict[tuple[Dimension, int], UnitPrice]


def elements_for(tariff: Tariff, reservation: Reservation | None) -> list[Placed]:
    """The elements that may price a session, a reservation, or a reservation that nobody used.

    When it expired, what is priced for that goes before what is priced for holding it.
    """
    placed = [Placed(place, element) for place, element in enumerate(tariff.elements)]

    def of(kind: Reservation | None) -> list[Placed]:
        return [each for each in placed if each.element.restrictions.reservation is kind]

    if reservation is Reservation.EXPIRES:
        return of(Reservation.EXPIRES) + of(Reservation.RESERVATION)
    return of(reservation)


#: The terms of the tariffs that were asked for last, by the very tariff: to tell two tariffs apart
#: by what is in them takes longer than to make their terms anew.
_known: dict[tuple[int, Reservation | None], tuple[Tariff, Terms]] = {}
KNOWN_MAX = 512


def terms_for(tariff: Tariff, reservation: Reservation | None) -> Terms:
    """What a tariff asks; the same tariff's are remembered."""
    key = (id(tariff), reservation)
    found = _known.get(key)
    if found is not None and found[0] is tariff:
        return found[1]
    made = terms_of(elements_for(tariff, reservation))
    if len(_known) >= KNOWN_MAX:
        _known.clear()
    _known[key] = (tariff, made)
    return made


def terms_of(elements: Sequence[Placed]) -> Terms:
    choices = [_choice(each) for each in elements]
    limits = [choice.restrictions for choice in choices]
    return Terms(
        choices=choices,
        times=named_times(limits),
        durations=sorted(set(_durations(limits))),
        markets=sorted(set(_markets(choices))),
        steps=sorted({step for each in choices for step in (each.least_wh, each.most_wh) if step}),
        waits=sorted({each.grace_s for each in choices if each.grace_s}),
        asks_the_power=any(limit.asks_the_power for limit in limits),
        asks_the_date=any(limit.start_date or limit.end_date for limit in limits),
        chosen=None if any(_follow_market(choices)) else {},
        units={},
    )


def unit_for(
    terms: Terms, priced: Priced, tariff: Tariff, reservation: Reservation | None
) -> UnitPrice:
    """This price of a tariff as its bills have it; what follows a market is made anew."""
    component = priced.component
    if component.spot is not None:
        return unit_price(tariff, component, reservation, priced.idle)
    key = (component.dimension, priced.place)
    found = terms.units.get(key)
    if found is None:
        found = terms.units[key] = unit_price(tariff, component, reservation, priced.idle)
    return found


def _choice(placed: Placed) -> Choice:
    limits = placed.element.restrictions
    power = None
    if limits.asks_the_power:
        power = PowerLimits(
            _exactly(limits.min_power_kw),
            _exactly(limits.max_power_kw),
            _exactly(limits.min_current_a),
            _exactly(limits.max_current_a),
        )
    prices: dict[Dimension, Priced] = {}
    for component in placed.element.price_components:
        priced = Priced(placed.place, component, power, placed.place, placed.element.idle)
        prices.setdefault(component.dimension, priced)
    least, most = _exactly(limits.min_kwh), _exactly(limits.max_kwh)
    return Choice(
        limits,
        None if least is None else narrowed(least * 1000),
        None if most is None else narrowed(most * 1000),
        placed.element.idle.grace_s if placed.element.idle else 0,
        prices,
    )


def _exactly(limit: Decimal | None) -> Exact | None:
    return None if limit is None else exact(limit)


def _durations(limits: Iterable[Restrictions]) -> Iterator[timedelta]:
    for each in limits:
        for lasts_s in (each.min_duration_s, each.max_duration_s):
            if lasts_s is not None:
                yield timedelta(seconds=lasts_s)


def _markets(choices: Iterable[Choice]) -> Iterator[datetime]:
    """Where the market's price changes, or is not known any more."""
    for choice in choices:
        for priced in choice.prices.values():
            for told in (priced.component.spot and priced.component.spot.curve) or ():
                yield told.begins
                yield told.ends


def _follow_market(choices: Iterable[Choice]) -> Iterator[bool]:
    for choice in choices:
        for priced in choice.prices.values():
            yield priced.component.spot is not None
