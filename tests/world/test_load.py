"""The load that we measure with says what the standard allows, of the size met in life."""

import json

import pytest

from tests.ocpp.schemas import assert_conforms
from voltway_world.load import frames

PAYLOADS = {
    "BootNotification": frames.boot("CS00001"),
    "StatusNotification": frames.available(),
    "StartTransaction": frames.start("TAG00001", 1000),
    "MeterValues": frames.meter_values(1, 1234567, 22_000),
    "StopTransaction": frames.stop("TAG00001", 1, 2000),
}


@pytest.mark.parametrize(("action", "payload"), PAYLOADS.items(), ids=PAYLOADS)
def test_what_a_loaded_station_says_is_ocpp(action: str, payload: str) -> None:
    assert_conforms("1.6", action, payload.encode())
    assert json.loads(frames.call("7", action, payload)) == [2, "7", action, json.loads(payload)]


def test_a_meter_values_weighs_what_it_does_in_life() -> None:
    text = frames.call("CS00001-17", "MeterValues", PAYLOADS["MeterValues"])
    assert 1250 <= len(text) <= 1350
