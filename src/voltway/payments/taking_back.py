"""What becomes of a balance, or of a bill, when a bank takes back what paid for it.

Of a top-up what is left of it leaves the balance at once, and what was spent is owed: whatever
comes onto the balance next pays that first (``prepaid.judge``). A bill is unpaid again, for which
billing hears. The card is charged no more by itself: its holder said no.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EntryId, OnceKey
from voltway.kernel.money import Currency, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account, Entry, Posting
from voltway.payments import (
    prepaid,
    rules_payouts,
    store_collections,
    store_disputes,
    store_methods,
    topping_up,
)
from voltway.payments import rules_disputes as rules
from voltway.payments.model_collections import Collection, Purpose
from voltway.payments.model_disputes import CameBack, TakenBack
from voltway.payments.model_methods import MethodRefused
from voltway.payments.prepaid import MoveKind
from voltway.payments.rules_disputes import COST, WRITE_OFFS, Shares
from voltway.runtime.work import Row, Work

REFUSED: str = "Its bank took back what was charged to it."


@dataclass(eq=False)
class NothingOwed(Refusal):
    """Nothing is owed for this dispute any more."""

    kind: ClassVar[Kind] = Kind.CONFLICT


async def lock(work: Work, one: Collection) -> None:
    """Before anything of its dispute is touched: the balance, or the collection, moved by nobody
    else while this work lasts."""
    if one.purpose is Purpose.TOP_UP:
        await prepaid.lock(work, one.party, one.holder)
    else:
        await store_collections.lock(work, one.id)


async def take(work: Work, one: Collection, row: Row) -> None:
    """Book what a bank took, once, and who bears it."""
    amount = Money(row["amount_minor"], Currency(row["currency"]))
    left = await store_disputes.left_of(work, one.id)
    paid_in = left if amount.currency == one.amount.currency else 0
    if one.purpose is Purpose.TOP_UP:
        before = await prepaid.lock(work, one.party, one.holder)
        parts = rules.shares(
            amount.minor, paid_in_minor=paid_in, available_minor=before.available.minor
        )
        owed_on, owed = rules.owed_by(one.holder), parts.debt_minor
    else:
        parts = rules.shares(amount.minor, paid_in_minor=paid_in)
        owed_on, owed = one.account, 0
    by_account = {
        prepaid.account_of(one.holder): parts.balance_minor,
        owed_on: parts.debt_minor,
        COST: parts.ours_minor,
    }
    entry = _entry(work, one, row, by_account, back=False)
    moved = -parts.balance_minor
    kept = await _book(work, one, entry, moved, MoveKind.DISPUTED, row)
    await store_disputes.taken(work, row["id"], parts, owed_minor=owed, entry=kept)
    if one.purpose is Purpose.TOP_UP:
        await topping_up.stop_auto(work, one.party, one.holder)
        await prepaid.judge(work, one.party, one.holder)
    await _refuse_card(work, one)
    await _tell(work, TakenBack, one, row, parts)


async def give_back(work: Work, one: Collection, row: Row) -> None:
    """Book what came back, once: it goes to who bore it."""
    parts = Shares(
        balance_minor=row["balance_minor"],
        debt_minor=row["debt_minor"],
        ours_minor=row["ours_minor"],
    )
    to_balance = 0
    if one.purpose is Purpose.TOP_UP:
        await prepaid.lock(work, one.party, one.holder)
        to_balance = rules.paid_of(
            parts, owed_minor=row["owed_minor"], forgiven_minor=row["forgiven_minor"]
        )
        by_account = {
            prepaid.account_of(one.holder): to_balance,
            rules.owed_by(one.holder): row["owed_minor"],
            WRITE_OFFS: row["forgiven_minor"],
            COST: parts.ours_minor,
        }
    else:
        by_account = {one.account: parts.debt_minor, COST: parts.ours_minor}
    entry = _entry(work, one, row, by_account, back=True)
    kept = await _book(work, one, entry, to_balance, MoveKind.WON_BACK, row)
    await store_disputes.returned(work, row["id"], kept)
    if one.purpose is Purpose.TOP_UP:
        await prepaid.judge(work, one.party, one.holder)
    await _tell(work, CameBack, one, row, parts)


async def owed_for(work: Work, id: UUID) -> Money:
    """What a driver owes for a disputed top-up. Raises ``NothingOwed``."""
    row = await store_disputes.dispute(work, id)
    if row is None or not row["owed_minor"]:
        raise NothingOwed
    return Money(row["owed_minor"], Currency(row["currency"]))


async def forgive(work: Work, id: UUID, *, why: str, by: str) -> Money:
    """Nobody will pay what is owed for a disputed top-up: a cost of ours, until it is won. What was
    forgiven. Raises ``NothingOwed``."""
    await owed_for(work, id)
    row = await store_disputes.dispute(work, id)
    assert row is not None, "it is owed for"
    one = await store_collections.load(work, row["collection_id"])
    assert one is not None, "a dispute names what was charged"
    await lock(work, one)
    owed = await owed_for(work, id)
    await ledger.post(
        work,
        Entry(
            party=one.party,
            once=OnceKey(f"dispute:{id}:forgiven"),
            at=work.now,
            memo=f"{by} wrote off {owed} of a top-up that a bank took back: {why}",
            evidence=_evidence(one, row),
            postings=(Posting(WRITE_OFFS, rules.owed_by(one.holder), owed),),
        ),
    )
    await store_disputes.forgiven(work, id)
    work.touch(f"payments:{one.party}", f"holder:{one.holder}")
    return owed


async def _book(
    work: Work, one: Collection, entry: Entry, moved_minor: int, kind: MoveKind, row: Row
) -> EntryId:
    """Post it; where it moves a balance, as a move of that."""
    if not moved_minor:
        return await ledger.post(work, entry)
    before = await prepaid.lock(work, one.party, one.holder)
    amount = Money(moved_minor, before.currency)
    return await prepaid.taken(work, before, amount, entry, kind=kind, about=f"dispute:{row['id']}")


async def _refuse_card(work: Work, one: Collection) -> None:
    if one.method is None:
        return
    await store_methods.refused(work, one.method, REFUSED)
    await work.announce(
        [
            MethodRefused(
                party=one.party, at=work.now, method=one.method, holder=one.holder, why=REFUSED
            )
        ]
    )


def _entry(
    work: Work, one: Collection, row: Row, parts: dict[Account, int], *, back: bool
) -> Entry:
    amount = Money(row["amount_minor"], Currency(row["currency"]))
    due = rules_payouts.due(one.provider)
    what = "gave back" if back else "took back"
    return Entry(
        party=one.party,
        once=OnceKey(f"dispute:{row['id']}:{'won' if back else 'taken'}"),
        at=work.now,
        memo=f"The bank of a payer {what} {amount} of {one.description} ({row['reason']}).",
        evidence=_evidence(one, row),
        postings=rules.postings(due, parts, amount.currency, back=back),
    )


def _evidence(one: Collection, row: Row) -> dict[str, str]:
    return {"collection": str(one.id), "dispute": str(row["id"]), "about": one.about}


async def _tell(
    work: Work, kind: type[TakenBack] | type[CameBack], one: Collection, row: Row, parts: Shares
) -> None:
    minor = parts.balance_minor + parts.debt_minor
    if not minor:
        return
    fact = kind(
        party=one.party,
        at=work.now,
        dispute=row["id"],
        holder=one.holder,
        about=one.about,
        amount_minor=minor,
        currency=Currency(row["currency"]),
        reason=row["reason"],
    )
    await work.announce([fact])
