"""Reports as files: two layouts, and what is wrong with one in a sentence that names the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from voltway.kernel.errors import Refusal
from voltway.kernel.money import Money
from voltway.payments import payouts_csv
from voltway.payments.model_payouts import LineKind, Report
from voltway.payments.payouts_csv import ReportUnreadable

HEAD = "line,kind,date,currency,gross,fee,net,payout,hold,reference,source"
ROW = "txn_1,capture,2026-11-25T10:00:00+00:00,EUR,12.40,0.42,11.98,po_1,hold_1,,"
OUT = "po_1_out,payout,2026-11-26,EUR,-11.98,0,-11.98,po_1,,,po_1"


def read(*lines: str) -> Report:
    return payouts_csv.read("simulated", "\n".join(lines) + "\n")


def test_a_report_in_our_columns_tells_lines_and_what_came_to_the_bank() -> None:
    report = read(HEAD, ROW, OUT)

    [line], [payout] = report.lines, report.payouts
    assert (line.ref, line.kind, line.hold, line.payout) == (
        "txn_1",
        LineKind.CAPTURE,
        "hold_1",
        "po_1",
    )
    assert (line.gross.minor, line.fee.minor, line.net.minor) == (1240, 42, 1198)
    assert (payout.ref, payout.amount.minor) == ("po_1", 1198)


def test_stripes_itemised_payout_reconciliation_is_read_as_it_is() -> None:
    report = read(
        '"automatic_payout_id","automatic_payout_effective_at","balance_transaction_id",'
        '"created_utc","currency","gross","fee","net","reporting_category","source_id",'
        '"payment_intent_id"',
        '"po_1","2026-11-27 00:00:00","txn_1","2026-11-25 10:00:00","eur","12.40","0.42","11.98",'
        '"charge","ch_1","pi_1"',
        '"po_1","2026-11-27 00:00:00","txn_2","2026-11-25 11:00:00","eur","-0.30","0","-0.30",'
        '"fee","",""',
    )

    charge, fee = report.lines
    assert (charge.kind, charge.hold, charge.source) == (LineKind.CAPTURE, "pi_1", "ch_1")
    assert (fee.kind, fee.gross.minor) == (LineKind.FEE, -30)
    assert report.payouts == ()


def test_stripes_list_of_payouts_tells_what_came_to_the_bank() -> None:
    report = read("id,Amount,Arrival Date (UTC),Currency,Status", "po_1,11.98,2026-11-27,eur,paid")

    [payout] = report.payouts
    assert (payout.ref, str(payout.amount)) == ("po_1", "11.98 EUR")


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param([""], "It is empty.", id="nothing"),
        pytest.param(["a,b,c", "1,2,3"], "names no column line, kind", id="another file"),
        pytest.param([HEAD], "It has a first line, and no other.", id="only a head"),
        pytest.param([HEAD, ROW[:40]], "Line 2: it has other columns", id="cut off"),
        pytest.param([HEAD, ROW.replace("0.42", "0.4x")], "“0.4x” is no amount", id="no amount"),
        pytest.param([HEAD, ROW.replace("0.42", "0.421")], "more digits than EUR has", id="mills"),
        pytest.param([HEAD, ROW.replace("11.98", "12.40")], "does not make net", id="wrong sum"),
        pytest.param([HEAD, ROW.replace("EUR", "EURO")], "“EURO” is no currency", id="currency"),
        pytest.param([HEAD, ROW.replace("2026-11-25T", "25 Nov ")], "is no date", id="date"),
        pytest.param([HEAD, ROW.replace("txn_1", "")], "the movement has no name", id="no name"),
        pytest.param(
            [HEAD, ROW, ROW.replace("hold_1", "hold_2")], "Line 3: txn_1 stands", id="differs"
        ),
        pytest.param([HEAD, *[ROW[:30]] * 9], "And 4 more.", id="many faults"),
        pytest.param(["line,line", "1,2"], "names a column twice", id="doubled column"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole_and_says_where(
    lines: list[str], said: str
) -> None:
    with pytest.raises(ReportUnreadable) as refused:
        read(*lines)

    assert said in str(refused.value)
    assert "nothing of it was taken" in str(refused.value)


def test_the_same_row_twice_in_a_file_is_one_line() -> None:
    assert len(read(HEAD, ROW, ROW).lines) == 1


def test_semicolons_and_decimal_commas_are_read_as_a_spreadsheet_writes_them() -> None:
    report = read(HEAD.replace(",", ";"), ROW.replace(",", ";").replace(".", ","))

    assert report.lines[0].fee == Money(42, report.lines[0].gross.currency)


def test_what_is_written_is_read_back_the_same() -> None:
    report = read(HEAD, ROW, OUT)

    assert payouts_csv.read("simulated", payouts_csv.written(report)) == report


@given(some.text(max_size=300))
def test_whatever_is_sent_is_read_or_refused_with_a_sentence(text: str) -> None:
    for sent in (text, f"{HEAD}\n{text}", f"{HEAD}\n{ROW}\n{text}"):
        try:
            payouts_csv.read("simulated", sent)
        except Refusal as refused:
            assert str(refused)  # noqa: PT017 - either way is right; no other error is
