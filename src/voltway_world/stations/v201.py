"""How a station says things in OCPP 2.0.1 (Part 2, edition 3, blocks B, C, E, G, J)."""

import uuid
from base64 import b64encode
from datetime import datetime
from typing import TYPE_CHECKING, Any

from voltway_world.stations import v201_orders
from voltway_world.stations.bays import Bay, Reading, Session, State, Token
from voltway_world.stations.post import Payload, Said
from voltway_world.stations.speech import Reply, stamp

if TYPE_CHECKING:
    from voltway_world.stations.mechanism import Mechanism

#: ConnectorStatusEnumType: whether a cable is in, not what flows through it.
_STATUS = {
    State.AVAILABLE: "Available",
    State.RESERVED: "Reserved",
    State.AUTHORISED: "Available",
    State.PLUGGED: "Occupied",
    State.CHARGING: "Occupied",
    State.FULL: "Occupied",
    State.FINISHING: "Occupied",
    State.FAULTED: "Faulted",
    State.UNAVAILABLE: "Unavailable",
}

#: ChargingStateEnumType.
_CHARGING = {
    State.AUTHORISED: "Idle",
    State.PLUGGED: "EVConnected",
    State.CHARGING: "Charging",
    State.FULL: "SuspendedEV",
}

#: ReasonEnumType, where 1.6 has another word, and the TriggerReasonEnumType that goes with it.
_REASON = {
    "HardReset": "ImmediateReset",
    "SoftReset": "ImmediateReset",
    "UnlockCommand": "Other",
    "Reboot": "Reboot",
}
_TRIGGER = {
    "Local": "StopAuthorized",
    "Remote": "RemoteStop",
    "EVDisconnected": "EVCommunicationLost",
    "DeAuthorized": "Deauthorized",
    "ImmediateReset": "ResetCommand",
    "HardReset": "ResetCommand",
    "SoftReset": "ResetCommand",
    "UnlockCommand": "UnlockCommand",
    "Timeout": "EVConnectTimeout",
    "StoppedByEV": "ChargingStateChanged",
    "EnergyLimitReached": "EnergyLimitReached",
    "TimeLimitReached": "TimeLimitReached",
}


class Speech201:
    """One TransactionEvent for all that happens to a transaction, numbered from 0 (E01 to E08)."""

    protocol = "ocpp2.0.1"
    format_error = "FormatViolation"

    def boot(self, station: "Mechanism", reason: str) -> Said:
        about = station.options
        payload = {
            "reason": reason,
            "chargingStation": {
                "vendorName": about.vendor,
                "model": about.model,
                "serialNumber": station.identity[:25],
                "firmwareVersion": about.firmware,
            },
        }
        return Said("BootNotification", payload)

    def heartbeat(self) -> Said:
        return Said("Heartbeat", {})

    def opening(self, at: datetime) -> list[Said]:
        return []

    def status_word(self, bay: Bay) -> str:
        return _STATUS[bay.state]

    def status(self, bay: Bay, at: datetime) -> Said:
        payload = {
            "timestamp": stamp(at),
            "connectorStatus": _STATUS[bay.state],
            "evseId": bay.number,
            "connectorId": 1,
        }
        return Said("StatusNotification", payload)

    def authorize(self, token: Token) -> Said:
        payload: dict[str, Any] = {"idToken": _id_token(token)}
        if token.contract is not None:
            payload["certificate"] = token.contract
        return Said("Authorize", payload)

    def token_status(self, answer: Payload) -> str | None:
        if answer.get("certificateStatus", "Accepted") != "Accepted":
            return "Invalid"  # part 2 C07: it charges nothing, whatever its token may
        status = (answer.get("idTokenInfo") or {}).get("status")
        return None if status is None else str(status)

    def started(
        self, session: Session, bay: Bay, reading: Reading, at: datetime, *, why: str, offline: bool
    ) -> Said:
        session.ref = session.ref or str(uuid.uuid4())
        said = _event("Started", session, at, why, offline)
        _add_token(said, session)
        said["transactionInfo"]["chargingState"] = _CHARGING.get(bay.state, "Idle")
        said["meterValue"] = [_values(reading, at, "Transaction.Begin")]
        if session.reservation is not None:
            said["reservationId"] = session.reservation
        return Said("TransactionEvent", said)

    def changed(
        self, session: Session, bay: Bay, at: datetime, *, why: str, offline: bool
    ) -> Said | None:
        said = _event("Updated", session, at, why, offline)
        if why in ("Authorized", "RemoteStart"):
            _add_token(said, session)
            if session.reservation is not None:
                said["reservationId"] = session.reservation
        said["transactionInfo"]["chargingState"] = _CHARGING.get(bay.state, "Idle")
        return Said("TransactionEvent", said)

    def metered(
        self, session: Session, reading: Reading, at: datetime, *, why: str, offline: bool
    ) -> Said:
        said = _event("Updated", session, at, why, offline)
        context = "Trigger" if why == "Trigger" else "Sample.Periodic"
        said["meterValue"] = [_values(reading, at, context)]
        return Said("TransactionEvent", said)

    def ended(
        self, session: Session, reading: Reading, at: datetime, *, reason: str, offline: bool
    ) -> Said:
        why = _TRIGGER.get(reason, "AbnormalCondition")
        said = _event("Ended", session, at, why, offline)
        said["transactionInfo"]["stoppedReason"] = _REASON.get(reason, reason)
        if reason == "Local" and session.token is not None:
            said["idToken"] = _id_token(session.token)
        said["meterValue"] = [_values(reading, at, "Transaction.End")]
        return Said("TransactionEvent", said)

    def reservation_over(self, number: int, why: str) -> Said | None:
        payload = {"reservationId": number, "reservationUpdateStatus": why}
        return Said("ReservationStatusUpdate", payload)

    def take_start(self, session: Session, answer: Payload) -> None:
        session.status = self.token_status(answer) or session.status

    def obey(self, station: "Mechanism", action: str, payload: Any) -> Reply:
        return v201_orders.obey(station, action, payload)


def _event(kind: str, session: Session, at: datetime, why: str, offline: bool) -> Payload:
    said: Payload = {
        "eventType": kind,
        "timestamp": stamp(at),
        "triggerReason": why,
        "seqNo": session.next_seq(),
        "transactionInfo": {"transactionId": str(session.ref)},
        "evse": {"id": session.evse, "connectorId": 1},
    }
    if offline:
        said["offline"] = True
    return said


def _add_token(said: Payload, session: Session) -> None:
    token = session.token
    if token is None:
        return
    said["idToken"] = _id_token(token)
    if token.remote_start_id is not None:
        said["transactionInfo"]["remoteStartId"] = token.remote_start_id


def _id_token(token: Token) -> Payload:
    return {"idToken": token.uid, "type": token.kind}


def _values(reading: Reading, at: datetime, context: str) -> Payload:
    shown = (
        ("Energy.Active.Import.Register", reading.register_wh, "Wh"),
        ("Power.Active.Import", reading.power_w, "W"),
        ("Current.Import", reading.current_a, "A"),
        ("Voltage", reading.voltage_v, "V"),
        ("SoC", reading.soc, "Percent"),
    )
    sampled: list[Payload] = [
        {
            "value": value,
            "context": context,
            "measurand": measurand,
            "unitOfMeasure": {"unit": unit},
        }
        for measurand, value, unit in shown
        if value is not None
    ]
    if reading.signed is not None:
        # Part 2, §2.46: the number stands beside its signature, both in Base64.
        sampled[0]["signedMeterValue"] = {
            "signedMeterData": b64encode(reading.signed.record.encode()).decode(),
            "signingMethod": "",
            "encodingMethod": "OCMF",
            "publicKey": b64encode(
                f"oca:base16:asn1:{reading.signed.public_key}".encode()
            ).decode(),
        }
    return {"timestamp": stamp(at), "sampledValue": sampled}
