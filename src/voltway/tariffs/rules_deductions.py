"""What is taken off the cost of a session, each under its name, and never more than there is.

Deductions come after everything that the tariff says, its least and its most price too, in the
order in which they are given. What one takes off is taken of each tax rate in proportion; free
energy is taken off the rates at which that energy was priced.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

import msgspec

from voltway.kernel.money import Currency
from voltway.tariffs.exact import amount, as_decimal
from voltway.tariffs.model import (
    ChargingPeriod,
    Cost,
    CostLine,
    DeductionLine,
    Dimension,
    TaxLine,
)
from voltway.tariffs.model_promotions import Grant, GrantKind

MICRO = timedelta(microseconds=1)

Rate: TypeAlias = Decimal | None
#: Before tax, and the tax, of each rate.
ByRate: TypeAlias = dict[Rate, tuple[Fraction, Fraction]]


def deducted(
    cost: Cost,
    periods: Sequence[ChargingPeriod],
    grants: Sequence[Grant],
    price: Callable[[Sequence[ChargingPeriod]], Cost],
) -> Cost:
    """The cost with these taken off. ``price`` is the calculator, asked for the first kWh alone."""
    left: ByRate = {
        line.rate: (Fraction(line.before_taxes), Fraction(line.tax)) for line in cost.taxes
    }
    free_wh = 0
    lines = []
    for grant in grants:
        before = _sum(left)
        if grant.kind is GrantKind.ENERGY:
            until = free_wh + int(grant.value * 1000)
            worth = _less(
                _worth(cost, periods, until, price), _worth(cost, periods, free_wh, price)
            )
            free_wh = until
            left = _without(left, worth)
        elif grant.kind is GrantKind.PERCENT:
            left = _scaled(left, 1 - Fraction(grant.value) / 100)
        else:
            left = _down_by(left, Fraction(grant.value))
        after = _sum(left)
        if after != before:
            lines.append(_line(grant, before, after, cost.currency))
    if not lines:
        return cost
    net, gross = _sum(left)
    return replace(
        cost,
        before_taxes=as_decimal(net),
        after_taxes=as_decimal(gross),
        payable=amount(gross, cost.currency),
        deductions=tuple(lines),
        taxes=tuple(
            TaxLine(rate, as_decimal(base), as_decimal(tax)) for rate, (base, tax) in left.items()
        ),
    )


def first_wh(periods: Sequence[ChargingPeriod], wh: int) -> list[ChargingPeriod]:
    """The part of a session in which it used its first watt-hours; energy is spread evenly over a
    period, so a period is cut in proportion."""
    found: list[ChargingPeriod] = []
    left = Fraction(wh)
    for period in sorted(periods, key=lambda each: (each.begins, each.ends)):
        if left <= 0:
            break
        if period.reservation is not None:
            continue
        if period.energy_wh <= left:
            found.append(period)
            left -= Fraction(period.energy_wh)
            continue
        share = left / Fraction(period.energy_wh)
        micros = (period.ends - period.begins) // MICRO * share.numerator // share.denominator
        found.append(
            msgspec.structs.replace(
                period,
                ends=period.begins + MICRO * micros,
                energy_wh=left,
                charging_s=period.charging_s * share,
                parking_s=period.parking_s * share,
            )
        )
        break
    return found


def _worth(
    cost: Cost,
    periods: Sequence[ChargingPeriod],
    wh: int,
    price: Callable[[Sequence[ChargingPeriod]], Cost],
) -> ByRate:
    """What the first watt-hours cost. All of them cost what was billed, steps included."""
    if wh <= 0:
        return {}
    if wh >= sum(each.energy_wh for each in periods if each.reservation is None):
        return _energy(cost.lines, stepped=True)
    return _energy(price(first_wh(periods, wh)).lines, stepped=False)


def _energy(lines: Sequence[CostLine], *, stepped: bool) -> ByRate:
    found: ByRate = {}
    for line in lines:
        if line.dimension is not Dimension.ENERGY or not line.billed:
            continue
        share = Fraction(1) if stepped else Fraction(line.used) / Fraction(line.billed)
        net, tax = found.get(line.vat, (Fraction(0), Fraction(0)))
        found[line.vat] = (
            net + Fraction(line.before_taxes) * share,
            tax + Fraction(line.tax) * share,
        )
    return found


def _less(one: ByRate, other: Mapping[Rate, tuple[Fraction, Fraction]]) -> ByRate:
    none = (Fraction(0), Fraction(0))
    return {
        rate: (net - other.get(rate, none)[0], tax - other.get(rate, none)[1])
        for rate, (net, tax) in one.items()
    }


def _without(left: ByRate, worth: ByRate) -> ByRate:
    """What is left of each rate; where a most price left less than that, all shrink alike."""
    rest = {
        rate: (net - worth.get(rate, (0, 0))[0], tax - worth.get(rate, (0, 0))[1])
        for rate, (net, tax) in left.items()
    }
    if all(net >= 0 and tax >= 0 for net, tax in rest.values()):
        return {rate: (Fraction(net), Fraction(tax)) for rate, (net, tax) in rest.items()}
    return _down_by(left, _sum(worth)[1])


def _down_by(left: ByRate, gross: Fraction) -> ByRate:
    whole = _sum(left)[1]
    return left if not whole else _scaled(left, 1 - min(gross, whole) / whole)


def _scaled(left: ByRate, factor: Fraction) -> ByRate:
    return {rate: (net * factor, tax * factor) for rate, (net, tax) in left.items()}


def _sum(rates: ByRate) -> tuple[Fraction, Fraction]:
    """Before and after tax."""
    net = sum((each for each, _ in rates.values()), Fraction(0))
    return net, net + sum((each for _, each in rates.values()), Fraction(0))


def _line(
    grant: Grant,
    before: tuple[Fraction, Fraction],
    after: tuple[Fraction, Fraction],
    currency: Currency,
) -> DeductionLine:
    return DeductionLine(
        name=grant.name,
        source=str(grant.source),
        before_taxes=as_decimal(after[0] - before[0]),
        after_taxes=as_decimal(after[1] - before[1]),
        why=saying(grant, currency),
    )


def saying(grant: Grant, currency: Currency) -> str:
    """What a code takes off, as a sentence."""
    value = f"{grant.value.normalize():f}"
    said = {
        GrantKind.AMOUNT: f"{value} {currency} off, with tax",
        GrantKind.PERCENT: f"{value} % off",
        GrantKind.ENERGY: f"the first {value} kWh are free",
    }[grant.kind]
    return f"Code {grant.name}: {said}."
