"""Balances at any moment: sums over sealed days, and what is not in them entry by entry."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from voltway.kernel.ids import PartyId
from voltway.kernel.money import Currency
from voltway.ledger.model import Account, AccountLine, AsOf
from voltway.runtime.work import Row, Work

#: The two sides of postings as lines of accounts.
_SIDES: Final = """
    SELECT account_group(side.account) AS account, p.currency, side.debit_minor, side.credit_minor
      FROM ledger_entry e
      JOIN ledger_posting p ON p.entry_id = e.id
     CROSS JOIN LATERAL (VALUES (p.debit, p.amount_minor, 0::bigint),
                                (p.credit, 0::bigint, p.amount_minor))
           AS side (account, debit_minor, credit_minor)
     WHERE ($1::uuid IS NULL OR e.party_id = $1)
"""


async def groups(
    work: Work, as_of: AsOf, *, party: PartyId | None = None, under: str | None = None
) -> list[AccountLine]:
    """What each group of accounts was debited and credited, at a path and beneath it, at a moment.

    The days that lie wholly before the moments are sums that are there already; of the days in
    which the moments lie, and of what is not sealed yet, the entries are added up.
    """
    values: list[Any] = [party]

    def given(value: object, kind: str) -> str:
        values.append(value)
        return f"${len(values)}::{kind}"

    days, before = ["($1::uuid IS NULL OR party_id = $1)"], ["true"]
    live = []
    if as_of.at is not None:
        begun = _midnight(as_of.at)
        days.append(f"day < {given(begun.date(), 'date')}")
        at, at_day = given(as_of.at, "timestamptz"), given(begun, "timestamptz")
        before.append(f"e.at < {at}")
        live.append(f"e.at >= {at_day}")
    if as_of.known is not None:
        begun = _midnight(as_of.known)
        days.append(f"kept_day < {given(begun.date(), 'date')}")
        known, known_day = given(as_of.known, "timestamptz"), given(begun, "timestamptz")
        before.append(f"e.kept_at <= {known}")
        live.append(
            f"e.kept_at >= {known_day}" + (f" AND e.at < {at_day}" if as_of.at is not None else "")
        )
    sealed = "(SELECT place FROM ledger_sealed)"
    parts = [
        f"SELECT account, currency, debit_minor, credit_minor FROM ledger_day"
        f" WHERE {' AND '.join(days)}",
        f"{_SIDES} AND e.place > {sealed} AND {' AND '.join(before)}",
        *(
            f"{_SIDES} AND e.place <= {sealed} AND {' AND '.join(before)} AND {part}"
            for part in live
        ),
    ]
    path = given(under, "text")
    return _lines(
        await work.all(
            f"""
            SELECT account, currency, sum(debit_minor)::bigint AS debit_minor,
                   sum(credit_minor)::bigint AS credit_minor
              FROM ({" UNION ALL ".join(parts)}) AS side
             WHERE {path} IS NULL OR account = {path} OR starts_with(account, {path} || ':')
             GROUP BY account, currency
             ORDER BY account, currency
            """,
            *values,
        )
    )


async def one(
    work: Work, account: str, as_of: AsOf, *, party: PartyId | None = None
) -> list[AccountLine]:
    """What a single account was debited and credited, as of a moment, by its postings."""
    rows = await work.all(
        """
        SELECT $1::text AS account, side.currency, sum(side.debit_minor)::bigint AS debit_minor,
               sum(side.credit_minor)::bigint AS credit_minor
          FROM (SELECT entry_id, currency, amount_minor AS debit_minor, 0::bigint AS credit_minor
                  FROM ledger_posting
                 WHERE debit = $1 AND ($4::uuid IS NULL OR party_id = $4)
                 UNION ALL
                SELECT entry_id, currency, 0, amount_minor
                  FROM ledger_posting
                 WHERE credit = $1 AND ($4::uuid IS NULL OR party_id = $4)) AS side
          JOIN ledger_entry e ON e.id = side.entry_id
         WHERE ($2::timestamptz IS NULL OR e.at < $2)
           AND ($3::timestamptz IS NULL OR e.kept_at <= $3)
         GROUP BY side.currency
         ORDER BY side.currency
        """,
        account,
        as_of.at,
        as_of.known,
        party,
    )
    return _lines(rows)


async def sides(work: Work, party: PartyId) -> Sequence[Row]:
    """The debits and the credits of all sealed days, in each currency."""
    return await work.all(
        """
        SELECT currency, sum(debit_minor)::bigint AS debit_minor,
               sum(credit_minor)::bigint AS credit_minor
          FROM ledger_day WHERE party_id = $1 GROUP BY currency ORDER BY currency
        """,
        party,
    )


async def strays(work: Work, party: PartyId) -> Sequence[Row]:
    """Groups of accounts whose sealed days come to another balance than their postings."""
    return await work.all(
        f"""
        SELECT account, currency, coalesce(d.minor, 0) AS summed, coalesce(p.minor, 0) AS posted
          FROM (SELECT account, currency, sum(debit_minor - credit_minor)::bigint AS minor
                  FROM ledger_day WHERE party_id = $1 GROUP BY account, currency) AS d
          FULL JOIN (
                SELECT account, currency, sum(debit_minor - credit_minor)::bigint AS minor
                  FROM ({_SIDES} AND e.place <= (SELECT place FROM ledger_sealed)) AS side
                 GROUP BY account, currency) AS p USING (account, currency)
         WHERE coalesce(d.minor, 0) <> coalesce(p.minor, 0)
         ORDER BY account, currency LIMIT 50
        """,
        party,
    )


def _midnight(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _lines(rows: Sequence[Row]) -> list[AccountLine]:
    return [
        AccountLine(
            Account(row["account"]),
            Currency(row["currency"]),
            row["debit_minor"],
            row["credit_minor"],
        )
        for row in rows
    ]
