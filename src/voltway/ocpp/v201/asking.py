"""Orders on the wire of OCPP 2.0.1, and their answers: the half of the dialect that asks."""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from voltway.kernel.ids import TransactionRef
from voltway.ocpp.dialect import CallNotOfVersion, OrderUnknownToVersion, answered, refused
from voltway.ocpp.faults import BrokenPayload, Version
from voltway.ocpp.frame import CallError, CallResult, payload_of
from voltway.ocpp.reading import read
from voltway.ocpp.shapes import Action, Wire
from voltway.ocpp.times import write_time
from voltway.ocpp.v201 import wire
from voltway.ocpp.writing import write
from voltway.stations import orders
from voltway.stations.orders import Answered, Order, Outcome, Variable

CAN_SAY: Final[frozenset[type]] = frozenset(
    {
        orders.StartCharging,
        orders.ReserveNow,
        orders.CancelReservation,
        orders.StopCharging,
        orders.Reset,
        orders.Unlock,
        orders.ChangeAvailability,
        orders.Trigger,
        orders.ReadVariables,
        orders.SetVariable,
        orders.ClearCache,
        orders.SendVendorData,
        orders.RawCall,
    }
)

#: The messages that may be asked for (part 2 MessageTriggerEnumType).
_TRIGGERS: Final = frozenset(
    {
        "BootNotification",
        "LogStatusNotification",
        "FirmwareStatusNotification",
        "Heartbeat",
        "MeterValues",
        "SignChargingStationCertificate",
        "SignV2GCertificate",
        "StatusNotification",
        "TransactionEvent",
        "SignCombinedCertificate",
        "PublishFirmwareStatusNotification",
    }
)

#: The report that we ask for has one asker; its number need not tell it from others.
_REPORT_ID: Final = 1

_PART = r"(?P<{0}>[^.\[\]@]{{1,50}})(?:\[(?P<{0}_instance>[^\[\]]{{1,50}})\])?"
_NAME: Final = re.compile(
    _PART.format("component")
    + r"(?:@(?P<evse>\d{1,4})(?::(?P<connector>\d{1,4}))?)?\."
    + _PART.format("variable")
)


def say(
    order: Order, actions: Mapping[str, Action] = wire.ACTIONS, version: Version = "2.0.1"
) -> tuple[str, bytes]:
    """The action and payload that ask for this; ``actions`` are those that the version has."""
    if isinstance(order, orders.RawCall):
        return order.action, _checked(order, actions, version)
    message = _message(order)
    return type(message).__name__.removesuffix("Request"), write(message)


def read_outcome(order: Order, result: CallResult | CallError) -> Outcome:
    """A station's answer to an order, in our words."""
    if isinstance(result, CallError):
        return refused(result)
    text = payload_of(result).decode("utf-8", "replace")
    match order:
        case orders.ReadVariables() if order.names:
            return _values(result, text)
        case orders.SetVariable():
            return _set(result, text)
        case orders.StartCharging():
            word, ref = _member(text, "status"), _member(text, "transactionId")
            return Outcome(answered(word), word, text, ref=TransactionRef(ref) if ref else None)
        case orders.RawCall():
            word = _member(text, "status")
            return Outcome(answered(word) if word else Answered.ACCEPTED, word, text)
        case _:
            word = _member(text, "status")
            return Outcome(answered(word), word, text)


def component_name(component: wire.Component) -> str:
    """A component as we write it: ``Connector[left]@1:2``."""
    instance = f"[{component.instance}]" if component.instance else ""
    if component.evse is None:
        return f"{component.name}{instance}"
    connector = f":{component.evse.connector_id}" if component.evse.connector_id else ""
    return f"{component.name}{instance}@{component.evse.id}{connector}"


def _message(order: Order) -> Wire:
    match order:
        case orders.StartCharging():
            return wire.RequestStartTransactionRequest(
                id_token=wire.IdToken(id_token=order.token, type=order.token_kind),
                remote_start_id=order.remote_start_id,
                evse_id=order.evse,
            )
        case orders.ReserveNow():
            return wire.ReserveNowRequest(
                id=order.reservation,
                expiry_date_time=write_time(order.until),
                id_token=wire.IdToken(id_token=order.token, type=order.token_kind),
                evse_id=order.evse,
            )
        case orders.CancelReservation():
            return wire.CancelReservationRequest(reservation_id=order.reservation)
        case orders.StopCharging(ref=ref):
            return wire.RequestStopTransactionRequest(transaction_id=ref)
        case orders.Reset():
            kind = "Immediate" if order.immediate else "OnIdle"
            return wire.ResetRequest(type=kind, evse_id=order.evse)
        case orders.Unlock():
            return wire.UnlockConnectorRequest(evse_id=order.evse, connector_id=order.connector)
        case orders.ChangeAvailability(evse=evse):
            return wire.ChangeAvailabilityRequest(
                operational_status="Operative" if order.operative else "Inoperative",
                evse=wire.EVSE(id=evse) if evse else None,
            )
        case orders.Trigger(message=asked, evse=evse) if asked in _TRIGGERS:
            # Part 2 F06.FR.12: a status is asked of a connector.
            connector = 1 if evse and asked == "StatusNotification" else None
            return wire.TriggerMessageRequest(
                requested_message=asked,
                evse=wire.EVSE(id=evse, connector_id=connector) if evse else None,
            )
        case orders.ReadVariables(names=names) if names:
            return wire.GetVariablesRequest(
                get_variable_data=[wire.GetVariableData(**_place(name)) for name in names]
            )
        case orders.ReadVariables():
            return wire.GetBaseReportRequest(request_id=_REPORT_ID, report_base="FullInventory")
        case orders.SetVariable(name=name, value=value):
            data = wire.SetVariableData(attribute_value=value, **_place(name))
            return wire.SetVariablesRequest(set_variable_data=[data])
        case orders.ClearCache():
            return wire.ClearCacheRequest()
        case orders.SendVendorData():
            return wire.DataTransferRequest(
                vendor_id=order.vendor, message_id=order.message, data=order.data
            )
        case orders.Trigger(message=asked):
            raise OrderUnknownToVersion("2.0.1", f"asking for {asked[:50]}")
        case _:
            raise OrderUnknownToVersion("2.0.1", type(order).__name__)


def _place(name: str) -> dict[str, Any]:
    """The component and variable that a name means."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise OrderUnknownToVersion(
            "2.0.1", f"a variable named {name[:60]}, which is not written Component.Variable"
        )
    evse = found["evse"] and wire.EVSE(
        id=int(found["evse"]),
        connector_id=int(found["connector"]) if found["connector"] else None,
    )
    return {
        "component": wire.Component(
            name=found["component"], instance=found["component_instance"], evse=evse or None
        ),
        "variable": wire.Variable(name=found["variable"], instance=found["variable_instance"]),
    }


def _named(component: wire.Component, variable: wire.Variable) -> str:
    instance = f"[{variable.instance}]" if variable.instance else ""
    return f"{component_name(component)}.{variable.name}{instance}"


def _values(result: CallResult, text: str) -> Outcome:
    try:
        answer, _ = read(wire.GetVariablesResponse, payload_of(result))
    except BrokenPayload as trouble:
        return Outcome(Answered.ERROR, str(trouble)[:255], text)
    found = tuple(
        Variable(
            _named(told.component, told.variable),
            told.attribute_value,
            status=told.attribute_status,
        )
        for told in answer.get_variable_result
    )
    return Outcome(Answered.ACCEPTED, "Accepted", text, variables=found)


def _set(result: CallResult, text: str) -> Outcome:
    try:
        answer, _ = read(wire.SetVariablesResponse, payload_of(result))
    except BrokenPayload as trouble:
        return Outcome(Answered.ERROR, str(trouble)[:255], text)
    found = tuple(
        Variable(_named(told.component, told.variable), None, status=told.attribute_status)
        for told in answer.set_variable_result
    )
    word = found[0].status if found else ""
    return Outcome(answered(word), word, text, variables=found)


def _checked(order: orders.RawCall, actions: Mapping[str, Action], version: Version) -> bytes:
    action = actions.get(order.action)
    if action is None or action.by == "station":
        raise CallNotOfVersion(version, order.action[:50], "it is no call to a station")
    try:
        return write(msgspec.json.decode(order.payload, type=action.request))
    except msgspec.MsgspecError as trouble:
        raise CallNotOfVersion(version, order.action, str(trouble)) from None


def _member(text: str, name: str) -> str:
    """A text member of an answer, whatever else it holds."""
    try:
        payload: Any = msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return ""
    word = payload.get(name) if isinstance(payload, dict) else None
    return word[:50] if isinstance(word, str) else ""
