"""What can be asked of a station in OCPP 1.6, and what its answers mean."""

from typing import Any, Final

import msgspec

from voltway.ocpp.dialect import CallNotOfVersion, OrderUnknownToVersion, answered, refused
from voltway.ocpp.faults import BrokenPayload
from voltway.ocpp.frame import CallError, CallResult, payload_of
from voltway.ocpp.reading import read
from voltway.ocpp.shapes import Wire
from voltway.ocpp.times import write_time
from voltway.ocpp.v16 import wire
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


#: The messages that may be asked for, in the words of 2.x (1.6 §7.33 MessageTrigger).
_TRIGGER: Final = {
    "BootNotification": "BootNotification",
    "Heartbeat": "Heartbeat",
    "StatusNotification": "StatusNotification",
    "MeterValues": "MeterValues",
    "FirmwareStatusNotification": "FirmwareStatusNotification",
    "LogStatusNotification": "DiagnosticsStatusNotification",
    "DiagnosticsStatusNotification": "DiagnosticsStatusNotification",
}


def say(order: Order) -> tuple[str, bytes]:
    """The action and payload that ask for this; raises ``OrderUnknownToVersion``."""
    if isinstance(order, orders.RawCall):
        return order.action, _checked(order)
    message = _message(order)
    return type(message).__name__.removesuffix("Request"), write(message)


def read_outcome(order: Order, result: CallResult | CallError) -> Outcome:
    """What became of an order, as the station answers."""
    if isinstance(result, CallError):
        return refused(result)
    text = payload_of(result).decode("utf-8", "replace")
    match order:
        case orders.ReadVariables():
            return _configuration(result, text)
        case orders.RawCall():
            word = _word(text)
            return Outcome(answered(word) if word else Answered.ACCEPTED, word, text)
        case orders.SetVariable(name=name, value=value):
            word = _word(text)
            variable = Variable(name, value if word == "Accepted" else None, status=word)
            return Outcome(answered(word), word, text, variables=(variable,))
        case _:
            word = _word(text)
            return Outcome(answered(word), word, text)


def _message(order: Order) -> Wire:
    match order:
        case orders.StartCharging():
            return wire.RemoteStartTransactionRequest(id_tag=order.token, connector_id=order.evse)
        case orders.ReserveNow():
            return wire.ReserveNowRequest(
                connector_id=order.evse,
                expiry_date=write_time(order.until),
                id_tag=order.token,
                reservation_id=order.reservation,
            )
        case orders.CancelReservation():
            return wire.CancelReservationRequest(reservation_id=order.reservation)
        case orders.StopCharging(ref=ref) if ref.isdecimal():
            return wire.RemoteStopTransactionRequest(transaction_id=int(ref))
        case orders.Reset(evse=None):
            return wire.ResetRequest(type="Hard" if order.immediate else "Soft")
        case orders.Unlock():
            return wire.UnlockConnectorRequest(connector_id=order.evse)
        case orders.ChangeAvailability():
            return wire.ChangeAvailabilityRequest(
                connector_id=order.evse or 0,
                type="Operative" if order.operative else "Inoperative",
            )
        case orders.Trigger(message=asked) if asked in _TRIGGER:
            return wire.TriggerMessageRequest(
                requested_message=_TRIGGER[asked], connector_id=order.evse
            )
        case orders.ReadVariables():
            return wire.GetConfigurationRequest(key=list(order.names) or None)
        case orders.SetVariable():
            return wire.ChangeConfigurationRequest(key=order.name, value=order.value)
        case orders.ClearCache():
            return wire.ClearCacheRequest()
        case orders.SendVendorData():
            return wire.DataTransferRequest(
                vendor_id=order.vendor, message_id=order.message, data=order.data
            )
        case _:
            raise OrderUnknownToVersion("1.6", _what(order))


def _what(order: Order) -> str:
    match order:
        case orders.Reset():
            return "resetting a single EVSE"
        case orders.Trigger(message=asked):
            return f"asking for {asked[:50]}"
        case orders.StopCharging(ref=ref):
            return f"a transaction named {ref[:40]}"
        case _:
            return type(order).__name__


def _checked(order: orders.RawCall) -> bytes:
    action = wire.ACTIONS.get(order.action)
    if action is None or action.by == "station":
        raise CallNotOfVersion("1.6", order.action[:50], "it is no call to a station")
    try:
        return write(msgspec.json.decode(order.payload, type=action.request))
    except msgspec.MsgspecError as trouble:
        raise CallNotOfVersion("1.6", order.action, str(trouble)) from None


def _word(text: str) -> str:
    """The status of an answer, whatever else it holds."""
    try:
        payload: Any = msgspec.json.decode(text)
    except msgspec.MsgspecError:
        return ""
    word = payload.get("status") if isinstance(payload, dict) else None
    return word[:50] if isinstance(word, str) else ""


def _configuration(result: CallResult, text: str) -> Outcome:
    try:
        answer, _ = read(wire.GetConfigurationResponse, payload_of(result))
    except BrokenPayload as trouble:
        return Outcome(Answered.ERROR, str(trouble)[:255], text)
    found = [Variable(key.key, key.value, key.readonly) for key in answer.configuration_key or ()]
    unknown = [Variable(name, None, None, "UnknownKey") for name in answer.unknown_key or ()]
    return Outcome(Answered.ACCEPTED, "Accepted", text, variables=(*found, *unknown))
