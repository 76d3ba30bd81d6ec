"""What the console shows of money, read from the rooms' views."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from voltway.runtime.work import Row, Work
from voltway.web.formats import Formats

LINES: Final = 100


@dataclass(frozen=True, slots=True)
class Transaction:
    """One payment on its way: held, energy, captured, booked, receipt."""

    id: UUID
    session: UUID | None
    at: datetime
    number: int | None
    place: str
    way: str
    marks: tuple[str, str, str, str]
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
    captured: str
    captured_n: int
    resting: int
    resting_sum: str
    next_try: datetime | None
    unknown: int


_SELECT: Final = """
    SELECT p.*, e.number AS evse_number, e.location_name, e.time_zone,
           s.id AS settlement_id, s.state AS bill_state, s.next_step, s.next_try_at, s.last_trouble,
           s.done AS bill_done, s.total_minor, s.invoice_id, s.invoice_number
      FROM payment_view p
      LEFT JOIN evse_view e ON e.id = p.evse_id
      LEFT JOIN settlement_view s ON s.payment_id = p.id
"""


async def transactions(work: Work, formats: Formats, *, words: str, kind: str) -> list[Transaction]:
    rows = await work.all(
        _SELECT
        + """
         WHERE ($1 = '' OR concat_ws(' ', e.location_name, e.public_id, p.card_last4,
                                     s.invoice_number, p.provider_ref) ILIKE '%' || $1 || '%')
           AND ($2 <> 'held' OR p.hold_open)
           AND ($2 <> 'needs' OR s.state IN ('resting', 'held')
                OR p.state IN ('unknown', 'capture_declined'))
           AND ($2 <> 'done' OR p.ended_at IS NOT NULL)
         ORDER BY p.id DESC LIMIT $3
        """,
        words,
        kind,
        LINES,
    )
    return [_transaction(row, formats) for row in rows]


def _transaction(row: Row, formats: Formats) -> Transaction:
    glyph, words, bad_at = _stand(row, formats)
    held = row["held_at"] is not None
    captured = row["captured_minor"] > 0 or row["state"] == "captured"
    booked = row["invoice_id"] is not None
    walked = (held, row["session_id"] is not None, captured, booked)
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
        marks=(marks[0], marks[1], marks[2], marks[3]),
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
            amount = formats.amount(refunded, row["currency"]) if refunded else ""
            return "", f"Booked, {amount} refunded" if amount else "Booked, receipt issued", None
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
    captured = await _counted(
        work,
        """
        SELECT coalesce(sum(captured_minor), 0)::bigint AS minor, count(*)::int AS n
          FROM payment_view WHERE captured_minor > 0 AND ended_at >= $1 AND currency = $2
        """,
        work.now - timedelta(days=1),
        currency,
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
    return Tally(
        held=formats.amount(held["minor"], currency),
        held_n=held["n"],
        oldest=held["oldest"],
        captured=formats.amount(captured["minor"], currency),
        captured_n=captured["n"],
        resting=resting["n"],
        resting_sum=formats.amount(resting["minor"], currency),
        next_try=resting["next_try"],
        unknown=unknown["n"],
    )


_ICONS: Final = {"hold": "hold", "capture": "check", "release": "unlock", "refund": "money"}
_DID: Final = {"hold": "Hold", "capture": "Capture", "release": "Release", "refund": "Refund"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing asked of the provider, and what it said."""

    icon: str
    title: str
    detail: str
    amount: str
    at: datetime


async def story_of(work: Work, chosen: Transaction, formats: Formats) -> list[Asked]:
    """What was asked of the provider, in its order."""
    rows = await work.all(
        "SELECT * FROM payment_step_view WHERE payment_id = $1 ORDER BY asked_at, id", chosen.id
    )
    return [
        Asked(
            icon=_ICONS[row["verb"]],
            title=_DID[row["verb"]],
            detail=row["answer"] or row["last_trouble"] or "no answer yet",
            amount=formats.amount(row["amount_minor"], chosen.currency)
            if row["amount_minor"]
            else "",
            at=row["answered_at"] or row["asked_at"],
        )
        for row in rows
    ]
