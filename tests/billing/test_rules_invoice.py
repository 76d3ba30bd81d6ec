"""An invoice adds up in its one rounding mode, and a credit note takes back what is there."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.billing.sample import KAMPPI
from voltway.billing import exhaustive
from voltway.billing.documents import Line, Receipt, Tax
from voltway.billing.documents_invoice import Buyer, InvoiceDocument, InvoiceSeller, Refers
from voltway.billing.rules_amounts import net_of
from voltway.billing.rules_credit import credit, left_minor
from voltway.billing.rules_invoice import Amounts, Sold, net_led, of_receipt, without_tax
from voltway.kernel.money import EUR, Money

RATES = ["25.5", "19", "8.1", "0"]

SELLER = InvoiceSeller(
    name="Nordvolt",
    legal_name="Nordvolt Oy",
    vat_id="FI31847725",
    address=("Salomonkatu 1", "00100 Helsinki"),
    country="FI",
    street="Salomonkatu 1",
    postal_code="00100",
    city="Helsinki",
)
BUYER = Buyer(name="Muster GmbH", street="Weg 1", postal_code="10115", city="Berlin", country="DE")


def frozen(amounts: Amounts, **changed: Any) -> InvoiceDocument:
    """A document of these figures: it cannot be made of figures that do not add up."""
    fields: dict[str, Any] = {
        "kind": "invoice",
        "number": "VLT-I2026-000001",
        "issued_at": "2026-11-23T16:20:04+00:00",
        "zone": "Europe/Helsinki",
        "supplied_from": KAMPPI.visit.begins,
        "supplied_to": KAMPPI.visit.ends,
        "currency": "EUR",
        "seller": SELLER,
        "buyer": BUYER,
        "paid_minor": 0,
        "refers": Refers(
            relation="replaces",
            number=KAMPPI.number,
            issued_at=KAMPPI.issued_at,
            sha256="0" * 64,
        ),
        **amounts.as_fields(),
        **changed,
    }
    return InvoiceDocument(**fields)


def receipt(parts: Sequence[tuple[str, int]], limit_minor: int = 0) -> Receipt:
    """A receipt of lines at these rates, and of what a highest or lowest price did to it."""
    lines = [
        Line(
            kind="ENERGY",
            reservation=None,
            volume="1",
            billed_volume="1",
            price=f"{Decimal(gross) / 100:f}",
            rate=rate,
            gross_minor=gross,
            net_minor=net_of(Money(gross, EUR), Decimal(rate)).minor,
            why="",
        )
        for rate, gross in parts
    ]
    total = sum(gross for _, gross in parts) + limit_minor
    grosses: dict[str, int] = {}
    for rate, gross in parts:
        grosses[rate] = grosses.get(rate, 0) + gross
    if limit_minor:
        kind = "MIN_PRICE" if limit_minor > 0 else "MAX_PRICE"
        first = next(iter(grosses))
        grosses[first] += limit_minor
        limit = replace(
            lines[0], kind=kind, rate=None, price=None, gross_minor=limit_minor, net_minor=0
        )
        lines.append(limit)
    taxes = []
    for rate, gross in grosses.items():
        net = net_of(Money(gross, EUR), Decimal(rate)).minor
        taxes.append(Tax(rate=rate, gross_minor=gross, net_minor=net, tax_minor=gross - net))
    return replace(
        KAMPPI,
        lines=tuple(lines),
        taxes=tuple(taxes),
        total_minor=total,
        net_minor=sum(tax.net_minor for tax in taxes),
        tax_minor=sum(tax.tax_minor for tax in taxes),
    )


def test_the_sample_becomes_an_invoice_of_the_same_gross() -> None:
    made = frozen(of_receipt(KAMPPI, by_machine=True))

    assert (made.net_minor, made.tax_minor, made.rounding_minor) == (1966, 501, 0)
    assert made.total_minor == KAMPPI.total_minor
    assert [(line.kind, line.net_minor) for line in made.lines] == [
        ("ENERGY", 1918),
        ("PARKING_TIME", 48),
    ]


def test_the_cent_that_net_and_tax_lack_is_the_rounding_amount() -> None:
    """At 19 %, 0.03 is no net plus its rounded tax: 0.03 has a tax of 0.01, 0.02 one of 0.00."""
    made = frozen(of_receipt(receipt([("19", 3)]), by_machine=True))

    assert (made.net_minor, made.tax_minor, made.rounding_minor, made.total_minor) == (3, 1, -1, 3)


def test_nineteen_of_119_gross_amounts_have_that_cent() -> None:
    """At 19 %: 16 % of all."""
    assert exhaustive.with_a_cent("19", range(1, 1191)) == 190


@pytest.mark.parametrize("rate", ["25.5", "19", "17"])
def test_gross_amounts_come_out_as_shown_in_both_modes(rate: str) -> None:
    """A sample; ``python -m voltway.billing.exhaustive`` walks all rates and all amounts."""
    assert exhaustive.walk(rate, range(1, 100_001, 97)) == []


parts = st.lists(
    st.tuples(st.sampled_from(RATES), st.integers(min_value=0, max_value=9_999)),
    min_size=1,
    max_size=6,
).filter(lambda parts: sum(gross for _, gross in parts) > 0)


@given(parts, st.integers(-100, 100))
def test_any_receipt_becomes_an_invoice_that_adds_up(
    parts: list[tuple[str, int]], percent: int
) -> None:
    first = parts[0][0]
    at_first = sum(gross for rate, gross in parts if rate == first)
    whole = receipt(parts, at_first * percent // 100)

    made = frozen(of_receipt(whole, by_machine=True))

    assert made.total_minor == whole.total_minor
    assert made.net_minor == whole.net_minor
    assert abs(made.tax_minor - whole.tax_minor) <= len(whole.taxes)
    assert frozen(of_receipt(whole, by_machine=False), buyer=None).tax_minor == whole.tax_minor


@given(parts)
def test_where_the_buyer_owes_the_tax_the_net_is_all(parts: list[tuple[str, int]]) -> None:
    whole = receipt(parts)

    made = frozen(without_tax(of_receipt(whole, by_machine=True), EUR))

    assert made.total_minor == made.net_minor == whole.net_minor
    assert [(part.category, part.rate, part.exempt) for part in made.taxes] == [
        ("AE", "0", "VATEX-EU-AE")
    ]


@given(
    st.lists(
        st.tuples(
            st.decimals(0, 500, places=3), st.decimals(0, 2, places=4), st.sampled_from(RATES)
        ),
        min_size=1,
        max_size=8,
    ),
    st.booleans(),
)
def test_where_net_leads_the_tax_is_on_the_total_of_each_rate(
    rows: list[tuple[Decimal, Decimal, str]], reverse: bool
) -> None:
    sold = [
        Sold(kind="ENERGY", name="Energy", quantity=kwh, unit="KWH", price=price, rate=rate)
        for kwh, price, rate in rows
    ]

    made = frozen(net_led(sold, EUR, reverse=reverse))

    assert made.rounding_minor == 0
    assert made.total_minor == made.net_minor + made.tax_minor
    if reverse:
        assert made.tax_minor == 0


@given(parts, st.lists(st.integers(1, 99), max_size=6), st.booleans())
def test_credit_notes_take_back_all_of_it_and_never_more(
    parts: list[tuple[str, int]], percents: list[int], by_machine: bool
) -> None:
    original = of_receipt(receipt(parts), by_machine=by_machine)
    taken: list[Amounts] = []
    left = original.total_minor
    for percent in [*percents, 100]:
        amount = max(left * percent // 100, 1) if left else 0
        if not amount:
            break
        note = credit(original, taken, amount, EUR, by_machine=by_machine)
        frozen(note, kind="credit_note", buyer=BUYER if by_machine else None)
        assert note.total_minor == amount
        taken.append(note)
        left -= amount
        assert left_minor(original, taken) == left

    assert left == 0
    assert sum(note.net_minor for note in taken) == original.net_minor
    if not by_machine:
        assert sum(note.tax_minor for note in taken) == original.tax_minor
        for note in taken:
            assert all(part.tax_minor >= 0 <= part.net_minor for part in note.taxes)


def test_a_part_of_an_invoice_led_by_net_is_taken_back_by_net() -> None:
    sold = Sold(
        kind="ENERGY",
        name="Energy",
        quantity=Decimal(100),
        unit="KWH",
        price=Decimal("0.40"),
        rate="25.5",
    )
    original = net_led([sold], EUR)

    note = credit(original, [], 1000, EUR, by_machine=True)

    assert (note.net_minor, note.tax_minor, note.total_minor) == (1000, 255, 1255)
    assert left_minor(original, [note]) == 3000


def test_what_a_highest_price_took_off_is_taken_back_with_its_part() -> None:
    original = of_receipt(receipt([("25.5", 3000)], -1000), by_machine=True)

    note = credit(original, [], 1000, EUR, by_machine=True)

    assert [(line.gross_minor, line.quantity) for line in note.lines] == [(1500, "1")]
    assert [off.gross_minor for off in note.allowances] == [500]


def test_a_promotion_and_a_limit_are_taken_off_at_each_rate() -> None:
    whole = receipt([("25.5", 2000), ("10", 1000)], -600)
    at_first, at_second = whole.taxes
    code = replace(whole.lines[-1], kind="PROMOTION", gross_minor=-300)
    off = [tax.gross_minor - off for tax, off in ((at_first, 200), (at_second, 100))]
    taxes = [
        replace(tax, gross_minor=gross, net_minor=net, tax_minor=gross - net)
        for tax, gross in zip(whole.taxes, off, strict=True)
        for net in [net_of(Money(gross, EUR), Decimal(tax.rate or 0)).minor]
    ]
    whole = replace(
        whole, lines=(*whole.lines, code), taxes=tuple(taxes), total_minor=whole.total_minor - 300
    )

    made = frozen(of_receipt(whole, by_machine=True))

    assert [(each.kind, each.rate, each.gross_minor) for each in made.allowances] == [
        ("MAX_PRICE", "25.5", 600),
        ("PROMOTION", "25.5", 200),
        ("PROMOTION", "10", 100),
    ]
    assert [line.gross_minor for line in made.lines] == [2000, 1000]
    assert made.total_minor == 2100


def test_a_document_cannot_mix_the_modes_nor_be_off_by_a_cent() -> None:
    amounts = of_receipt(KAMPPI, by_machine=True)

    for wrong in (
        {"rounding": "net-leading"},
        {"total_minor": 2468},
        {"tax_minor": 500, "rounding_minor": 1},
        {"rounding": "by luck"},
        {"kind": "credit_note", "refers": None},
    ):
        with pytest.raises(AssertionError):
            frozen(amounts, **wrong)
