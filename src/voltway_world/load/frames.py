"""What loaded stations say: OCPP 1.6 frames as text, cheap to make, of the size met in life.

A MeterValues of a three-phase station with a meter of its own tells nine values and
weighs about 1.3 kB; so does this one.
"""

from datetime import UTC, datetime
from typing import Final

#: Measurand, unit, phase, location and value, but for the register and the power.
STILL: Final = (
    ("Current.Import", "A", "L1", "Outlet", "31.9"),
    ("Current.Import", "A", "L2", "Outlet", "32.0"),
    ("Current.Import", "A", "L3", "Outlet", "31.8"),
    ("Voltage", "V", "L1-N", "Outlet", "230.4"),
    ("Voltage", "V", "L2-N", "Outlet", "229.8"),
    ("Voltage", "V", "L3-N", "Outlet", "231.0"),
    ("SoC", "Percent", None, "EV", "55"),
)


def utc() -> str:
    """Now, as OCPP writes a time."""
    now = datetime.now(UTC)
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"


def call(id: str, action: str, payload: str) -> bytes:
    return f'[2,"{id}","{action}",{payload}]'.encode()


def boot(identity: str) -> str:
    return (
        '{"chargePointVendor":"Voltway World","chargePointModel":"Load-1",'
        f'"chargePointSerialNumber":"{identity[:25]}","firmwareVersion":"1.0"}}'
    )


def available() -> str:
    return f'{{"connectorId":1,"errorCode":"NoError","status":"Available","timestamp":"{utc()}"}}'


def start(tag: str, register_wh: int) -> str:
    return f'{{"connectorId":1,"idTag":"{tag}","meterStart":{register_wh},"timestamp":"{utc()}"}}'


def stop(tag: str, transaction: int, register_wh: int) -> str:
    return (
        f'{{"transactionId":{transaction},"idTag":"{tag}","meterStop":{register_wh},'
        f'"timestamp":"{utc()}","reason":"Local"}}'
    )


def meter_values(transaction: int, register_wh: int, power_w: int) -> str:
    """One reading of nine values."""
    return (
        f'{{"connectorId":1,"transactionId":{transaction},"meterValue":[{{"timestamp":"{utc()}",'
        f'"sampledValue":[{{"value":"{register_wh}","context":"Sample.Periodic","format":"Raw",'
        '"measurand":"Energy.Active.Import.Register","location":"Outlet","unit":"Wh"},'
        f'{{"value":"{power_w}","context":"Sample.Periodic","format":"Raw",'
        f'"measurand":"Power.Active.Import","location":"Outlet","unit":"W"}},{_STILL}]}}]}}'
    )


def _sampled(measurand: str, unit: str, phase: str | None, location: str, value: str) -> str:
    of_phase = "" if phase is None else f'"phase":"{phase}",'
    return (
        f'{{"value":"{value}","context":"Sample.Periodic","format":"Raw",'
        f'"measurand":"{measurand}",{of_phase}"location":"{location}","unit":"{unit}"}}'
    )


_STILL: Final = ",".join(_sampled(*each) for each in STILL)
