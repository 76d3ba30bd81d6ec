"""The reading that nearly all readings are: of a running session, in order, and nothing else.

What it does is what ``rules.metered`` does with it, in a tenth of the time: the same fields move in
the same way, which a test holds to by telling both of them the same stories. Wherever there is
something to weigh, ``plainly`` declines and the full rules decide.
"""

from datetime import datetime

from msgspec.structs import replace

from voltway.kernel.units import EnergyWh
from voltway.sessions import sequence
from voltway.sessions.desk import Desk, Kept
from voltway.sessions.model import LastFlow, Session, SessionState
from voltway.sessions.rules_energy import bound_wh
from voltway.sessions.rules_flow import withholder
from voltway.sessions.text import clean_reading
from voltway.stations.clock import BOUND, EARLIEST
from voltway.stations.reports import Metered

#: So many flows of a session are remembered; further ones are kept as they come.
UNTOLD_MAX = 128


def plainly(desk: Desk, session: Session, report: Metered, received_at: datetime) -> Session | None:
    """The session after one plain reading, laid on the desk; ``None`` where it is not plain."""
    if (
        len(report.readings) != 1
        or report.token is not None
        or report.remote_start_id is not None
        or session.ended_at is not None
        or not session.start_told
        or session.evse_number is None
        or session.forgotten_since is not None
    ):
        return None
    reading = report.readings[0]
    at = _believed(desk, reading.at or report.at, received_at)
    register, last, first = reading.register_wh, session.last_wh, session.first_wh
    if (
        at is None
        or register is None
        or last is None
        or first is None
        or session.last_at is None
        or at < session.last_at
        or register < last
        or first > last
    ):
        return None
    energy_wh = register - first
    if energy_wh > bound_wh(session.power_w_max, (at - session.started_at).total_seconds()):
        return None
    if clean_reading(reading) is not reading:
        return None
    moved = replace(
        session,
        last_at=at,
        last_wh=register,
        energy_wh=EnergyWh(max(session.energy_wh, energy_wh)),
        power_w=session.power_w if reading.power_w is None else reading.power_w,
        soc_percent=session.soc_percent if reading.soc_percent is None else reading.soc_percent,
        heard_at=received_at,
        revision=session.revision + desk.is_untouched(session),
    )
    if report.seq is not None or report.charging is not None or report.at is not None:
        numbered = _numbered(desk, moved, report, received_at)
        if numbered is None:
            return None
        moved = numbered
    desk.readings.append(Kept(received_at, at, reading, session.id))
    desk.meter(session, moved)
    return moved


def _believed(desk: Desk, claimed: datetime | None, received_at: datetime) -> datetime | None:
    """``desk.when`` of a clock that needs no correction; ``None``: ask the full rules."""
    if claimed is None or claimed < EARLIEST or desk.place.clock_offset_s:
        return None
    if claimed <= received_at:
        return claimed
    return received_at if claimed <= received_at + BOUND else None


def _numbered(
    desk: Desk, session: Session, report: Metered, received_at: datetime
) -> Session | None:
    """What an event of 2.x adds, if it is the next of a session that misses none."""
    seq, at, seen = report.seq, report.at, session.seen
    if seq is None or at is None or len(seen) != 1 or not sequence.is_number(seq):
        return None
    first, last = seen[0]
    if last + 1 != seq or first != session.start_seq:
        return None
    if session.claimed_until is None or at < session.claimed_until:
        return None
    flow, state = session.flow, session.state
    if report.charging is not None:
        if _believed(desk, at, received_at) != at:
            return None
        told = LastFlow(seq, report.charging, withholder(report), sure=at > session.claimed_until)
        flow = _told(desk, session, last, told, at)
        state = SessionState.CHARGING if report.charging else SessionState.IDLE
    elif flow is not None and flow.seq == last:
        flow = replace(flow, seq=seq)
    return replace(session, seen=((first, seq),), claimed_until=at, flow=flow, state=state)


def _told(desk: Desk, session: Session, last: int, told: LastFlow, at: datetime) -> LastFlow:
    """Tell a flow, unless the event before surely said the same; what the next may rely on."""
    before = session.flow
    untold = before.untold if before is not None else ()
    flow = (told.charging, told.by_vehicle)
    if (
        before is not None
        and before.seq == last
        and before.sure
        and (before.charging, before.by_vehicle) == flow
        and len(untold) < UNTOLD_MAX
    ):
        return replace(told, sure=True, untold=(*untold, (at, *flow, told.seq)))
    desk.tell_flow(session, at, charging=flow[0], by_vehicle=flow[1], seq=told.seq)
    return replace(told, untold=untold)


# Note [A flow told again]
# ~~~~~~~~~~~~~~~~~~~~~~~~
# Many stations of 2.x repeat the charging state in each event. Where the event before this one, by
# its number, said the same, it says nothing new and is not kept, only remembered: for should the
# station's clock run back (or stand still) later in the session, what was said at the moments after
# matters after all. Then all that was not kept of these moments is kept with it.
