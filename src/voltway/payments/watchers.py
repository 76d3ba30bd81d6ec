"""What payments hear: which session a hold is for, and when it ended."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from voltway.drivers import actions as drivers
from voltway.drivers.model import TokenKind
from voltway.kernel.facts import Fact
from voltway.kernel.ids import PartyId, SessionId, TokenUid
from voltway.payments import store
from voltway.payments.actions_capture import keep_many
from voltway.payments.actions_saved import charge_saved
from voltway.payments.model import Payment, PaymentState
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import SessionEnded, SessionStarted

#: States in which a session has money behind it.
PAYING: Final = (PaymentState.HELD, PaymentState.CAPTURING, PaymentState.CAPTURED)
#: States in which it is not known yet whether a saved method gives it some.
ASKING: Final = (PaymentState.ASKED, PaymentState.UNKNOWN)


async def hears_session_started(work: Work, facts: Sequence[Fact]) -> None:
    """Link sessions to the payments whose tokens started them. A session that starts on a hold
    which is already let go is stopped: nobody would pay for it."""
    started = [fact for fact in facts if isinstance(fact, SessionStarted)]
    shown = {fact.session: Shown(fact.party, fact.token) for fact in started}
    await charge_saved(work, started)
    for session, linked in (await link(work, shown)).items():
        if linked.state not in PAYING and not (linked.own_token and linked.state in ASKING):
            with suppress(sessions.SessionOver):
                await sessions.stop(work, session, by="payment")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a session was started with."""

    party: PartyId
    token: TokenUid | None


async def link(work: Work, wanted: Mapping[SessionId, Shown]) -> dict[SessionId, Payment]:
    """The payments of sessions: those whose own tokens started them. Linked once, for good. One
    that somebody else was just linking when we looked is found when they are done."""
    linked = await store.by_sessions(work, wanted)
    rest = {
        session: (shown.party, shown.token)
        for session, shown in wanted.items()
        if session not in linked and shown.token is not None
    }
    tokens = await drivers.tokens_of(work, set(rest.values()))
    own = {session: tokens[key] for session, key in rest.items() if key in tokens}
    guests = {
        session: (token.party, TokenUid(token.uid.lower()))
        for session, token in own.items()
        if token.kind is TokenKind.AD_HOC
    }
    if not guests:
        return linked
    found = await store.by_tokens(work, set(guests.values()))
    moves = []
    for session, key in guests.items():
        before = found.pop(key, None)
        if before is None:
            continue
        if before.session is None:
            after = replace(before, session=session)
            moves.append((before, after))
            linked[session] = after
        elif before.session == session:
            linked[session] = before
    await keep_many(work, moves)
    return linked


async def hears_session_ended(work: Work, facts: Sequence[Fact]) -> None:
    """Note when the sessions of payments ended: their holds must end within a day of that. A
    guest's token was for this one session, and starts no other."""
    ended: dict[SessionId, datetime] = {}
    for fact in facts:
        if isinstance(fact, SessionEnded):
            ended.setdefault(fact.session, fact.at)
    known = await store.by_sessions(work, ended, lock=True)
    moves = [
        (before, replace(before, session_ended_at=ended[session]))
        for session, before in known.items()
        if before.session_ended_at is None
    ]
    await keep_many(work, moves)
    made = {(before.party, before.token) for before, _ in moves if not before.own_token}
    await drivers.expire_shown(work, made)
