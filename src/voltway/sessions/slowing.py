"""Says that a car charges much more slowly than was to be expected, or is given nothing.

The power is what the station told last; of sessions whose station tells none nothing is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from voltway.runtime.work import BeginWork, Work
from voltway.sessions import actions, store_slowing
from voltway.sessions.batches import look_at_due
from voltway.sessions.model import Session, SessionFact, SessionState
from voltway.sessions.rules_slowing import Flow, Pace, looked_at
from voltway.stations import actions as stations
from voltway.stations.model import Current

LOOK: Final = timedelta(minutes=1)
AT_ONCE: Final = 200
#: What broke a look is looked at again so much later.
PUT_OFF: Final = timedelta(minutes=5)
#: What was told longer ago is no power of now.
FRESH: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSlowed(SessionFact):
    """A car charges with ``power_w`` where ``expected_w`` was to be expected; ``withheld``: its
    station says that it holds the power back."""

    power_w: int
    expected_w: int
    withheld: bool


async def look(begin: BeginWork) -> int:
    """The round: look at the sessions that are due; how many."""
    async with begin() as work:
        await store_slowing.add_new(work, LOOK, AT_ONCE)
    return await look_at_due(
        begin,
        "slowing",
        AT_ONCE,
        take=store_slowing.take_due,
        look=_look_at,
        put_off=_put_off,
    )


async def _put_off(work: Work, pace: Pace) -> None:
    await store_slowing.keep(work, [pace], work.now + PUT_OFF)


async def _look_at(work: Work, due: Sequence[Pace]) -> None:
    if not due:
        return
    found = await actions.sessions_by_id(work, [each.session for each in due])
    running = {each.id: each for each in found if each.is_running}
    await store_slowing.forget(work, [each.session for each in due if each.session not in running])
    withheld = await store_slowing.withheld(work, list(running))
    places = await stations.places_of(work, {each.evse for each in running.values() if each.evse})
    kept = []
    for each in due:
        session = running.get(each.session)
        if session is None:
            continue
        place = None if session.evse is None else places.get(session.evse)
        is_old = work.now - session.heard_at > FRESH
        if place is None or session.power_w is None or is_old:
            kept.append(each)
            continue
        flow = Flow(
            power_w=session.power_w,
            is_dc=place.current is Current.DC,
            soc_percent=session.soc_percent,
            charges=session.state is SessionState.CHARGING,
            withheld=session.id in withheld,
        )
        after, tells = looked_at(each, flow, work.now)
        if tells:
            await _tell(work, session, after, flow)
        kept.append(after)
    await store_slowing.keep(work, kept, work.now + LOOK)


async def _tell(work: Work, session: Session, pace: Pace, flow: Flow) -> None:
    slowed = SessionSlowed(
        party=session.party,
        at=work.now,
        session=session.id,
        power_w=0 if flow.withheld else flow.power_w,
        expected_w=pace.expected_w,
        withheld=flow.withheld,
    )
    await work.announce([slowed])
