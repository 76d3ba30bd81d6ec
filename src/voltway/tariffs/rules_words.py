"""The words under a line of a bill: what was used, at what price, and how it was rounded."""

from decimal import Decimal
from fractions import Fraction
from typing import Final

from voltway.kernel.money import Currency
from voltway.tariffs.exact import Exact, divided
from voltway.tariffs.model import Bound, Dimension, IdleTerms, PriceComponent, Reservation

WHAT = {
    Dimension.ENERGY: "of energy",
    Dimension.TIME: "of charging",
    Dimension.PARKING_TIME: "connected without charging",
}
ONCE = {
    None: "once for the session",
    Reservation.RESERVATION: "once for the reservation",
    Reservation.EXPIRES: "once because nobody came to the reserved place",
}
#: See Note [Members under names of their own].
ENERGY: Final = Dimension.ENERGY
FLAT: Final = Dimension.FLAT

# Note [Members under names of their own]
# ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
# Python 3.11 finds a member of an enum through a descriptor: ``Dimension.ENERGY`` takes ten times
# as long as a name of the module. What is asked for each period or each line of each session has
# its members under such names; everywhere else the members are written out.


def said_of(
    component: PriceComponent,
    kind: Reservation | None,
    idle: IdleTerms | None,
    currency: Currency,
) -> str:
    """What the sentence of a line says after the volume: the same for all that pay this price. Of
    a flat fee, which has no volume, the whole sentence.
    """
    dimension, price = component.dimension, f"{component.price:f} {currency}"
    if dimension is FLAT:
        return f"{price} {ONCE[kind]}."
    what = "of reservation" if kind else WHAT[dimension]
    unit = "kWh" if dimension is ENERGY else "hour"
    said = f" {what} at {price} per {unit}"
    if component.spot is not None:
        said += f" by the market {component.spot.series}"
    if idle is not None and idle.grace_s:
        said += f", the first {lasts(idle.grace_s)} of each stop free"
    return said


def why_line(
    said: str,
    component: PriceComponent,
    currency: Currency,
    used: Exact,
    billed: Exact,
    idle: IdleTerms | None,
) -> str:
    """One sentence that lets a person check the line."""
    dimension = component.dimension
    if dimension is FLAT:
        return said
    rounded = "" if billed == used else _rounded(component, currency, used, billed, idle)
    return f"{_volume(dimension, used)}{said}{rounded}."


def _rounded(
    component: PriceComponent,
    currency: Currency,
    used: Exact,
    billed: Exact,
    idle: IdleTerms | None,
) -> str:
    dimension = component.dimension
    if idle is not None and idle.cap is not None and _costs(billed, component) == idle.cap:
        because = f"it costs at most {idle.cap:f} {currency}"
    else:
        because = f"it is billed in steps of {_step(dimension, component.step_size)}"
    return f", billed as {_volume(dimension, billed)} because {because}"


def why_limit(bound: Bound, after: Decimal, currency: Currency) -> str:
    """One sentence for the line of a limit."""
    which = "least" if bound is Bound.MIN_PRICE else "most"
    return f"A session costs at {which} {after:f} {currency} including tax."


def lasts(seconds: Exact) -> str:
    """A duration as people say it: ``1 h 30 min``, ``42 min 10 s``."""
    whole, rest = (seconds, 0) if isinstance(seconds, int) else divmod(seconds, 1)
    minutes, secs = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    said = f"{hours} h" if hours else ""
    if minutes:
        said += f" {minutes} min" if said else f"{minutes} min"
    if secs or rest or not said:
        left = f"{round(float(secs + rest), 3):g} s" if rest else f"{secs} s"
        said += f" {left}" if said else left
    return said


def _costs(billed_s: Exact, component: PriceComponent) -> Fraction:
    return Fraction(billed_s) / 3600 * Fraction(component.price)


def _volume(dimension: Dimension, volume: Exact) -> str:
    return _kwh(volume) if dimension is ENERGY else lasts(volume)


def _kwh(energy_wh: Exact) -> str:
    if not isinstance(energy_wh, int):
        return f"{divided(energy_wh.numerator, energy_wh.denominator * 1000):f} kWh"
    whole, rest = divmod(energy_wh, 1000)
    return f"{whole}.{f'{rest:03}'.rstrip('0')} kWh" if rest else f"{whole} kWh"


def _step(dimension: Dimension, step: int) -> str:
    return f"{step} Wh" if dimension is ENERGY else lasts(step)
