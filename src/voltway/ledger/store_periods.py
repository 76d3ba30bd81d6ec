"""Closed months and what accounts held at their ends, as rows: added, never changed."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from voltway.kernel.ids import PartyId
from voltway.ledger.model import AccountLine, Period
from voltway.runtime.work import Row, Work


async def closed(work: Work, parties: Collection[PartyId]) -> Mapping[PartyId, Period]:
    """The last closed month of each of these parties, where there is one."""
    rows = await work.all(
        """
        SELECT DISTINCT ON (party_id) * FROM ledger_period_view
         WHERE party_id = ANY($1::uuid[]) ORDER BY party_id, ends DESC
        """,
        list(parties),
    )
    return {PartyId(row["party_id"]): _period(row) for row in rows}


async def periods(work: Work, party: PartyId) -> list[Period]:
    """The closed months of a party, the newest first."""
    rows = await work.all(
        "SELECT * FROM ledger_period_view WHERE party_id = $1 ORDER BY month DESC", party
    )
    return [_period(row) for row in rows]


async def first_at(work: Work, party: PartyId) -> datetime | None:
    """The date of the oldest entry of a party."""
    row = await work.one("SELECT min(at) AS at FROM ledger_entry WHERE party_id = $1", party)
    return row["at"] if row else None


async def count_between(work: Work, party: PartyId, begins: datetime, ends: datetime) -> int:
    row = await work.one(
        """
        SELECT count(*) AS n FROM ledger_entry
         WHERE party_id = $1 AND at >= $2 AND at < $3
        """,
        party,
        begins,
        ends,
    )
    assert row is not None
    return int(row["n"])


async def keep(
    work: Work,
    period: Period,
    lines: Sequence[tuple[AccountLine, int]],
) -> None:
    """Keep that a month is closed, with what each account moved in it and held at its end."""
    await work.run(
        """
        INSERT INTO ledger_period (party_id, month, begins, ends, closed_at, closed_by, entries,
                                   number, head)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, decode($9, 'hex'))
        """,
        period.party,
        period.month,
        period.begins,
        period.ends,
        period.closed_at,
        period.closed_by,
        period.entries,
        period.number,
        period.head,
    )
    await work.copy(
        "ledger_closing",
        (
            "party_id",
            "month",
            "account",
            "currency",
            "debit_minor",
            "credit_minor",
            "balance_minor",
        ),
        [
            (
                period.party,
                period.month,
                line.account,
                line.currency,
                line.debit_minor,
                line.credit_minor,
                balance,
            )
            for line, balance in lines
        ],
    )


async def closings(work: Work, party: PartyId, month: date) -> Sequence[Row]:
    """What each account moved in a closed month, and held at its end."""
    return await work.all(
        """
        SELECT account, currency, debit_minor, credit_minor, balance_minor
          FROM ledger_closing_view WHERE party_id = $1 AND month = $2
         ORDER BY account, currency
        """,
        party,
        month,
    )


def _period(row: Row) -> Period:
    return Period(
        party=PartyId(row["party_id"]),
        month=row["month"],
        begins=row["begins"],
        ends=row["ends"],
        closed_at=row["closed_at"],
        closed_by=row["closed_by"],
        entries=row["entries"],
        number=row["number"],
        head=row["head"],
    )
