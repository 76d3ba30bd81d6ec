"""Payers who complain at their banks: what a bank takes back, and what it says in the end."""

from datetime import timedelta

import msgspec

from voltway_world.provider.books import (
    BalanceTransaction,
    Dispute,
    Event,
    Hold,
    Page,
    Refused,
    new_id,
)
from voltway_world.provider.desk import Desk, moved, now, told
from voltway_world.provider.mollie import shapes as mollie
from voltway_world.provider.stripe import shapes as stripe

ANSWER_WITHIN = timedelta(days=10)
FEE_MINOR = 1500


def dispute(desk: Desk, name: str) -> Dispute:
    found = desk.books.disputes.get(name)
    if found is None:
        raise Refused(404, "not_found", f"No such dispute: '{name}'")
    return found


def of_hold(desk: Desk, hold: Hold) -> list[Dispute]:
    return [each for each in desk.books.disputes.values() if each.hold == hold.id]


def open_dispute(desk: Desk, hold_id: str, amount: int | None = None) -> Dispute:
    """The bank takes the money back until it has judged."""
    before = desk.hold(hold_id)
    amount = before.captured_minor - before.refunded_minor if amount is None else amount
    opened = Dispute(
        id=new_id("du"),
        hold=before.id,
        amount_minor=amount,
        currency=before.currency,
        reason="fraudulent",
        status="needs_response",
        created_at=now(),
        due_by=now() + ANSWER_WITHIN,
    )
    hold = msgspec.structs.replace(before, disputed_minor=before.disputed_minor + amount)
    desk.keep(
        Page(
            hold=hold,
            dispute=opened,
            transaction=_moved(hold, opened, -amount, fee=FEE_MINOR),
            events=_told("opened", hold, opened, desk.url),
        )
    )
    return opened


def judge(desk: Desk, name: str, *, won: bool) -> Dispute:
    """What was won comes back."""
    before = dispute(desk, name)
    hold = desk.hold(before.hold)
    after = msgspec.structs.replace(before, status="won" if won else "lost")
    if won:
        left = hold.disputed_minor - before.amount_minor
        hold = msgspec.structs.replace(hold, disputed_minor=left)
    desk.keep(
        Page(
            hold=hold,
            dispute=after,
            transaction=_moved(hold, after, before.amount_minor, fee=0) if won else None,
            events=_told("closed", hold, after, desk.url),
        )
    )
    return after


def with_evidence(before: Dispute, evidence: dict[str, str]) -> Dispute:
    """It is read once: what comes after it changes nothing."""
    if before.submissions:
        return before
    return msgspec.structs.replace(before, evidence=evidence, status="under_review", submissions=1)


def _moved(hold: Hold, of: Dispute, amount: int, *, fee: int) -> BalanceTransaction:
    return msgspec.structs.replace(moved(hold, "dispute", amount), dispute=of.id, fee_minor=fee)


def _told(what: str, hold: Hold, of: Dispute, url: str) -> tuple[Event, ...]:
    """What the merchant is told, in the shape in which the hold was made."""
    if hold.shape == "stripe":
        kind = {"opened": "charge.dispute.created", "closed": "charge.dispute.closed"}[what]
        return (stripe.event(kind, stripe.dispute_of(of), now()),)
    if hold.shape == "mollie":
        return mollie.chargeback_news(hold, of, now(), url)
    return told(f"dispute.{what}", hold, dispute=msgspec.to_builtins(of))
