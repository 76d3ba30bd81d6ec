"""From what was used to what is owed: prices times volumes, tax, and the limits on the sum."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from voltway.tariffs.exact import Exact, Quotient, added, amount, as_decimal, exact
from voltway.tariffs.model import (
    BASE_UNITS,
    Bound,
    Cost,
    CostLine,
    Dimension,
    IdleTerms,
    LimitLine,
    PriceComponent,
    PriceLimit,
    Reservation,
    Tariff,
    TaxIncluded,
    TaxLine,
)
from voltway.tariffs.rules_tax import factor, net_and_gross
from voltway.tariffs.rules_words import why_limit, why_line


class Share(NamedTuple):
    """What one price was used for, and what of it is billed; in Wh, seconds or times."""

    dimension: Dimension
    element: int
    reservation: Reservation | None
    component: PriceComponent
    used: Exact
    billed: Exact
    idle: IdleTerms | None = None


@dataclass(frozen=True, slots=True)
class _Sum:
    """An exact amount before and after tax."""

    before: Exact
    after: Exact

    @property
    def tax(self) -> Exact:
        return added((self.after, -self.before))

    def __sub__(self, other: "_Sum") -> "_Sum":
        return _Sum(self.before - other.before, self.after - other.after)


NOTHING = _Sum(0, 0)


class _Part(NamedTuple):
    """The same of one line."""

    before: Quotient
    after: Quotient

    @property
    def tax(self) -> Quotient:
        (net, of_net), (gross, of_gross) = self
        return Quotient(gross * of_net - net * of_gross, of_net * of_gross)


def total(tariff: Tariff, shares: Sequence[Share], *, charged: bool) -> Cost:
    """The cost of these shares. The least price is owed by those who charged, not for a
    reservation alone: that has no session to be priced.
    """
    sums = [_cost(tariff, share) for share in shares]
    plain = _together(sums)
    bounded, limits = _bounded(tariff, plain, charged=charged)
    return Cost(
        currency=tariff.currency,
        before_taxes=as_decimal(bounded.before),
        after_taxes=as_decimal(bounded.after),
        payable=amount(bounded.after, tariff.currency),
        lines=tuple(_line(tariff, share, each) for share, each in zip(shares, sums, strict=True)),
        limits=limits,
        taxes=_taxes(tariff, shares, sums, bounded),
    )


def _cost(tariff: Tariff, share: Share) -> _Part:
    component, base = share.component, BASE_UNITS[share.dimension]
    net, gross = net_and_gross(component.price, component.vat, tariff.tax_included)
    before = _times(share.billed, net, base)
    return _Part(before, before if net is gross else _times(share.billed, gross, base))


def _times(volume: Exact, price: Fraction, base: int) -> Quotient:
    return Quotient(
        volume.numerator * price.numerator, volume.denominator * price.denominator * base
    )


def _together(sums: Sequence[_Part]) -> _Sum:
    return _Sum(added(each.before for each in sums), added(each.after for each in sums))


def _factor(tariff: Tariff, component: PriceComponent) -> Fraction:
    return factor(component.vat, tariff.tax_included)


def _line(tariff: Tariff, share: Share, cost: _Part) -> CostLine:
    return CostLine(
        dimension=share.dimension,
        element=share.element,
        reservation=share.reservation,
        used=share.used,
        billed=share.billed,
        price=share.component.price,
        vat=_rate(tariff, share.component),
        before_taxes=as_decimal(cost.before),
        tax=as_decimal(cost.tax),
        after_taxes=as_decimal(cost.after),
        why=why_line(
            share.dimension,
            share.component,
            tariff.currency,
            reservation=share.reservation,
            used=share.used,
            billed=share.billed,
            idle=share.idle,
        ),
        idle=share.idle,
    )


def _rate(tariff: Tariff, component: PriceComponent) -> Decimal | None:
    return None if tariff.tax_included is TaxIncluded.NOT_APPLICABLE else component.vat


def _bounded(tariff: Tariff, plain: _Sum, *, charged: bool) -> tuple[_Sum, tuple[LimitLine, ...]]:
    """The sum within the tariff's limits. Before and after tax are bound each by itself."""
    limits = []
    bounded = plain
    if tariff.min_price is not None and charged:
        least = _limit(tariff, tariff.min_price, plain)
        moved = _Sum(max(bounded.before, least.before), max(bounded.after, least.after))
        limits += _moved(tariff, Bound.MIN_PRICE, bounded, moved)
        bounded = moved
    if tariff.max_price is not None:
        most = _limit(tariff, tariff.max_price, plain)
        moved = _Sum(min(bounded.before, most.before), min(bounded.after, most.after))
        limits += _moved(tariff, Bound.MAX_PRICE, bounded, moved)
        bounded = moved
    return bounded, tuple(limits)


def _limit(tariff: Tariff, limit: PriceLimit, plain: _Sum) -> _Sum:
    """A limit before and after tax. One that is only given before tax is taxed as the session
    is, or as the tariff's first price if nothing was used.
    """
    before = exact(limit.before_taxes)
    if tariff.tax_included is TaxIncluded.NOT_APPLICABLE:
        return _Sum(before, before)
    if limit.after_taxes is not None:
        return _Sum(before, exact(limit.after_taxes))
    if plain.before:
        return _Sum(before, before * Fraction(plain.after) / plain.before)
    return _Sum(before, before * _factor(tariff, tariff.elements[0].price_components[0]))


def _moved(tariff: Tariff, bound: Bound, plain: _Sum, bounded: _Sum) -> list[LimitLine]:
    moved = bounded - plain
    if moved == NOTHING:
        return []
    before, after = as_decimal(moved.before), as_decimal(moved.after)
    why = why_limit(bound, as_decimal(bounded.after), tariff.currency)
    return [LimitLine(bound, before, after, why)]


def _taxes(
    tariff: Tariff, shares: Sequence[Share], sums: Sequence[_Part], bounded: _Sum
) -> tuple[TaxLine, ...]:
    """What is taxed at each rate, highest first. A limit is shared out as the lines were."""
    at_rate: dict[Decimal | None, list[_Part]] = {}
    for share, cost in zip(shares, sums, strict=True):
        at_rate.setdefault(_rate(tariff, share.component), []).append(cost)
    if not at_rate:
        if bounded == NOTHING:
            return ()
        at_rate[_rate(tariff, tariff.elements[0].price_components[0])] = []
    if len(at_rate) == 1:
        [rate] = at_rate
        return (TaxLine(rate, as_decimal(bounded.before), as_decimal(bounded.tax)),)
    ordered = sorted(at_rate, key=lambda rate: Decimal(-1) if rate is None else rate, reverse=True)
    rates = {rate: _together(costs) for rate, costs in at_rate.items()}
    bases = _shared([rates[rate].before for rate in ordered], bounded.before)
    taxes = _shared([rates[rate].tax for rate in ordered], bounded.tax)
    return tuple(
        TaxLine(rate, as_decimal(base), as_decimal(tax))
        for rate, base, tax in zip(ordered, bases, taxes, strict=True)
    )


def _shared(parts: Sequence[Exact], whole: Exact) -> Sequence[Exact]:
    """The whole in the proportion of the parts; all to the first where there are none."""
    together = sum(parts)
    if together == whole:
        return parts
    if not together:
        return [whole, *([0] * (len(parts) - 1))]
    return [part * Fraction(whole) / together for part in parts]
