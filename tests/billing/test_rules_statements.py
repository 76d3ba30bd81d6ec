"""A statement's taxes: in both modes they make the total, in whatever order its lines came."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltway.billing.documents import Tax
from voltway.billing.documents_invoice import GROSS_LEADING, NET_LEADING, tax_of
from voltway.billing.rules_amounts import net_of
from voltway.billing.rules_statements import taxes
from voltway.kernel.money import EUR, Money

RATES = [None, "0", "5.5", "19", "20", "21", "25.5"]


@st.composite
def lines(draw: st.DrawFn) -> list[list[Tax]]:
    """Receipts and credit notes, each with one rate or two."""
    made = []
    for _ in range(draw(st.integers(1, 12))):
        parts = []
        for rate in draw(st.lists(st.sampled_from(RATES), min_size=1, max_size=2, unique=True)):
            gross = draw(st.integers(-5_000, 100_000))
            net = net_of(Money(gross, EUR), None if rate is None else Decimal(rate)).minor
            parts.append(Tax(rate=rate, gross_minor=gross, net_minor=net, tax_minor=gross - net))
        made.append(parts)
    return made


@settings(max_examples=100)
@given(lines=lines(), turn=st.randoms(use_true_random=False))
def test_the_taxes_make_the_total(lines: list[list[Tax]], turn: object) -> None:
    gross = sum(part.gross_minor for line in lines for part in line)
    net = sum(part.net_minor for line in lines for part in line)

    by_gross, by_net = taxes(lines, GROSS_LEADING, EUR), taxes(lines, NET_LEADING, EUR)

    assert sum(tax.gross_minor for tax in by_gross) == gross
    for mode in (by_gross, by_net):
        assert sum(tax.net_minor for tax in mode) == net
        assert all(tax.net_minor + tax.tax_minor == tax.gross_minor for tax in mode)
    for tax in by_net:
        assert tax.tax_minor == (tax_of(tax.net_minor, tax.rate, EUR) if tax.rate else 0)
    turn.shuffle(lines)  # type: ignore[attr-defined]
    assert taxes(lines, NET_LEADING, EUR) == by_net


@pytest.mark.parametrize(("count", "off"), [(1, 0), (3, 1), (100, 42)])
def test_one_tax_on_the_sum_is_not_the_sum_of_the_taxes(count: int, off: int) -> None:
    """1.05 with 25.5 % is 0.84 and 0.21, but the tax on 0.84 is 0.2142."""
    line = [Tax(rate="25.5", gross_minor=105, net_minor=84, tax_minor=21)]

    [by_net] = taxes([line] * count, NET_LEADING, EUR)
    [by_gross] = taxes([line] * count, GROSS_LEADING, EUR)

    assert by_net.tax_minor - by_gross.tax_minor == off
