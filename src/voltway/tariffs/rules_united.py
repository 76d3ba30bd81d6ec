"""A session's periods as a CDR tells them: one for each stretch in which the same prices held.

The meter's own periods, some thousands of a long session, are cut where another price became
active and united where none did (OCPI 2.2.1 and 2.3.0, CDR object, ChargingPeriod: a period SHALL
begin whenever another price component becomes active). Nothing is lost that a partner needs to
arrive at the same cost.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from voltway.tariffs.exact import Exact, narrowed
from voltway.tariffs.model import ChargingPeriod, Dimension, Reservation, Tariff
from voltway.tariffs.rules_select import Stretch, active, stretches
from voltway.tariffs.rules_terms import Priced, terms_for

MICROSECOND = timedelta(microseconds=1)

#: Which element prices what: two stretches that have this in common are one period.
Prices = tuple[tuple[Dimension, int], ...]


def united(
    tariff: Tariff | None, periods: Sequence[ChargingPeriod], zone: ZoneInfo
) -> tuple[ChargingPeriod, ...]:
    """The periods of a session and of the reservation before it, as few as tell its cost."""
    ordered = sorted(periods, key=lambda period: (period.begins, period.ends))
    found: list[ChargingPeriod] = []
    for kind in (Reservation.EXPIRES, Reservation.RESERVATION, None):
        these = [period for period in ordered if period.reservation is kind]
        if tariff is None:
            found += _united((Stretch(period, 1, {}) for period in these), by_turns=False)
        else:
            terms = terms_for(tariff, kind)
            found += _united(stretches(terms, these, zone), by_turns=bool(terms.steps))
    return tuple(sorted(found, key=lambda period: period.begins))


# Note [An energy that passes a limit]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# Who reads a period spreads its energy evenly over it. Where a tariff asks how much was charged, a
# limit of energy would then be passed at another moment than it was, maybe on the other side of a
# turn of the clock at which nothing else changed: the reader would arrive at another cost. So there
# a period also ends wherever a restriction turns, though the prices stay the same.
def _united(cut: Iterable[Stretch], *, by_turns: bool) -> Iterator[ChargingPeriod]:
    last: ChargingPeriod | None = None
    before: tuple[Prices, bool, object] | None = None
    for piece, prices, stretch in _pieces(cut):
        # Between two turns all that may apply is one and the same mapping.
        alike = (prices, bool(piece.parking_s), id(stretch.prices) if by_turns else None)
        if last is not None and alike == before:
            last = _together(last, piece)
            continue
        if last is not None:
            yield last
        last, before = piece, alike
    if last is not None:
        yield last


def _pieces(cut: Iterable[Stretch]) -> Iterator[tuple[ChargingPeriod, Prices, Stretch]]:
    """Each stretch as a period of its own, the prices that it is charged at, and itself."""
    of: ChargingPeriod | None = None
    done: Exact = 0
    for stretch in cut:
        if stretch.period is not of:
            of, done = stretch.period, 0
        begins = _at(of, done)
        done += stretch.share
        share = stretch.share
        yield (
            replace(
                of,
                begins=begins,
                ends=of.ends if done == 1 else _at(of, done),
                energy_wh=narrowed(of.energy_wh * share),
                charging_s=narrowed(of.charging_s * share),
                parking_s=narrowed(of.parking_s * share),
                reserved_s=narrowed(of.reserved_s * share),
            ),
            _prices(stretch.prices, of),
            stretch,
        )


def _at(period: ChargingPeriod, share: Exact) -> datetime:
    lasted_us = (period.ends - period.begins) // MICROSECOND
    return period.begins + int(Fraction(share) * lasted_us) * MICROSECOND


def _prices(prices: Mapping[Dimension, Sequence[Priced]], period: ChargingPeriod) -> Prices:
    chosen = ((dimension, active(each, period)) for dimension, each in prices.items())
    return tuple(sorted((dimension, one.place) for dimension, one in chosen if one is not None))


def _together(one: ChargingPeriod, other: ChargingPeriod) -> ChargingPeriod:
    return replace(
        one,
        ends=other.ends,
        energy_wh=one.energy_wh + other.energy_wh,
        charging_s=one.charging_s + other.charging_s,
        parking_s=one.parking_s + other.parking_s,
        reserved_s=one.reserved_s + other.reserved_s,
        min_power_kw=_extreme(min, one.min_power_kw, other.min_power_kw),
        max_power_kw=_extreme(max, one.max_power_kw, other.max_power_kw),
        min_current_a=_extreme(min, one.min_current_a, other.min_current_a),
        max_current_a=_extreme(max, one.max_current_a, other.max_current_a),
    )


def _extreme(
    which: Callable[[Sequence[Exact]], Exact], one: Exact | None, other: Exact | None
) -> Exact | None:
    known = [each for each in (one, other) if each is not None]
    return which(known) if known else None
