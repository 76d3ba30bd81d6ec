"""Double entry, made so that it cannot be out of balance.

A posting moves one amount from one account to another, so each posting balances by itself, and so
does any set of them. An entry is the postings that stand or fall together, and it is never
changed: a mistake is undone by an entry that says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NewType

from voltway.kernel.ids import EntryId, OnceKey, PartyId
from voltway.kernel.money import Currency, Money

#: A path in the books: ``driver:<payment>:receivable``, ``revenue:energy``, ``tax:vat:19``.
Account = NewType("Account", str)

PATH = re.compile(r"[a-z0-9][A-Za-z0-9._-]*(:[A-Za-z0-9._-]+)*")


def account(*parts: str) -> Account:
    """The account at this path. A part never holds what would read as another path."""
    path = ":".join(parts)
    assert PATH.fullmatch(path), f"{path!r} is no path in the books"
    return Account(path)


@dataclass(frozen=True, slots=True)
class Posting:
    """One amount moved from the account it leaves (credit) to the one it reaches (debit)."""

    debit: Account
    credit: Account
    amount: Money

    def __post_init__(self) -> None:
        assert self.debit != self.credit
        assert self.amount.minor > 0, "turn the posting around instead of posting a minus"

    def reversed(self) -> "Posting":
        return Posting(debit=self.credit, credit=self.debit, amount=self.amount)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Postings that stand together, why they were made, and what shows it."""

    party: PartyId
    once: OnceKey  # the same key posted twice is one entry
    at: datetime
    memo: str
    evidence: Mapping[str, str]  # what it is about: session, cdr, payment, payment_step …
    postings: tuple[Posting, ...]
    #: When what it is about was supplied, where that is not when it is posted. It is kept (in the
    #: evidence) where the month of the supply is closed already.
    supplied_at: datetime | None = None

    def __post_init__(self) -> None:
        assert self.memo, "nobody can check an entry without a reason"
        assert self.evidence, "nobody can check an entry without its evidence"
        assert self.postings, "an entry moves something"


@dataclass(frozen=True, slots=True)
class KeptEntry:
    """An entry as it stands in the books."""

    id: EntryId
    entry: Entry


class AccountType(StrEnum):
    """What kind of account a path is. Assets and expenses grow by debits, the others by credits."""

    ASSET = "asset"
    LIABILITY = "liability"
    INCOME = "income"
    EXPENSE = "expense"
    TAX = "tax"


@dataclass(frozen=True, slots=True)
class AsOf:
    """A moment of the books: entries dated before ``at``, as they were known at ``known``. Without
    either: all of them, and as they are known now."""

    at: datetime | None = None
    known: datetime | None = None


NOW = AsOf()


@dataclass(frozen=True, slots=True)
class AccountLine:
    """What an account was debited and credited in one currency."""

    account: Account
    currency: Currency
    debit_minor: int
    credit_minor: int

    @property
    def balance(self) -> Money:
        """Positive where the account is owed or holds, negative where it owes or has earned."""
        return Money(self.debit_minor - self.credit_minor, self.currency)


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account, and the sums over all of them: zero in each currency, or we are wrong."""

    lines: tuple[AccountLine, ...]

    @property
    def sums(self) -> dict[Currency, int]:
        sums: dict[Currency, int] = {}
        for line in self.lines:
            sums[line.currency] = sums.get(line.currency, 0) + line.balance.minor
        return sums

    @property
    def balances(self) -> bool:
        return not any(self.sums.values())


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry with all that the books keep of it: its place, and when it was written."""

    id: EntryId
    place: int
    kept_at: datetime
    entry: Entry


@dataclass(frozen=True, slots=True)
class Head:
    """The last link of a party's chain at the end of a day: whoever keeps it elsewhere can prove
    that nothing before it was changed since."""

    party: PartyId
    day: date
    number: int
    head: str
    sealed_at: datetime


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a chain does not hold, and why; ``entry`` where it names one."""

    party: PartyId
    number: int | None
    entry: EntryId | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A month that is closed: from its begin to its end in the party's time zone."""

    party: PartyId
    month: date
    begins: datetime
    ends: datetime
    closed_at: datetime
    closed_by: str
    entries: int
    number: int
    head: str | None

    @property
    def name(self) -> str:
        return f"{self.month:%Y-%m}"
