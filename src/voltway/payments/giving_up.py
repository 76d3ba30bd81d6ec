"""Giving up what is left of a balance that can go back to no card: vouchers and gifts lapse when an
account is deleted.

    a sold voucher    driver:<who>:prepaid    to    income:vouchers
    a gift            driver:<who>:prepaid    to    cost:vouchers               (it cost us nothing)
    a correction      driver:<who>:prepaid    to    cost:prepaid_corrections

What came last is what is left. No tax is due, for nothing was supplied.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import OnceKey, PartyId
from voltway.kernel.money import Money
from voltway.ledger.model import Account, Entry, Posting
from voltway.payments import paying_back, prepaid, topping_up, vouchers
from voltway.payments.prepaid import MoveKind
from voltway.runtime.work import Work


@dataclass(eq=False)
class NotThisMuch(Refusal):
    """What is left on this balance changed meanwhile, or can go back to a card, or waits for the
    end of a charge. Nothing was given up."""

    kind: ClassVar[Kind] = Kind.CONFLICT


async def can_give_up(work: Work, party: PartyId, holder: UUID) -> Money | None:
    """What could be given up now: all that is left, where none of it is reserved or can go back to
    a card; ``None`` where there is nothing such."""
    has = await prepaid.balance(work, party, holder)
    back = await paying_back.can_pay_back(work, party, holder)
    if has is None or back is None or back.minor or has.reserved_minor or has.balance_minor <= 0:
        return None
    return has.money


async def give_up(work: Work, party: PartyId, holder: UUID, minor: int) -> None:
    """Let exactly this lapse, as whoever gives it up was shown it. Raises ``NotThisMuch``."""
    before = await prepaid.lock(work, party, holder)
    left = await can_give_up(work, party, holder)
    if left is None or left.minor != minor:
        raise NotThisMuch
    await topping_up.stop_auto(work, party, holder)
    own = prepaid.account_of(holder)
    parts = split(minor, await _came(work, party, holder))
    entry = Entry(
        party=party,
        once=OnceKey(f"given-up:{holder}:{await _moves(work, party, holder)}"),
        at=work.now,
        memo=f"{left} of vouchers and gifts lapsed: the driver deleted the account.",
        evidence={"driver": str(holder)},
        postings=tuple(Posting(own, to, Money(part, left.currency)) for to, part in parts),
    )
    await prepaid.taken(
        work,
        before,
        Money(-minor, left.currency),
        entry,
        kind=MoveKind.CORRECTION,
        about=f"driver:{holder}",
    )


def split(minor: int, came: Sequence[tuple[Account, int]]) -> list[tuple[Account, int]]:
    """What is left, by where it came from, of what came last first; what nothing explains is
    income."""
    parts: dict[Account, int] = {}
    for account, most in came:
        part = min(minor, most)
        if part > 0:
            parts[account] = parts.get(account, 0) + part
            minor -= part
    if minor:
        parts[vouchers.LAPSED] = parts.get(vouchers.LAPSED, 0) + minor
    return list(parts.items())


async def _came(work: Work, party: PartyId, holder: UUID) -> list[tuple[Account, int]]:
    """What was given to a balance without a card, the newest first, with where it goes."""
    rows = await work.all(
        """
        SELECT m.kind, m.amount_minor, s.is_sold
          FROM prepaid_move m
          LEFT JOIN voucher v ON m.about = 'voucher:' || v.id
          LEFT JOIN voucher_series s ON s.id = v.series_id
         WHERE m.party_id = $1 AND m.holder = $2 AND m.amount_minor > 0
           AND m.kind IN ('voucher', 'correction')
         ORDER BY m.at DESC, m.id DESC
        """,
        party,
        holder,
    )
    return [
        (
            prepaid.CORRECTIONS
            if row["kind"] == MoveKind.CORRECTION
            else vouchers.LAPSED
            if row["is_sold"]
            else vouchers.GIVEN,
            row["amount_minor"],
        )
        for row in rows
    ]


async def _moves(work: Work, party: PartyId, holder: UUID) -> int:
    """How often a balance moved: what names this one giving up, on a locked balance."""
    row = await work.one(
        "SELECT count(*) AS n FROM prepaid_move WHERE party_id = $1 AND holder = $2", party, holder
    )
    assert row is not None, "a count gives a row"
    return int(row["n"])
