"""A provider's report as a file: CSV, in our own columns or in those of Stripe's reports.

    ours      line, kind, date, currency, gross, fee, net, payout, hold, reference, source
    Stripe    balance_transaction_id, reporting_category, created_utc, currency, gross, fee, net,
              automatic_payout_id, payment_intent_id, payment_metadata[reference], source_id
    payouts   id, amount, arrival_date, currency: Stripe's list of what came to the bank

Amounts are in major units. A row of the kind ``payout`` tells what came to the bank: its amount is
what left the balance, so it is a minus. A file is taken whole or not at all.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final, TypeAlias

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.money import Currency, Money, minor_digits
from voltway.payments.model_payouts import LineKind, Report, ReportedPayout, ReportLine

#: A file of so many rows is of years.
ROWS_MAX: Final = 50_000
#: So many faults are told of one file; who mends them is told the next.
FAULTS_MAX: Final = 5
TEXT_MAX: Final = 200
#: No amount of ours is longer; more digits are no amount.
DIGITS_MAX: Final = 15

#: Our name of a column, and what it is called in files.
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "line": ("line", "balance_transaction_id"),
    "kind": ("kind", "reporting_category"),
    "date": ("date", "created_utc", "created"),
    "currency": ("currency",),
    "gross": ("gross",),
    "fee": ("fee",),
    "net": ("net",),
    "payout": ("payout", "automatic_payout_id"),
    "hold": ("hold", "payment_intent_id"),
    "reference": ("reference", "payment_metadata[reference]"),
    "source": ("source", "source_id"),
}
NEEDED: Final = ("line", "kind", "date", "currency", "gross", "fee", "net")
#: Stripe's list of payouts has other columns, and nothing but payouts.
PAYOUTS: Final = ("id", "amount", "arrival_date", "currency")

KINDS: Final[Mapping[str, LineKind]] = {
    "capture": LineKind.CAPTURE,
    "charge": LineKind.CAPTURE,
    "payment": LineKind.CAPTURE,
    "refund": LineKind.REFUND,
    "refund_failure": LineKind.REFUND,
    "dispute": LineKind.DISPUTE,
    "dispute_reversal": LineKind.DISPUTE,
    "transfer": LineKind.TRANSFER,
    "fee": LineKind.FEE,
    "stripe_fee": LineKind.FEE,
    "network_cost": LineKind.FEE,
}


@dataclass(eq=False)
class ReportUnreadable(Refusal):
    """This report cannot be read, and nothing of it was taken. {why}"""

    kind = Kind.INVALID

    why: str


class _Fault(Exception):
    """What is wrong with one row, in a sentence."""


#: Makes a line or a payout of a row.
_Reading: TypeAlias = Callable[[Mapping[str, str]], ReportLine | ReportedPayout]


def read(provider: str, text: str) -> Report:
    """The report that a file tells. Raises ``ReportUnreadable`` with the first faults, by line."""
    head, rows = _rows(text)
    if set(PAYOUTS) <= set(head) and "balance_transaction_id" not in head:
        return _read_all(provider, rows, _listed_payout)
    where = {
        name: next((alias for alias in aliases if alias in head), "")
        for name, aliases in COLUMNS.items()
    }
    missing = [name for name in NEEDED if not where[name]]
    if missing:
        raise ReportUnreadable(
            f"Its first line names no column {', '.join(missing)}. A report has the columns"
            f" {', '.join(COLUMNS)}, or those of Stripe's itemised payout reconciliation."
        )

    def one(row: Mapping[str, str]) -> ReportLine | ReportedPayout:
        return _line({name: row[column] if column else "" for name, column in where.items()})

    return _read_all(provider, rows, one)


def _rows(text: str) -> tuple[list[str], Iterator[tuple[int, Mapping[str, str] | None]]]:
    """The columns in small letters, and each row with the number of its line; ``None`` for a row
    that has more or fewer fields than there are columns."""
    plain = text.removeprefix("\ufeff").replace("\x00", "")
    first = plain.split("\n", 1)[0]
    if not first.strip():
        raise ReportUnreadable("It is empty.")
    comma = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(plain), delimiter=comma)
    try:
        head = [_column(name) for name in next(reader)]
    except csv.Error as error:
        raise ReportUnreadable(f"It is no CSV: {error}.") from error
    if len(set(head)) < len(head):
        raise ReportUnreadable("Its first line names a column twice.")

    def rest() -> Iterator[tuple[int, Mapping[str, str] | None]]:
        try:
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    continue
                whole = len(cells) == len(head)
                yield (
                    reader.line_num,
                    {name: cell.strip()[:TEXT_MAX] for name, cell in zip(head, cells, strict=False)}
                    if whole
                    else None,
                )
        except csv.Error as error:
            raise ReportUnreadable(f"Line {reader.line_num} is no CSV: {error}.") from error

    return head, rest()


def _column(name: str) -> str:
    """A column's name as we compare it: ``Arrival Date (UTC)`` is ``arrival_date``."""
    return name.strip().lower().removesuffix("(utc)").strip().replace(" ", "_")


def _read_all(
    provider: str,
    rows: Iterator[tuple[int, Mapping[str, str] | None]],
    read_one: _Reading,
) -> Report:
    lines: dict[str, ReportLine] = {}
    payouts: dict[str, ReportedPayout] = {}
    faults: list[str] = []
    for number, row in rows:
        if number > ROWS_MAX:
            raise ReportUnreadable(f"It has more than {ROWS_MAX:,} lines: cut it in parts.")
        try:
            told = read_one(_whole(row))
        except _Fault as fault:
            faults.append(f"Line {number}: {fault}.")
            continue
        if isinstance(told, ReportLine):
            is_same = lines.setdefault(told.ref, told) == told
        else:
            is_same = payouts.setdefault(told.ref, told) == told
        if not is_same:
            faults.append(f"Line {number}: {told.ref} stands in this file twice, and differently.")
    if faults:
        more = len(faults) - FAULTS_MAX
        told_faults = faults[:FAULTS_MAX] + ([f"And {more} more."] if more > 0 else [])
        raise ReportUnreadable(" ".join(told_faults))
    if not lines and not payouts:
        raise ReportUnreadable("It has a first line, and no other.")
    return Report(provider=provider, lines=tuple(lines.values()), payouts=tuple(payouts.values()))


def _whole(row: Mapping[str, str] | None) -> Mapping[str, str]:
    if row is None:
        raise _Fault("it has other columns than the first line: the file may be cut off")
    return row


def _line(row: Mapping[str, str]) -> ReportLine | ReportedPayout:
    ref = row["line"]
    if not ref:
        raise _Fault("the movement has no name")
    currency = _currency(row["currency"])
    gross, fee = _money(row["gross"], currency, "gross"), _money(row["fee"], currency, "fee")
    net = _money(row["net"], currency, "net")
    if gross - fee != net:
        raise _Fault(f"gross {gross} less fee {fee} does not make net {net}")
    at = _moment(row["date"])
    if row["kind"].lower() == "payout":
        name = row["source"] or row["payout"]
        if not name:
            raise _Fault("the payout has no name")
        return ReportedPayout(ref=name, amount=-net, paid_at=at)
    return ReportLine(
        ref=ref,
        kind=KINDS.get(row["kind"].lower(), LineKind.OTHER),
        gross=gross,
        fee=fee,
        at=at,
        payout=row["payout"] or None,
        hold=row["hold"] or None,
        reference=row["reference"] or None,
        source=row["source"] or None,
    )


def _listed_payout(row: Mapping[str, str]) -> ReportedPayout:
    if not row["id"]:
        raise _Fault("the payout has no name")
    amount = _money(row["amount"], _currency(row["currency"]), "amount")
    return ReportedPayout(ref=row["id"], amount=amount, paid_at=_moment(row["arrival_date"]))


def _currency(text: str) -> Currency:
    name = text.upper()
    if not (len(name) == 3 and name.isascii() and name.isalpha()):
        raise _Fault(f"“{text}” is no currency such as EUR")
    return Currency(name)


def _money(text: str, currency: Currency, column: str) -> Money:
    """An amount in major units. A comma before the last digits is read as the decimal sign."""
    plain = text.replace(" ", "")
    if "," in plain and "." not in plain:
        plain = plain.replace(",", ".")
    try:
        amount = Decimal(plain.replace(",", "") or "0")
    except InvalidOperation:
        raise _Fault(f"{column} “{text}” is no amount") from None
    if not amount.is_finite() or len(amount.as_tuple().digits) > DIGITS_MAX:
        raise _Fault(f"{column} “{text}” is no amount")
    minor = amount.scaleb(minor_digits(currency))
    if minor != minor.to_integral_value() or abs(minor) >= 10**DIGITS_MAX:
        raise _Fault(f"{column} “{text}” has more digits than {currency} has")
    return Money(int(minor), currency)


def _moment(text: str) -> datetime:
    """A moment; without a zone it is UTC, as in all reports of providers."""
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        raise _Fault(f"“{text}” is no date such as 2026-11-26 14:30") from None
    if not 1970 <= told.year <= 9998:
        raise _Fault(f"“{text}” is no date of ours")
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)


HEAD: Final = tuple(COLUMNS)


def written(report: Report) -> str:
    """The report as a file in our columns; ``read`` gives it back."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    for line in report.lines:
        amounts = (line.gross.decimal, line.fee.decimal, line.net.decimal)
        names = (line.payout or "", line.hold or "", line.reference or "", line.source or "")
        at, currency = line.at.isoformat(), line.gross.currency
        writer.writerow((line.ref, line.kind, at, currency, *map("{:f}".format, amounts), *names))
    for payout in report.payouts:
        net = f"{(-payout.amount).decimal:f}"
        row = ("payout", payout.paid_at.isoformat(), payout.amount.currency, net, "0", net)
        writer.writerow((f"{payout.ref}_out", *row, payout.ref, "", "", payout.ref))
    return out.getvalue()
