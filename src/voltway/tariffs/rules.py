"""What charging costs.

A running session's estimate, the amount we capture, the invoice and the roaming partner's CDR
all come from ``price``. There is no second way to arrive at an amount. What else may be asked of
a tariff is found here too: the periods of a session, the prices a driver reads, what AFIR forbids.
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
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
from voltway.tariffs.rules_select import Priced, Stretch, active, stretches, terms_for
from voltway.tariffs.rules_spot import NoMarketPrice
from voltway.tariffs.rules_taxes import TaxesOpen
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
    ordered = sorted(periods, key=lambda period: (period.begins, period.ends))
    shares: list[Share] = []
    for kind in (Reservation.EXPIRES, Reservation.RESERVATION, None):
        these = [period for period in ordered if period.reservation is kind]
        if these:
            shares += _shares(tariff, these, zone, kind, witness)
    charged = any(period.reservation is None for period in periods)
    cost = total(tariff, shares, charged=charged)
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
    tally = _Tally(kind, witness)
    for stretch in stretches(terms_for(tariff, kind), periods, zone):
        tally.add(stretch)
    return tally.stepped()


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
        period = stretch.period
        if self.kind is not None:
            self._use(stretch, Dimension.TIME, period.reserved_s)
        else:
            if period.energy_wh:
                self._use(stretch, Dimension.ENERGY, period.energy_wh)
            if period.charging_s:
                self._use(stretch, Dimension.TIME, period.charging_s)
            if period.parking_s:
                self._use(stretch, Dimension.PARKING_TIME, period.parking_s)
        # A flat fee is paid once, when it is first active.
        if Dimension.FLAT in stretch.prices and Dimension.FLAT not in self.used:
            self._use(stretch._replace(share=1), Dimension.FLAT, 1)

    def _use(self, stretch: Stretch, dimension: Dimension, volume: Exact) -> None:
        if stretch.share != 1:
            volume *= stretch.share
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

    def stepped(self) -> list[Share]:
        """The shares, with what the last step of each kind adds to its last price.

        See Note [Steps round up the session].
        """
        time = Dimension.PARKING_TIME if Dimension.PARKING_TIME in self.used else Dimension.TIME
        shares: list[Share] = []
        for dimension in LISTED:
            if dimension in self.used:
                shares += self._of(dimension, steps=dimension in (Dimension.ENERGY, time))
        return shares

    def _of(self, dimension: Dimension, *, steps: bool) -> Iterator[Share]:
        together = self.used[dimension].values()
        for each in together:
            share = self._share(dimension, each)
            if steps and each is self.last[dimension]:
                share = _rounded_up(share, added(used.volume for used in together))
            yield _capped(share)

    def _share(self, dimension: Dimension, used: _Used) -> Share:
        volume = narrowed(used.volume)
        return Share(
            dimension=dimension,
            element=used.priced.place,
            reservation=self.kind,
            component=used.priced.component,
            used=volume,
            billed=volume,
            idle=used.priced.idle,
        )


# Note [Steps round up the session]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# OCPI 2.2.1, CDR object, "step_size": it rounds up what the whole session used, not each period:
# once for energy, and once for charging and parking time together. The step is that of the last
# price that was used, and what it adds is billed at that price. If parking was billed, only the
# parking time is rounded up: the charging time before it was followed by another time.


def _rounded_up(last: Share, used: Exact) -> Share:
    step = last.component.step_size
    if not step:
        return last
    whole = -(-used.numerator // (used.denominator * step)) * step
    return last if whole == used else last._replace(billed=added((last.used, whole, -used)))


def _capped(share: Share) -> Share:
    """An idle fee costs a session no more than its cap: what is beyond it is not billed."""
    if share.idle is None or share.idle.cap is None or not share.component.price:
        return share
    most_s = Fraction(share.idle.cap) / Fraction(share.component.price) * 3600
    return share._replace(billed=narrowed(min(share.billed, most_s)))
