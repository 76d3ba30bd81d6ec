"""What can be done about payments. Asking the world takes three moves: note, ask, note."""

from voltway.kernel.ids import PaymentId, SessionId
from voltway.payments import store, store_steps
from voltway.payments.actions_money import capture, refund, release
from voltway.payments.actions_visit import (
    hear_webhook,
    learn,
    open_visit,
    refresh,
    start_again,
    visit,
)
from voltway.payments.model import Payment, StepTaken
from voltway.payments.sweeps import (
    release_unstarted,
    resolve_unknown,
    stop_at_limit,
    void_leftovers,
)
from voltway.payments.watchers import hears_session_ended, hears_session_started, link
from voltway.runtime.work import Work

__all__ = [
    "capture",
    "hear_webhook",
    "hears_session_ended",
    "hears_session_started",
    "learn",
    "link",
    "open_visit",
    "payment",
    "payment_of_session",
    "refresh",
    "refund",
    "release",
    "release_unstarted",
    "resolve_unknown",
    "start_again",
    "steps_of",
    "stop_at_limit",
    "visit",
    "void_leftovers",
]


async def payment(work: Work, id: PaymentId) -> Payment:
    return await store.load(work, id)


async def payment_of_session(work: Work, session: SessionId) -> Payment | None:
    return await store.by_session(work, session)


async def steps_of(work: Work, payment: PaymentId) -> list[StepTaken]:
    """Everything that was asked of the provider for a payment, in its order."""
    return await store_steps.steps_of(work, payment)
