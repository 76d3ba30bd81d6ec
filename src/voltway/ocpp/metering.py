"""Meter values of any OCPP version as readings: one row a moment, the trade's units, whole numbers.

A version's dialect gives samples; here they are put together (OCPP 1.6 §7.43 to 7.46, 2.0.1
part 2 §2.43 and MeasurandEnumType). What has no column of ours is kept as the station sent it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

import msgspec

from voltway.kernel.units import CurrentMa, PowerW, RegisterWh, VoltageMv
from voltway.stations.reports import Context, Deviation, Reading

ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
CURRENT = "Current.Import"
VOLTAGE = "Voltage"
SOC = "SoC"

_TABLED = frozenset({ENERGY, POWER, CURRENT, VOLTAGE, SOC})

#: To the unit of our column, by measurand and the unit that the station names.
_SCALE: dict[str, dict[str, int]] = {
    ENERGY: {"Wh": 1, "kWh": 1_000, "MWh": 1_000_000},
    POWER: {"W": 1, "kW": 1_000},
    CURRENT: {"A": 1_000, "mA": 1},
    VOLTAGE: {"V": 1_000, "mV": 1, "kV": 1_000_000},
    SOC: {"Percent": 1},
}
_DEFAULT_UNIT = {ENERGY: "Wh", POWER: "W", CURRENT: "A", VOLTAGE: "V", SOC: "Percent"}

_CONTEXT = {
    "Transaction.Begin": Context.BEGIN,
    "Transaction.End": Context.END,
    "Sample.Periodic": Context.PERIODIC,
    "Sample.Clock": Context.CLOCK,
    "Trigger": Context.TRIGGER,
}
_ORDER = list(Context)

#: Where samples tell the one number of their column: at the outlet, or all in the same other place.
_OUTLET = (None, "Outlet")

#: Bits of a kind: the places, and the three sets of phases of which only one can be told.
_PHASES: dict[str | None, tuple[int, int]] = {None: (0, 1)}
_PHASES |= {f"L{n}": (1, 1 << n) for n in (1, 2, 3)}
_PHASES |= {f"L{n}-N": (2, 1 << n) for n in (1, 2, 3)}


def _place_of() -> dict[tuple[str, str | None, str | None, str | None], tuple[int, int, int, int]]:
    """Of a sample that can stand in a plain reading, by measurand, unit, phase and location: the
    column, the scale to its unit, what must be the same for all samples of the column, and the bit
    that no two of them share."""
    found: dict[tuple[str, str | None, str | None, str | None], tuple[int, int, int, int]] = {}
    for column, measurand in enumerate((ENERGY, POWER, CURRENT, VOLTAGE, SOC)):
        by_default = _SCALE[measurand][_DEFAULT_UNIT[measurand]]
        units = [*_SCALE[measurand].items(), (None, by_default)]
        places = (*_OUTLET, "EV") if measurand == SOC else _OUTLET
        for unit, scale in units:
            for phase, (kind, bit) in _PHASES.items():
                for location in places:
                    group = kind if location in _OUTLET else kind + 10
                    found[measurand, unit, phase, location] = (column, scale, group, bit)
    return found


_PLACE = _place_of()

#: These columns add up over the phases; of the others the largest stands.
_SUMMED = 2

#: So many digits are surely no absurd number, whatever the unit.
_DIGITS_SURE = 9
_TENS: tuple[int, ...] = tuple(10**power for power in range(_DIGITS_SURE + 1))

#: Beyond this a number is no measurement of a charging station (2.0e15 Wh is the world's year).
_ABSURD = Decimal(10) ** 15


class Sample(msgspec.Struct, frozen=True, gc=False):
    """One measured value as a version gives it."""

    value: str | Decimal
    measurand: str = ENERGY
    unit: str | None = None
    exponent: int = 0
    phase: str | None = None
    context: str | None = None
    location: str | None = None
    signed: object | None = None


def readings(
    at: datetime | None, samples: Sequence[Sample], deviations: list[Deviation]
) -> list[Reading]:
    """The readings of one meter value: one, or one for each context that it mixes."""
    quick = plain(at, samples)
    return [quick] if quick is not None else chosen(at, samples, deviations)


def chosen(
    at: datetime | None, samples: Sequence[Sample], deviations: list[Deviation]
) -> list[Reading]:
    """The same, where something is to be chosen, added up or forgiven."""
    contexts = {_CONTEXT.get(s.context or "Sample.Periodic", Context.OTHER) for s in samples}
    if len(contexts) == 1:
        return [_reading(at, contexts.pop(), samples, deviations)]
    return [
        _reading(
            at,
            context,
            [
                s
                for s in samples
                if _CONTEXT.get(s.context or "Sample.Periodic", Context.OTHER) is context
            ],
            deviations,
        )
        for context in sorted(contexts, key=_ORDER.index)
    ]


def plain(at: datetime | None, samples: Sequence[Sample]) -> Reading | None:
    """The reading of samples in which nothing is to be chosen or forgiven: all of one context, and
    for each column the total alone or the phases alone, each once. Nearly all that stations send
    is so; ``None`` where it is not."""
    columns: list[int | None] = [None, None, None, None, None]
    groups = [-1, -1, -1, -1, -1]
    taken = [0, 0, 0, 0, 0]
    rest: list[Sample] | None = None
    said = samples[0].context if samples else None
    for sample in samples:
        if sample.signed is not None or sample.context != said:
            return None
        place = _PLACE.get((sample.measurand, sample.unit, sample.phase, sample.location))
        if place is None:
            if sample.measurand in _TABLED:
                return None
            rest = [*rest, sample] if rest else [sample]
            continue
        column, scale, group, bit = place
        number = _whole(sample, scale)
        if number is None or taken[column] & bit:
            return None
        before = columns[column]
        if before is None:
            columns[column], groups[column] = number, group
        elif groups[column] != group:
            return None
        elif column < _SUMMED:
            columns[column] = before + number
        elif number > before:
            columns[column] = number
        taken[column] |= bit
    energy, power, current, voltage, soc = columns
    if (energy is not None and energy < 0) or (soc is not None and not 0 <= soc <= 100):
        return None
    return Reading(
        at,
        RegisterWh(energy) if energy is not None else None,
        PowerW(power) if power is not None else None,
        CurrentMa(current) if current is not None else None,
        VoltageMv(voltage) if voltage is not None else None,
        soc,
        Context.PERIODIC if said is None else _CONTEXT.get(said, Context.OTHER),
        _rest(rest) if rest else None,
    )


def _whole(sample: Sample, scale: int) -> int | None:
    """The number in the unit of its column, cut to a whole one, as ``_scaled`` would."""
    value = sample.value
    if type(value) is str and len(value) <= _DIGITS_SURE and not sample.exponent:
        if value.isdecimal():
            return int(value) * scale
        whole, _, part = value.partition(".")
        if whole.isdecimal() and part.isdecimal():
            return int(whole + part) * scale // _TENS[len(part)]
    elif type(value) is Decimal and not sample.exponent and _is_sure(value):
        return int(value) if scale == 1 else int(value * scale)
    number = _scaled(sample, scale)
    return None if number is None else int(number)


def _is_sure(value: Decimal) -> bool:
    return value.adjusted() < _DIGITS_SURE and value.is_finite()


def _rest(samples: Sequence[Sample]) -> str:
    """JSON, one sample after the other. Without brackets around them all, a usual one (a
    temperature) keeps the row of its reading eight bytes shorter, for rows grow by eights."""
    return msgspec.json.encode([_kept(sample) for sample in samples])[1:-1].decode()


def register(value: int, at: datetime | None, context: Context) -> Reading:
    """A bare register beside a timestamp (1.6 meterStart). A negative one tells nothing."""
    return Reading(at, RegisterWh(value) if value >= 0 else None, context=context)


def _reading(
    at: datetime | None, context: Context, samples: Sequence[Sample], deviations: list[Deviation]
) -> Reading:
    found: dict[str, list[tuple[Sample, int]]] = {}
    rest: list[Sample] = []
    for sample in samples:
        if sample.measurand not in _TABLED or sample.signed is not None:
            rest.append(sample)
        if sample.measurand in _TABLED and not isinstance(sample.signed, str):
            number = _number(sample, deviations)
            if number is not None:
                found.setdefault(sample.measurand, []).append((sample, number))
    energy = _one(found.get(ENERGY, ()), sums=True)
    power = _one(found.get(POWER, ()), sums=True)
    current = _one(found.get(CURRENT, ()), sums=False)
    voltage = _one(found.get(VOLTAGE, ()), sums=False)
    soc = _one(found.get(SOC, ()), sums=False)
    return Reading(
        at,
        RegisterWh(energy) if energy is not None and energy >= 0 else None,
        PowerW(power) if power is not None else None,
        CurrentMa(current) if current is not None else None,
        VoltageMv(voltage) if voltage is not None else None,
        soc if soc is not None and 0 <= soc <= 100 else None,
        context,
        _rest(rest) if rest else None,
    )


def _one(found: Iterable[tuple[Sample, int]], *, sums: bool) -> int | None:
    """One number of several: the outlet's before others; the total, or the phases together.

    Phases are summed only where there is no total; of currents and voltages, which do not add up,
    the largest of the phases stands.
    """
    best = [pair for pair in found if pair[0].location in (None, "Outlet")] or list(found)
    totals = [number for sample, number in best if sample.phase is None]
    if totals:
        return totals[-1]
    phases = {str(s.phase): number for s, number in best if s.phase in ("L1", "L2", "L3")}
    phases = phases or {str(s.phase): number for s, number in best}
    if not phases:
        return None
    return sum(phases.values()) if sums else max(phases.values())


def _number(sample: Sample, deviations: list[Deviation]) -> int | None:
    unit = sample.unit or _DEFAULT_UNIT[sample.measurand]
    value = _scaled(sample, _SCALE[sample.measurand].get(unit))
    if value is None:
        deviations.append(
            Deviation("no_measurement", sample.measurand, f"{str(sample.value)[:40]} {unit[:20]}")
        )
        return None
    number = int(value)
    if sample.measurand == ENERGY and number < 0:
        deviations.append(Deviation("negative_register", ENERGY, str(sample.value)[:40]))
    return number


def _scaled(sample: Sample, scale: int | None) -> Decimal | None:
    try:
        value = Decimal(sample.value)
        if sample.exponent:
            value = value.scaleb(sample.exponent)
    except (InvalidOperation, ValueError, OverflowError):
        return None
    if scale is None or not value.is_finite() or abs(value) * scale > _ABSURD:
        return None
    return value * scale


def _kept(sample: Sample) -> list[object]:
    """A sample with no column, in the words of OCPP: measurand, value, unit, phase, location,
    exponent and what signs it, up to the last that was said. There may be one of each reading, so
    their names are not kept beside them."""
    said = [
        sample.measurand,
        sample.value if isinstance(sample.value, str) else str(sample.value),
        sample.unit,
        sample.phase,
        sample.location,
        sample.exponent or None,
        sample.signed,
    ]
    while said[-1] is None:
        said.pop()
    return said
