"""What the console shows of payouts: what is owed, what came, and what nothing explains."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from voltway.payments import unreported
from voltway.runtime.work import Row, Work
from voltway.web.formats import Formats

LINES: Final = 100
RECENT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Owed:
    """What a provider took and did not pay out, in one currency."""

    provider: str
    amount: str


@dataclass(frozen=True, slots=True)
class Open:
    """Something that nothing explains: a line, a payout, or money that no report names."""

    line: UUID | None  # what a person may put aside
    what: str
    provider: str
    ref: str
    amount: str
    at: datetime
    since: datetime
    said: str
    payment: UUID | None


@dataclass(frozen=True, slots=True)
class PaidOut:
    provider: str
    ref: str
    at: datetime | None
    lines: int
    gross: str
    fees: str
    amount: str
    posted_at: datetime | None


@dataclass(frozen=True, slots=True)
class Desk:
    """The whole page."""

    owed: Sequence[Owed]
    came: str  # in the last thirty days, in the party's currency
    came_n: int
    fees: str
    open: Sequence[Open]
    payouts: Sequence[PaidOut]
    reports: Sequence[Row]
    providers: Sequence[str]


_KINDS: Final = {
    "capture": "Capture",
    "refund": "Refund",
    "dispute": "Dispute",
    "transfer": "Share sent",
    "fee": "Fee",
    "other": "Movement",
}


async def desk(work: Work, formats: Formats, *, provider: str) -> Desk:
    assert work.party is not None, "money is of one party"
    party = await work.one("SELECT currency FROM party_view WHERE party_id = $1", work.party)
    currency = party["currency"] if party else "EUR"
    paid = await work.all(
        "SELECT * FROM payout_view ORDER BY coalesce(paid_at, first_at) DESC, id DESC LIMIT $1",
        LINES,
    )
    recent = await work.one(
        """
        SELECT count(*)::int AS n, coalesce(sum(amount_minor), 0)::bigint AS minor,
               coalesce(sum(fee_minor), 0)::bigint AS fees
          FROM payout_view WHERE posted_at >= $1 AND currency = $2
        """,
        work.now - RECENT,
        currency,
    )
    assert recent is not None, "a count always has a row"
    owed = await work.all(
        """
        SELECT split_part(account, ':', 2) AS provider, currency, balance_minor AS minor
          FROM account_view WHERE account LIKE 'provider:%:due' AND balance_minor <> 0
         ORDER BY 1, 2
        """
    )
    names = await work.all("SELECT DISTINCT provider FROM payout_report_view ORDER BY provider")
    return Desk(
        owed=[Owed(row["provider"], formats.amount(row["minor"], row["currency"])) for row in owed],
        came=formats.amount(recent["minor"], currency),
        came_n=recent["n"],
        fees=formats.amount(recent["fees"], currency),
        open=await _open(work, formats),
        payouts=[_paid(row, formats) for row in paid],
        reports=await work.all(
            "SELECT * FROM payout_report_view ORDER BY taken_at DESC, id DESC LIMIT 10"
        ),
        providers=sorted({provider, *(row["provider"] for row in names)}),
    )


async def _open(work: Work, formats: Formats) -> list[Open]:
    """All that is unexplained, the oldest first."""
    assert work.party is not None, "money is of one party"
    lines = await work.all(
        """
        SELECT * FROM payout_line_view WHERE doubt IS NOT NULL AND closed_at IS NULL
         ORDER BY first_at, id LIMIT $1
        """,
        LINES,
    )
    waiting = await work.all(
        "SELECT * FROM payout_view WHERE doubt IS NOT NULL ORDER BY first_at, id LIMIT $1", LINES
    )
    late = await unreported.late(work, work.party, LINES)
    found = [
        Open(
            row["id"],
            _KINDS[row["kind"]],
            row["provider"],
            row["ref"],
            formats.amount(row["gross_minor"] - row["fee_minor"], row["currency"]),
            row["at"],
            row["first_at"],
            row["said"],
            row["payment_id"],
        )
        for row in lines
    ]
    found += [
        Open(
            None,
            "Payout",
            row["provider"],
            row["ref"],
            formats.amount(row["amount_minor"], row["currency"])
            if row["amount_minor"] is not None
            else "",
            row["paid_at"] or row["first_at"],
            row["first_at"],
            row["said"],
            None,
        )
        for row in waiting
    ]
    found += [
        Open(
            None,
            "Not paid out",
            row["provider"],
            "",
            formats.amount(row["minor"], row["currency"]),
            row["at"],
            row["at"],
            f"No report names it. {row['memo']}",
            UUID(row["payment_id"]),
        )
        for row in late
    ]
    return sorted(found, key=lambda each: each.since)


def _paid(row: Row, formats: Formats) -> PaidOut:
    currency = row["currency"]
    minor = row["amount_minor"]
    return PaidOut(
        provider=row["provider"],
        ref=row["ref"],
        at=row["paid_at"],
        lines=row["lines"],
        gross=formats.plain_amount(row["gross_minor"], currency),
        fees=formats.plain_amount(row["fee_minor"], currency) if row["fee_minor"] else "",
        amount="" if minor is None else formats.amount(minor, currency),
        posted_at=row["posted_at"],
    )
