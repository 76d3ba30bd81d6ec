"""What a driver sees of a visit: where it stands, what it costs so far, what happens next."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from voltway.billing import actions as billing
from voltway.billing.model import Invoice
from voltway.kernel.money import Money
from voltway.payments import actions as payments
from voltway.payments.card_limits import TOO_MUCH
from voltway.payments.model import Payment, PaymentState, Why
from voltway.runtime.work import Work
from voltway.stations import actions as stations
from voltway.stations.model import EvsePlace, OrderRecord
from voltway.stations.orders import OrderState
from voltway.stations.reports import PortStatus
from voltway.tariffs import promotions
from voltway.tariffs.rules_deductions import saying
from voltway.web.driver.at_reader import AtReader, at_reader
from voltway.web.driver.charging import Charge, charge_of
from voltway.web.formats import Formats
from voltway.web.house import House
from voltway.web.moments import WHY


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


#: Where a bay prepares for a driver with and without a car.
V16: Final = "1.6"
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
    outrun: bool
    hosted_url: str
    plug_in_by: datetime | None
    is_plugged: bool  # a car is, and does not charge: not yet, or not any more
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
    charge = await charge_of(work, payment, place, formats) if payment.session else None
    invoice = await billing.invoice_of(work, payment.session) if payment.session else None
    phase = _phase(payment, charge, has_invoice=invoice is not None)
    lost_at = await _lost_at(work, place)
    is_plugged = lost_at is None and await _is_plugged(work, place, order, is_over=phase in OVER)
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
        outrun=payment.why == Why.OUTRUN,
        hosted_url=payment.hosted_url or "",
        plug_in_by=limit if phase is Phase.PLUG_IN else None,
        is_plugged=is_plugged,
        may_ask_again=order is not None and not order.is_open and not order.took_effect,
        walk=_walk(payment, order, charge, has_contact=lost_at is None, is_plugged=is_plugged),
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


async def _is_plugged(
    work: Work, place: EvsePlace, order: OrderRecord | None, *, is_over: bool
) -> bool:
    """Whether the bay tells of a car that has not begun to charge, or that is still there.

    In OCPP 1.6 a connector is "Preparing" also once its driver is let in and the cable still hangs
    (1.6 §4.9, §7.7): there it tells of a car only if it was so before the start was asked for.
    """
    row = await work.one(
        """
        SELECT p.status, p.status_at, s.ocpp_version
          FROM port_view p JOIN station_view s ON s.id = p.station_id WHERE p.id = $1
        """,
        place.evse,
    )
    if row is None:
        return False
    if is_over:
        return row["status"] in (PortStatus.PREPARING, PortStatus.IDLE)
    if row["status"] != PortStatus.PREPARING:
        return False
    is_let_in = order is not None and (row["ocpp_version"] or V16) == V16
    was_there = order is not None and row["status_at"] and row["status_at"] < order.placed_at
    return not is_let_in or bool(was_there)


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
    payment: Payment,
    order: OrderRecord | None,
    charge: Charge | None,
    *,
    has_contact: bool,
    is_plugged: bool,
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
    station = WalkStep("station", "Bay is ready for you", told if held else "todo", None, detail)
    if is_plugged and not waited:
        begins = "now" if told == "done" and held else "todo"
        plugged = WalkStep("plug", "Plugged in", "done")
        return hold, station, plugged, WalkStep("session", "Charging", begins)
    plugged = WalkStep(
        "plug",
        "Plug in",
        "bad" if waited else "now" if told == "done" and held else "todo",
        None,
        "No car began to charge in time." if waited else "",
    )
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
