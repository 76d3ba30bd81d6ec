"""Orders as each version puts them on the wire, and its answers read."""

import json
from datetime import UTC, datetime

import pytest
from msgspec import Raw

from tests.ocpp.schemas import assert_conforms
from tests.ocpp.telling import BY_VERSION
from voltway.kernel.ids import TokenUid, TransactionRef
from voltway.ocpp.dialect import CallNotOfVersion, OrderUnknownToVersion
from voltway.ocpp.faults import BrokenPayload, Fault
from voltway.ocpp.frame import Call, CallError, CallResult
from voltway.stations import orders
from voltway.stations.orders import Answered, Order

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
START = orders.StartCharging(2, TokenUid("04A1"), remote_start_id=17)


@pytest.mark.parametrize(
    ("order", "in_16", "in_201"),
    [
        (
            START,
            'RemoteStartTransaction {"idTag":"04A1","connectorId":2}',
            'RequestStartTransaction {"idToken":{"idToken":"04A1","type":"Central"},'
            '"remoteStartId":17,"evseId":2}',
        ),
        (
            orders.ReserveNow(2, 41, TokenUid("04A1"), NOON),
            'ReserveNow {"connectorId":2,"expiryDate":"2026-03-02T12:00:00Z","idTag":"04A1",'
            '"reservationId":41}',
            'ReserveNow {"id":41,"expiryDateTime":"2026-03-02T12:00:00Z","idToken":'
            '{"idToken":"04A1","type":"Central"},"evseId":2}',
        ),
        (
            orders.CancelReservation(41),
            'CancelReservation {"reservationId":41}',
            'CancelReservation {"reservationId":41}',
        ),
        (
            orders.StopCharging(TransactionRef("7")),
            'RemoteStopTransaction {"transactionId":7}',
            'RequestStopTransaction {"transactionId":"7"}',
        ),
        (orders.Reset(), 'Reset {"type":"Soft"}', 'Reset {"type":"OnIdle"}'),
        (orders.Reset(immediate=True), 'Reset {"type":"Hard"}', 'Reset {"type":"Immediate"}'),
        (
            orders.Unlock(1),
            'UnlockConnector {"connectorId":1}',
            'UnlockConnector {"evseId":1,"connectorId":1}',
        ),
        (
            orders.ChangeAvailability(operative=False, evse=1),
            'ChangeAvailability {"connectorId":1,"type":"Inoperative"}',
            'ChangeAvailability {"operationalStatus":"Inoperative","evse":{"id":1}}',
        ),
        (
            orders.ChangeAvailability(operative=True),
            'ChangeAvailability {"connectorId":0,"type":"Operative"}',
            'ChangeAvailability {"operationalStatus":"Operative"}',
        ),
        (
            orders.Trigger("StatusNotification", 1),
            'TriggerMessage {"requestedMessage":"StatusNotification","connectorId":1}',
            'TriggerMessage {"requestedMessage":"StatusNotification",'
            '"evse":{"id":1,"connectorId":1}}',
        ),
        (
            orders.ReadVariables(),
            "GetConfiguration {}",
            'GetBaseReport {"requestId":1,"reportBase":"FullInventory"}',
        ),
        (
            orders.ReadVariables(("OCPPCommCtrlr.HeartbeatInterval",)),
            'GetConfiguration {"key":["OCPPCommCtrlr.HeartbeatInterval"]}',
            'GetVariables {"getVariableData":[{"component":{"name":"OCPPCommCtrlr"},'
            '"variable":{"name":"HeartbeatInterval"}}]}',
        ),
        (
            orders.SetVariable("Connector[left]@1:2.Limit[day]", "9"),
            'ChangeConfiguration {"key":"Connector[left]@1:2.Limit[day]","value":"9"}',
            'SetVariables {"setVariableData":[{"attributeValue":"9","component":{"name":'
            '"Connector","evse":{"id":1,"connectorId":2},"instance":"left"},'
            '"variable":{"name":"Limit","instance":"day"}}]}',
        ),
        (orders.ClearCache(), "ClearCache {}", "ClearCache {}"),
        (
            orders.SendVendorData("example.com", "hi", "12"),
            'DataTransfer {"vendorId":"example.com","messageId":"hi","data":"12"}',
            'DataTransfer {"vendorId":"example.com","messageId":"hi","data":"12"}',
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, str) else "",
)
def test_an_order_in_the_words_of_each_version(order: Order, in_16: str, in_201: str) -> None:
    for version, wanted in (("1.6", in_16), ("2.0.1", in_201)):
        action, payload = BY_VERSION[version].say(order)
        wanted_action, wanted_payload = wanted.split(" ", 1)
        assert (action, json.loads(payload)) == (wanted_action, json.loads(wanted_payload))
        assert_conforms(version, action, payload)


@pytest.mark.parametrize(
    ("version", "order"),
    [
        ("1.6", orders.Reset(evse=1)),
        ("1.6", orders.Trigger("TransactionEvent")),
        ("1.6", orders.StopCharging(TransactionRef("not-a-number"))),
        ("2.0.1", orders.SetVariable("HeartbeatInterval", "9")),
        ("2.0.1", orders.Trigger("DiagnosticsStatusNotification")),
    ],
)
def test_what_a_version_cannot_say_is_refused(version: str, order: Order) -> None:
    with pytest.raises(OrderUnknownToVersion, match=f"OCPP {version} has no words for this"):
        BY_VERSION[version].say(order)


@pytest.mark.parametrize(
    ("version", "payload", "answered", "word"),
    [
        ("1.6", {"status": "Accepted"}, Answered.ACCEPTED, "Accepted"),
        ("1.6", {"status": "Rejected"}, Answered.REJECTED, "Rejected"),
        ("1.6", {"status": "Maybe"}, Answered.REJECTED, "Maybe"),
        ("1.6", {"status": "Occupied"}, Answered.REJECTED, "Occupied"),
        ("1.6", {}, Answered.REJECTED, ""),
        ("2.0.1", {"status": "Accepted", "transactionId": "t-1"}, Answered.ACCEPTED, "Accepted"),
        ("2.0.1", {"status": "Rejected"}, Answered.REJECTED, "Rejected"),
    ],
)
def test_only_a_clear_yes_is_a_yes(
    version: str, payload: dict[str, str], answered: Answered, word: str
) -> None:
    outcome = BY_VERSION[version].read(START, CallResult("1", Raw(json.dumps(payload).encode())))

    assert (outcome.answered, outcome.word) == (answered, word)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_a_station_that_does_not_know_the_call_does_not_support_it(version: str) -> None:
    outcome = BY_VERSION[version].read(START, CallError("1", "NotImplemented", "no such thing"))

    assert outcome.answered is Answered.NOT_SUPPORTED
    assert outcome.word == "NotImplemented: no such thing"


def test_variables_are_read_back_in_both_versions() -> None:
    told_16 = (
        b'{"configurationKey":[{"key":"HeartbeatInterval","readonly":false,"value":"60"}],'
        b'"unknownKey":["Nope"]}'
    )
    told_201 = (
        b'{"getVariableResult":[{"attributeStatus":"Accepted","attributeValue":"60",'
        b'"component":{"name":"OCPPCommCtrlr"},"variable":{"name":"HeartbeatInterval"}}]}'
    )

    in_16 = BY_VERSION["1.6"].read(orders.ReadVariables(), CallResult("1", Raw(told_16)))
    in_201 = BY_VERSION["2.0.1"].read(
        orders.ReadVariables(("OCPPCommCtrlr.HeartbeatInterval",)), CallResult("1", Raw(told_201))
    )

    assert [(v.name, v.value, v.status) for v in in_16.variables] == [
        ("HeartbeatInterval", "60", "Accepted"),
        ("Nope", None, "UnknownKey"),
    ]
    assert [(v.name, v.value) for v in in_201.variables] == [
        ("OCPPCommCtrlr.HeartbeatInterval", "60")
    ]


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_a_raw_call_is_held_to_the_version(version: str) -> None:
    dialect = BY_VERSION[version]

    assert dialect.say(orders.RawCall("ClearCache", "{}")) == ("ClearCache", b"{}")
    for action, payload in (
        ("BootNotification", "{}"),
        ("Nonsense", "{}"),
        ("Reset", '{"type":"Later"}'),
        ("Reset", "[]"),
        ("Reset", "{"),
    ):
        with pytest.raises(CallNotOfVersion):
            dialect.say(orders.RawCall(action, payload))


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
@pytest.mark.parametrize(
    ("action", "fault"), [("Sing", Fault.NOT_IMPLEMENTED), ("Reset", Fault.NOT_SUPPORTED)]
)
def test_a_call_that_no_station_may_send_gets_the_error_that_the_standard_names(
    version: str, action: str, fault: Fault
) -> None:
    with pytest.raises(BrokenPayload) as trouble:
        BY_VERSION[version].hear(Call("1", action, Raw(b"{}")))

    assert trouble.value.fault is fault


@pytest.mark.parametrize(
    ("version", "action"),
    [
        ("1.6", "StartTransaction"),
        ("1.6", "MeterValues"),
        ("1.6", "StopTransaction"),
        ("2.0.1", "TransactionEvent"),
        ("2.0.1", "MeterValues"),
    ],
)
@pytest.mark.parametrize("payload", [b"{}", b"[]", b"null", b'"x"', b'{"meterValue":7}'])
def test_the_messages_of_transactions_are_heard_whatever_is_in_them(
    version: str, action: str, payload: bytes
) -> None:
    heard = BY_VERSION[version].hear(Call("1", action, Raw(payload)))

    assert heard.reports
    assert heard.deviations
