"""What follows from entries: balances, and the entry that undoes another."""

from collections.abc import Iterable
from datetime import datetime

from voltway.kernel.ids import OnceKey
from voltway.kernel.money import Currency
from voltway.ledger.model import Account, AccountLine, Entry, TrialBalance


def trial_balance(entries: Iterable[Entry]) -> TrialBalance:
    """What these entries leave on each account; an entry told twice counts once."""
    debits: dict[tuple[Account, Currency], int] = {}
    credits: dict[tuple[Account, Currency], int] = {}
    for entry in {(entry.party, entry.once): entry for entry in entries}.values():
        for posting in entry.postings:
            debit = (posting.debit, posting.amount.currency)
            credit = (posting.credit, posting.amount.currency)
            debits[debit] = debits.get(debit, 0) + posting.amount.minor
            credits[credit] = credits.get(credit, 0) + posting.amount.minor
    keys = sorted(debits.keys() | credits.keys())
    return TrialBalance(
        tuple(
            AccountLine(path, currency, debits.get(key, 0), credits.get(key, 0))
            for key in keys
            for path, currency in [key]
        )
    )


def undone(entry: Entry, *, once: OnceKey, at: datetime, why: str) -> Entry:
    """The entry that takes another back. The first one stays where it is, for all to see."""
    return Entry(
        party=entry.party,
        once=once,
        at=at,
        memo=f"{why} Takes back: {entry.memo}",
        evidence={**entry.evidence, "takes_back": entry.once},
        postings=tuple(posting.reversed() for posting in entry.postings),
    )
