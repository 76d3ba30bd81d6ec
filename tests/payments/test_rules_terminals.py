"""What becomes of a settlement that a station tells of its own terminal."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest

from voltway.kernel.ids import PartyId, StationId, TokenUid
from voltway.kernel.money import EUR, Currency, Money
from voltway.payments import rules_terminals as rules
from voltway.payments.rules_terminals import Late, TerminalHold, TerminalState, Verdict

HERE, ELSEWHERE = StationId(UUID(int=1)), StationId(UUID(int=2))


def a_hold(state: TerminalState, settled: int = 0) -> TerminalHold:
    return TerminalHold(
        id=UUID(int=3),
        party=PartyId(UUID(int=4)),
        station=HERE,
        psp_ref="psp-1",
        token=TokenUid("PSP-1"),
        held_minor=6_000,
        currency=EUR,
        state=state,
        settled_minor=settled,
        told_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
    )


HELD, REFUSED = a_hold(TerminalState.HELD), a_hold(TerminalState.REJECTED)
TAKEN, GONE = a_hold(TerminalState.SETTLED, 500), a_hold(TerminalState.CANCELED)


@pytest.mark.parametrize(
    ("hold", "station", "status", "amount", "verdict"),
    [
        (HELD, HERE, "Settled", "5.00", Verdict.TAKEN),
        (HELD, HERE, "Canceled", "0", Verdict.LET_GO),
        (HELD, HERE, "Rejected", "5.00", Verdict.REFUSED),
        (HELD, HERE, "Failed", "5.00", Verdict.REFUSED),
        (TAKEN, HERE, "Settled", "5.00", Verdict.AGAIN),
        (TAKEN, HERE, "Settled", "5.01", Verdict.CONTRADICTS),
        (TAKEN, HERE, "Canceled", "5.00", Verdict.CONTRADICTS),
        (TAKEN, HERE, "Failed", "5.00", Verdict.CONTRADICTS),
        (GONE, HERE, "Canceled", "0", Verdict.AGAIN),
        (GONE, HERE, "Settled", "5.00", Verdict.CONTRADICTS),
        (REFUSED, HERE, "Rejected", "5.00", Verdict.AGAIN),
        (REFUSED, HERE, "Settled", "5.00", Verdict.CONTRADICTS),
        (None, HERE, "Settled", "5.00", Verdict.UNKNOWN),
        (HELD, ELSEWHERE, "Settled", "5.00", Verdict.ELSEWHERE),
        (HELD, HERE, "Settled", "0", Verdict.NO_AMOUNT),
        (HELD, HERE, "Settled", "-5", Verdict.NO_AMOUNT),
        (HELD, HERE, "Settled", "0.001", Verdict.NO_AMOUNT),
        (HELD, HERE, "Settled", "NaN", Verdict.NO_AMOUNT),
        (HELD, HERE, "Settled", "1e30", Verdict.NO_AMOUNT),
        (HELD, HERE, "Paid", "5.00", Verdict.NO_AMOUNT),
    ],
)
def test_the_first_word_about_a_card_stands_and_another_one_is_looked_at(
    hold: TerminalHold | None, station: StationId, status: str, amount: str, verdict: Verdict
) -> None:
    money = rules.amount_of(Decimal(amount), EUR)

    assert rules.judge(hold, station, status, money) is verdict


def test_an_amount_in_major_units_is_money_of_the_currency() -> None:
    assert rules.amount_of(Decimal("5.005"), EUR) == Money(501, EUR)
    assert rules.amount_of(Decimal(500), Currency("JPY")) == Money(500, Currency("JPY"))
    assert rules.amount_of(None, EUR) is None


@pytest.mark.parametrize(
    ("hold", "after", "amount", "owed", "late"),
    [
        (REFUSED, TerminalState.SETTLED, 500, 500, Late.OWED),
        (REFUSED, TerminalState.SETTLED, 500, None, Late.AS_IF_FIRST),
        (REFUSED, TerminalState.SETTLED, 500, 501, Late.DOUBTFUL),
        (REFUSED, TerminalState.SETTLED, 500, 0, Late.DOUBTFUL),
        (REFUSED, TerminalState.SETTLED, None, 500, Late.DOUBTFUL),
        (REFUSED, TerminalState.CANCELED, 500, 500, Late.DOUBTFUL),
        (REFUSED, None, 500, 500, Late.DOUBTFUL),
        (GONE, TerminalState.SETTLED, 500, 500, Late.DOUBTFUL),
        (TAKEN, TerminalState.SETTLED, 500, 500, Late.DOUBTFUL),
    ],
)
def test_a_card_that_pays_after_a_no_is_followed_only_where_it_pays_what_is_owed(
    hold: TerminalHold,
    after: TerminalState | None,
    amount: int | None,
    owed: int | None,
    late: Late,
) -> None:
    told = None if amount is None else Money(amount, EUR)
    books = None if owed is None else Money(owed, EUR)
    assert rules.late(hold, after, told, books) is late


@pytest.mark.parametrize(
    ("number", "company", "buyer"),
    [
        ("fi 12345671", {}, {"vat_id": "FI12345671", "country": "FI"}),
        ("EL123456783", {"country": "Hellas"}, {"vat_id": "EL123456783", "country": "GR"}),
        ("", {"name": " Acme ", "country": "de"}, {"name": "Acme", "country": "DE"}),
        (
            "FI12345671",
            {"name": "Acme", "address1": "Road 1", "address2": "B 2", "city": "Oulu"},
            {
                "name": "Acme",
                "street": "Road 1, B 2",
                "city": "Oulu",
                "country": "FI",
                "vat_id": "FI12345671",
            },
        ),
        ("12", {"country": "ä1"}, {"vat_id": "12"}),
    ],
)
def test_what_is_typed_at_a_terminal_is_said_as_of_an_invoices_buyer(
    number: str, company: dict[str, str], buyer: dict[str, str]
) -> None:
    assert rules.buyer(number, company) == buyer
