"""A running or ended charge as its driver sees it: what flowed, what it costs, when it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from voltway.billing import rules_amounts
from voltway.kernel.ids import SessionId
from voltway.payments.model import Payment
from voltway.runtime.work import Work
from voltway.sessions import actions as sessions
from voltway.sessions import faults, full, time_to_done
from voltway.sessions.model import Session, SessionState
from voltway.sessions.rules_packing import KeptReading
from voltway.sessions.time_to_done import Done
from voltway.stations.model import EvsePlace
from voltway.stations.orders import OrderState
from voltway.tariffs.model import MeterPoint
from voltway.vehicles.model import Source
from voltway.web import series
from voltway.web.driver import estimates, my_car
from voltway.web.driver.standing import IdleFee, idle_fee
from voltway.web.formats import Formats
from voltway.web.series import Chart

#: So many readings stand in the table.
READINGS_MAX: Final = 60


@dataclass(frozen=True, slots=True)
class Battery:
    """What is in a battery, in whole percents: when it came, and now; ``told`` is what it told
    last, at ``told_at``. ``was_at``: when that was so, where it is not known to be so now."""

    first: int
    percent: int
    told: int
    told_at: datetime
    is_counted: bool
    was_at: datetime | None


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
    battery: Battery | None
    cost: str
    eta: str
    eta_words: str
    unsure: str  # why the time is less certain, where it is
    may_tell_arrival: bool
    target: int | None
    chart: Chart | None
    readings: tuple[MeterPoint, ...]
    stopping: str
    idle: IdleFee | None = None
    off: tuple[tuple[str, str], ...] = ()  # what is taken off: why, and how much
    by_fault: bool = False  # a fault of the station ended it
    is_full: bool = False  # its car has stopped by itself, and its driver was told


async def charge_of(
    work: Work, payment: Payment, place: EvsePlace, formats: Formats
) -> Charge | None:
    assert payment.session is not None
    session = await sessions.session(work, payment.session)
    record, cost = await sessions.cost_so_far(work, payment.session)
    readings = await sessions.readings_of(work, payment.session)
    done = await time_to_done.from_readings(work, session, readings)
    is_idle = session.state is SessionState.IDLE
    lines = rules_amounts.bill(cost).lines
    return Charge(
        id=payment.session,
        started_at=session.started_at,
        ended_at=session.ended_at,
        heard_at=session.heard_at,
        energy_wh=record.energy_wh,
        power_w=session.power_w,
        is_idle=is_idle,
        is_full=is_idle and await full.is_told(work, session.id, record.energy_wh),
        battery=await _battery(work, session, readings),
        cost=formats.money(cost.payable),
        off=estimates.off(lines, cost.currency, formats),
        eta=my_car.range_of(done.time, formats) if done else "",
        eta_words=_until(done, formats) if done else "",
        unsure=_unsure(done, formats) if done else "",
        may_tell_arrival=done is not None and done.time.source is Source.ENERGY,
        target=done.target if done else None,
        chart=series.power(
            _powers(record.points),
            zone=place.time_zone,
            words=_chart_words(record.points, place, formats),
        ),
        readings=_in_table(record.points),
        stopping=await _stopping(work, payment),
        idle=await idle_fee(work, record, cost, lines, place, formats) if is_idle else None,
        by_fault=session.ended_at is not None
        and await faults.is_by_fault(work, session.id, record.reason),
    )


async def _battery(work: Work, session: Session, readings: Sequence[KeptReading]) -> Battery | None:
    level = await time_to_done.level_of(work, session, readings)
    if level is None:
        return None
    first = next(each.soc_percent for each in readings if each.soc_percent is not None)
    begins, was_at_s = session.started_at, level.was_at_s
    return Battery(
        first=min(first, level.told),
        percent=level.percent,
        told=level.told,
        told_at=begins + timedelta(seconds=level.told_at_s),
        is_counted=level.is_counted,
        was_at=None if was_at_s is None else begins + timedelta(seconds=was_at_s),
    )


def _until(done: Done, formats: Formats) -> str:
    percent = formats.percent(done.target)
    if done.time.source.is_sure:
        return formats.say("to %(percent)s", percent=percent)
    return formats.say("to about %(percent)s", percent=percent)


def _unsure(done: Done, formats: Formats) -> str:
    if done.time.source.is_sure:
        return ""
    if done.told_last is not None:
        return formats.say(
            "Less certain: your car last told %(percent)s, and we count the energy since.",
            percent=formats.percent(done.told_last),
        )
    if done.came_with is None:
        return formats.say(
            "A rough guess: your car does not tell its charge here, and we do not know how full it"
            " came."
        )
    return formats.say(
        "Less certain: your car does not tell its charge here. We count from the %(percent)s with"
        " which you came.",
        percent=formats.percent(done.came_with),
    )


def _in_table(points: tuple[MeterPoint, ...]) -> tuple[MeterPoint, ...]:
    """The newest readings first. The last point is no reading but the end of the sum, or now: it
    has a row only where it adds something."""
    if len(points) > 1 and points[-1].energy_wh == points[-2].energy_wh:
        points = points[:-1]
    return points[-READINGS_MAX:][::-1]


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
