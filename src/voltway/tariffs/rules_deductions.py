"""What is taken off the cost of a session, each under its name, and never more than there is.

Deductions come after everything that the tariff says, its least and its most price too, in the
order in which they are given. What one takes off is taken of each tax rate in proportion; free
energy, time and starts are taken off the rates at which those were priced.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TypeAlias

import msgspec

from voltway.kernel.money import Currency
from voltway.tariffs.exact import Exact, amount, as_decimal
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
    free = {GrantKind.ENERGY: 0, GrantKind.MINUTES: 0}
    lines = []
    for grant in grants:
        before = _sum(left)
        if grant.kind in COUNTED:
            counted, since = COUNTED[grant.kind], free[grant.kind]
            until = since + int(grant.value * counted.each)
            worth = _less(
                _worth(counted, cost, periods, until, price),
                _worth(counted, cost, periods, since, price),
            )
            free[grant.kind] = until
            left = _without(left, worth)
        elif grant.kind is GrantKind.START:
            left = _without(left, _of(cost.lines, Dimension.FLAT, stepped=True))
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
    return _first(periods, wh, _energy_of)


def first_s(periods: Sequence[ChargingPeriod], seconds: int) -> list[ChargingPeriod]:
    """The part of a session in which it charged for its first seconds."""
    return _first(periods, seconds, _charging_of)


def _energy_of(period: ChargingPeriod) -> Exact:
    return period.energy_wh


def _charging_of(period: ChargingPeriod) -> Exact:
    return period.charging_s


def _first(
    periods: Sequence[ChargingPeriod], most: int, volume: Callable[[ChargingPeriod], Exact]
) -> list[ChargingPeriod]:
    found: list[ChargingPeriod] = []
    left = Fraction(most)
    for period in sorted(periods, key=lambda each: (each.begins, each.ends)):
        if left <= 0:
            break
        if period.reservation is not None:
            continue
        if volume(period) <= left:
            found.append(period)
            left -= Fraction(volume(period))
            continue
        share = left / Fraction(volume(period))
        micros = (period.ends - period.begins) // MICRO * share.numerator // share.denominator
        found.append(
            msgspec.structs.replace(
                period,
                ends=period.begins + MICRO * micros,
                energy_wh=period.energy_wh * share,
                charging_s=period.charging_s * share,
                parking_s=period.parking_s * share,
            )
        )
        break
    return found


@dataclass(frozen=True, slots=True)
class _Counted:
    """What is free by the first so many: which dimension, and how its units are counted."""

    dimension: Dimension
    each: int  # base units in one that is granted
    volume: Callable[[ChargingPeriod], Exact]


COUNTED: Mapping[GrantKind, _Counted] = {
    GrantKind.ENERGY: _Counted(Dimension.ENERGY, 1000, _energy_of),
    GrantKind.MINUTES: _Counted(Dimension.TIME, 60, _charging_of),
}


def _worth(
    counted: _Counted,
    cost: Cost,
    periods: Sequence[ChargingPeriod],
    most: int,
    price: Callable[[Sequence[ChargingPeriod]], Cost],
) -> ByRate:
    """What the first watt-hours or seconds cost. All of them cost what was billed, steps too."""
    if most <= 0:
        return {}
    if most >= sum(counted.volume(each) for each in periods if each.reservation is None):
        return _of(cost.lines, counted.dimension, stepped=True)
    some = _first(periods, most, counted.volume)
    return _of(price(some).lines, counted.dimension, stepped=False)


def _of(lines: Sequence[CostLine], dimension: Dimension, *, stepped: bool) -> ByRate:
    """What a dimension of the session itself cost at each rate."""
    found: ByRate = {}
    for line in lines:
        if line.dimension is not dimension or line.reservation is not None or not line.billed:
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
        of_plan=grant.kind.value if grant.plan else None,
        taken=grant.value if grant.plan else None,
        rest=grant.rest,
    )


def saying(grant: Grant, currency: Currency) -> str:
    """What a code or a plan takes off, as a sentence."""
    value = f"{grant.value.normalize():f}"
    said = {
        GrantKind.AMOUNT: f"{value} {currency} off, with tax",
        GrantKind.PERCENT: f"{value} % off",
        GrantKind.ENERGY: f"the first {value} kWh are free",
        GrantKind.START: "no start fee",
        GrantKind.MINUTES: f"the first {value} min of charging are free",
    }[grant.kind]
    left = "" if grant.rest is None else f"; {grant.rest.normalize():f} left this month"
    return f"{'Plan' if grant.plan else 'Code'} {grant.name}: {said}{left}."
