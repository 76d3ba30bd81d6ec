"""What payments hear: which session a hold is for, and when it ended."""

from dataclasses import replace

from voltway.drivers import actions as drivers
from voltway.kernel.facts import Fact
from voltway.payments import store
from voltway.payments.actions_money import keep
from voltway.payments.model import PaymentState
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import SessionEnded, SessionStarted


async def hears_session_started(work: Work, fact: Fact) -> None:
    """Link a session to the payment whose token started it. A session that starts on a hold which
    is already let go is stopped: nobody would pay for it."""
    if not isinstance(fact, SessionStarted) or fact.token is None:
        return
    key = (fact.party, fact.token)
    token = (await drivers.tokens_of(work, {key})).get(key)
    if token is None:
        return
    before = await store.by_token(work, fact.party, token.uid)
    if before is None or before.session is not None:
        return
    await keep(work, before, replace(before, session=fact.session))
    if before.state not in (PaymentState.HELD, PaymentState.CAPTURING, PaymentState.CAPTURED):
        await sessions.stop(work, fact.session, by="payment")


async def hears_session_ended(work: Work, fact: Fact) -> None:
    """Note when the session of a payment ended: its hold must end within a day of that."""
    if not isinstance(fact, SessionEnded):
        return
    known = await store.by_session(work, fact.session)
    if known is None or known.session_ended_at is not None:
        return
    before = await store.lock(work, known.id)
    await keep(work, before, replace(before, session_ended_at=fact.at))
