"""What billing hears: the end of a session opens its settlement."""

from collections.abc import Sequence

from voltway.billing import settling, store
from voltway.billing.model import GIVEN_ROUTE, Settlement, SettlementState
from voltway.kernel.facts import Fact
from voltway.kernel.ids import SettlementId, new_id
from voltway.runtime.work import Work
from voltway.sessions.model import SessionEnded
from voltway.sessions.rules import READINGS_GRACE


async def hears_session_ended(work: Work, facts: Sequence[Fact]) -> None:
    """Open the settlements of sessions, and queue their walks. Told twice, each is opened once.

    One whose end told no register waits until no late reading is taken any more.
    """
    ended = {fact.session: fact for fact in facts if isinstance(fact, SessionEnded)}
    opened = [_opened(work, fact) for fact in ended.values()]
    # Which way the money goes is decided by the price, with which every route begins.
    fresh = await store.open_settlements(work, opened, GIVEN_ROUTE)
    await work.enqueue(*(settling.job(each) for each in opened if each.id in fresh))


def _opened(work: Work, fact: SessionEnded) -> Settlement:
    return Settlement(
        id=SettlementId(new_id(work.now)),
        party=fact.party,
        session=fact.session,
        payment=None,
        route=GIVEN_ROUTE,
        done=0,
        state=SettlementState.WALKING if fact.complete else SettlementState.WAITING,
        opened_at=work.now,
        next_try_at=work.now if fact.complete else work.now + READINGS_GRACE,
    )
