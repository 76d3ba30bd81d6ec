"""Reads a table of postings and of what each account then owes."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import EUR, Money, payable
from voltway.ledger import rules
from voltway.ledger.model import Account, Entry, Posting

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARTY = PartyId(UUID(int=1))


def entry(memo: str, *postings: Posting, once: str | None = None) -> Entry:
    return Entry(
        party=PARTY,
        once=OnceKey(once or memo),
        at=NOON,
        memo=memo,
        evidence={"session": "7"},
        postings=postings,
    )


def check(table: str) -> None:
    """Post the lines ``reason debit credit amount``, then compare the ``owes`` lines."""
    entries: list[Entry] = []
    wanted: dict[str, Money] = {}
    for number, line in enumerate(table.split("\n")):
        match line.split():
            case []:
                continue
            case ["owes", account, amount]:
                wanted[account] = payable(Decimal(amount), EUR)
            case [reason, debit, credit, amount]:
                posting = Posting(Account(debit), Account(credit), payable(Decimal(amount), EUR))
                entries.append(entry(reason, posting, once=f"{number}:{reason}"))
            case _:
                raise AssertionError(f"cannot read: {line}")
    books = rules.trial_balance(entries)
    owed = {line.account: line.balance for line in books.lines}
    assert {path: owed[Account(path)] for path in wanted} == wanted
    assert books.balances
