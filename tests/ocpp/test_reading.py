"""Payloads from stations: what is forgiven, and that it is always told."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltway.ocpp import frame
from voltway.ocpp.faults import BrokenPayload, Fault
from voltway.ocpp.reading import read
from voltway.ocpp.shapes import Wire
from voltway.ocpp.v16 import wire as v16
from voltway.ocpp.v201 import wire as v201

QUIRKS = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "cases" / "quirks.jsonl").read_text().splitlines()
]

#: The messages that are answered whatever is wrong inside (stations.md, rule 1).
NEVER_REFUSED = {"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"}


def told(kind: type[Wire], payload: str | bytes, *, stand_in: bool = False) -> set[tuple[str, str]]:
    """The kinds and places of the deviations in a payload."""
    text = payload.encode() if isinstance(payload, str) else payload
    _, deviations = read(kind, text, stand_in=stand_in)
    return {(deviation.kind, deviation.path) for deviation in deviations}


def refused(kind: type[Wire], payload: str) -> BrokenPayload:
    with pytest.raises(BrokenPayload) as caught:
        read(kind, payload.encode())
    return caught.value


def meter_values(sample: str) -> str:
    return (
        '{"connectorId":1,"meterValue":[{"timestamp":"2026-03-02T12:00:00Z",'
        f'"sampledValue":[{sample}]}}]}}'
    )


def meter_values_2(sample: str) -> str:
    return meter_values(sample).replace("connectorId", "evseId")


@pytest.mark.parametrize(
    "payload",
    [
        meter_values('{"value":"1","unit":"Wh"}'),
        meter_values(' { "value" : "1", "unit" : "Wh" } '),
        meter_values('{"value":"a\\"b\\u00fc","unit":"Wh"}'),
        meter_values('{"value":"Zürich"}'),
    ],
)
def test_a_payload_as_the_standard_has_it_deviates_nowhere(payload: str) -> None:
    assert told(v16.MeterValuesRequest, payload) == set()


@pytest.mark.parametrize(
    ("payload", "deviation"),
    [
        ('{"idTag":"A","connectorId":2}', ("unknown_member", "connectorId")),
        ('{"idTag":"A23456789012345678901"}', ("too_long", "idTag")),
        ('{"idTag":4711}', ("number_as_text", "idTag")),
    ],
)
def test_a_token_is_read_though_it_is_not_as_it_should_be(
    payload: str, deviation: tuple[str, str]
) -> None:
    assert told(v16.AuthorizeRequest, payload) == {deviation}


@pytest.mark.parametrize(
    ("sample", "deviation"),
    [
        ('{"value":1750}', ("number_as_text", "meterValue[0].sampledValue[0].value")),
        ('{"value":"1","unit":"kwh"}', ("unknown_value", "meterValue[0].sampledValue[0].unit")),
        ('{"value":"1","unit":null}', ("null", "meterValue[0].sampledValue[0].unit")),
        ('{"value":{}}', ("unreadable", "meterValue[0].sampledValue[0]")),
    ],
)
def test_a_sample_of_1_6_is_read_or_left_out(sample: str, deviation: tuple[str, str]) -> None:
    assert deviation in told(v16.MeterValuesRequest, meter_values(sample))


def test_numbers_taken_as_text_keep_every_digit() -> None:
    message, _ = read(
        v16.MeterValuesRequest, meter_values('{"value":123456789012345678.10}').encode()
    )

    assert message.meter_value[0].sampled_value[0].value == "123456789012345678.10"


@pytest.mark.parametrize(
    ("number", "value"),
    [
        ("0.30000000000000004", "0.30000000000000004"),
        ("1750.10", "1750.10"),
        ("12345678901234567890.123456789", "12345678901234567890.123456789"),
        ("1e3", "1E+3"),
    ],
)
def test_energy_of_2_x_is_exact(number: str, value: str) -> None:
    message, deviations = read(
        v201.MeterValuesRequest, meter_values_2(f'{{"value":{number}}}').encode()
    )

    assert message.meter_value[0].sampled_value[0].value == Decimal(value)
    assert deviations == ()


def test_a_number_that_2_x_is_given_as_text_is_read_and_told() -> None:
    payload = meter_values_2('{"value":"12.50"}')
    message, _ = read(v201.MeterValuesRequest, payload.encode())

    assert message.meter_value[0].sampled_value[0].value == Decimal("12.50")
    assert told(v201.MeterValuesRequest, payload) == {
        ("text_as_number", "meterValue[0].sampledValue[0].value")
    }


@pytest.mark.parametrize(
    "value", ['"NaN"', '"Infinity"', '"12,3"', '"0x10"', '"1_000"', '"١٢"', "{}"]
)
def test_what_is_no_number_is_left_out_of_2_x_and_told(value: str) -> None:
    payload = meter_values_2(f'{{"value":{value}}},{{"value":5}}')
    message, _ = read(v201.MeterValuesRequest, payload.encode())

    assert [sample.value for sample in message.meter_value[0].sampled_value] == [Decimal(5)]
    assert ("unreadable", "meterValue[0].sampledValue[0]") in told(v201.MeterValuesRequest, payload)


def test_exponents_cannot_hide_a_number_given_as_text() -> None:
    # Each bare exponent is written one byte longer, which makes up for the two quotes.
    payload = meter_values_2('{"value":"NaN"},{"value":1e2},{"value":1e2}')

    message, _ = read(v201.MeterValuesRequest, payload.encode())

    assert [sample.value for sample in message.meter_value[0].sampled_value] == [100, 100]


@pytest.mark.parametrize(
    ("member", "value", "kind"),
    [
        ('"5000"', 5000, "text_as_number"),
        ("5000.0", 5000, "decimal"),
        ("5000.4", 5000, "fraction"),
        ('"5000.4"', 5000, "text_as_number"),
    ],
)
def test_a_register_that_is_no_whole_number_is_read_and_told(
    member: str, value: int, kind: str
) -> None:
    payload = f'{{"transactionId":1,"timestamp":"t","meterStop":{member}}}'
    message, _ = read(v16.StopTransactionRequest, payload.encode())

    assert message.meter_stop == value
    assert (kind, "meterStop") in told(v16.StopTransactionRequest, payload)


def test_the_largest_number_of_64_bits_is_read_and_more_is_not_there() -> None:
    assert (
        told(
            v16.MeterValuesRequest,
            meter_values('{"value":"1"}').replace("{", '{"transactionId":9223372036854775807,', 1),
        )
        == set()
    )
    assert told(
        v16.MeterValuesRequest,
        meter_values('{"value":"1"}').replace("{", '{"transactionId":9223372036854775808,', 1),
    ) == {("unreadable", "transactionId")}


def test_truth_written_as_text_is_read_and_told() -> None:
    payload = '{"configurationKey":[{"key":"X","readonly":"True","value":300}]}'
    message, _ = read(v16.GetConfigurationResponse, payload.encode())

    assert message.configuration_key is not None
    assert message.configuration_key[0].readonly is True
    assert message.configuration_key[0].value == "300"


def test_one_thing_where_a_list_is_due_is_a_list_of_one() -> None:
    payload = '{"connectorId":1,"meterValue":{"timestamp":"t","sampledValue":{"value":"1"}}}'

    assert told(v16.MeterValuesRequest, payload) == {
        ("lone_item", "meterValue"),
        ("lone_item", "meterValue[0].sampledValue"),
    }


def test_bytes_that_are_no_utf_8_cost_a_letter_and_not_the_message() -> None:
    payload = '{"connectorId":1,"errorCode":"NoError","status":"Available","info":"Tür"}'

    message, deviations = read(v16.StatusNotificationRequest, payload.encode("latin-1"))

    assert message.info == "T\ufffdr"
    assert [deviation.kind for deviation in deviations] == ["not_utf8"]


@pytest.mark.parametrize(
    ("kind", "payload", "fault"),
    [
        (v16.AuthorizeRequest, "{}", Fault.OCCURRENCE),
        (v16.AuthorizeRequest, '{"idTag":{}}', Fault.TYPE),
        (v16.AuthorizeRequest, "[]", Fault.FORMAT),
        (v16.AuthorizeRequest, '{"idTag":"A","idTag":"B"}', Fault.FORMAT),
        (v16.AuthorizeRequest, '{"idTag": "A", "idTag": "B"}', Fault.FORMAT),
        (v201.BootNotificationRequest, '{"reason":"PowerUp"}', Fault.OCCURRENCE),
        (v201.BootNotificationRequest, '{"reason":"PowerUp","chargingStation":null}', Fault.FORMAT),
        (v201.BootNotificationRequest, '{"chargePointVendor":"x"}', Fault.FORMAT),
    ],
)
def test_what_cannot_be_understood_is_refused_by_its_fault(
    kind: type[Wire], payload: str, fault: Fault
) -> None:
    assert refused(kind, payload).fault is fault


def test_a_transaction_without_its_members_is_read_with_stand_ins() -> None:
    message, deviations = read(
        v201.TransactionEventRequest,
        b'{"eventType":"Ended","timestamp":"t","seqNo":4,"transactionInfo":{"transactionId":"ab"},'
        b'"idToken":{"idToken":"CAFE"},"evse":{},"meterValue":[{"timestamp":"t","sampledValue":'
        b'[{"context":"Other"}]}]}',
        stand_in=True,
    )

    assert message.trigger_reason == ""
    assert message.id_token is not None
    assert message.id_token.id_token == "CAFE"
    assert message.evse is None
    assert message.meter_value is not None
    assert message.meter_value[0].sampled_value == []
    assert {
        ("missing", "triggerReason"),
        ("missing", "idToken.type"),
        ("unreadable", "evse"),
        ("unreadable", "meterValue[0].sampledValue[0]"),
    } <= {(deviation.kind, deviation.path) for deviation in deviations}


def test_a_stop_without_anything_is_read_with_stand_ins() -> None:
    message, deviations = read(v16.StopTransactionRequest, b"{}", stand_in=True)

    assert (message.transaction_id, message.meter_stop, message.timestamp) == (-1, -1, "")
    assert [deviation.kind for deviation in deviations] == ["missing"] * 3


@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize(
    ("kind", "place"),
    [
        (v16.MeterValuesRequest, "connectorId"),
        (v16.MeterValuesRequest, "timestamp"),
        (v16.MeterValuesRequest, "value"),
        (v201.MeterValuesRequest, "evseId"),
        (v201.MeterValuesRequest, "timestamp"),
        (v201.MeterValuesRequest, "value"),
    ],
)
def test_a_doubled_member_is_found_wherever_it_stands(
    kind: type[Wire], place: str, blank: str
) -> None:
    # Exponents are written one byte longer than they came, which a doubled member could hide in.
    payload = (
        meter_values('{"value":"1"}')
        if kind is v16.MeterValuesRequest
        else meter_values_2(",".join(['{"value":1e2}'] * 20))
    )
    assert told(kind, payload) == set()

    once = re.search(rf'"{place}":[^,}}]*', payload)
    assert once is not None
    doubled = payload.replace(once[0], f"{once[0]},{blank}{once[0]}", 1)

    assert refused(kind, doubled).fault is Fault.FORMAT


def test_custom_data_is_kept_and_held_to_our_caps() -> None:
    payload = '{"customData":{"vendorId":"x","more":[1.50]}}'
    message, deviations = read(v201.HeartbeatRequest, payload.encode())

    assert message.custom_data == {"vendorId": "x", "more": [Decimal("1.50")]}
    assert deviations == ()
    for hostile in ("[" * 40 + "]" * 40, '{"a":1,"a":2}', "9" * 41):
        trouble = refused(v201.HeartbeatRequest, payload.replace("1.50", hostile))
        assert trouble.fault is Fault.FORMAT


def test_a_list_beyond_our_caps_is_refused() -> None:
    assert "10000" in str(
        refused(v16.MeterValuesRequest, meter_values('{"value":"1"},' * 10_000 + '{"value":"1"}'))
    )


@given(text=st.text())
def test_no_text_is_written_longer_than_it_can_come(text: str) -> None:
    # The proof by writing it again stands on this.
    shortest = json.dumps(text, ensure_ascii=False).encode()

    assert len(msgspec.json.encode(text)) == len(shortest)


@given(
    value=st.text(max_size=30),
    location=st.none() | st.sampled_from(["EV", "Outlet", "Moon"]),
    blank=st.booleans(),
    escaped=st.booleans(),
)
def test_fast_and_slow_reading_say_the_same(
    value: str, location: str | None, blank: bool, escaped: bool
) -> None:
    sample = {"value": value} | ({} if location is None else {"location": location})
    payload = {
        "connectorId": 1,
        "meterValue": [{"timestamp": "t", "sampledValue": [sample]}],
    }
    text = json.dumps(payload, ensure_ascii=escaped, separators=None if blank else (",", ":"))

    message, deviations = read(v16.MeterValuesRequest, text.encode())

    read_sample = message.meter_value[0].sampled_value[0]
    assert (read_sample.value, read_sample.location) == (value, location)
    assert bool(deviations) == (location == "Moon")


def quirk_payloads() -> list[Any]:
    """The payloads of calls whose frame is JSON, with what must become of them."""
    found = []
    for quirk in QUIRKS:
        module = v201 if quirk["version"].startswith("2") else v16
        for number, text in enumerate(quirk["frames"] if quirk["frames_valid_json"] else ()):
            call = frame.decode(text.replace("{TX}", "12").replace("{ID}", "34"), "2.0.1")
            if isinstance(call, frame.Call) and call.action in module.ACTIONS:
                kind = module.ACTIONS[call.action].request
                found.append(pytest.param(call, kind, quirk["reply"], id=f"{quirk['id']}-{number}"))
    return found


@pytest.mark.parametrize(("call", "kind", "reply"), quirk_payloads())
def test_a_quirk_is_read_or_refused_as_it_deserves(
    call: frame.Call, kind: type[Wire], reply: str
) -> None:
    payload = frame.payload_of(call)

    if reply.startswith("callerror:Form"):
        assert refused(kind, payload.decode()).fault is Fault.FORMAT
    elif call.action in NEVER_REFUSED:
        read(kind, payload, stand_in=True)
    else:
        read(kind, payload)


#: A number of more digits than these is refused for what it costs to read.
WHOLE = st.integers(min_value=1 - 10**40, max_value=10**40 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | st.text(max_size=5) | st.decimals().map(str),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "timestamp", "sampledValue", "meterValue", "evse", "id"]),
            inner,
        )
    ),
    max_leaves=12,
)


@given(
    members=st.dictionaries(
        st.sampled_from(
            ["eventType", "timestamp", "seqNo", "transactionInfo", "meterValue", "evse", "idToken"]
        ),
        JSON,
    )
)
def test_no_transaction_event_that_is_an_object_is_ever_refused(members: dict[str, Any]) -> None:
    message, _ = read(v201.TransactionEventRequest, json.dumps(members).encode(), stand_in=True)

    for value in message.meter_value or []:
        assert all(sample.value.is_finite() for sample in value.sampled_value)


@given(payload=st.binary())
def test_bytes_are_an_object_or_refused(payload: bytes) -> None:
    try:
        read(v16.StopTransactionRequest, payload, stand_in=True)
    except BrokenPayload:
        return
    assert isinstance(json.loads(payload.decode("utf-8", "replace")), dict | type(None))
