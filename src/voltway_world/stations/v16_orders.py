"""How a station obeys the orders of OCPP 1.6 (§5, operations initiated by the central system)."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from voltway_world.stations import knobs, reserving
from voltway_world.stations.bays import Token
from voltway_world.stations.post import Payload
from voltway_world.stations.speech import NotKnown, Reply

if TYPE_CHECKING:
    from voltway_world.stations.mechanism import Mechanism


def obey(station: "Mechanism", action: str, payload: Payload) -> Reply:
    order = _ORDERS.get(action)
    if order is None:
        raise NotKnown(action)
    return order(station, payload)


def _said(status: str, then: Callable[[], None] | None = None) -> Reply:
    return Reply({"status": status}, then)


def _remote_start(station: "Mechanism", payload: Payload) -> Reply:
    token = Token(payload["idTag"], "Central", is_remote=True)
    bay = station.free_bay(payload.get("connectorId"), token)
    if bay is None:
        return _said("Rejected")
    return _said("Accepted", lambda: station.forecourt.accept(bay, token))


def _remote_stop(station: "Mechanism", payload: Payload) -> Reply:
    bay = station.forecourt.session_called(payload["transactionId"])
    if bay is None:
        return _said("Rejected")
    return _said("Accepted", partial(station.end_if_running, bay, "Remote"))


def _reserve(station: "Mechanism", payload: Payload) -> Reply:
    wanted = reserving.Wanted(
        payload["reservationId"],
        payload["connectorId"],
        Token(payload["idTag"], "Central"),
        datetime.fromisoformat(payload["expiryDate"]),
    )
    return reserving.reserve(station, wanted)


def _cancel(station: "Mechanism", payload: Payload) -> Reply:
    return reserving.cancel(station, payload["reservationId"])


def _reset(station: "Mechanism", payload: Payload) -> Reply:
    kind = payload["type"]
    if kind not in ("Hard", "Soft"):
        raise ValueError(kind)
    return _said("Accepted", partial(station.reset, f"{kind}Reset"))


def _unlock(station: "Mechanism", payload: Payload) -> Reply:
    bay = station.forecourt.bays.get(payload["connectorId"])
    if bay is None:
        return _said("NotSupported")
    # §5.18: unlocking stops the transaction first.
    return _said("Unlocked", partial(station.end_if_running, bay, "UnlockCommand"))


def _availability(station: "Mechanism", payload: Payload) -> Reply:
    connector, operative = payload["connectorId"], payload["type"] == "Operative"
    bays = station.forecourt.bays
    if connector != 0 and connector not in bays:
        return _said("Rejected")
    chosen = list(bays.values()) if connector == 0 else [bays[connector]]
    waits = not operative and any(bay.session is not None for bay in chosen)
    return _said(
        "Scheduled" if waits else "Accepted", lambda: station.set_operative(chosen, operative)
    )


def _trigger(station: "Mechanism", payload: Payload) -> Reply:
    wanted = payload["requestedMessage"]
    bays = station.forecourt.bays
    connector = payload.get("connectorId")
    if connector not in (None, 0) and connector not in bays:
        return _said("Rejected")
    chosen = [bays[connector]] if connector else list(bays.values())
    match wanted:
        case "BootNotification":
            return _said("Accepted", lambda: station.say_boot("Triggered"))
        case "Heartbeat":
            return _said("Accepted", station.say_heartbeat)
        case "StatusNotification":
            return _said("Accepted", lambda: station.say_status(chosen))
        case "MeterValues":
            return _said("Accepted", lambda: station.say_meters(chosen))
        case _:
            return _said("NotImplemented")


def _get_configuration(station: "Mechanism", payload: Payload) -> Reply:
    keys = payload.get("key") or [knob.key for knob in knobs.KNOBS]
    known: list[dict[str, Any]] = []
    unknown: list[str] = []
    for key in keys:
        knob = knobs.by_key(key)
        if knob is None:
            unknown.append(key)
            continue
        entry = {"key": knob.key, "readonly": knob.write is None}
        if not knob.is_secret:
            entry["value"] = knob.read(station)
        known.append(entry)
    return Reply({"configurationKey": known, "unknownKey": unknown})


def _change_configuration(station: "Mechanism", payload: Payload) -> Reply:
    knob = knobs.by_key(payload["key"])
    if knob is None:
        return _said("NotSupported")
    if knob.write is None:
        return _said("Rejected")
    try:
        knob.write(station, payload["value"])
    except ValueError:
        return _said("Rejected")
    return _said("Accepted")


def _clear_cache(station: "Mechanism", payload: Payload) -> Reply:
    return _said("Accepted")


def _data_transfer(station: "Mechanism", payload: Payload) -> Reply:
    known = payload["vendorId"] == station.options.vendor
    return _said("UnknownMessageId" if known else "UnknownVendorId")


_ORDERS: dict[str, Callable[["Mechanism", Payload], Reply]] = {
    "RemoteStartTransaction": _remote_start,
    "RemoteStopTransaction": _remote_stop,
    "Reset": _reset,
    "UnlockConnector": _unlock,
    "ChangeAvailability": _availability,
    "TriggerMessage": _trigger,
    "GetConfiguration": _get_configuration,
    "ChangeConfiguration": _change_configuration,
    "ReserveNow": _reserve,
    "CancelReservation": _cancel,
    "ClearCache": _clear_cache,
    "DataTransfer": _data_transfer,
}
