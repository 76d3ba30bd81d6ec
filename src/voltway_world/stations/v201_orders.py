"""How a station obeys the orders of OCPP 2.0.1 (Part 2, blocks B, C, F, G, P)."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from voltway_world.stations import knobs, reserving
from voltway_world.stations.bays import Bay, Token
from voltway_world.stations.post import Payload, Said
from voltway_world.stations.speech import NotKnown, Reply, stamp

if TYPE_CHECKING:
    from voltway_world.stations.mechanism import Mechanism

#: How many rows go into one NotifyReport.
ROWS_PER_REPORT = 5


def obey(station: "Mechanism", action: str, payload: Payload) -> Reply:
    order = _ORDERS.get(action)
    if order is None:
        raise NotKnown(action)
    return order(station, payload)


def _said(status: str, then: Callable[[], None] | None = None) -> Reply:
    return Reply({"status": status}, then)


def _request_start(station: "Mechanism", payload: Payload) -> Reply:
    shown = payload["idToken"]
    token = Token(
        shown["idToken"],
        shown["type"],
        remote_start_id=int(payload["remoteStartId"]),
        is_remote=True,
    )
    bay = station.free_bay(payload.get("evseId"), token)
    if bay is None:
        return _said("Rejected")
    reply: Payload = {"status": "Accepted"}
    if bay.session is not None:
        # F01.FR.13: a transaction that began with the cable is the one that goes on.
        reply["transactionId"] = str(bay.session.ref)
    return Reply(reply, lambda: station.forecourt.accept(bay, token))


def _request_stop(station: "Mechanism", payload: Payload) -> Reply:
    bay = station.forecourt.session_called(payload["transactionId"])
    if bay is None:
        return _said("Rejected")
    return _said("Accepted", partial(station.end_if_running, bay, "Remote"))


def _reserve(station: "Mechanism", payload: Payload) -> Reply:
    shown = payload["idToken"]
    wanted = reserving.Wanted(
        payload["id"],
        payload.get("evseId"),
        Token(shown["idToken"], shown["type"]),
        datetime.fromisoformat(payload["expiryDateTime"]),
    )
    return reserving.reserve(station, wanted)


def _cancel(station: "Mechanism", payload: Payload) -> Reply:
    return reserving.cancel(station, payload["reservationId"])


def _reset(station: "Mechanism", payload: Payload) -> Reply:
    kind = payload["type"]
    if kind not in ("Immediate", "OnIdle"):
        raise ValueError(kind)
    if "evseId" in payload:
        # B11: a station that cannot reset one EVSE alone says no.
        return _said("Rejected")
    busy = any(bay.session is not None for bay in station.forecourt.bays.values())
    if kind == "OnIdle" and busy:
        return _said("Scheduled", station.reset_when_idle)
    return _said("Accepted", partial(station.reset, "ImmediateReset"))


def _unlock(station: "Mechanism", payload: Payload) -> Reply:
    bay = station.forecourt.bays.get(payload["evseId"])
    if bay is None or payload["connectorId"] != 1:
        return _said("UnknownConnector")
    # F05.FR.02: never under an authorised transaction.
    running = bay.session is not None and bay.session.token is not None
    return _said("OngoingAuthorizedTransaction" if running else "Unlocked")


def _availability(station: "Mechanism", payload: Payload) -> Reply:
    operative = payload["operationalStatus"] == "Operative"
    bays = station.forecourt.bays
    evse = payload.get("evse")
    if evse is not None and evse["id"] not in bays:
        return _said("Rejected")
    chosen = list(bays.values()) if evse is None else [bays[evse["id"]]]
    waits = not operative and any(bay.session is not None for bay in chosen)
    return _said(
        "Scheduled" if waits else "Accepted", lambda: station.set_operative(chosen, operative)
    )


def _trigger(station: "Mechanism", payload: Payload) -> Reply:
    bays = station.forecourt.bays
    evse = payload.get("evse")
    if evse is not None and evse["id"] not in bays:
        return _said("Rejected")
    chosen = list(bays.values()) if evse is None else [bays[evse["id"]]]
    match payload["requestedMessage"]:
        case "BootNotification":
            return _said("Accepted", lambda: station.say_boot("Triggered"))
        case "Heartbeat":
            return _said("Accepted", station.say_heartbeat)
        case "StatusNotification":
            return _said("Accepted", lambda: station.say_status(chosen))
        case "MeterValues" | "TransactionEvent":
            return _said("Accepted", lambda: station.say_meters(chosen))
        case _:
            return _said("NotImplemented")


def _get_variables(station: "Mechanism", payload: Payload) -> Reply:
    return Reply({"getVariableResult": [_got(station, a) for a in payload["getVariableData"]]})


def _got(station: "Mechanism", asked: Payload) -> Payload:
    result = {"component": asked["component"], "variable": asked["variable"]}
    if "attributeType" in asked:
        result["attributeType"] = asked["attributeType"]
    knob, trouble = _find(asked)
    if knob is None:
        return result | {"attributeStatus": trouble}
    if knob.is_secret:
        # B06: a password can be set but never read.
        return result | {"attributeStatus": "Rejected"}
    return result | {"attributeStatus": "Accepted", "attributeValue": knob.read(station)}


def _set_variables(station: "Mechanism", payload: Payload) -> Reply:
    return Reply({"setVariableResult": [_set(station, a) for a in payload["setVariableData"]]})


def _set(station: "Mechanism", asked: Payload) -> Payload:
    result = {"component": asked["component"], "variable": asked["variable"]}
    if "attributeType" in asked:
        result["attributeType"] = asked["attributeType"]
    knob, trouble = _find(asked)
    if knob is None:
        return result | {"attributeStatus": trouble}
    if knob.write is None:
        return result | {"attributeStatus": "Rejected"}
    try:
        knob.write(station, asked["attributeValue"])
    except ValueError:
        return result | {"attributeStatus": "Rejected"}
    return result | {"attributeStatus": "Accepted"}


def _find(asked: Payload) -> tuple[knobs.Knob | None, str]:
    component, variable = asked["component"]["name"], asked["variable"]["name"]
    if asked.get("attributeType", "Actual") != "Actual":
        return None, "NotSupportedAttributeType"
    knob = knobs.by_variable(component, variable)
    known = component.lower() in knobs.components()
    return knob, "UnknownVariable" if known else "UnknownComponent"


def _base_report(station: "Mechanism", payload: Payload) -> Reply:
    request_id = int(payload["requestId"])
    if payload["reportBase"] not in ("ConfigurationInventory", "FullInventory", "SummaryInventory"):
        return _said("NotSupported")
    return _said("Accepted", lambda: _tell_report(station, request_id))


def _tell_report(station: "Mechanism", request_id: int) -> None:
    rows = [_row(station, knob) for knob in knobs.KNOBS]
    rows += [_power_row(bay) for bay in station.forecourt.bays.values()]
    pages = [rows[n : n + ROWS_PER_REPORT] for n in range(0, len(rows), ROWS_PER_REPORT)]
    for number, page in enumerate(pages):
        said: dict[str, Any] = {
            "requestId": request_id,
            "generatedAt": stamp(station.now()),
            "seqNo": number,
            "tbc": number < len(pages) - 1,
            "reportData": page,
        }
        station.tell(Said("NotifyReport", said))


def _row(station: "Mechanism", knob: knobs.Knob) -> Payload:
    attribute: Payload = {"type": "Actual"}
    if knob.is_secret:
        attribute["mutability"] = "WriteOnly"
    else:
        attribute["value"] = knob.read(station)
        attribute["mutability"] = "ReadWrite" if knob.write is not None else "ReadOnly"
    return {
        "component": {"name": knob.component},
        "variable": {"name": knob.variable},
        "variableAttribute": [attribute],
        "variableCharacteristics": {"dataType": knob.kind, "supportsMonitoring": False},
    }


def _power_row(bay: Bay) -> Payload:
    return {
        "component": {"name": "EVSE", "evse": {"id": bay.number}},
        "variable": {"name": "Power"},
        "variableAttribute": [
            {"type": "MaxSet", "value": str(bay.spec.power_w), "mutability": "ReadOnly"}
        ],
        "variableCharacteristics": {
            "dataType": "decimal",
            "unit": "W",
            "maxLimit": bay.spec.power_w,
            "supportsMonitoring": False,
        },
    }


def _clear_cache(station: "Mechanism", payload: Payload) -> Reply:
    return _said("Accepted")


def _data_transfer(station: "Mechanism", payload: Payload) -> Reply:
    known = payload["vendorId"] == station.options.vendor
    return _said("UnknownMessageId" if known else "UnknownVendorId")


_ORDERS: dict[str, Callable[["Mechanism", Payload], Reply]] = {
    "RequestStartTransaction": _request_start,
    "RequestStopTransaction": _request_stop,
    "Reset": _reset,
    "UnlockConnector": _unlock,
    "ChangeAvailability": _availability,
    "TriggerMessage": _trigger,
    "GetVariables": _get_variables,
    "SetVariables": _set_variables,
    "GetBaseReport": _base_report,
    "ReserveNow": _reserve,
    "CancelReservation": _cancel,
    "ClearCache": _clear_cache,
    "DataTransfer": _data_transfer,
}
