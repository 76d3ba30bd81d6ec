"""Every bill adds up, to the cent, and the driver pays what was shown."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.billing.rules_amounts import apportion, bill, net_of
from voltway.kernel.money import EUR, Currency, Money
from voltway.tariffs.exact import amount, as_decimal
from voltway.tariffs.model import (
    Bound,
    Cost,
    CostLine,
    Dimension,
    LimitLine,
    TaxLine,
)

RATES = ["19", "20", "25.5", "7.7", "0"]


def line(gross: Fraction, rate: Decimal | None, dimension: Dimension) -> CostLine:
    net = gross / (1 + Fraction(rate or 0) / 100)
    return CostLine(
        dimension=dimension,
        element=0,
        reservation=None,
        used=1,
        billed=1,
        price=Decimal(1),
        vat=rate,
        before_taxes=as_decimal(net),
        tax=as_decimal(gross - net),
        after_taxes=as_decimal(gross),
        why="",
    )


def cost_of(lines: list[CostLine], limits: tuple[LimitLine, ...] = ()) -> Cost:
    rates: dict[Decimal | None, tuple[Decimal, Decimal]] = {}
    for each in lines:
        net, tax = rates.get(each.vat, (Decimal(0), Decimal(0)))
        rates[each.vat] = (net + each.before_taxes, tax + each.tax)
    parts: list[CostLine | LimitLine] = [*lines, *limits]
    before = sum((each.before_taxes for each in parts), Decimal(0))
    after = sum((each.after_taxes for each in parts), Decimal(0))
    return Cost(
        currency=EUR,
        before_taxes=before,
        after_taxes=after,
        payable=amount(Fraction(after), EUR),
        lines=tuple(lines),
        limits=limits,
        taxes=tuple(TaxLine(rate, net, tax) for rate, (net, tax) in rates.items()),
    )


@pytest.mark.parametrize("rate", RATES)
def test_every_gross_amount_up_to_a_hundred_comes_out_as_shown(rate: str) -> None:
    percent = Decimal(rate)
    for minor in range(1, 10_001):
        made = bill(cost_of([line(Fraction(minor, 100), percent, Dimension.ENERGY)]))

        assert made.total == Money(minor, EUR)
        [tax] = made.taxes
        assert tax.net_minor + tax.tax_minor == minor
        exact_net = Decimal(minor) * 100 / (100 + percent)
        assert tax.net_minor == int(exact_net.quantize(Decimal(1), ROUND_HALF_UP))
        [only] = made.lines
        assert (only.gross_minor, only.net_minor) == (minor, tax.net_minor)


amounts = st.fractions(min_value=0, max_value=500, max_denominator=3600)
rates = st.sampled_from([None, *map(Decimal, RATES)])
dimensions = st.sampled_from(list(Dimension))
lines = st.lists(st.builds(line, amounts, rates, dimensions), max_size=8)


@given(lines)
def test_lines_and_taxes_make_the_gross_of_any_cost(lines: list[CostLine]) -> None:
    cost = cost_of(lines)

    made = bill(cost)

    assert made.total == cost.payable
    assert sum(each.gross_minor for each in made.lines) == made.total.minor
    assert made.net_minor + made.tax_minor == made.total.minor
    assert sum(each.net_minor for each in made.lines) == made.net_minor
    for each in made.lines:
        assert abs(each.gross_minor - each.of.after_taxes * 100) < 2
    for tax in made.taxes:
        assert tax.tax_minor >= 0
        if not tax.rate:
            assert tax.tax_minor == 0


@given(lines.filter(lambda lines: sum(each.after_taxes for each in lines) > 10))
def test_a_highest_price_takes_off_and_the_bill_still_adds_up(lines: list[CostLine]) -> None:
    off = Decimal(10) - sum(each.after_taxes for each in lines)
    limit = LimitLine(Bound.MAX_PRICE, off, off, "At most 10.00 EUR a session.")
    cost = cost_of(lines, (limit,))

    made = bill(cost)

    assert made.total == Money(1000, EUR)
    assert made.lines[-1].gross_minor < 0


@given(st.lists(st.decimals(0, 1000, places=6), min_size=1, max_size=12), st.integers(0, 10**9))
def test_parts_always_make_their_whole_and_none_is_off_by_a_unit(
    parts: list[Decimal], whole: int
) -> None:
    shares = apportion(parts, whole)

    assert sum(shares) == whole
    together = sum(map(Fraction, parts))
    if together:
        for part, share in zip(parts, shares, strict=True):
            assert abs(share - Fraction(part) * whole / together) < 1


@pytest.mark.parametrize(
    ("parts", "whole", "shares"),
    [
        pytest.param([1, 1, 1], 100, [34, 33, 33], id="the earlier of equals gets the cent"),
        pytest.param([0, 2, 1], 10, [0, 7, 3], id="nothing gets nothing"),
        pytest.param([0, 0], 7, [7, 0], id="a whole without parts goes to the first"),
        pytest.param([15, -5], 10, [15, -5], id="what is taken off stays negative"),
        pytest.param([], 0, [], id="no parts"),
    ],
)
def test_apportion(parts: list[int], whole: int, shares: list[int]) -> None:
    assert apportion([Decimal(part) for part in parts], whole) == shares


@pytest.mark.parametrize(
    ("gross", "rate", "net"),
    [
        (2467, "25.5", 1966),  # the receipt of the design: VAT 5.01
        (1166, "19", 980),
        (100, None, 100),
        (100, "0", 100),
        (1, "25.5", 1),
    ],
)
def test_the_net_of_a_gross(gross: int, rate: str | None, net: int) -> None:
    percent = None if rate is None else Decimal(rate)

    assert net_of(Money(gross, EUR), percent) == Money(net, EUR)


def test_yen_have_no_cents() -> None:
    yen = Currency("JPY")

    assert net_of(Money(110, yen), Decimal(10)) == Money(100, yen)
