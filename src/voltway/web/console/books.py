"""Entries as a page shows them: what each account was debited and credited, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from voltway.ledger.model import KeptEntry
from voltway.web.formats import Formats


@dataclass(frozen=True, slots=True)
class Line:
    account: str
    debit: str
    credit: str


@dataclass(frozen=True, slots=True)
class Booked:
    """One entry: why, and its two equal sides."""

    memo: str
    lines: tuple[Line, ...]
    currency: str
    total: str


def booked(entries: Iterable[KeptEntry], formats: Formats) -> tuple[Booked, ...]:
    """Entries in the order in which they were made."""
    return tuple(_booked(kept, formats) for kept in entries)


def _booked(kept: KeptEntry, formats: Formats) -> Booked:
    debits: dict[str, int] = {}
    credits_: dict[str, int] = {}
    for posting in kept.entry.postings:
        debits[posting.debit] = debits.get(posting.debit, 0) + posting.amount.minor
        credits_[posting.credit] = credits_.get(posting.credit, 0) + posting.amount.minor
    currency = kept.entry.postings[0].amount.currency

    def written(minor: int | None) -> str:
        return formats.plain_amount(minor, currency) if minor else ""

    accounts: Sequence[str] = tuple(dict.fromkeys((*debits, *credits_)))
    return Booked(
        memo=kept.entry.memo,
        lines=tuple(
            Line(
                formats.account_words(account),
                written(debits.get(account)),
                written(credits_.get(account)),
            )
            for account in accounts
        ),
        currency=currency,
        total=written(sum(debits.values())),
    )
