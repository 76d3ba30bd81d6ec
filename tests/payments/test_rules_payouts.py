"""What explains a line of a provider's report, and what it writes into the books: tables."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from voltway.kernel.ids import EntryId, PartyId, PaymentId
from voltway.kernel.money import EUR, Currency, Money
from voltway.payments import rules_payouts as rules
from voltway.payments.model_payouts import (
    Booked,
    Doubt,
    KeptLine,
    KeptPayout,
    LineKind,
    Paid,
    ReportLine,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
PARTY = PartyId(UUID(int=1))
PAID = Paid(id=PaymentId(UUID(int=2)), currency=EUR)
TAKEN, BACK, BACK_TOO = (EntryId(UUID(int=n)) for n in (10, 11, 12))


def euro(minor: int) -> Money:
    return Money(minor, EUR)


def line(kind: LineKind, gross: int, fee: int = 0, **more: str | None) -> ReportLine:
    return ReportLine(
        ref="txn_1",
        kind=kind,
        gross=euro(gross),
        fee=euro(fee),
        at=NOW,
        **{"hold": "hold_1", **more},
    )


def booked(entry: EntryId, minor: int, source: str | None = None) -> Booked:
    return Booked(entry=entry, amount=euro(minor), source=source)


BOOKS = [
    booked(TAKEN, 1240),
    booked(BACK, -500, "re_1"),
    booked(BACK_TOO, -500, "re_2"),
]


@pytest.mark.parametrize(
    ("told", "payment", "taken", "entry", "doubt"),
    [
        pytest.param(line(LineKind.CAPTURE, 1240), PAID, (), TAKEN, None, id="as it was taken"),
        pytest.param(
            line(LineKind.REFUND, -500, source="re_2"), PAID, (), BACK_TOO, None, id="its refund"
        ),
        pytest.param(
            line(LineKind.REFUND, -500), PAID, (BACK,), BACK_TOO, None, id="a refund not named"
        ),
        pytest.param(
            line(LineKind.REFUND, -500, source="re_1"), PAID, (BACK,), None, Doubt.TWICE, id="again"
        ),
        pytest.param(
            line(LineKind.CAPTURE, 1240), PAID, (TAKEN,), None, Doubt.TWICE, id="taken twice"
        ),
        pytest.param(
            line(LineKind.CAPTURE, 1230), PAID, (), None, Doubt.OTHER_AMOUNT, id="a cent less"
        ),
        pytest.param(
            line(LineKind.CAPTURE, 1240), None, (), None, Doubt.UNKNOWN_PAYMENT, id="not ours"
        ),
        pytest.param(
            line(LineKind.OTHER, 900, hold=None), None, (), None, Doubt.KIND_UNKNOWN, id="a gift"
        ),
        pytest.param(
            line(LineKind.CAPTURE, 1240),
            replace(PAID, currency=Currency("SEK")),
            (),
            None,
            Doubt.OTHER_CURRENCY,
            id="in another currency",
        ),
        pytest.param(
            line(LineKind.FEE, -30, hold=None), None, (), None, None, id="a fee explains itself"
        ),
    ],
)
def test_a_line_is_explained_by_one_entry_or_says_why_not(
    told: ReportLine,
    payment: Paid | None,
    taken: tuple[EntryId, ...],
    entry: EntryId | None,
    doubt: Doubt | None,
) -> None:
    verdict = rules.judge(told, payment, BOOKS, taken)

    assert (verdict.entry, verdict.doubt) == (entry, doubt)
    assert bool(verdict.said) == (doubt is not None), "a doubt has its sentence"


@pytest.mark.parametrize("minor", [1240, -500])
def test_a_line_before_its_entry_waits_for_the_books(minor: int) -> None:
    verdict = rules.judge(line(LineKind.OTHER, minor), PAID, [], ())

    assert verdict.doubt is Doubt.NOT_BOOKED


def kept(told: ReportLine, entry: EntryId | None = None) -> KeptLine:
    return KeptLine(
        id=UUID(int=20),
        party=PARTY,
        provider="simulated",
        line=told,
        payment=PAID.id,
        entry=entry,
        posted=False,
        doubt=None,
        closed=False,
    )


@pytest.mark.parametrize(
    ("told", "debit", "credit", "minor"),
    [
        (line(LineKind.CAPTURE, 1240, 42), "cost:fees:simulated", "provider:simulated:due", 42),
        (line(LineKind.FEE, -30), "cost:fees:simulated", "provider:simulated:due", 30),
        (line(LineKind.FEE, 30), "provider:simulated:due", "cost:fees:simulated", 30),
        (line(LineKind.REFUND, -500, -7), "provider:simulated:due", "cost:fees:simulated", 7),
    ],
)
def test_a_fee_costs_us_and_lessens_what_the_provider_owes(
    told: ReportLine, debit: str, credit: str, minor: int
) -> None:
    entry = rules.fee_entry(kept(told, TAKEN), NOW)

    assert entry is not None
    [posting] = entry.postings
    assert (posting.debit, posting.credit, posting.amount.minor) == (debit, credit, minor)
    assert entry.once == "fee:simulated:txn_1"


def test_a_line_without_a_fee_writes_nothing() -> None:
    assert rules.fee_entry(kept(line(LineKind.REFUND, -500)), NOW) is None


def payout(minor: int | None) -> KeptPayout:
    return KeptPayout(
        id=UUID(int=30),
        party=PARTY,
        provider="simulated",
        ref="po_1",
        currency=EUR,
        amount=None if minor is None else euro(minor),
        paid_at=NOW + timedelta(days=1),
        posted=False,
    )


@pytest.mark.parametrize(
    ("minor", "debit", "credit"),
    [(698, "bank", "provider:simulated:due"), (-698, "provider:simulated:due", "bank")],
)
def test_a_payout_moves_what_the_provider_owes_to_the_bank_or_back(
    minor: int, debit: str, credit: str
) -> None:
    entry = rules.payout_entry(payout(minor), NOW)

    assert entry is not None
    [posting] = entry.postings
    assert (posting.debit, posting.credit, posting.amount.minor) == (debit, credit, 698)
    assert entry.at == NOW, "nothing is dated into the future"


LINES = [line(LineKind.CAPTURE, 1240, 42), line(LineKind.REFUND, -500)]


@pytest.mark.parametrize(
    ("minor", "doubt"),
    [
        (698, None),
        (697, Doubt.SUM_DIFFERS),
        (None, Doubt.TOTAL_UNKNOWN),
    ],
)
def test_a_payout_is_whole_when_its_lines_make_its_amount(
    minor: int | None, doubt: Doubt | None
) -> None:
    why = rules.weigh(payout(minor), LINES)

    assert (why[0] if why else None) is doubt


def test_a_payout_in_another_currency_than_its_lines_is_told() -> None:
    paid = replace(payout(698), amount=Money(698, Currency("SEK")))

    why = rules.weigh(paid, LINES)

    assert why is not None
    assert why[0] is Doubt.OTHER_CURRENCY
    assert "paid in SEK, and has lines in EUR" in why[1]


def test_what_is_missing_of_a_payout_is_said_to_the_cent() -> None:
    why = rules.weigh(payout(1938), LINES)

    assert why is not None
    assert "12.40 EUR is missing" in why[1]


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (LINES[0], None),
        (replace(LINES[0], payout="po_1"), None),
        (replace(LINES[0], gross=euro(1250)), "12.40 EUR"),
        (replace(LINES[0], kind=LineKind.OTHER), "now a other"),
    ],
)
def test_what_is_told_otherwise_is_said_and_a_payout_of_it_is_only_news(
    now: ReportLine, said: str | None
) -> None:
    told = rules.told_otherwise(LINES[0], now)

    assert (said in told) if said and told else told is None


def test_a_line_that_moved_to_another_payout_is_told() -> None:
    first, then = replace(LINES[0], payout="po_1"), replace(LINES[0], payout="po_2")

    told = rules.told_otherwise(first, then)

    assert told == "It was in the payout po_1 before, and now in po_2."


@pytest.mark.parametrize(
    ("gross", "debit", "credit"),
    [
        (900, "provider:simulated:due", "suspense:simulated"),
        (-900, "suspense:simulated", "provider:simulated:due"),
    ],
)
def test_what_is_put_aside_waits_in_suspense(gross: int, debit: str, credit: str) -> None:
    entry = rules.put_aside(kept(line(LineKind.OTHER, gross)), "a gift of the bank", NOW)

    assert entry is not None
    [posting] = entry.postings
    assert (posting.debit, posting.credit, posting.amount.minor) == (debit, credit, 900)
    assert "a gift of the bank" in entry.memo


def test_what_an_entry_explains_is_put_aside_without_moving_it_again() -> None:
    assert rules.put_aside(kept(line(LineKind.CAPTURE, 1240), TAKEN), "it is right", NOW) is None


@pytest.mark.parametrize(("known", "named", "other"), [(0, 3, True), (1, 3, False), (0, 0, False)])
def test_a_report_that_names_none_of_our_payments_is_of_another(
    known: int, named: int, *, other: bool
) -> None:
    assert rules.is_of_somebody_else(known, named) == other
