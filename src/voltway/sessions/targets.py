"""Says once that a session is soon done, and that it will be done much earlier or later than said.

A session is looked at every minute or so near its end, and less often before: what a look costs is
reading its readings. Sessions of which nothing is known are never looked at. Where the charge is
counted and not told, ten minutes are some more or less; where nobody said how full the car came, it
is told only once what is left is little for sure, and never that it moved.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltway.runtime.work import BeginWork, Work
from voltway.sessions import actions, store_targets, time_to_done
from voltway.sessions.batches import look_at_due
from voltway.sessions.model import Session, SessionFact
from voltway.sessions.store_targets import Kept
from voltway.vehicles.model import Source, TimeToDone

#: Who waits is told so long before the target is reached.
SOON: Final = timedelta(minutes=10)
#: The first estimate is made once a car has shown how it takes it today.
FIRST_LOOK: Final = timedelta(minutes=2)
LOOK_LEAST: Final = timedelta(minutes=1)
LOOK_MOST: Final = timedelta(minutes=5)
#: By this share of the rest, and by at least this time, an end must move to be said anew.
MOVED_SHARE: Final = 0.2
MOVED_LEAST: Final = timedelta(minutes=3)
#: That it moved is not said more often.
MOVED_AGAIN: Final = timedelta(minutes=15)
AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSoonDone(SessionFact):
    """A session reaches its target in about ten minutes. Told once a session."""

    target_percent: int
    done_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDoneMoved(SessionFact):
    """A session will be done much earlier or later than it was said before."""

    target_percent: int
    said_at: datetime
    done_at: datetime


async def look(begin: BeginWork) -> int:
    """The round: look at the sessions that are due; how many."""
    async with begin() as work:
        await store_targets.add_new(work, FIRST_LOOK, AT_ONCE)
    return await look_at_due(
        begin,
        "targets",
        AT_ONCE,
        take=store_targets.take_due,
        look=_look_at,
        put_off=_put_off,
    )


async def _put_off(work: Work, kept: Kept) -> None:
    await store_targets.keep(work, [kept], [work.now + LOOK_MOST])


async def _look_at(work: Work, due: list[Kept]) -> None:
    found = await actions.sessions_by_id(work, [each.session for each in due])
    running = {each.id: each for each in found}
    gone = [
        each.session
        for each in due
        if each.session not in running or not running[each.session].is_running
    ]
    await store_targets.forget(work, gone)
    kept: list[Kept] = []
    look_at: list[datetime] = []
    for each in due:
        if each.session in gone:
            continue
        after, again = await _look_at_one(work, each, running[each.session])
        kept.append(after)
        look_at.append(work.now + again)
    await store_targets.keep(work, kept, look_at)


async def _look_at_one(work: Work, kept: Kept, session: Session) -> tuple[Kept, timedelta]:
    """What is kept of a session after a look, and after what time the next one is."""
    done = await time_to_done.of_session(work, session)
    if done is None:
        return kept, LOOK_MOST
    # The estimate is from the last reading on, and it is some seconds old.
    done_at = session.heard_at + timedelta(seconds=done.time.seconds)
    left = done_at - work.now
    if not may_tell(done.time):
        return kept, LOOK_MOST
    if done_at < work.now:
        return kept, LOOK_LEAST  # the round paused, and what is past is no news
    early = timedelta(seconds=done.time.seconds - done.time.to_tell_s)
    if left - early <= SOON and not kept.soon_told:
        soon = SessionSoonDone(
            party=session.party,
            at=work.now,
            session=session.id,
            target_percent=done.target,
            done_at=done_at,
        )
        await work.announce([soon])
        return kept._replace(soon_told=True, said_at=done_at), LOOK_LEAST
    is_sure = done.time.source.is_sure or not kept.soon_told
    if kept.said_at is None:
        kept = kept._replace(said_at=done_at)
    elif is_sure and _moved(kept, done_at, work.now):
        moved = SessionDoneMoved(
            party=session.party,
            at=work.now,
            session=session.id,
            target_percent=done.target,
            said_at=kept.said_at,
            done_at=done_at,
        )
        await work.announce([moved])
        kept = kept._replace(said_at=done_at, moved_at=work.now)
    return kept, min(max((left - early - SOON) / 2, LOOK_LEAST), LOOK_MOST)


def _moved(kept: Kept, done: datetime, now: datetime) -> bool:
    """Whether the end moved far from what was said last, and that is not too soon to be said. What
    is too soon is not forgotten: the next looks measure from the same."""
    if kept.said_at is None or (kept.moved_at is not None and now < kept.moved_at + MOVED_AGAIN):
        return False
    return abs(done - kept.said_at) > max((done - now) * MOVED_SHARE, MOVED_LEAST)


def may_tell(time: TimeToDone) -> bool:
    """Whether an estimate is sure enough that somebody should walk to their car by it."""
    return time.source is not Source.ENERGY or time.latest_s <= 2 * SOON.total_seconds()
