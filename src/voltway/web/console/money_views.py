"""What the console shows of money, read from the rooms' views."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from voltway.runtime.work import Row, Work
from voltway.web.console.money_filters import Filters
from voltway.web.formats import Formats

LINES: Final = 100


@dataclass(frozen=True, slots=True)
class Transaction:
    """One payment on its way: held, energy, captured, booked, paid out."""

    id: UUID
    session: UUID | None
    at: datetime
    number: int | None
    place: str
    way: str
    marks: tuple[str, ...]
    glyph: str
    words: str
    hold: str
    amount: str
    zone: str
    currency: str
    invoice: UUID | None
    settlement: UUID | None
    may_be_tried: bool


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures above the list."""

    held: str
    held_n: int
    oldest: datetime | None
    unexplained: int
    resting: int
    resting_sum: str
    next_try: datetime | None
    unknown: int
    at_banks: str
    asks: int


_SELECT: Final = """
    SELECT p.*, e.number AS evse_number, e.location_id, e.location_name, e.time_zone,
           s.id AS settlement_id, s.state AS bill_state, s.next_step, s.next_try_at, s.last_trouble,
           s.done AS bill_done, s.total_minor, s.invoice_id, s.invoice_number
      FROM payment_monitor_view p
      LEFT JOIN evse_view e ON e.id = p.evse_id
      LEFT JOIN settlement_view s ON s.payment_id = p.id
"""


async def transactions(
    work: Work, formats: Formats, filters: Filters, *, most: int = LINES
) -> list[Transaction]:
    """Payments that fit, the newest first."""
    values: list[Any] = [most]
    rows = await work.all(
        f"{_SELECT} WHERE {filters.where(values)} ORDER BY p.created_at DESC, p.id DESC LIMIT $1",
        *values,
    )
    return [_transaction(row, formats) for row in rows]


async def transaction(work: Work, formats: Formats, payment: UUID) -> Transaction | None:
    row = await work.one(f"{_SELECT} WHERE p.id = $1", payment)
    return _transaction(row, formats) if row else None


def _transaction(row: Row, formats: Formats) -> Transaction:
    glyph, words, bad_at = _stand(row, formats)
    held = row["held_at"] is not None
    captured = row["captured_minor"] > 0 or row["state"] == "captured"
    booked = row["invoice_id"] is not None
    paid = row["paid_out_at"] is not None
    walked = (held, row["session_id"] is not None, captured, booked, paid)
    marks = tuple(
        "bad" if nth == bad_at else "done" if is_done else "none"
        for nth, is_done in enumerate(walked)
    )
    amount = ""
    if captured or row["total_minor"] is not None:
        shown = row["captured_minor"] if captured else row["total_minor"]
        amount = formats.amount(shown, row["currency"])
    return Transaction(
        id=row["id"],
        session=row["session_id"],
        at=row["held_at"] or row["created_at"],
        number=row["evse_number"],
        place=row["location_name"] or "",
        way=_way(row),
        marks=marks,
        glyph=glyph,
        words=words,
        hold=formats.amount(row["hold_minor"], row["currency"]),
        amount=amount,
        zone=row["time_zone"] or "UTC",
        currency=row["currency"],
        invoice=row["invoice_id"],
        settlement=row["settlement_id"],
        may_be_tried=row["bill_state"] in ("resting", "held"),
    )


def _way(row: Row) -> str:
    if row["card_last4"] is None:
        return ""
    name = row["card_wallet"] or row["card_brand"] or "Card"
    return f"{name.replace('_', ' ').title()}, {row['card_last4']}"


def _stand(row: Row, formats: Formats) -> tuple[str, str, int | None]:
    """A glyph only for trouble, the words, and the segment that trouble stands on."""
    if row["bill_state"] == "resting":
        again = formats.clock(row["next_try_at"], row["time_zone"] or "UTC")
        return "faulted", f"Rests at {row['next_step']}, next try {again}", 2
    if row["bill_state"] == "held":
        return "idle", "In review, meter doubtful", 2
    if row["disputed"]:
        return "faulted", "Disputed at the bank", 4
    match row["state"]:
        case "asked" | "awaiting":
            return "", "Waiting for the driver's payment", None
        case "unknown":
            return "unknown", "The provider has not answered", 0
        case "declined":
            return "", "Declined by the bank", None
        case "capture_declined":
            return "faulted", "The bank declined the capture", 2
        case "expired":
            return "", "Not confirmed in time", None
        case "released" | "releasing" if row["session_id"] is None:
            return "", "Released, nothing started", None
        case "released" | "releasing":
            return "", "Released, nothing to pay", None
        case "held" if row["session_id"] is None:
            return "", "Held, waiting for the cable", None
        case "held":
            return "", "Charging", None
        case _ if row["invoice_number"]:
            refunded = row["refunded_minor"]
            done = "Paid out" if row["paid_out_at"] else "Booked"
            if refunded:
                return "", f"{done}, {formats.amount(refunded, row['currency'])} refunded", None
            return "", done if row["paid_out_at"] else "Booked, receipt issued", None
        case _:
            return "", "Captured, booking", None


async def _counted(work: Work, sql: str, *values: object) -> Row:
    row = await work.one(sql, *values)
    assert row is not None, "a count always has a row"
    return row


async def tally(work: Work, formats: Formats) -> Tally:
    assert work.party is not None, "money is of one party"
    party = await work.one("SELECT currency FROM party_view WHERE party_id = $1", work.party)
    currency = party["currency"] if party else "EUR"
    held = await _counted(
        work,
        """
        SELECT coalesce(sum(hold_minor), 0)::bigint AS minor, count(*)::int AS n,
               min(held_at) AS oldest
          FROM payment_view WHERE hold_open AND held_at IS NOT NULL AND currency = $1
        """,
        currency,
    )
    open_lines = await _counted(
        work,
        """
        SELECT (SELECT count(*) FROM payout_line_view
                 WHERE doubt IS NOT NULL AND closed_at IS NULL)::int
             + (SELECT count(*) FROM payout_view WHERE doubt IS NOT NULL)::int AS n
        """,
    )
    resting = await _counted(
        work,
        """
        SELECT count(*)::int AS n, coalesce(sum(total_minor), 0)::bigint AS minor,
               min(next_try_at) AS next_try
          FROM settlement_view WHERE state IN ('resting', 'held')
        """,
    )
    unknown = await _counted(
        work, "SELECT count(*)::int AS n FROM payment_view WHERE state = 'unknown'"
    )
    disputed = await _counted(
        work,
        """
        SELECT coalesce(sum(amount_minor) FILTER (WHERE currency = $1), 0)::bigint AS minor,
               count(*) FILTER (WHERE state = 'asks' AND sent_at IS NULL)::int AS asks
          FROM dispute_view WHERE state IN ('asks', 'judged')
        """,
        currency,
    )
    return Tally(
        held=formats.amount(held["minor"], currency),
        held_n=held["n"],
        oldest=held["oldest"],
        unexplained=open_lines["n"],
        resting=resting["n"],
        resting_sum=formats.amount(resting["minor"], currency),
        next_try=resting["next_try"],
        unknown=unknown["n"],
        at_banks=formats.amount(disputed["minor"], currency),
        asks=disputed["asks"],
    )
