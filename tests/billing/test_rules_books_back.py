"""What takes a sale back in the books, as far as a credit note says; and an invoice rounds anew."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.billing.sample import KAMPPI
from tests.billing.test_rules_invoice import receipt
from voltway.billing import rules_books
from voltway.billing.documents import Tax
from voltway.billing.rules_credit import credit
from voltway.billing.rules_invoice import Amounts, of_receipt
from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import EUR, Money
from voltway.ledger.model import Account, Entry, Posting

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANN = "driver:ann:receivable"


def short(postings: list[Posting]) -> list[tuple[str, str, int]]:
    return [(each.debit, each.credit, each.amount.minor) for each in postings]


def undone(credited: Amounts) -> list[tuple[str, str, int]]:
    """What takes these figures back; what sells them besides is the same, turned round."""
    back = short(list(rules_books.undone(credited, Account(ANN), EUR)))
    besides = short(list(rules_books.sold_besides(credited, Account(ANN), EUR)))
    assert besides == [(to, of, minor) for of, to, minor in back]
    return back


def test_a_sale_that_is_taken_back_whole_is_undone_line_by_line() -> None:
    original = of_receipt(receipt([("25.5", 2000), ("25.5", 510), ("10", 1100)]), by_machine=True)

    assert undone(credit(original, [], 3610, EUR, by_machine=True)) == [
        ("revenue:energy", ANN, 1594 + 406 + 1000),
        ("tax:vat:25.5", ANN, 510),
        ("tax:vat:10", ANN, 100),
    ]


def test_what_a_highest_price_took_off_is_given_back_less() -> None:
    original = of_receipt(receipt([("25.5", 3000)], -490), by_machine=True)

    assert undone(credit(original, [], 2510, EUR, by_machine=True)) == [
        ("revenue:energy", ANN, 2390),
        (ANN, "revenue:maximum", 390),
        ("tax:vat:25.5", ANN, 510),
    ]


def test_the_cent_that_was_rounded_goes_back_too() -> None:
    """At 19 %, 0.03 is a net of 0.03 and a tax of 0.01, less a cent."""
    original = of_receipt(receipt([("19", 3)]), by_machine=True)

    assert undone(credit(original, [], 3, EUR, by_machine=True)) == [
        ("revenue:energy", ANN, 3),
        ("tax:vat:19", ANN, 1),
        (ANN, "revenue:rounding", 1),
    ]


@pytest.mark.parametrize(
    ("on_receipt", "on_invoice", "moved"),
    [
        pytest.param(501, 501, [], id="the same tax"),
        pytest.param(501, 503, [("revenue:rounding", "tax:vat:25.5", 2)], id="more of it"),
        pytest.param(501, 500, [("tax:vat:25.5", "revenue:rounding", 1)], id="less of it"),
        pytest.param(
            None, 2, [("revenue:rounding", "tax:vat:25.5", 2)], id="a rate that it did not have"
        ),
    ],
)
def test_what_an_invoice_taxes_otherwise_than_its_receipt_is_rounding(
    on_receipt: int | None, on_invoice: int, moved: list[tuple[str, str, int]]
) -> None:
    amounts = of_receipt(KAMPPI, by_machine=True)
    [part] = amounts.taxes
    anew = Amounts(
        rounding=amounts.rounding,
        lines=amounts.lines,
        allowances=(),
        taxes=(replace(part, tax_minor=on_invoice),),
        total_minor=amounts.total_minor,
    )
    taxes: tuple[Tax, ...] = ()
    if on_receipt is not None:
        taxes = (replace(KAMPPI.taxes[0], tax_minor=on_receipt),)

    found = list(rules_books.rounded_anew(replace(KAMPPI, taxes=taxes), anew))

    assert short(found) == moved


def refunded(minor: int, credited: Amounts | None) -> Entry:
    return rules_books.refund(
        Money(minor, EUR),
        credited=credited,
        party=PartyId(UUID(int=1)),
        who="ann",
        provider="simulated",
        at=NOON,
        memo="Gave it back.",
        once=OnceKey("refund"),
        evidence={"payment": "7"},
    )


def test_what_is_given_back_beyond_the_credit_note_is_a_gift_of_ours() -> None:
    original = of_receipt(receipt([("25.5", 251)]), by_machine=True)
    note = credit(original, [], 251, EUR, by_machine=True)
    sale = [("revenue:energy", ANN, 200), ("tax:vat:25.5", ANN, 51)]
    given = [(ANN, "provider:simulated:due", 300)]

    assert short(list(refunded(300, note).postings)) == [*sale, ("cost:refunds", ANN, 49), *given]
    assert short(list(refunded(300, None).postings)) == [("cost:refunds", ANN, 300), *given]
    assert short(list(refunded(251, note).postings)) == [
        *sale,
        (ANN, "provider:simulated:due", 251),
    ]
