"""What can be done about payments. Asking the world takes three moves: note, ask, note."""

from collections.abc import Collection
from uuid import UUID

from voltway.kernel.ids import PaymentId, SessionId
from voltway.payments import store, store_steps
from voltway.payments.actions_capture import (
    Answer,
    Asking,
    Outcome,
    Wanted,
    ask_capture,
    capture,
    note_captured,
    note_captures,
)
from voltway.payments.actions_money import refund, release
from voltway.payments.actions_saved import JOB as HOLD_SAVED
from voltway.payments.actions_saved import hears_methods_changed, hears_payment_declined
from voltway.payments.actions_visit import (
    LET_GO,
    hold_saved,
    learn,
    let_go,
    open_visit,
    refresh,
    start_again,
    visit,
)
from voltway.payments.model import Payment, StepTaken
from voltway.payments.store import NoSuchVisit
from voltway.payments.sweeps import (
    close_pages,
    release_unstarted,
    resolve_unknown,
    stop_at_limit,
    void_leftovers,
)
from voltway.payments.watchers import Shown, hears_session_ended, hears_session_started, link
from voltway.payments.webhooks import WebhookDoors, hear_webhook
from voltway.runtime.work import Work

__all__ = [
    "HOLD_SAVED",
    "LET_GO",
    "Answer",
    "Asking",
    "NoSuchVisit",
    "Outcome",
    "Shown",
    "Wanted",
    "WebhookDoors",
    "ask_capture",
    "capture",
    "captures_done",
    "close_pages",
    "hear_webhook",
    "hears_methods_changed",
    "hears_payment_declined",
    "hears_session_ended",
    "hears_session_started",
    "hold_saved",
    "learn",
    "let_go",
    "link",
    "note_captured",
    "note_captures",
    "open_visit",
    "payment",
    "payment_of_session",
    "payments",
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


async def payments(work: Work, ids: Collection[PaymentId]) -> dict[PaymentId, Payment]:
    return await store.load_many(work, ids)


async def captures_done(work: Work, ids: Collection[PaymentId]) -> dict[PaymentId, UUID]:
    """The steps that took the money of these payments: the evidence of it."""
    return await store_steps.captures_done(work, ids)


async def payment_of_session(work: Work, session: SessionId) -> Payment | None:
    return await store.by_session(work, session)


async def steps_of(work: Work, payment: PaymentId) -> list[StepTaken]:
    """Everything that was asked of the provider for a payment, in its order."""
    return await store_steps.steps_of(work, payment)
