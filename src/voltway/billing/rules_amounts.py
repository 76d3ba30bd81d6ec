"""From an exact cost to the amounts on a bill, to the cent.

The bill is gross-leading: the driver pays exactly the payable gross that was shown, each line is a
part of it, and in each rate the tax is gross less net. (At 19 % VAT, 16 % of all gross amounts are
no net plus rounded VAT, so a bill cannot be led by both.) Whatever is divided is divided by the
largest remainder, so parts always make their whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from voltway.kernel.money import Currency, Money, payable
from voltway.tariffs.exact import amount
from voltway.tariffs.model import Cost, CostLine, DeductionLine, LimitLine, TaxLine


@dataclass(frozen=True, slots=True)
class BillLine:
    """One price component (or limit) and its part of the gross."""

    of: CostLine | LimitLine | DeductionLine
    gross_minor: int
    net_minor: int


@dataclass(frozen=True, slots=True)
class BillTax:
    """What is taxed at one rate: ``net + tax = gross``. A rate of none is where none was stated."""

    rate: Decimal | None
    gross_minor: int
    net_minor: int

    @property
    def tax_minor(self) -> int:
        return self.gross_minor - self.net_minor


@dataclass(frozen=True, slots=True)
class Bill:
    """The amounts of a bill. They always add up."""

    currency: Currency
    lines: tuple[BillLine, ...]
    taxes: tuple[BillTax, ...]
    total: Money

    def __post_init__(self) -> None:
        assert sum(line.gross_minor for line in self.lines) == self.total.minor
        assert sum(tax.gross_minor for tax in self.taxes) == self.total.minor
        assert sum(line.net_minor for line in self.lines) == self.net_minor

    @property
    def net_minor(self) -> int:
        return sum(tax.net_minor for tax in self.taxes)

    @property
    def tax_minor(self) -> int:
        return sum(tax.tax_minor for tax in self.taxes)


def bill(cost: Cost) -> Bill:
    """What a driver pays for this cost, line by line and rate by rate."""
    total = cost.payable
    parts: tuple[CostLine | LimitLine, ...] = (*cost.lines, *cost.limits)
    if not parts:
        assert not total.minor, "what costs something says what for"
        return Bill(cost.currency, (), (), total)
    taxes = _taxes(cost.taxes, total)
    net_minor = sum(tax.net_minor for tax in taxes)
    whole_gross, whole_net = _undeducted(cost, total.minor, net_minor)
    gross = apportion([part.after_taxes for part in parts], whole_gross)
    net = apportion([part.before_taxes for part in parts], whole_net)
    off = cost.deductions
    gross += apportion([part.after_taxes for part in off], total.minor - whole_gross)
    net += apportion([part.before_taxes for part in off], net_minor - whole_net)
    lines = tuple(map(BillLine, (*parts, *off), gross, net))
    return Bill(cost.currency, lines, taxes, total)


def _undeducted(cost: Cost, gross_minor: int, net_minor: int) -> tuple[int, int]:
    """What the lines come to before anything is taken off: each deduction is a line of its own."""
    if not cost.deductions:
        return gross_minor, net_minor
    gross = cost.after_taxes - sum((each.after_taxes for each in cost.deductions), Decimal(0))
    net = cost.before_taxes - sum((each.before_taxes for each in cost.deductions), Decimal(0))
    return payable(gross, cost.currency).minor, payable(net, cost.currency).minor


def _taxes(taxes: Sequence[TaxLine], total: Money) -> tuple[BillTax, ...]:
    shares = apportion([tax.before_taxes + tax.tax for tax in taxes], total.minor)
    return tuple(
        BillTax(tax.rate, gross, net_of(Money(gross, total.currency), tax.rate).minor)
        for tax, gross in zip(taxes, shares, strict=True)
    )


def net_of(gross: Money, rate: Decimal | None) -> Money:
    """The net of a gross amount, rounded half-up; the tax is what is left of the gross."""
    if not rate:
        return gross
    return amount(Fraction(gross.decimal) * 100 / (100 + Fraction(rate)), gross.currency)


def apportion(parts: Sequence[Decimal], whole: int) -> list[int]:
    """A whole in the proportion of its parts, in whole units, by the largest remainder.

    Where several remainders are equal, the earlier part gets the unit. Parts of nothing share
    nothing, unless there is no other part to take the whole.
    """
    if len(parts) == 1:
        return [whole]
    sum_of_parts = sum(map(Fraction, parts))
    if not sum_of_parts:
        return [whole, *([0] * (len(parts) - 1))] if parts else []
    exact = [Fraction(part) * whole / sum_of_parts for part in parts]
    shares = [floor(share) for share in exact]
    left = whole - sum(shares)
    by_remainder = sorted(range(len(parts)), key=lambda place: shares[place] - exact[place])
    for place in by_remainder[:left]:
        shares[place] += 1
    return shares
