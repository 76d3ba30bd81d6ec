"""Why the energy of a session is what it is: which readings made it, which were set aside, and why.

The words follow what ``rules_energy`` did, and change nothing of it (design, stations, rule 7: the
evidence is kept). They are made when somebody looks: the readings themselves are kept anyway.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from voltway.kernel.units import EnergyWh, kwh
from voltway.sessions.model import Doubt, Row
from voltway.sessions.rules_energy import (
    CUT_WH_MAX,
    Measured,
    Sample,
    Told,
    Way,
    bound_wh,
)
from voltway.stations.reports import Context


class Part(StrEnum):
    """What a reading was good for."""

    BEGIN = "begin"  # its register begins the energy
    END = "end"  # its register ends it
    SHAPE = "shape"  # it says when the energy flowed
    POWER = "power"  # it tells no register
    ASIDE = "aside"  # it was set aside


class Judged(msgspec.Struct, frozen=True):
    """A reading, and what was made of it."""

    at: datetime
    register_wh: int | None
    power_w: int | None
    context: Context
    part: Part
    why: str


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """How the energy of a session was found, in words, and every reading with its part in it."""

    way: Way
    energy_wh: int
    begin_wh: int | None
    end_wh: int | None
    bound_wh: int
    steps: tuple[str, ...]
    readings: tuple[Judged, ...]

    @property
    def aside(self) -> tuple[Judged, ...]:
        return tuple(each for each in self.readings if each.part is Part.ASIDE)


def evidence(told: Told, measured: Measured, rows: Sequence[Row]) -> Evidence:
    """The evidence for what was measured out of these readings."""
    most = bound_wh(told.power_w_max, told.bound_s)
    used = frozenset(measured.used)
    ordered = sorted(
        set(rows), key=lambda row: (row.at, row.register_wh or -1, row.power_w or -1, row.context)
    )
    return Evidence(
        way=measured.way,
        energy_wh=measured.energy_wh,
        begin_wh=measured.begin_wh,
        end_wh=measured.end_wh,
        bound_wh=most,
        steps=tuple(_steps(told, measured, most)),
        readings=tuple(_judged(row, told, measured, used, most) for row in ordered),
    )


def _steps(told: Told, measured: Measured, most: int) -> list[str]:
    begin, end = measured.begin_wh, measured.end_wh
    steps = []
    if begin is not None:
        steps.append(f"It begins at the register {_kwh(begin)} kWh, {_begin(told, measured)}.")
    if end is not None:
        steps.append(f"It ends at the register {_kwh(end)} kWh, {_end(told, measured)}.")
    match measured.way:
        case Way.NONE:
            steps.append("No register was told, so there is no energy to bill.")
        case Way.PAIR | Way.WITHOUT_START:
            assert begin is not None
            assert end is not None
            steps.append(
                f"The energy is their difference: {_kwh(end)} less {_kwh(begin)} is"
                f" {_kwh(end - begin)} kWh. The readings between say when it flowed."
            )
        case Way.STRETCHES:
            steps.append(
                "The meter was set back on the way, so its rising stretches are added up, each to"
                " no more than the EVSE could give in its time."
            )
    if measured.doubts & {Doubt.ABOVE_BOUND, Doubt.CUT_TO_BOUND}:
        steps.append(f"The EVSE can give {_kwh(most)} kWh in that time, and no more is counted.")
    steps.append(f"That makes {_kwh(measured.energy_wh)} kWh.")
    return steps


def _begin(told: Told, measured: Measured) -> str:
    if measured.begin_wh == told.begin_wh:
        return "which the start told"
    if Doubt.START_REGISTER_MISSING in measured.doubts:
        return "the first reading, for the start told none"
    return "the first reading, for what the start told does not fit the others"


def _end(told: Told, measured: Measured) -> str:
    if measured.end_wh == told.end_wh:
        return "which the end told"
    if told.running:
        return "the last reading so far"
    if Doubt.END_REGISTER_ZERO in measured.doubts:
        return "the last reading, for the end told zero"
    return "the last reading, for the end told none"


def _judged(row: Row, told: Told, measured: Measured, used: frozenset[Sample], most: int) -> Judged:
    part, why = _part(row, told, measured, used, most)
    return Judged(row.at, row.register_wh, row.power_w, row.context, part, why)


def _part(
    row: Row, told: Told, measured: Measured, used: frozenset[Sample], most: int
) -> tuple[Part, str]:
    register = row.register_wh
    if register is None:
        return Part.POWER, "It tells no register."
    if row.context is Context.BEGIN and register == measured.begin_wh:
        return Part.BEGIN, "The register of the start."
    if row.context is Context.END and register == measured.end_wh:
        return Part.END, "The register of the end."
    if Sample(row.at, register, row.power_w) in used:
        return _shape(register, measured)
    return Part.ASIDE, _why_aside(row.at, register, told, measured, most)


def _shape(register: int, measured: Measured) -> tuple[Part, str]:
    if Doubt.REGISTER_IN_KWH in measured.doubts:
        return Part.SHAPE, "Read as kilowatt-hours, it says when the energy flowed."
    if Doubt.REGISTER_OF_SESSION in measured.doubts:
        return Part.SHAPE, "It counts from the session's start, and says when the energy flowed."
    if measured.way is Way.STRETCHES:
        return Part.SHAPE, "A point of the stretches that are added up."
    return Part.SHAPE, "It says when the energy flowed."


def _why_aside(at: datetime, register: int, told: Told, measured: Measured, most: int) -> str:
    begin, end = measured.begin_wh, measured.end_wh
    if register < 0:
        return "A register is never negative."
    if at > told.ends:
        return "It was taken after the end."
    if begin is None or end is None:
        return "Nothing was found to measure it by."
    if register > begin + most + CUT_WH_MAX:
        return f"It is more than the EVSE can give from {_kwh(begin)} kWh on."
    if register > end + CUT_WH_MAX:
        return "It is above the register of the end."
    if register < begin:
        return "It is below the register of the start."
    return "It does not rise with the readings before and after it."


def _kwh(wh: int) -> str:
    return f"{kwh(EnergyWh(wh)):f}"
