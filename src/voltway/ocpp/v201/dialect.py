"""OCPP 2.0.1 in our words.

Where 2.0.1 differs from our model:
  - One message, TransactionEvent, tells of the start, the middle and the end.
  - The station names the transaction, and may name it before anyone has shown a token, and
    before it knows the EVSE.
  - Occupied says only that a plug is in; whether energy flows is told by chargingState.
  - What can be set are variables of components. We write one as ``Component.Variable``, with
    ``[instance]`` behind either and ``@evse`` or ``@evse:connector`` behind the component.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any, ClassVar, Final, TypeAlias

from voltway.kernel.ids import TokenUid, TransactionRef
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
from voltway.ocpp.reading import read
from voltway.ocpp.shapes import Action, Wire
from voltway.ocpp.times import write_time
from voltway.ocpp.v201 import asking, measured, wire
from voltway.ocpp.writing import write
from voltway.stations.orders import Order, Outcome
from voltway.stations.reports import (
    Alive,
    Booted,
    CertificateNamed,
    Decision,
    Deviation,
    Ended,
    EventNotified,
    Metered,
    Other,
    PortStatus,
    Report,
    ReservationOver,
    Started,
    StatusAsked,
    StatusChanged,
    TokenShown,
    VariableReported,
    VariablesReported,
    VendorData,
)

#: Never answered with a CALLERROR, whatever is in them.
TRANSACTIONS: Final = frozenset({"TransactionEvent", "MeterValues"})

EVSE_MAX: Final = 1000

_STATUS: Final = {
    "Available": PortStatus.AVAILABLE,
    "Occupied": PortStatus.PREPARING,
    "Reserved": PortStatus.RESERVED,
    "Unavailable": PortStatus.UNAVAILABLE,
    "Faulted": PortStatus.FAULTED,
}

#: (energy flows, the vehicle withholds it) by ChargingStateEnumType
_FLOW: Final[dict[str | None, tuple[bool | None, bool | None]]] = {
    "Charging": (True, None),
    "SuspendedEV": (False, True),
    "SuspendedEVSE": (False, False),
    "EVConnected": (False, None),
    "Idle": (False, True),
}

_TOKEN: Final = {
    "accepted": "Accepted",
    "blocked": "Blocked",
    "no_credit": "NoCredit",
    "not_at_this_time": "NotAtThisTime",
    "planned_work": "NotAtThisTime",
    "not_at_this_location": "NotAtThisLocation",
    "expired": "Expired",
    "concurrent": "ConcurrentTx",
    "invalid": "Invalid",
}

Hearing: TypeAlias = Mapping[type[Wire], Callable[[Any, list[Deviation]], Any]]

#: Answers without a member, written once.
_EMPTY: Final = {name: write(answer) for name, answer in empty_answers(wire.ACTIONS).items()}


class Dialect201:
    """OCPP 2.0.1 edition 3."""

    version: ClassVar[Version] = "2.0.1"
    subprotocol: ClassVar[str] = "ocpp2.0.1"
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
        return HeardCall(reports(call.action, message, _HEARD, deviations), deviations)

    def answer(self, call: Call, decision: Decision, now: datetime) -> bytes:
        match call.action:
            case "TransactionEvent":
                # Part 2 E01.FR.10 and E02.FR.09: a token in the event is answered with its status.
                return _taken(standing(decision) if decision.token else None)
            case "MeterValues":
                return _EMPTY["MeterValues"]
            case "Authorize":
                return _authorized(standing(decision), decision.certificate)
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
            case "GetCertificateStatus":
                # M06.FR.02 to FR.04: whether an answer was to be had, whatever it says.
                word: Any = "Accepted" if decision.ocsp else "Failed"
                told = decision.ocsp or None
                return write(wire.GetCertificateStatusResponse(status=word, ocsp_result=told))
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


def reports(action: str, message: Wire, by: Hearing, deviations: list[Deviation]) -> list[Report]:
    """What a message tells; ``by`` says what becomes of it, by its type."""
    hear = by.get(type(message))
    if hear is None:
        return [Other(action, summary(message))]
    told: Report | list[Report] = hear(message, deviations)
    return told if isinstance(told, list) else [told]


def _metered(message: wire.MeterValuesRequest, deviations: list[Deviation]) -> Metered:
    readings = measured.readings(message.meter_value, deviations)
    return Metered(None, _evse(message.evse_id, deviations), readings)


def _alive(message: wire.HeartbeatRequest, deviations: list[Deviation]) -> Alive:
    return Alive()


def _status(message: wire.StatusNotificationRequest, deviations: list[Deviation]) -> StatusChanged:
    return StatusChanged(
        _evse(message.evse_id, deviations) or 0,
        message.connector_id,
        _STATUS.get(message.connector_status, PortStatus.UNKNOWN),
        moment(message.timestamp, deviations),
    )


def token_of(shown: Any) -> TokenUid:
    """A token as we write it; the car's own as the cars of 1.6 are written (``drivers.cars``)."""
    if shown.type.lower() == "macaddress":
        return TokenUid(f"VID:{shown.id_token}")
    return TokenUid(shown.id_token)


def shown(message: Any, deviations: list[Deviation]) -> TokenShown:
    """A token, and with a car's the contract certificate (part 2, C07), or its names alone."""
    certificate = message.certificate or None
    names = () if certificate else message.iso15118_certificate_hash_data or ()
    return TokenShown(
        token_of(message.id_token),
        message.id_token.type,
        certificate=certificate,
        named=tuple(named(each) for each in names),
    )


def named(told: Any) -> CertificateNamed:
    return CertificateNamed(
        told.hash_algorithm,
        told.issuer_name_hash,
        told.issuer_key_hash,
        told.serial_number,
        told.responder_url,
    )


def _asked(message: wire.GetCertificateStatusRequest, deviations: list[Deviation]) -> StatusAsked:
    return StatusAsked(named(message.ocsp_request_data))


def _booted(message: wire.BootNotificationRequest, deviations: list[Deviation]) -> Booted:
    station = message.charging_station
    return Booted(
        station.vendor_name,
        station.model,
        station.serial_number,
        station.firmware_version,
        message.reason,
    )


def _vendor(message: wire.DataTransferRequest, deviations: list[Deviation]) -> VendorData:
    data = message.data if isinstance(message.data, str | None) else str(message.data)
    return VendorData(message.vendor_id, message.message_id, data)


def event(message: Any, deviations: list[Deviation]) -> Started | Metered | Ended:
    """Start, middle or end. An event of a type we do not know is taken as news of the middle."""
    info = message.transaction_info
    ref = TransactionRef(info.transaction_id) if info.transaction_id else None
    evse = _evse(message.evse.id, deviations) if message.evse else None
    connector = message.evse.connector_id if message.evse else None
    token = token_of(message.id_token) if message.id_token else None
    at = moment(message.timestamp, deviations)
    readings = measured.readings(message.meter_value or [], deviations)
    charging, by_vehicle = _FLOW.get(info.charging_state, (None, None))
    offline = bool(message.offline)
    match message.event_type:
        case "Started":
            return Started(
                ref=ref,
                evse=evse,
                connector=connector,
                token=token,
                at=at,
                readings=readings,
                remote_start_id=info.remote_start_id,
                seq=message.seq_no,
                offline=offline,
                charging=charging,
                reservation=message.reservation_id,
            )
        case "Ended":
            return Ended(
                ref=ref,
                reason=info.stopped_reason or "Local",  # part 2 ReasonEnumType: absent is Local
                at=at,
                readings=readings,
                token=token,
                evse=evse,
                connector=connector,
                seq=message.seq_no,
                offline=offline,
                remote_start_id=info.remote_start_id,
            )
        case _:
            return Metered(
                ref=ref,
                evse=evse,
                readings=readings,
                at=at,
                connector=connector,
                token=token,
                seq=message.seq_no,
                offline=offline,
                charging=charging,
                by_vehicle=by_vehicle,
                remote_start_id=info.remote_start_id,
                trigger=message.trigger_reason,
            )


def _let_go(message: Any, deviations: list[Deviation]) -> ReservationOver:
    return ReservationOver(message.reservation_id, message.reservation_update_status)


def _variables(message: wire.NotifyReportRequest, deviations: list[Deviation]) -> VariablesReported:
    return VariablesReported(
        message.request_id,
        message.seq_no,
        last=not message.tbc,
        variables=tuple(
            VariableReported(
                component=asking.component_name(told.component),
                variable=told.variable.name,
                value=attribute.value,
                evse=told.component.evse.id if told.component.evse else None,
                instance=told.variable.instance,
                attribute=attribute.type or "Actual",
                mutability=attribute.mutability,
            )
            for told in message.report_data or ()
            for attribute in told.variable_attribute
        ),
    )


def _events(message: wire.NotifyEventRequest, deviations: list[Deviation]) -> list[Report]:
    return [_notified(event, deviations) for event in message.event_data]


def _notified(event: wire.EventData, deviations: list[Deviation]) -> EventNotified:
    return EventNotified(
        moment(event.timestamp, deviations),
        asking.component_name(event.component),
        event.variable.name,
        event.actual_value,
        event.trigger,
        cleared=bool(event.cleared),
    )


def _evse(number: int, deviations: list[Deviation]) -> int | None:
    if 0 <= number <= EVSE_MAX:
        return number
    deviations.append(Deviation("no_evse", "evse.id", str(number)))
    return None


def standing(decision: Decision) -> str:
    return _TOKEN.get(decision.token or "", "Unknown")


@cache
def _authorized(status: str, certificate: str | None) -> bytes:
    return write(
        wire.AuthorizeResponse(
            id_token_info=wire.IdTokenInfo(status=status), certificate_status=certificate
        )
    )


@cache
def _taken(status: str | None) -> bytes:
    told = wire.IdTokenInfo(status=status) if status else None
    return write(wire.TransactionEventResponse(id_token_info=told))


def heard_by(words: Any) -> Hearing:
    """What becomes of a message, by its type in the words of a version 2: a look-up, where a match
    would ask type after type."""
    return {
        words.TransactionEventRequest: event,
        words.MeterValuesRequest: _metered,
        words.HeartbeatRequest: _alive,
        words.StatusNotificationRequest: _status,
        words.AuthorizeRequest: shown,
        words.BootNotificationRequest: _booted,
        words.NotifyReportRequest: _variables,
        words.NotifyEventRequest: _events,
        words.DataTransferRequest: _vendor,
        words.GetCertificateStatusRequest: _asked,
        words.ReservationStatusUpdateRequest: _let_go,
    }


_HEARD: Final = heard_by(wire)
