"""Paying from a prepaid balance: to the payments a provider as any other, whose vault is our own
database. A hold is a reservation; what is captured leaves the balance in the same work.

    captured    driver:<who>:prepaid    to    provider:balance:due
    refunded    provider:balance:due    to    driver:<who>:prepaid

So the clearing account comes back to nothing as soon as the charge is settled.
"""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from voltway.kernel.ids import OnceKey, PartyId, new_id
from voltway.kernel.money import Money
from voltway.ledger.model import Entry, Posting
from voltway.payments import prepaid, rules_payouts
from voltway.payments.prepaid import Balance, MoveKind
from voltway.payments.provider import (
    Capabilities,
    CaptureOrder,
    Declined,
    HoldOrder,
    HoldSeen,
    HoldState,
    Refunded,
    RefundOrder,
    ReleaseOrder,
    Told,
    WebhookNotSigned,
)
from voltway.payments.provider_more import IncreaseOrder
from voltway.runtime.work import BeginWork, Row, Work

_STATES: Final = {
    "held": HoldState.HELD,
    "captured": HoldState.CAPTURED,
    "voided": HoldState.VOIDED,
}


class BalanceProvider:
    """Keeps to ``Provider``. It is never silent, but for the database that all else needs too."""

    name = prepaid.NAME
    can = Capabilities(hosted_page=False, webhooks=False, increments=True)

    def __init__(self, begin: BeginWork) -> None:
        self._begin = begin

    async def open_hold(self, order: HoldOrder) -> HoldSeen | Declined:
        """Reserve what is asked, or what there is; where that is nothing, it is declined."""
        if order.saved is None:
            return Declined("no_balance", "A balance pays only for its driver.")
        party, holder = PartyId(UUID(order.saved.customer)), UUID(order.saved.method)
        async with self._begin() as work:
            before = await prepaid.lock(work, party, holder)
            known = await work.one("SELECT * FROM prepaid_hold WHERE once = $1", order.once)
            if known is not None:
                return _seen(known, before)
            if order.amount.currency != before.currency:
                return Declined("other_currency", f"The balance is in {before.currency}.")
            minor = min(order.amount.minor, before.available.minor)
            if before.is_used_up:
                return Declined("no_credit", "The balance is used up. Please top it up.")
            await prepaid.reserve(work, before, minor)
            row = await work.one(
                """
                INSERT INTO prepaid_hold (id, party_id, holder, reference, once, amount_minor,
                                          state, opened_at)
                VALUES ($1, $2, $3, $4, $5, $6, 'held', $7) RETURNING *
                """,
                new_id(work.now),
                party,
                holder,
                order.reference,
                order.once,
                minor,
                work.now,
            )
            assert row is not None, "an insert that returns has a row"
            await prepaid.judge(work, party, holder)
            return _seen(row, await prepaid.lock(work, party, holder))

    async def increase(self, order: IncreaseOrder) -> HoldSeen | Declined:
        """Reserve up to this much in all, or what there is."""
        async with self._begin() as work:
            row, before = await _locked(work, order.ref)
            if row["state"] != "held":
                return Declined(Declined.MOVED_ON, "The reservation is over.")
            more = min(order.amount.minor - row["amount_minor"], before.available.minor)
            if more <= 0:
                if order.amount.minor <= row["amount_minor"]:
                    return _seen(row, before)
                return Declined("no_credit", "There is no more on the balance.")
            await prepaid.reserve(work, before, more)
            await work.run(
                "UPDATE prepaid_hold SET amount_minor = amount_minor + $2 WHERE id = $1",
                row["id"],
                more,
            )
            await prepaid.judge(work, before.party, before.holder)
            return _seen(*await _locked(work, order.ref))

    async def capture(self, order: CaptureOrder) -> HoldSeen | Declined:
        async with self._begin() as work:
            row, before = await _locked(work, order.ref)
            if row["state"] == "captured" and row["captured_minor"] == order.amount.minor:
                return _seen(row, before)
            if row["state"] != "held":
                return Declined(Declined.MOVED_ON, "The reservation is over.")
            if not 0 < order.amount.minor <= row["amount_minor"]:
                return Declined("amount_too_large", "More than was reserved cannot be taken.")
            await prepaid.reserve(work, before, -row["amount_minor"])
            entry = _entry(work, row, before, order, f"A balance paid {order.amount}.")
            await prepaid.taken(
                work,
                before,
                -order.amount,
                entry,
                kind=MoveKind.CHARGE,
                about=f"payment:{row['reference']}",
            )
            await work.run(
                "UPDATE prepaid_hold SET state = 'captured', captured_minor = $2 WHERE id = $1",
                row["id"],
                order.amount.minor,
            )
            await _ended(work, before)
            return _seen(*await _locked(work, order.ref))

    async def release(self, order: ReleaseOrder) -> HoldSeen | Declined:
        async with self._begin() as work:
            row, before = await _locked(work, order.ref)
            if row["state"] == "captured":
                return Declined(Declined.MOVED_ON, "It was taken already.")
            if row["state"] == "held":
                await prepaid.reserve(work, before, -row["amount_minor"])
                await work.run("UPDATE prepaid_hold SET state = 'voided' WHERE id = $1", row["id"])
                await _ended(work, before)
            return _seen(*await _locked(work, order.ref))

    async def refund(self, order: RefundOrder) -> Refunded | Declined:
        """Give back to the balance, of which the driver may pay again."""
        async with self._begin() as work:
            row, before = await _locked(work, order.ref)
            known = await work.one(
                "SELECT id, amount_minor FROM prepaid_move WHERE party_id = $1 AND once = $2",
                before.party,
                _key(order),
            )
            if known is not None:
                return Refunded(str(known["id"]), Money(known["amount_minor"], before.currency))
            left = row["captured_minor"] - row["refunded_minor"]
            if row["state"] != "captured" or not 0 < order.amount.minor <= left:
                return Declined("amount_too_large", "More than was taken cannot be given back.")
            memo = f"{order.amount} went back to a balance."
            entry = _entry(work, row, before, order, memo)
            await prepaid.taken(
                work,
                before,
                order.amount,
                entry,
                kind=MoveKind.REFUND,
                about=f"payment:{row['reference']}",
            )
            await work.run(
                "UPDATE prepaid_hold SET refunded_minor = refunded_minor + $2 WHERE id = $1",
                row["id"],
                order.amount.minor,
            )
            await _ended(work, before)
            made = await work.one(
                "SELECT id FROM prepaid_move WHERE party_id = $1 AND once = $2",
                before.party,
                _key(order),
            )
            assert made is not None, "it was noted in this work"
            return Refunded(str(made["id"]), order.amount)

    async def fetch(self, ref: str) -> HoldSeen:
        async with self._begin() as work:
            return _seen(*await _locked(work, ref))

    async def close(self) -> None:
        """The lines are the database's."""

    def read_webhook(self, headers: Mapping[str, str], raw: bytes) -> Told:
        raise WebhookNotSigned(self.name, "it sends none")


async def _locked(work: Work, ref: str) -> tuple[Row, Balance]:
    """A reservation and its balance, both locked, the balance first."""
    row = await work.one("SELECT party_id, holder FROM prepaid_hold WHERE id = $1", UUID(ref))
    assert row is not None, "its name came from us"
    before = await prepaid.lock(work, PartyId(row["party_id"]), row["holder"])
    row = await work.one("SELECT * FROM prepaid_hold WHERE id = $1", UUID(ref))
    assert row is not None, "nothing deletes it"
    return row, before


async def _ended(work: Work, before: Balance) -> None:
    """What was reserved and not used is there again; what was used may have been the last."""
    await prepaid.judge(work, before.party, before.holder)
    work.touch(f"holder:{before.holder}")


def _entry(
    work: Work, row: Row, before: Balance, order: CaptureOrder | RefundOrder, memo: str
) -> Entry:
    own, due = prepaid.account_of(before.holder), rules_payouts.due(prepaid.NAME)
    return Entry(
        party=before.party,
        once=_key(order),
        at=work.now,
        memo=memo,
        evidence={"prepaid_hold": str(row["id"]), "payment": row["reference"]},
        postings=(
            Posting(due, own, order.amount)
            if isinstance(order, RefundOrder)
            else Posting(own, due, order.amount),
        ),
    )


def _key(order: CaptureOrder | RefundOrder) -> OnceKey:
    """In the books the order's own key stands for what the payment posts."""
    return OnceKey(f"balance:{order.once}")


def _seen(row: Row, now: Balance) -> HoldSeen:
    def money(minor: int) -> Money:
        return Money(minor, now.currency)

    return HoldSeen(
        ref=str(row["id"]),
        reference=row["reference"],
        state=_STATES[row["state"]],
        amount=money(row["amount_minor"]),
        captured=money(row["captured_minor"]),
        refunded=money(row["refunded_minor"]),
        hosted_url="",
        can_grow=row["state"] == "held",
    )
