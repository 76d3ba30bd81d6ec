"""Where a payment can go, and what the provider's evidence makes of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from voltway.kernel.facts import Fact
from voltway.kernel.money import Money
from voltway.payments.model import (
    HoldPlaced,
    HoldReleased,
    Payment,
    PaymentCaptured,
    PaymentDeclined,
    PaymentDisputed,
    PaymentState,
    Verb,
    Why,
)
from voltway.payments.provider import HoldSeen, HoldState

S = PaymentState

#: The first minute of a session does not yet tell how fast it uses up its hold.
LEARNS_PACE = timedelta(minutes=1)
LOOK_SOON = timedelta(seconds=5)
LOOK_SELDOM = timedelta(minutes=1)
#: How often a hold may grow: who pays was told of the first amount.
GROWS_MAX = 3

#: Every way there is. A state that leads nowhere is the end.
WALK: Mapping[PaymentState, frozenset[PaymentState]] = {
    S.ASKED: frozenset({S.AWAITING, S.HELD, S.DECLINED, S.EXPIRED, S.RELEASED, S.UNKNOWN}),
    S.AWAITING: frozenset({S.HELD, S.DECLINED, S.EXPIRED, S.RELEASING, S.RELEASED}),
    S.HELD: frozenset({S.CAPTURING, S.CAPTURED, S.RELEASING, S.RELEASED, S.EXPIRED}),
    S.CAPTURING: frozenset({S.CAPTURED, S.CAPTURE_DECLINED, S.RELEASED, S.EXPIRED, S.UNKNOWN}),
    S.RELEASING: frozenset({S.RELEASED, S.EXPIRED, S.CAPTURED, S.DECLINED, S.UNKNOWN}),
    S.UNKNOWN: frozenset(
        {S.AWAITING, S.HELD, S.DECLINED, S.CAPTURED, S.CAPTURE_DECLINED, S.RELEASED, S.EXPIRED}
    ),
    S.CAPTURED: frozenset(),
    S.RELEASED: frozenset(),
    S.DECLINED: frozenset(),
    S.CAPTURE_DECLINED: frozenset(),
    S.EXPIRED: frozenset(),
}

#: What each kind of evidence makes of a payment that has not come to its end.
BECOMES: Mapping[HoldState, PaymentState] = {
    HoldState.AWAITING: S.AWAITING,
    HoldState.HELD: S.HELD,
    HoldState.DECLINED: S.DECLINED,
    HoldState.EXPIRED: S.EXPIRED,
    HoldState.CAPTURED: S.CAPTURED,
    HoldState.VOIDED: S.RELEASED,
}

#: From here a verb can be begun.
BEGINS: Mapping[Verb, frozenset[PaymentState]] = {
    Verb.HOLD: frozenset({S.ASKED}),
    Verb.INCREASE: frozenset({S.HELD}),
    Verb.CAPTURE: frozenset({S.HELD}),
    Verb.RELEASE: frozenset({S.AWAITING, S.HELD}),
    Verb.REFUND: frozenset({S.CAPTURED}),
}


def may_become(before: PaymentState, after: PaymentState) -> bool:
    return before is after or after in WALK[before]


def is_over(state: PaymentState) -> bool:
    return not WALK[state]


def learned(payment: Payment, seen: HoldSeen, now: datetime) -> tuple[Payment, list[Fact]]:
    """The payment after evidence from the provider, and what is worth telling.

    Evidence may be old: a webhook that was late, an answer that was overtaken. It never moves a
    payment back; and while we wait for an answer to a capture or a release, a hold that is still
    there says nothing about what we asked.
    """
    known = replace(
        payment,
        provider_ref=seen.ref,
        hosted_url=seen.hosted_url or payment.hosted_url,
        card=seen.card or payment.card,
        expires_at=seen.expires_at or payment.expires_at,
    )
    gone = seen.state in (HoldState.VOIDED, HoldState.EXPIRED, HoldState.CAPTURED)
    if is_over(payment.state):
        # What banks sent back, a provider's figure may or may not count still.
        theirs = min(seen.refunded.minor, payment.captured_minor) - payment.returned_minor
        refunded = max(payment.refunded_minor, theirs)
        told: list[Fact] = []
        if seen.disputed:
            told.append(PaymentDisputed(party=payment.party, payment=payment.id, at=now))
        return replace(known, refunded_minor=refunded, hold_open=known.hold_open and not gone), told

    after = BECOMES[seen.state]
    if after is S.HELD and payment.held_at is not None:
        grown = max(known.hold_minor, seen.amount.minor)
        return replace(known, hold_minor=grown, can_grow=seen.can_grow), []
    if after is S.AWAITING and payment.state not in (S.ASKED, S.UNKNOWN):
        return known, []
    if not may_become(payment.state, after):
        return known, []
    return _moved(known, after, seen, now)


def tells_nothing_new(payment: Payment, told: HoldState | None) -> bool:
    """Whether a hold that is said to be so can teach us nothing: the payment has come to that end
    already, and no money is held any more."""
    if told is None or payment.hold_open:
        return False
    return is_over(payment.state) and BECOMES[told] is payment.state


def _moved(
    known: Payment, after: PaymentState, seen: HoldSeen, now: datetime
) -> tuple[Payment, list[Fact]]:
    moved = replace(known, state=after)
    party, id = known.party, known.id
    match after:
        case S.HELD:
            moved = replace(
                moved,
                held_at=now,
                hold_open=True,
                hold_minor=seen.amount.minor,
                can_grow=seen.can_grow,
            )
            return moved, [HoldPlaced(party=party, payment=id, at=now, evse=known.evse)]
        case S.CAPTURED:
            moved = replace(
                moved, captured_minor=seen.captured.minor, hold_open=False, ended_at=now
            )
            return moved, [
                PaymentCaptured(
                    party=party,
                    payment=id,
                    at=now,
                    amount_minor=seen.captured.minor,
                    currency=seen.captured.currency,
                )
            ]
        case S.DECLINED:
            moved = replace(moved, hold_open=False, ended_at=now)
            return moved, [PaymentDeclined(party=party, payment=id, at=now, on_capture=False)]
        case S.RELEASED | S.EXPIRED:
            why = known.why or (Why.EXPIRED if after is S.EXPIRED else Why.BY_PROVIDER)
            moved = replace(moved, hold_open=False, ended_at=now, why=why)
            # Who never paid has nothing to get back, and need not be told.
            told = known.held_at is not None
            return moved, [HoldReleased(party=party, payment=id, at=now, why=why)] if told else []
        case _:
            return moved, []


def capture_declined(payment: Payment, why: str, now: datetime) -> tuple[Payment, list[Fact]]:
    """The payment whose bank did not let the money go. Its hold is still to be released."""
    after = replace(payment, state=S.CAPTURE_DECLINED, why=why, ended_at=now)
    return after, [
        PaymentDeclined(party=payment.party, payment=payment.id, at=now, on_capture=True)
    ]


def to_capture(cost: Money, hold: Money) -> Money:
    """What is taken: what it cost, and never more than was held."""
    return min(cost, hold)


def is_nearly_spent(cost: Money, hold: Money) -> bool:
    """Whether it is time to let a hold grow: nine tenths of it are used up."""
    return cost.minor * 10 >= hold.minor * 9


def grown(payment: Payment, times: int) -> Money | None:
    """What a hold that has grown so often should grow to: by its first amount again, three times
    at most. ``None`` where it stays as it is."""
    if payment.state not in BEGINS[Verb.INCREASE] or not payment.can_grow or times >= GROWS_MAX:
        return None
    return Money(payment.hold_minor + payment.hold_minor // (times + 1), payment.currency)


def look_again_after(cost: Money, hold: Money, *, lasted: timedelta) -> timedelta:
    """How long a running session's cost can be left alone: half of the time in which the hold
    would be used up at the pace so far; never more than a minute, for the pace may change."""
    if lasted < LEARNS_PACE:
        return LOOK_SOON
    left = hold.minor - cost.minor
    if cost.minor <= 0 or left <= 0:
        return LOOK_SELDOM if left > 0 else timedelta()
    return min(lasted * left / cost.minor / 2, LOOK_SELDOM)


def may_refund(payment: Payment, amount: Money, promised_minor: int) -> bool:
    """Whether an amount can be given back, given what was promised but is not confirmed yet."""
    if payment.state is not S.CAPTURED or amount.currency != payment.currency:
        return False
    left = payment.captured_minor - payment.refunded_minor - promised_minor
    return 0 < amount.minor <= left
