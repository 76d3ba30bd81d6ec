"""OCPP 1.6 in our words.

Where 1.6 differs from our model:
  - A connector of 1.6 is an EVSE of ours, for 1.6 knows no EVSE; connector 0 is the station.
  - A transaction has no name until we answer its start, and then the name is a number.
  - The register of a start or stop is a bare number of watt-hours beside the timestamp.
  - Whether energy flows is told by StatusNotification (Charging, SuspendedEV, SuspendedEVSE).
  - Configuration is keys with values, not variables of components.
  - A single EVSE cannot be reset; a remote start has no number of its own.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Final, TypeVar

from voltway.kernel.ids import TokenUid, TransactionRef
from voltway.ocpp import metering
from voltway.ocpp.dialect import (
    REGISTERED,
    VENDOR,
    HeardCall,
    empty_answers,
    known,
    moment,
    summary,
    unreadable,
)
from voltway.ocpp.faults import BrokenPayload, DoubledMember, Fault, Version
from voltway.ocpp.frame import Call, CallError, CallResult, payload_of
from voltway.ocpp.metering import Sample
from voltway.ocpp.reading import read
from voltway.ocpp.shapes import Action, Wire
from voltway.ocpp.times import write_time
from voltway.ocpp.v16 import asking, plug_and_charge, wire
from voltway.ocpp.writing import write
from voltway.stations.orders import Order, Outcome
from voltway.stations.reports import (
    Alive,
    Booted,
    Context,
    Decision,
    Deviation,
    Ended,
    Metered,
    Other,
    PortStatus,
    Reading,
    Report,
    Started,
    StatusAsked,
    StatusChanged,
    TokenShown,
    VendorData,
)

T = TypeVar("T", bound=Wire)

#: Never answered with a CALLERROR, whatever is in them.
TRANSACTIONS: Final = frozenset({"StartTransaction", "MeterValues", "StopTransaction"})

#: More connectors than this no station has; the number is a mistake.
CONNECTOR_MAX: Final = 1000

_STATUS: Final = {
    "Available": PortStatus.AVAILABLE,
    "Preparing": PortStatus.PREPARING,
    "Charging": PortStatus.CHARGING,
    "SuspendedEV": PortStatus.IDLE,
    "SuspendedEVSE": PortStatus.IDLE,
    "Finishing": PortStatus.IDLE,
    "Reserved": PortStatus.RESERVED,
    "Unavailable": PortStatus.UNAVAILABLE,
    "Faulted": PortStatus.FAULTED,
}

#: (energy flows, the vehicle withholds it)
_FLOW: Final[dict[str, tuple[bool, bool | None]]] = {
    "Charging": (True, None),
    "SuspendedEV": (False, True),
    "SuspendedEVSE": (False, False),
}

_TOKEN: Final = {
    "accepted": "Accepted",
    "blocked": "Blocked",
    "no_credit": "Blocked",  # 1.6 has no word for it
    "not_at_this_time": "Blocked",
    "planned_work": "Blocked",
    "not_at_this_location": "Blocked",
    "expired": "Expired",
    "concurrent": "ConcurrentTx",
}

#: Answers without a member, written once; and of these, the ones of messages that thousands send.
_EMPTY: Final = {name: write(answer) for name, answer in empty_answers(wire.ACTIONS).items()}
_PLAIN: Final = {name: _EMPTY[name] for name in ("MeterValues", "StopTransaction")}


class Dialect16:
    """OCPP 1.6 edition 2, JSON."""

    version: ClassVar[Version] = "1.6"
    subprotocol: ClassVar[str] = "ocpp1.6"
    actions: ClassVar[dict[str, Action]] = wire.ACTIONS
    can_say: ClassVar[frozenset[type]] = asking.CAN_SAY

    def hear(self, call: Call) -> HeardCall:
        kind = known(wire.ACTIONS, call).request
        try:
            message, odd = read(kind, payload_of(call), stand_in=call.action in TRANSACTIONS)
        except BrokenPayload as trouble:
            if call.action in TRANSACTIONS and not isinstance(trouble, DoubledMember):
                return unreadable(call, trouble)
            raise
        deviations = [*call.tolerated, *odd]
        return HeardCall(_reports(call.action, message, deviations), deviations)

    def answer(self, call: Call, decision: Decision, now: datetime) -> bytes:
        plain = _PLAIN.get(call.action)
        if plain is not None and decision.token is None:
            return plain
        match call.action:
            case "Authorize":
                return _authorized(_standing(decision))
            case "StartTransaction":
                ref = int(decision.ref) if decision.ref else 0
                return write(
                    wire.StartTransactionResponse(
                        transaction_id=ref, id_tag_info=wire.IdTagInfo(status=_standing(decision))
                    )
                )
            case "StopTransaction":
                return _stopped(_standing(decision))
            case "Heartbeat":
                return write(wire.HeartbeatResponse(current_time=write_time(now)))
            case "BootNotification":
                return write(
                    wire.BootNotificationResponse(
                        status=REGISTERED[decision.registered or "rejected"],
                        current_time=write_time(now),
                        interval=decision.interval_s or 300,
                    )
                )
            case "DataTransfer" if decision.token is not None or decision.ocsp is not None:
                told = plug_and_charge.answered(_standing(decision), decision)
                return write(wire.DataTransferResponse(status="Accepted", data=told))
            case "DataTransfer":
                status = VENDOR.get(decision.vendor_data or "", "UnknownVendorId")
                return write(wire.DataTransferResponse(status=status))
            case _ if call.action in _EMPTY:
                return _EMPTY[call.action]
            case _:
                raise BrokenPayload(Fault.NOT_SUPPORTED, f"{call.action} is not served here")

    def say(self, order: Order) -> tuple[str, bytes]:
        return asking.say(order)

    def read(self, order: Order, result: CallResult | CallError) -> Outcome:
        return asking.read_outcome(order, result)


def _reports(action: str, message: Wire, deviations: list[Deviation]) -> list[Report]:
    hear = _HEARD.get(type(message))
    return [hear(message, deviations) if hear else Other(action, summary(message))]


def _booted(message: wire.BootNotificationRequest, deviations: list[Deviation]) -> Booted:
    return Booted(
        message.charge_point_vendor,
        message.charge_point_model,
        message.charge_point_serial_number or message.charge_box_serial_number,
        message.firmware_version,
    )


def _alive(message: wire.HeartbeatRequest, deviations: list[Deviation]) -> Alive:
    return Alive()


def _shown(message: wire.AuthorizeRequest, deviations: list[Deviation]) -> TokenShown:
    return TokenShown(TokenUid(message.id_tag))


def _vendor(
    message: wire.DataTransferRequest, deviations: list[Deviation]
) -> VendorData | TokenShown | StatusAsked:
    heard = plug_and_charge.heard(message.vendor_id, message.message_id, message.data)
    if heard is not None:
        return heard
    return VendorData(message.vendor_id, message.message_id, message.data)


def _started(message: wire.StartTransactionRequest, deviations: list[Deviation]) -> Started:
    at = moment(message.timestamp, deviations)
    evse = _connector(message.connector_id, deviations)
    return Started(
        ref=None,
        evse=evse,
        connector=1 if evse else None,
        token=TokenUid(message.id_tag) if message.id_tag else None,
        at=at,
        readings=(metering.register(message.meter_start, at, Context.BEGIN),),
        reservation=message.reservation_id,
    )


def _metered(message: wire.MeterValuesRequest, deviations: list[Deviation]) -> Metered:
    number = message.transaction_id
    return Metered(
        ref=TransactionRef(str(number)) if number is not None else None,
        evse=_connector(message.connector_id, deviations),
        readings=_readings(message.meter_value, deviations),
    )


def _ended(message: wire.StopTransactionRequest, deviations: list[Deviation]) -> Ended:
    at = moment(message.timestamp, deviations)
    told = _readings(message.transaction_data or [], deviations)
    return Ended(
        ref=TransactionRef(str(message.transaction_id)),
        reason=message.reason or "Local",  # OCPP 1.6 §7.36: absent is Local
        at=at,
        readings=(*told, metering.register(message.meter_stop, at, Context.END)),
        token=TokenUid(message.id_tag) if message.id_tag else None,
    )


def _status(message: wire.StatusNotificationRequest, deviations: list[Deviation]) -> StatusChanged:
    charging, by_vehicle = _FLOW.get(message.status, (None, None))
    return StatusChanged(
        evse=_connector(message.connector_id, deviations) or 0,
        connector=1,
        status=_STATUS.get(message.status, PortStatus.UNKNOWN),
        at=moment(message.timestamp, deviations),
        error_code=None if message.error_code == "NoError" else message.error_code,
        info=message.info,
        vendor_error=message.vendor_error_code,
        charging=charging,
        by_vehicle=by_vehicle,
    )


#: What becomes of a message, by its type: a look-up, where a match would ask type after type.
_HEARD: Final[dict[type[Wire], Callable[[Any, list[Deviation]], Report]]] = {
    wire.BootNotificationRequest: _booted,
    wire.HeartbeatRequest: _alive,
    wire.StatusNotificationRequest: _status,
    wire.AuthorizeRequest: _shown,
    wire.StartTransactionRequest: _started,
    wire.MeterValuesRequest: _metered,
    wire.StopTransactionRequest: _ended,
    wire.DataTransferRequest: _vendor,
}


def _readings(values: list[wire.MeterValue], deviations: list[Deviation]) -> tuple[Reading, ...]:
    found: list[Reading] = []
    for value in values:
        at = moment(value.timestamp, deviations)
        samples = [
            Sample(
                sample.value,
                sample.measurand or metering.ENERGY,
                sample.unit,
                0,
                sample.phase,
                sample.context,
                sample.location,
                # Signed data is no number (1.6 §7.40 ValueFormat); it is kept to the byte.
                "SignedData" if sample.format == "SignedData" else None,
            )
            for sample in value.sampled_value
        ]
        found += metering.readings(at, samples, deviations)
    return tuple(found)


def _connector(number: int, deviations: list[Deviation]) -> int | None:
    if 0 <= number <= CONNECTOR_MAX:
        return number
    deviations.append(Deviation("no_connector", "connectorId", str(number)))
    return None


def _standing(decision: Decision) -> str:
    return _TOKEN.get(decision.token or "", "Invalid")


@cache
def _authorized(status: str) -> bytes:
    return write(wire.AuthorizeResponse(id_tag_info=wire.IdTagInfo(status=status)))


@cache
def _stopped(status: str) -> bytes:
    return write(wire.StopTransactionResponse(id_tag_info=wire.IdTagInfo(status=status)))
