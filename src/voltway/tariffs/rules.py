"""What charging costs.

A running session's estimate, the amount we capture, the invoice and the roaming partner's CDR
all come from ``price``. There is no second way to arrive at an amount. What else may be asked of
a tariff is found here too: the periods of a session, the prices a driver reads, what AFIR forbids.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import groupby
from operator import attrgetter
from typing import TypeAlias
from zoneinfo import ZoneInfo

from voltway.tariffs.exact import Exact, added, narrowed
from voltway.tariffs.model import (
    ChargingPeriod,
    Cost,
    Dimension,
    Reservation,
    Tariff,
)
from voltway.tariffs.model_promotions import Grant
from voltway.tariffs.rules_afir import lint_afir
from voltway.tariffs.rules_deductions import deducted
from voltway.tariffs.rules_display import PriceLine, describe
from voltway.tariffs.rules_periods import periods_of
from voltway.tariffs.rules_select import Stretch, active, stretches
from voltway.tariffs.rules_spot import NoMarketPrice
from voltway.tariffs.rules_taxes import TaxesOpen
from voltway.tariffs.rules_terms import Priced, Terms, terms_for, unit_for
from voltway.tariffs.rules_total import Share, total

__all__ = [
    "NoMarketPrice",
    "PriceLine",
    "TaxesOpen",
    "describe",
    "lint_afir",
    "periods_of",
    "price",
]

#: Is told of each stretch: how much of which dimension it used, and the price that was taken.
Witness: TypeAlias = Callable[[Stretch, Dimension, Exact, Priced | None], None]

#: The order in which a bill lists its lines: as AFIR art. 5 orders the prices.
LISTED = (Dimension.ENERGY, Dimension.TIME, Dimension.PARKING_TIME, Dimension.FLAT)
#: See Note [Members under names of their own].
ENERGY, TIME, PARKING_TIME, FLAT = LISTED

#: What is priced by itself, in this order.
PRICED = (Reservation.EXPIRES, Reservation.RESERVATION, None)
BY_TIME = attrgetter("begins", "ends")
BY_PRICES = attrgetter("prices")


def price(
    tariff: Tariff,
    periods: Sequence[ChargingPeriod],
    zone: ZoneInfo,
    *,
    witness: Witness | None = None,
    grants: Sequence[Grant] = (),
) -> Cost:
    """What these periods of one session cost under this tariff, at a place in this zone.

    The periods may come in any order. A reservation before the session is priced by itself: it
    has its own flat fee, its own time and its own step. A witness is told of each stretch which
    price was taken for it. What is granted is taken off the whole, under its name. Raises
    ``NoMarketPrice`` where a price follows a market that is silent.
    """
    if tariff.taxes_by_place:
        raise TaxesOpen(tariff.id)
    ordered = sorted(periods, key=BY_TIME)
    kinds = {period.reservation for period in ordered}
    shares: list[Share] = []
    for kind in PRICED:
        if kind in kinds:
            these = [period for period in ordered if period.reservation is kind]
            shares += _shares(tariff, these, zone, kind, witness)
    cost = total(tariff, shares, charged=None in kinds)
    if not grants:
        return cost
    return deducted(cost, ordered, grants, lambda some: price(tariff, some, zone))


def _shares(
    tariff: Tariff,
    periods: Sequence[ChargingPeriod],
    zone: ZoneInfo,
    kind: Reservation | None,
    witness: Witness | None,
) -> list[Share]:
    terms = terms_for(tariff, kind)
    tally = _Tally(kind, witness)
    if witness is not None or kind is not None or terms.asks_the_power:
        for stretch in stretches(terms, periods, zone):
            tally.add(stretch)
    else:
        tally.add_all(stretches(terms, periods, zone))
    return list(tally.stepped(tariff, terms))


@dataclass(slots=True)
class _Used:
    """A price that was taken, and what it was taken for."""

    priced: Priced
    volume: Exact = 0


@dataclass(slots=True)
class _Tally:
    """What was used of each price, in the order of its first use."""

    kind: Reservation | None
    witness: Witness | None
    used: dict[Dimension, dict[Hashable, _Used]] = field(default_factory=dict)
    last: dict[Dimension, _Used] = field(default_factory=dict)

    def add(self, stretch: Stretch) -> None:
        period, share = stretch.period, stretch.share
        if self.kind is None:
            self._use_all(
                stretch,
                period.energy_wh * share,
                period.charging_s * share,
                period.parking_s * share,
            )
        else:
            self._use(stretch, TIME, period.reserved_s * share)
            self._use_once(stretch)

    def add_all(self, some: Iterable[Stretch]) -> None:
        """The same of the stretches of a session, those of the same prices together. Nobody may
        watch, and no price may ask for the power, which is another in each stretch.
        """
        for _, alike in groupby(some, key=BY_PRICES):
            energy_wh: Exact = 0
            charging_s: Exact = 0
            parking_s: Exact = 0
            for stretch in alike:
                period, share = stretch.period, stretch.share
                if share == 1:
                    energy_wh += period.energy_wh
                    charging_s += period.charging_s
                    parking_s += period.parking_s
                else:
                    energy_wh += period.energy_wh * share
                    charging_s += period.charging_s * share
                    parking_s += period.parking_s * share
            self._use_all(stretch, energy_wh, charging_s, parking_s)

    def _use_all(
        self, stretch: Stretch, energy_wh: Exact, charging_s: Exact, parking_s: Exact
    ) -> None:
        self._use(stretch, ENERGY, energy_wh)
        self._use(stretch, TIME, charging_s)
        self._use(stretch, PARKING_TIME, parking_s)
        self._use_once(stretch)

    def _use_once(self, stretch: Stretch) -> None:
        """A flat fee is paid once, when it is first active."""
        if FLAT in stretch.prices and FLAT not in self.used:
            self._use(stretch, FLAT, 1)

    def _use(self, stretch: Stretch, dimension: Dimension, volume: Exact) -> None:
        if not volume:
            return
        priced = active(stretch.prices.get(dimension, ()), stretch.period)
        if self.witness is not None:
            self.witness(stretch, dimension, volume, priced)
        if priced is None:
            return
        if priced.untold is not None:
            assert priced.component.spot is not None, "only a market's price can be unknown"
            raise NoMarketPrice(priced.component.spot.series, priced.untold)
        of_dimension = self.used.setdefault(dimension, {})
        used = of_dimension.get(priced.key)
        if used is None:
            used = of_dimension[priced.key] = _Used(priced)
        used.volume += volume
        self.last[dimension] = used

    def stepped(self, tariff: Tariff, terms: Terms) -> Iterator[Share]:
        """The shares, with what the last step of each kind adds to its last price.

        See Note [Steps round up the session].
        """
        time = PARKING_TIME if PARKING_TIME in self.used else TIME
        for dimension in LISTED:
            if dimension not in self.used:
                continue
            together = self.used[dimension].values()
            last = self.last[dimension] if dimension is ENERGY or dimension is time else None
            for each in together:
                volume = narrowed(each.volume)
                billed = volume
                if each is last:
                    used = volume if len(together) == 1 else added(one.volume for one in together)
                    billed = _rounded_up(each.priced.component.step_size, volume, used)
                unit = unit_for(terms, each.priced, tariff, self.kind)
                billed = _capped(each.priced, billed)
                yield Share(dimension, self.kind, each.priced, unit, volume, billed)


# Note [Steps round up the session]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# OCPI 2.2.1, CDR object, "step_size": it rounds up what the whole session used, not each period:
# once for energy, and once for charging and parking time together. The step is that of the last
# price that was used, and what it adds is billed at that price. If parking was billed, only the
# parking time is rounded up: the charging time before it was followed by another time.


def _rounded_up(step: int, last: Exact, used: Exact) -> Exact:
    """What of the last price is billed, where the session used so much of its kind."""
    if not step:
        return last
    whole = -(-used.numerator // (used.denominator * step)) * step
    return last if whole == used else added((last, whole, -used))


def _capped(priced: Priced, billed: Exact) -> Exact:
    """An idle fee costs a session no more than its cap: what is beyond it is not billed."""
    idle, price = priced.idle, priced.component.price
    if idle is None or idle.cap is None or not price:
        return billed
    most_s = Fraction(idle.cap) / Fraction(price) * 3600
    return narrowed(min(billed, most_s))
