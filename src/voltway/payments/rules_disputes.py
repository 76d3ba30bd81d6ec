"""Who bears what a bank takes back of a top-up or a bill, and what of it comes back to whom.

    taken        driver:<who>:prepaid      to  provider:<name>:due  what is left of the top-up
                 driver:<who>:receivable   to  it                   what was spent already
                 the bill's own account    to  it                   a bill is unpaid again
                 cost:disputes             to  it                   more than was paid in
    given back   provider:<name>:due       to  each of these; cost:write_offs for what was forgiven

The payer answers for what they paid in and did not get back, and for no more: what a bank takes
beyond (fees of its own, a top-up that was paid back before) is ours to contest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from voltway.kernel.money import Currency, Money
from voltway.ledger.model import Account, Posting, account

COST: Final = account("cost", "disputes")
WRITE_OFFS: Final = account("cost", "write_offs")


def owed_by(holder: UUID) -> Account:
    """On which a driver owes what of a disputed top-up was spent."""
    return account("driver", str(holder), "receivable")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What is taken, by who bears it."""

    balance_minor: int = 0
    debt_minor: int = 0
    ours_minor: int = 0


def shares(taken_minor: int, *, paid_in_minor: int, available_minor: int = 0) -> Shares:
    """Who bears what a bank takes. ``paid_in_minor`` is what of it was paid in and neither given
    back nor taken before; ``available_minor`` what of a balance is not reserved for a charge."""
    theirs = min(taken_minor, max(paid_in_minor, 0))
    balance = min(theirs, max(available_minor, 0))
    return Shares(
        balance_minor=balance, debt_minor=theirs - balance, ours_minor=taken_minor - theirs
    )


def paid_of(taken: Shares, *, owed_minor: int, forgiven_minor: int) -> int:
    """What the payer has paid of what a bank took: what left the balance, and what was owed and is
    neither owed any more nor forgiven. When it comes back, it is theirs again."""
    paid = taken.debt_minor - owed_minor - forgiven_minor
    assert paid >= 0, "no more is owed than was"
    return taken.balance_minor + paid


def postings(
    due: Account, parts: Mapping[Account, int], currency: Currency, *, back: bool
) -> tuple[Posting, ...]:
    """Between a provider and who bears each part."""
    moved = [(of, Money(minor, currency)) for of, minor in parts.items() if minor]
    return tuple(
        Posting(due, of, amount) if back else Posting(of, due, amount) for of, amount in moved
    )
