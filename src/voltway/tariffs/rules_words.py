"""The words under a line of a bill: what was used, at what price, and how it was rounded."""

from decimal import Decimal
from fractions import Fraction

from voltway.kernel.money import Currency
from voltway.tariffs.exact import Exact, divided
from voltway.tariffs.model import Bound, Dimension, IdleTerms, PriceComponent, Reservation

WHAT = {
    Dimension.ENERGY: "of energy",
    Dimension.TIME: "of charging",
    Dimension.PARKING_TIME: "connected without charging",
}


def why_line(
    dimension: Dimension,
    component: PriceComponent,
    currency: Currency,
    *,
    reservation: Reservation | None,
    used: Exact,
    billed: Exact,
    idle: IdleTerms | None = None,
) -> str:
    """One sentence that lets a person check the line."""
    price = f"{component.price:f} {currency}"
    if dimension is Dimension.FLAT:
        once = {
            None: "once for the session",
            Reservation.RESERVATION: "once for the reservation",
            Reservation.EXPIRES: "once because nobody came to the reserved place",
        }
        return f"{price} {once[reservation]}."
    what = "of reservation" if reservation else WHAT[dimension]
    unit = "kWh" if dimension is Dimension.ENERGY else "hour"
    said = f"{_volume(dimension, used)} {what} at {price} per {unit}"
    if component.spot is not None:
        said += f" by the market {component.spot.series}"
    if idle is not None and idle.grace_s:
        said += f", the first {lasts(idle.grace_s)} of each stop free"
    if idle is not None and idle.cap is not None and _costs(billed, component) == idle.cap:
        most = f"it costs at most {idle.cap:f} {currency}"
        said += f", billed as {_volume(dimension, billed)} because {most}" if billed != used else ""
    elif billed != used:
        step = _step(dimension, component.step_size)
        said += f", billed as {_volume(dimension, billed)} because it is billed in steps of {step}"
    return f"{said}."


def why_limit(bound: Bound, after: Decimal, currency: Currency) -> str:
    """One sentence for the line of a limit."""
    which = "least" if bound is Bound.MIN_PRICE else "most"
    return f"A session costs at {which} {after:f} {currency} including tax."


def lasts(seconds: Exact) -> str:
    """A duration as people say it: ``1 h 30 min``, ``42 min 10 s``."""
    whole, rest = divmod(seconds, 1)
    minutes, secs = divmod(int(whole), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [f"{hours} h" if hours else "", f"{minutes} min" if minutes else ""]
    if secs or rest or not (hours or minutes):
        parts.append(f"{round(float(secs + rest), 3):g} s")
    return " ".join(part for part in parts if part)


def _costs(billed_s: Exact, component: PriceComponent) -> Fraction:
    return Fraction(billed_s) / 3600 * Fraction(component.price)


def _volume(dimension: Dimension, volume: Exact) -> str:
    if dimension is Dimension.ENERGY:
        return f"{divided(volume.numerator, volume.denominator * 1000):f} kWh"
    return lasts(volume)


def _step(dimension: Dimension, step: int) -> str:
    return f"{step} Wh" if dimension is Dimension.ENERGY else lasts(step)
