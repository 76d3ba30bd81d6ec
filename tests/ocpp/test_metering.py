"""Samples that have no column are kept beside those that have one, as short as can be."""

import json

from tests.conftest import NOON
from voltway.ocpp.metering import Sample, readings


def rest_of(*samples: Sample) -> list[object]:
    [reading] = readings(NOON, [Sample("10"), *samples], [])
    assert reading.register_wh == 10
    assert reading.rest is not None
    found: list[object] = json.loads(f"[{reading.rest}]")
    return found


def test_a_temperature_is_kept_in_thirty_bytes() -> None:
    [reading] = readings(NOON, [Sample("10"), Sample("31", "Temperature", "Celsius")], [])

    assert reading.rest == '["Temperature","31","Celsius"]'


def test_what_was_said_of_a_sample_stands_in_its_place() -> None:
    said = Sample("2.5", "Frequency", "Hertz", exponent=1, phase="L1", location="Inlet")

    assert rest_of(Sample("31", "Temperature"), said) == [
        ["Temperature", "31"],
        ["Frequency", "2.5", "Hertz", "L1", "Inlet", 1],
    ]


def test_what_a_meter_signed_is_kept_whole_in_the_seventh_place() -> None:
    signed = {"signedMeterData": "T0NNRnw=", "encodingMethod": "OCMF"}

    [kept] = rest_of(Sample("10", signed=signed))

    assert kept == ["Energy.Active.Import.Register", "10", None, None, None, None, signed]
