"""What a driver sees of a visit: where it stands, what it costs so far, what happens next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from voltway.billing import actions as billing
from voltway.billing import rules_amounts
from voltway.billing.model import Invoice
from voltway.kernel.ids import SessionId
from voltway.kernel.money import Money
from voltway.payments import actions as payments
from voltway.payments.card_limits import TOO_MUCH
from voltway.payments.model import Payment, PaymentState, Why
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.sessions import faults, time_to_done
from voltway.sessions.model import SessionState
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlace, OrderRecord
from voltway.stations.orders import OrderState
from voltway.tariffs import promotions
from voltway.tariffs.model import MeterPoint
from voltway.tariffs.rules_deductions import saying
from voltway.web import series
from voltway.web.driver import estimates, my_car
from voltway.web.driver.at_reader import AtReader, at_reader
from voltway.web.driver.standing import idle_words
from voltway.web.formats import Formats
from voltway.web.house import House
from voltway.web.moments import WHY
from voltway.web.series import Chart


class Phase(StrEnum):
    """Where a visit stands."""

    PAYING = "paying"  # the driver is, or could be, on the provider's page
    ASKING = "asking"  # the provider has not answered us
    PLUG_IN = "plug_in"  # held, and nothing has started
    CHARGING = "charging"
    IDLE = "idle"  # energy has stopped, the car is plugged in
    CLOSING = "closing"  # the session has ended, the bill is being written
    PAID = "paid"
    FREE = "free"  # it ended, and nothing was to be paid
    NOT_STARTED = "not_started"
    DECLINED = "declined"
    EXPIRED = "expired"


#: From here on nothing moves any more.
OVER: Final = frozenset({Phase.PAID, Phase.FREE, Phase.NOT_STARTED, Phase.DECLINED, Phase.EXPIRED})


@dataclass(frozen=True, slots=True)
class WalkStep:
    """One step of the way to energy: done, now, todo or bad."""

    icon: str
    words: str
    stand: str
    at: datetime | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Charge:
    """A session as its driver sees it."""

    id: SessionId
    started_at: datetime
    ended_at: datetime | None
    heard_at: datetime | None
    energy_wh: int
    power_w: int | None
    is_idle: bool
    soc: int | None
    soc_first: int | None
    cost: str
    eta: str
    eta_words: str
    target: int | None
    chart: Chart | None
    readings: tuple[MeterPoint, ...]
    stopping: str
    idle: str = ""  # what standing here costs, and from when on
    off: tuple[tuple[str, str], ...] = ()  # what is taken off: why, and how much
    by_fault: bool = False  # a fault of the station ended it


@dataclass(frozen=True, slots=True)
class VisitView:
    """All that the visit's page shows."""

    key: str
    phase: Phase
    place: EvsePlace
    hold: str
    captured: str
    released: str
    paid_by: str
    why: str
    card_refused: bool
    hosted_url: str
    plug_in_by: datetime | None
    plugs_at: str
    may_ask_again: bool
    walk: tuple[WalkStep, ...]
    charge: Charge | None
    invoice: str
    wants_receipt: bool
    owed: str = ""
    took_nothing: bool = False
    lost_at: datetime | None = None
    trouble: str = ""
    at_reader: AtReader | None = None
    was_held: bool = True
    code: str = ""  # what the visit's code takes off, before there is something to take it off

    @property
    def is_over(self) -> bool:
        return self.phase in OVER


async def visit(work: Work, house: House, key: str, formats: Formats) -> VisitView:
    """The visit of this key as it stands now."""
    payment = await payments.visit(work, key)
    place = await stations.place_of(work, payment.evse)
    order = await stations.order(work, payment.order) if payment.order else None
    charge = await _charge(work, payment, place, formats) if payment.session else None
    invoice = await billing.invoice_of(work, payment.session) if payment.session else None
    phase = _phase(payment, charge, has_invoice=invoice is not None)
    lost_at = await _lost_at(work, place)
    limit = payment.held_at and payment.held_at + timedelta(seconds=house.settings.start_within_s)
    return VisitView(
        key=key,
        phase=phase,
        place=place,
        hold=formats.hold(payment.hold_minor, payment.currency),
        captured=formats.money(payment.captured),
        released=formats.money(
            Money(payment.hold_minor - payment.captured_minor, payment.currency)
        ),
        paid_by=_paid_by(payment, formats),
        why=_why(payment, formats),
        card_refused=payment.why in TOO_MUCH,
        hosted_url=payment.hosted_url or "",
        plug_in_by=limit if phase is Phase.PLUG_IN else None,
        plugs_at=_plugs_at(house, place),
        may_ask_again=order is not None and not order.is_open and not order.took_effect,
        walk=_walk(payment, order, charge, has_contact=lost_at is None),
        charge=charge,
        invoice=invoice.number if invoice else "",
        wants_receipt=payment.email is not None,
        owed=_owed(payment, invoice, formats),
        took_nothing=payment.captured_minor == 0,
        lost_at=lost_at,
        was_held=payment.held_at is not None,
        at_reader=await at_reader(work, payment, formats) if charge is None else None,
        trouble=_trouble(order) if phase is Phase.PLUG_IN else "",
        code=await _code(work, payment) if charge is None and phase not in OVER else "",
    )


async def _code(work: Work, payment: Payment) -> str:
    """What the code of this visit will take off, if it holds one."""
    shown = (payment.party, payment.token)
    grant = (await promotions.grants_of(work, [shown])).get(shown)
    return saying(grant, payment.currency) if grant else ""


def _plugs_at(house: House, place: EvsePlace) -> str:
    """Where the simulated car is plugged in; nowhere outside the demo."""
    if not house.settings.simulator_url:
        return ""
    base = house.settings.simulator_url.rstrip("/")
    return f"{base}/stations/{quote(place.identity)}#bay-{place.number}"


async def _lost_at(work: Work, place: EvsePlace) -> datetime | None:
    """Since when the bay has no contact with us, if it has none."""
    row = await work.one(
        """
        SELECT coalesce(disconnected_at, created_at) AS lost_at FROM station_view
         WHERE id = $1 AND NOT connected
        """,
        place.station,
    )
    return row["lost_at"] if row else None


def _owed(payment: Payment, invoice: Invoice | None, formats: Formats) -> str:
    """What the hold did not cover, or what the bank did not let us take."""
    open_minor = invoice.total_minor - payment.captured_minor if invoice else 0
    return formats.amount(open_minor, payment.currency) if open_minor > 0 else ""


def _phase(payment: Payment, charge: Charge | None, *, has_invoice: bool) -> Phase:
    match payment.state:
        case PaymentState.ASKED | PaymentState.AWAITING:
            return Phase.PAYING
        case PaymentState.UNKNOWN if charge is None:
            return Phase.ASKING
        case PaymentState.DECLINED:
            return Phase.DECLINED
        case PaymentState.EXPIRED if charge is None:
            return Phase.EXPIRED
        case PaymentState.CAPTURED:
            return Phase.PAID
        case PaymentState.RELEASED | PaymentState.RELEASING if charge is None:
            return Phase.NOT_STARTED
        case PaymentState.RELEASED:
            return Phase.FREE
        case _ if charge is None:
            return Phase.PLUG_IN
        case _ if charge.ended_at is not None:
            return Phase.PAID if has_invoice else Phase.CLOSING
        case _:
            return Phase.IDLE if charge.is_idle else Phase.CHARGING


def _paid_by(payment: Payment, formats: Formats) -> str:
    card = payment.card
    if card is None:
        return ""
    name = card.wallet or card.brand.capitalize()
    return formats.say("%(card)s ending %(last4)s", card=name, last4=card.last4)


def _why(payment: Payment, formats: Formats) -> str:
    if payment.why in set(Why):
        return formats.say(WHY[Why(payment.why)])
    return payment.why or ""


def _walk(
    payment: Payment, order: OrderRecord | None, charge: Charge | None, *, has_contact: bool
) -> tuple[WalkStep, ...]:
    """Hold placed, station ready, plugged in, charging: a cross stands where it stopped."""
    held = payment.held_at is not None
    hold = WalkStep("hold", "Hold placed", "done" if held else "now", payment.held_at)
    if charge is not None:
        station = WalkStep("station", "Bay is ready for you", "done")
        begun = WalkStep("session", "Charging", "done", charge.started_at)
        return hold, station, WalkStep("plug", "Plugged in", "done"), begun
    told, detail = _told(order, has_contact=has_contact)
    waited = order is not None and order.state is OrderState.WITHOUT_EFFECT
    plugged = WalkStep(
        "plug",
        "Plug in",
        "bad" if waited else "now" if told == "done" and held else "todo",
        None,
        "No car began to charge in time." if waited else "",
    )
    station = WalkStep("station", "Bay is ready for you", told if held else "todo", None, detail)
    return hold, station, plugged, WalkStep("session", "Charging", "todo")


def _trouble(order: OrderRecord | None) -> str:
    """Why a start came to nothing, where the driver can still do something about it."""
    match order.state if order else None:
        case OrderState.REFUSED:
            return "The bay refused the start"
        case OrderState.WITHOUT_EFFECT:
            return "No car began to charge"
        case OrderState.SILENT | OrderState.EXPIRED:
            return "The bay did not answer"
        case _:
            return ""


def _told(order: OrderRecord | None, *, has_contact: bool) -> tuple[str, str]:
    """How the start stands that was asked of the station."""
    if order is None:
        return "todo", ""
    match order.state:
        case OrderState.QUEUED if has_contact:
            return "now", "We are asking the bay."
        case OrderState.QUEUED:
            return "now", "The bay has no contact at this moment. We tell it as soon as it is back."
        case OrderState.SENT:
            return "now", "Asked; the bay has not answered yet."
        case OrderState.ANSWERED | OrderState.DONE | OrderState.WITHOUT_EFFECT:
            return "done", ""
        case OrderState.REFUSED:
            return "bad", "The bay refused the start."
        case _:
            return "bad", "The bay did not answer."


async def _charge(
    work: Work, payment: Payment, place: EvsePlace, formats: Formats
) -> Charge | None:
    assert payment.session is not None
    session = await sessions.session(work, payment.session)
    record, cost = await sessions.cost_so_far(work, payment.session)
    readings = await sessions.readings_of(work, payment.session)
    socs = [each.soc_percent for each in readings if each.soc_percent is not None]
    done = await time_to_done.from_readings(work, session, readings)
    return Charge(
        id=payment.session,
        started_at=session.started_at,
        ended_at=session.ended_at,
        heard_at=session.heard_at,
        energy_wh=record.energy_wh,
        power_w=session.power_w,
        is_idle=session.state is SessionState.IDLE,
        soc=session.soc_percent,
        soc_first=socs[0] if socs else None,
        cost=formats.money(cost.payable),
        off=estimates.off(rules_amounts.bill(cost).lines, cost.currency, formats),
        eta=my_car.range_of(done.time, formats) if done else "",
        eta_words=formats.say("to %(percent)s", percent=formats.percent(done.target))
        if done
        else "",
        target=done.target if done else None,
        chart=series.power(
            _powers(record.points),
            zone=place.time_zone,
            words=_chart_words(record.points, place, formats),
        ),
        readings=record.points[-60:][::-1],
        stopping=await _stopping(work, payment),
        idle=await idle_words(work, record, cost, place, formats)
        if session.state is SessionState.IDLE
        else "",
        by_fault=session.ended_at is not None
        and await faults.is_by_fault(work, session.id, record.reason),
    )


def _powers(points: Sequence[MeterPoint]) -> list[tuple[datetime, int]]:
    """The power that the station told, else what its meter shows between two readings."""
    told = [(point.at, point.power_w) for point in points if point.power_w is not None]
    if len(told) > 1:
        return told
    return series.powers_of([(point.at, point.energy_wh) for point in points])


def _chart_words(points: Sequence[MeterPoint], place: EvsePlace, formats: Formats) -> str:
    powers = _powers(points)
    if not powers:
        return ""
    at, most = max(powers, key=lambda point: point[1])
    return formats.say(
        "Power since %(since)s: peak %(peak)s kW at %(at)s, last %(last)s kW",
        since=formats.clock(powers[0][0], place.time_zone),
        peak=formats.power(most),
        at=formats.clock(at, place.time_zone),
        last=formats.power(powers[-1][1]),
    )


async def _stopping(work: Work, payment: Payment) -> str:
    """How a stop stands that the driver asked for."""
    row = await work.one(
        """
        SELECT state FROM order_view
         WHERE station_id = $1 AND kind = 'StopCharging' AND placed_by = 'driver'
           AND placed_at >= $2 AND (session_id IS NULL OR session_id = $3)
         ORDER BY id DESC LIMIT 1
        """,
        payment.station,
        payment.held_at,
        payment.session,
    )
    if row is None:
        return ""
    match OrderState(row["state"]):
        case OrderState.QUEUED | OrderState.SENT | OrderState.ANSWERED:
            return "The bay ends the charge in a few seconds."
        case OrderState.DONE:
            return ""
        case _:
            return "The bay did not stop. Unplug at your car, or call us; you pay for energy only."
