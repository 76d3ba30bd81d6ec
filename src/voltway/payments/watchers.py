"""What payments hear: which session a hold is for, and when it ended."""

from dataclasses import replace
from typing import Final

from voltway.drivers import actions as drivers
from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId, SessionId, TokenUid
from voltway.payments import store
from voltway.payments.actions_money import end_token, keep
from voltway.payments.model import Payment, PaymentState
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import SessionEnded, SessionStarted

#: States in which a session has money behind it.
PAYING: Final = (PaymentState.HELD, PaymentState.CAPTURING, PaymentState.CAPTURED)


async def hears_session_started(work: Work, fact: Fact) -> None:
    """Link a session to the payment whose token started it. A session that starts on a hold which
    is already let go is stopped: nobody would pay for it."""
    if not isinstance(fact, SessionStarted):
        return
    linked = await link(work, fact.party, fact.session, fact.token)
    if linked is not None and linked.state not in PAYING:
        await sessions.stop(work, fact.session, by="payment")


async def link(
    work: Work, party: PartyId, session: SessionId, shown: TokenUid | None
) -> Payment | None:
    """The payment of a session: the one whose own token started it. Linked once, for good."""
    known = await store.by_session(work, session)
    if known is not None or shown is None:
        return known
    token = (await drivers.tokens_of(work, {(party, shown)})).get((party, shown))
    before = await store.by_token(work, party, token.uid) if token is not None else None
    if before is None or before.session is not None:
        return None
    after = replace(before, session=session)
    await keep(work, before, after)
    return after


async def hears_session_ended(work: Work, fact: Fact) -> None:
    """Note when the session of a payment ended: its hold must end within a day of that. The
    guest's token was for this one session, and starts no other."""
    if not isinstance(fact, SessionEnded):
        return
    known = await store.by_session(work, fact.session)
    if known is None or known.session_ended_at is not None:
        return
    before = await store.lock(work, known.id)
    await keep(work, before, replace(before, session_ended_at=fact.at))
    await end_token(work, before)
