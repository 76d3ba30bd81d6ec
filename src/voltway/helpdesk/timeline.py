"""What had happened to a driver when they reported: read from what the rooms keep, in sentences.

Each is kept as it stands in the tables here, with what is put into it beside it, so that each
reader has it in their language (``web/moments.py``).
"""

from datetime import datetime, timedelta
from typing import Final

from voltway.helpdesk.model import Moment
from voltway.kernel.ids import SessionId
from voltway.payments import actions as payments
from voltway.payments.model import Payment, PaymentState, Why
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.stations.model import EvsePlace
from voltway.stations.orders import OrderState
from voltway.stations.reports import PortStatus

#: Without a visit, what was asked of the station within this time belongs to it.
LOOKS_BACK = timedelta(hours=1)
MOMENTS_MAX = 40

OPENED: Final = "The driver opened a visit"
HELD: Final = "The hold was placed"
PAYMENT_OVER: Final = "The payment was over"
PAID: Final = {
    PaymentState.CAPTURED: "The payment was taken",
    PaymentState.RELEASED: "The hold was released",
    PaymentState.DECLINED: "The bank said no",
    PaymentState.CAPTURE_DECLINED: "The bank said no when the payment was taken",
    PaymentState.EXPIRED: "The payment was not confirmed in time",
}
BECAUSE: Final = "Why: %(why)s"
BEGAN: Final = "A charge began"
ENDED: Final = "The charge ended after %(energy_wh)s"
STATION_SAID: Final = "The station says why: %(reason)s"
GOES_ON: Final = "The charge goes on at %(power_w)s"
BATTERY: Final = "In the battery: %(percent)s"
BAY: Final = {
    PortStatus.AVAILABLE: "The bay told that it is free",
    PortStatus.PREPARING: "The bay told that a car is plugged in",
    PortStatus.CHARGING: "The bay told that it charges",
    PortStatus.IDLE: "The bay told that a car is plugged in and takes nothing",
    PortStatus.RESERVED: "The bay told that it is reserved",
    PortStatus.FAULTED: "The bay told of a fault",
    PortStatus.UNAVAILABLE: "The bay told that it is out of service",
    PortStatus.UNKNOWN: "The bay has told nothing of its state",
}
BAY_ERROR: Final = "The bay told of an error: %(error)s"
NO_CONTACT: Final = "The station lost its contact with us"
ASKED: Final = "The station was asked: %(order)s"
#: What is asked of stations most; the rest is named as its order is.
ORDERS: Final = {
    "StartCharging": "start",
    "StopCharging": "stop",
    "ReserveNow": "keep the bay",
    "CancelReservation": "give the bay back",
    "Unlock": "let go of the plug",
    "Reset": "start anew",
    "ChangeAvailability": "go into or out of service",
    "Trigger": "tell its state",
}
CAME: Final = {
    OrderState.DONE: "The station did it: %(order)s",
    OrderState.REFUSED: "The station said no: %(order)s",
    OrderState.SILENT: "The station did not answer: %(order)s",
    OrderState.WITHOUT_EFFECT: "The station said yes, and nothing came of it: %(order)s",
    OrderState.EXPIRED: "The station could not be asked in time: %(order)s",
    OrderState.CANCELLED: "It was taken back: %(order)s",
}


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
    told = [Moment(paid.created_at, OPENED)]
    if paid.held_at is not None:
        told.append(Moment(paid.held_at, HELD))
    if paid.ended_at is not None:
        told.append(Moment(paid.ended_at, PAID.get(paid.state, PAYMENT_OVER)))
        if paid.why in set(Why):
            told.append(Moment(paid.ended_at, BECAUSE, {"why": str(paid.why)}))
    return told


async def _of_session(work: Work, id: SessionId) -> list[Moment]:
    found = await sessions.session(work, id)
    told = [Moment(found.started_at, BEGAN)]
    if found.ended_at is not None:
        told.append(Moment(found.ended_at, ENDED, {"energy_wh": found.energy_wh}))
        if found.reason:
            told.append(Moment(found.ended_at, STATION_SAID, {"reason": found.reason}))
        return told
    told.append(Moment(found.heard_at, GOES_ON, {"power_w": found.power_w or 0}))
    if found.soc_percent is not None:
        told.append(Moment(found.heard_at, BATTERY, {"percent": found.soc_percent}))
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
        told.append(Moment(row["status_at"], BAY[PortStatus(row["status"])]))
        if row["error"]:
            told.append(Moment(row["status_at"], BAY_ERROR, {"error": row["error"]}))
    if not row["connected"] and row["disconnected_at"] is not None:
        told.append(Moment(row["disconnected_at"], NO_CONTACT))
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
        asked = {"order": ORDERS.get(row["kind"], str(row["kind"]))}
        told.append(Moment(row["placed_at"], ASKED, asked))
        if row["ended_at"] is not None:
            told.append(Moment(row["ended_at"], CAME[OrderState(row["state"])], asked))
    return told
