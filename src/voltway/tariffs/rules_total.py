"""From what was used to what is owed: prices times volumes, tax, and the limits on the sum."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from voltway.tariffs.exact import Exact, amount, as_decimal, exact
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
from voltway.tariffs.rules_tax import factor
from voltway.tariffs.rules_words import why_limit, why_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
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

    def __add__(self, other: "_Sum") -> "_Sum":
        return _Sum(self.before + other.before, self.after + other.after)

    def __sub__(self, other: "_Sum") -> "_Sum":
        return _Sum(self.before - other.before, self.after - other.after)


NOTHING = _Sum(0, 0)


def total(tariff: Tariff, shares: Sequence[Share], *, charged: bool) -> Cost:
    """The cost of these shares. The least price is owed by those who charged, not for a
    reservation alone: that has no session to be priced.
    """
    sums = [_cost(tariff, share) for share in shares]
    plain = sum(sums, NOTHING)
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


def _cost(tariff: Tariff, share: Share) -> _Sum:
    units = Fraction(share.billed) / BASE_UNITS[share.dimension]
    cost = units * Fraction(share.component.price)
    factor = _factor(tariff, share.component)
    if tariff.tax_included is TaxIncluded.YES:
        return _Sum(cost / factor, cost)
    return _Sum(cost, cost * factor)


def _factor(tariff: Tariff, component: PriceComponent) -> Fraction:
    return factor(component.vat, tariff.tax_included)


def _line(tariff: Tariff, share: Share, cost: _Sum) -> CostLine:
    return CostLine(
        dimension=share.dimension,
        element=share.element,
        reservation=share.reservation,
        used=share.used,
        billed=share.billed,
        price=share.component.price,
        vat=_rate(tariff, share.component),
        before_taxes=as_decimal(cost.before),
        tax=as_decimal(cost.after - cost.before),
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
    tariff: Tariff, shares: Sequence[Share], sums: Sequence[_Sum], bounded: _Sum
) -> tuple[TaxLine, ...]:
    """What is taxed at each rate, highest first. A limit is shared out as the lines were."""
    rates: dict[Decimal | None, _Sum] = {}
    for share, cost in zip(shares, sums, strict=True):
        rate = _rate(tariff, share.component)
        rates[rate] = rates.get(rate, NOTHING) + cost
    if not rates:
        if bounded == NOTHING:
            return ()
        rates[_rate(tariff, tariff.elements[0].price_components[0])] = NOTHING
    ordered = sorted(rates, key=lambda rate: Decimal(-1) if rate is None else rate, reverse=True)
    bases = _shared([rates[rate].before for rate in ordered], bounded.before)
    taxes = _shared(
        [rates[rate].after - rates[rate].before for rate in ordered],
        bounded.after - bounded.before,
    )
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
