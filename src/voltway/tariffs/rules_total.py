"""From what was used to what is owed: prices times volumes, tax, and the limits on the sum."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from math import gcd
from typing import NamedTuple

from voltway.kernel.money import Currency
from voltway.tariffs.exact import Exact, Quotient, amount, as_decimal, divided, exact, ratio
from voltway.tariffs.model import (
    Bound,
    Cost,
    CostLine,
    Dimension,
    LimitLine,
    PriceComponent,
    PriceLimit,
    Reservation,
    Tariff,
    TaxIncluded,
    TaxLine,
)
from voltway.tariffs.rules_tax import factor
from voltway.tariffs.rules_terms import Priced
from voltway.tariffs.rules_unit import UnitPrice
from voltway.tariffs.rules_words import why_limit, why_line


class Share(NamedTuple):
    """What one price was used for, and what of it is billed; in Wh, seconds or times."""

    dimension: Dimension
    reservation: Reservation | None
    priced: Priced
    unit: UnitPrice
    used: Exact
    billed: Exact


class _Sum(NamedTuple):
    """An exact amount before and after tax."""

    before: Exact
    after: Exact


class _Both(NamedTuple):
    """The same as two numerators over one denominator, which nobody has brought to its lowest
    terms: that takes longer than all else, and only limits and several rates need it.
    """

    before: int
    after: int
    over: int

    @property
    def tax(self) -> int:
        return self.after - self.before

    def exactly(self) -> _Sum:
        return _Sum(ratio(self.before, self.over), ratio(self.after, self.over))


def total(tariff: Tariff, shares: Sequence[Share], *, charged: bool) -> Cost:
    """The cost of these shares. The least price is owed by those who charged, not for a
    reservation alone: that has no session to be priced.
    """
    parts = [_part(share) for share in shares]
    bounded, limits = _bounded(tariff, _together(parts), charged=charged)
    before, after, over = bounded
    currency, before_taxes = tariff.currency, divided(before, over)
    return Cost(
        currency=currency,
        before_taxes=before_taxes,
        after_taxes=divided(after, over),
        payable=amount(Quotient(after, over), currency),
        lines=tuple(
            [_line(currency, share, part) for share, part in zip(shares, parts, strict=True)]
        ),
        limits=limits,
        taxes=_taxes(tariff, shares, parts, bounded, before_taxes),
    )


def _part(share: Share) -> _Both:
    net, gross, over = share.unit.net, share.unit.gross, share.unit.over
    numerator, denominator = share.billed.as_integer_ratio()
    return _Both(numerator * net, numerator * gross, denominator * over)


def _together(parts: Iterable[_Both]) -> _Both:
    before, after, over = 0, 0, 1
    for part in parts:
        if part.over == over:
            before += part.before
            after += part.after
        else:
            shared = gcd(over, part.over)
            mine, theirs = part.over // shared, over // shared
            before = before * mine + part.before * theirs
            after = after * mine + part.after * theirs
            over *= mine
    return _Both(before, after, over)


def _line(currency: Currency, share: Share, part: _Both) -> CostLine:
    dimension, reservation, priced, unit, used, billed = share
    before, after, over = part
    component, idle = priced.component, priced.idle
    return CostLine(
        dimension=dimension,
        element=priced.place,
        reservation=reservation,
        used=used,
        billed=billed,
        price=component.price,
        vat=unit.rate,
        before_taxes=divided(before, over),
        tax=divided(after - before, over),
        after_taxes=divided(after, over),
        why=why_line(unit.said, component, currency, used, billed, idle),
        idle=idle,
    )


def _rate(tariff: Tariff, component: PriceComponent) -> Decimal | None:
    return None if tariff.tax_included is TaxIncluded.NOT_APPLICABLE else component.vat


def _bounded(tariff: Tariff, plain: _Both, *, charged: bool) -> tuple[_Both, tuple[LimitLine, ...]]:
    """The sum within the tariff's limits. Before and after tax are bound each by itself."""
    if tariff.min_price is None and tariff.max_price is None:
        return plain, ()
    limits: list[LimitLine] = []
    whole = bounded = plain.exactly()
    if tariff.min_price is not None and charged:
        least = _limit(tariff, tariff.min_price, whole)
        moved = _Sum(max(bounded.before, least.before), max(bounded.after, least.after))
        limits += _moved(tariff, Bound.MIN_PRICE, bounded, moved)
        bounded = moved
    if tariff.max_price is not None:
        most = _limit(tariff, tariff.max_price, whole)
        moved = _Sum(min(bounded.before, most.before), min(bounded.after, most.after))
        limits += _moved(tariff, Bound.MAX_PRICE, bounded, moved)
        bounded = moved
    (before, of_before), (after, of_after) = (each.as_integer_ratio() for each in bounded)
    return _Both(before * of_after, after * of_before, of_before * of_after), tuple(limits)


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
    vat = tariff.elements[0].price_components[0].vat
    return _Sum(before, before * factor(vat, tariff.tax_included))


def _moved(tariff: Tariff, bound: Bound, plain: _Sum, bounded: _Sum) -> list[LimitLine]:
    if bounded == plain:
        return []
    before = as_decimal(bounded.before - plain.before)
    after = as_decimal(bounded.after - plain.after)
    why = why_limit(bound, as_decimal(bounded.after), tariff.currency)
    return [LimitLine(bound, before, after, why)]


def _taxes(
    tariff: Tariff,
    shares: Sequence[Share],
    parts: Sequence[_Both],
    bounded: _Both,
    before_taxes: Decimal,
) -> tuple[TaxLine, ...]:
    """What is taxed at each rate, highest first. A limit is shared out as the lines were."""
    if not shares and not bounded.before and not bounded.after:
        return ()
    rates = {share.unit.rate for share in shares}
    rates = rates or {_rate(tariff, tariff.elements[0].price_components[0])}
    if len(rates) == 1:
        return (TaxLine(rates.pop(), before_taxes, divided(bounded.tax, bounded.over)),)
    ordered = sorted(rates, key=lambda rate: Decimal(-1) if rate is None else rate, reverse=True)
    both = list(zip(shares, parts, strict=True))
    sums = [_together(part for share, part in both if share.unit.rate == rate) for rate in ordered]
    bases = _shared([each.exactly().before for each in sums], bounded.exactly().before)
    taxes = _shared([ratio(each.tax, each.over) for each in sums], ratio(bounded.tax, bounded.over))
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
