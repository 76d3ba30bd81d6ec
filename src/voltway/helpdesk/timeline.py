"""What had happened to a driver when they reported: read from what the rooms keep, in words."""

from datetime import datetime, timedelta

from voltway.helpdesk.model import Moment
from voltway.kernel.ids import SessionId
from voltway.payments import actions as payments
from voltway.payments.model import Payment
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.stations.model import EvsePlace

#: Without a visit, what was asked of the station within this time belongs to it.
LOOKS_BACK = timedelta(hours=1)
MOMENTS_MAX = 40


async def of_visit(work: Work, place: EvsePlace, visit_key: str | None) -> tuple[Moment, ...]:
    """What happened at a bay lately, and in a visit if it is one; the oldest first."""
    told: list[Moment] = []
    paid = await payments.visit(work, visit_key) if visit_key else None
    since = work.now - LOOKS_BACK
    if paid is not None:
        since = min(since, paid.created_at)
        told += _of_payment(paid)
        if paid.session is not None:
            told += await _of_session(work, paid.session)
    told += await _of_station(work, place)
    told += await _of_orders(work, place, since)
    told.sort(key=lambda each: each.at)
    return tuple(told[-MOMENTS_MAX:])


def _of_payment(paid: Payment) -> list[Moment]:
    told = [Moment(paid.created_at, "The driver opened a visit")]
    if paid.held_at is not None:
        told.append(Moment(paid.held_at, "The hold was placed"))
    if paid.ended_at is not None:
        why = f": {paid.why}" if paid.why else ""
        told.append(Moment(paid.ended_at, f"The payment was {paid.state.value}{why}"))
    return told


async def _of_session(work: Work, id: SessionId) -> list[Moment]:
    found = await sessions.session(work, id)
    told = [Moment(found.started_at, "A charge began")]
    if found.ended_at is not None:
        reason = f", the station says {found.reason}" if found.reason else ""
        kwh = f"{found.energy_wh / 1000:.2f} kWh"
        told.append(Moment(found.ended_at, f"The charge ended after {kwh}{reason}"))
    else:
        soc = f", {found.soc_percent} % in the battery" if found.soc_percent is not None else ""
        power = f"{(found.power_w or 0) / 1000:.1f} kW"
        told.append(Moment(found.heard_at, f"The charge goes on at {power}{soc}"))
    return told


async def _of_station(work: Work, place: EvsePlace) -> list[Moment]:
    row = await work.one(
        """
        SELECT e.status, e.status_at, e.error, s.connected, s.disconnected_at
          FROM evse_view e JOIN station_view s ON s.id = e.station_id WHERE e.id = $1
        """,
        place.evse,
    )
    if row is None:
        return []
    told = []
    if row["status_at"] is not None:
        error = f", error {row['error']}" if row["error"] else ""
        told.append(Moment(row["status_at"], f"The bay told that it is {row['status']}{error}"))
    if not row["connected"] and row["disconnected_at"] is not None:
        told.append(Moment(row["disconnected_at"], "The station lost its contact with us"))
    return told


async def _of_orders(work: Work, place: EvsePlace, since: datetime) -> list[Moment]:
    rows = await work.all(
        """
        SELECT kind, state, placed_at, ended_at, placed_by FROM order_view
         WHERE station_id = $1 AND placed_at >= $2 ORDER BY placed_at LIMIT 20
        """,
        place.station,
        since,
    )
    told = []
    for row in rows:
        what = f"The station was asked: {row['kind']}"
        told.append(Moment(row["placed_at"], what))
        if row["ended_at"] is not None:
            state = str(row["state"]).replace("_", " ")
            told.append(Moment(row["ended_at"], f"{row['kind']} ended: {state}"))
    return told
