"""What operators are told of meters: that what one told cannot all be true."""

from collections.abc import Sequence
from typing import Final

from voltway.alerts.model_events import Event
from voltway.alerts.operator_events import tell_operators
from voltway.kernel.facts import Fact
from voltway.parties.model import Permission
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.sessions.model import SAYS, Doubt, SessionEnded

#: What speaks against a meter, the gravest first; the rest is a matter of messages or of units.
METERS: Final = (
    Doubt.ABOVE_BOUND,
    Doubt.REGISTER_RESET,
    Doubt.UNIT_SUSPECT,
    Doubt.NO_REGISTERS,
    Doubt.START_REGISTER_OFF,
)


async def hears_ended(work: Work, facts: Sequence[Fact]) -> None:
    """Tell who may do something about it that the meter of a bay is doubtful: once a day a bay."""
    ended = {fact.session: fact for fact in facts if isinstance(fact, SessionEnded)}
    for session in await sessions.sessions_by_id(work, list(ended)):
        doubt = next((each for each in METERS if each in session.judged), None)
        if doubt is None or session.evse is None:
            continue
        row = await work.one(
            """
            SELECT s.identity, s.location_name, e.number FROM station_view s, evse_view e
             WHERE s.id = $1 AND e.id = $2
            """,
            session.station,
            session.evse,
        )
        if row is None:
            continue
        shown = {
            "station": row["identity"],
            "place": row["location_name"],
            "bay": str(row["number"]),
            "why": SAYS[doubt],
            "page": f"/console/sessions/{session.id}",
        }
        fact, about = ended[session.id], f"evse:{session.evse}"
        may = Permission.ORDER_STATION
        await tell_operators(work, fact, may, Event.METER_DOUBTFUL, about, shown)
