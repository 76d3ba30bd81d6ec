"""Which way a settlement goes, what its receipt is, and what corrects a sale in the books."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest

from tests.billing.sample import KAMPPI
from tests.billing.test_rules_amounts import cost_of, line
from voltway.billing import rules, rules_books
from voltway.billing.model import DocumentKind
from voltway.billing.rules_amounts import bill
from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import EUR, Money
from voltway.ledger.model import Posting, account
from voltway.tariffs.model import DeductionLine, Dimension, TaxLine

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARTY = PartyId(UUID(int=1))


@pytest.mark.parametrize(
    ("reason", "remote"),
    [("Remote", True), ("REMOTE", True), ("Local", False), ("", False), (None, False)],
)
def test_a_stop_that_we_asked_for_is_told_from_others(reason: str | None, remote: bool) -> None:
    assert rules.is_remote(reason) is remote


def test_a_number_tells_party_series_year_and_place() -> None:
    assert rules.number("VLT", "R", 2026, 118) == "VLT-R2026-000118"
    assert rules.number("VLT", "R", 2026, 1_234_567) == "VLT-R2026-1234567"


@pytest.mark.parametrize(
    ("minor", "currency", "has_vat_id", "states_tax", "kind"),
    [
        (100_00, "EUR", True, True, DocumentKind.SIMPLIFIED),
        (1, "EUR", True, True, DocumentKind.SIMPLIFIED),
        (100_01, "EUR", True, True, DocumentKind.RECEIPT),
        (0, "EUR", True, True, DocumentKind.RECEIPT),
        (-1, "EUR", True, True, DocumentKind.RECEIPT),
        (50_00, "SEK", True, True, DocumentKind.RECEIPT),
        (50_00, "EUR", False, True, DocumentKind.RECEIPT),
        (50_00, "EUR", True, False, DocumentKind.RECEIPT),
    ],
)
def test_a_receipt_of_up_to_a_hundred_euros_is_a_simplified_invoice(
    minor: int, currency: str, has_vat_id: bool, states_tax: bool, kind: DocumentKind
) -> None:
    found = rules.kind_of_receipt(minor, currency, has_vat_id=has_vat_id, states_tax=states_tax)

    assert found is kind


def test_a_tax_that_nobody_stated_has_an_account_of_its_own() -> None:
    assert rules_books.vat(None) == account("tax", "vat", "unstated")
    assert rules_books.vat("25.5") == account("tax", "vat", "25.5")


def test_the_tax_of_a_sale_passes_to_its_buyer() -> None:
    [posting] = rules_books.tax_passed(KAMPPI, "ann")

    assert posting == Posting(
        account("tax", "vat", "25.5"), account("driver", "ann", "receivable"), Money(501, EUR)
    )


def test_money_that_is_owed_to_a_driver_already_goes_back_by_the_provider() -> None:
    entry = rules_books.money_back(
        Money(1234, EUR),
        party=PARTY,
        who="ann",
        provider="simulated",
        at=NOON,
        memo="Gave it back.",
        once=OnceKey("back"),
        evidence={"payment": "7"},
    )

    assert entry.postings == (
        Posting(
            account("driver", "ann", "receivable"),
            account("provider", "simulated", "due"),
            Money(1234, EUR),
        ),
    )


def test_what_corrects_nothing_is_no_entry() -> None:
    postings = list(rules_books.tax_passed(KAMPPI, "ann"))
    found = [
        rules_books.correction(
            some, party=PARTY, at=NOON, memo="Mended.", once=OnceKey("mend"), evidence={"cdr": "7"}
        )
        for some in ([], postings)
    ]

    assert found[0] is None
    assert found[1] is not None
    assert found[1].postings == tuple(postings)


def test_what_is_taken_off_is_a_line_of_its_own_and_the_bill_adds_up() -> None:
    plain = cost_of([line(Fraction("11.90"), Decimal(19), Dimension.ENERGY)])
    off = DeductionLine(
        name="Spring",
        source="promotion",
        before_taxes=Decimal("-1.00"),
        after_taxes=Decimal("-1.19"),
        why="10 % off.",
    )
    cost = replace(
        plain,
        before_taxes=Decimal("9.00"),
        after_taxes=Decimal("10.71"),
        payable=Money(1071, EUR),
        taxes=(TaxLine(Decimal(19), Decimal("9.00"), Decimal("1.71")),),
        deductions=(off,),
    )

    made = bill(cost)

    assert [(each.gross_minor, each.net_minor) for each in made.lines] == [
        (1190, 1000),
        (-119, -100),
    ]
    assert (made.total.minor, made.net_minor, made.tax_minor) == (1071, 900, 171)
