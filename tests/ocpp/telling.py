"""Conversations: frames of a version as text, and what was heard of them as short sentences."""

from pathlib import Path

from msgspec import Raw

from voltway.ocpp.dialect import Dialect
from voltway.ocpp.dialects import DIALECTS
from voltway.ocpp.frame import Call
from voltway.stations.reports import (
    Alive,
    Booted,
    Ended,
    EventNotified,
    LimitSet,
    Metered,
    Other,
    PaidAtTerminal,
    Reading,
    Report,
    ReservationOver,
    SettlementTold,
    Started,
    StatusAsked,
    StatusChanged,
    TokenShown,
    VariablesReported,
    VatAsked,
    VendorData,
)

BY_VERSION: dict[str, Dialect] = {dialect.version: dialect for dialect in DIALECTS.values()}


def hear(version: str, text: str) -> list[Report]:
    """All reports of a conversation: each line an action and its payload; # begins a comment."""
    reports: list[Report] = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            action, payload = line.split(" ", 1)
            call = Call("1", action, Raw(payload.encode()))
            reports += BY_VERSION[version].hear(call).reports
    return reports


def in_short(report: Report) -> str:
    """A report as a sentence. What only one version can tell (names, sequence) is left out."""
    match report:
        case Booted():
            return f"booted {report.vendor} {report.model} with {report.firmware}"
        case Alive():
            return "alive"
        case StatusChanged():
            error = f", {report.error_code}" if report.error_code else ""
            return f"status of {report.evse} is {report.status}{error}"
        case ReservationOver():
            return f"reservation {report.reservation} is over: {report.why}"
        case TokenShown():
            return f"token {report.token} shown"
        case Started():
            under = f" under reservation {report.reservation}" if report.reservation else ""
            readings = _readings(report.readings)
            return f"started evse {report.evse} by {report.token}{under}, {readings}"
        case Metered():
            return f"metered, {_readings(report.readings)}"
        case Ended():
            return f"ended by {report.reason}, {_readings(report.readings)}"
        case VariablesReported():
            return "variables " + " ".join(
                f"{told.component}.{told.variable}={told.value}" for told in report.variables
            )
        case EventNotified():
            return f"event {report.component}.{report.variable}={report.value}"
        case PaidAtTerminal():
            return f"paid at the terminal, {report.psp_ref}"
        case LimitSet():
            return f"the terminal holds {report.held}"
        case SettlementTold():
            return f"{report.psp_ref} is {report.status}"
        case VatAsked():
            return f"is {report.number} registered"
        case StatusAsked():
            return f"what does its issuer say of {report.certificate.serial}"
        case VendorData():
            return f"vendor {report.vendor} says {report.data}"
        case Other():
            return f"other {report.action}"


def _readings(readings: tuple[Reading, ...]) -> str:
    return "; ".join(_reading(reading) for reading in readings) or "no reading"


def _reading(reading: Reading) -> str:
    words = [f"{reading.at:%H:%M}" if reading.at else "some time"]
    if reading.register_wh is not None:
        words.append(f"{reading.register_wh} Wh")
    if reading.power_w is not None:
        words.append(f"{reading.power_w} W")
    if reading.current_ma is not None:
        words.append(f"{reading.current_ma} mA")
    if reading.voltage_mv is not None:
        words.append(f"{reading.voltage_mv} mV")
    if reading.soc_percent is not None:
        words.append(f"{reading.soc_percent} %")
    if reading.rest:
        words.append("and more")
    return f"{' '.join(words)} ({reading.context})"


def tellings(folder: Path) -> list[Path]:
    """Every version's telling of every story."""
    return sorted(path for path in folder.glob("*/*.txt") if path.name != "heard.txt")
