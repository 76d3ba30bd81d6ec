"""How a station says things in OCPP 1.6J (Open Charge Alliance, edition 2, §4 and §6)."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from voltway_world.stations import v16_orders
from voltway_world.stations.bays import Bay, Reading, Session, State, Token
from voltway_world.stations.post import Payload, Said
from voltway_world.stations.signing import Signed
from voltway_world.stations.speech import Reply, stamp

if TYPE_CHECKING:
    from voltway_world.stations.mechanism import Mechanism

#: OCA application note "Using ISO 15118 Plug & Charge with OCPP 1.6".
PLUG_AND_CHARGE: Final = "org.openchargealliance.iso15118pnc"

#: §7.7 ChargePointStatus.
_STATUS = {
    State.AVAILABLE: "Available",
    State.RESERVED: "Reserved",
    State.AUTHORISED: "Preparing",
    State.PLUGGED: "Preparing",
    State.CHARGING: "Charging",
    State.FULL: "SuspendedEV",
    State.FINISHING: "Finishing",
    State.FAULTED: "Faulted",
    State.UNAVAILABLE: "Unavailable",
}

#: §7.37 Reason: what the other version calls otherwise.
_REASON = {"Timeout": "Other", "ImmediateReset": "HardReset", "StoppedByEV": "Other"}


class Speech16:
    """A connector of 1.6 is an EVSE of ours; a transaction is named by the central system."""

    protocol = "ocpp1.6"
    format_error = "FormationViolation"

    def boot(self, station: "Mechanism", reason: str) -> Said:
        about = station.options
        payload = {
            "chargePointVendor": about.vendor,
            "chargePointModel": about.model,
            "chargePointSerialNumber": station.identity[:25],
            "firmwareVersion": about.firmware,
        }
        return Said("BootNotification", payload)

    def heartbeat(self) -> Said:
        return Said("Heartbeat", {})

    def opening(self, at: datetime) -> list[Said]:
        # §4.9: connector 0 is the charge point itself.
        return [_status(0, "Available", "NoError", at)]

    def status_word(self, bay: Bay) -> str:
        return _STATUS[bay.state]

    def status(self, bay: Bay, at: datetime) -> Said:
        error = "GroundFailure" if bay.is_faulted else "NoError"
        return _status(bay.number, _STATUS[bay.state], error, at)

    def authorize(self, token: Token) -> Said:
        if token.contract is None:
            return Said("Authorize", {"idTag": token.uid})
        asked = {
            "idToken": {"idToken": token.uid, "type": token.kind},
            "certificate": token.contract,
        }
        payload = {"vendorId": PLUG_AND_CHARGE, "messageId": "Authorize", "data": json.dumps(asked)}
        return Said("DataTransfer", payload)

    def token_status(self, answer: Payload) -> str | None:
        if isinstance(answer.get("data"), str):
            told = json.loads(answer["data"])
            is_good = told.get("certificateStatus", "Accepted") == "Accepted"
            return str(told["idTokenInfo"]["status"]) if is_good else "Invalid"
        status = answer.get("idTagInfo", {}).get("status")
        return None if status is None else str(status)

    def started(
        self, session: Session, bay: Bay, reading: Reading, at: datetime, *, why: str, offline: bool
    ) -> Said:
        assert session.token is not None, "1.6 has no transaction without an idTag"
        payload = {
            "connectorId": session.evse,
            "idTag": session.token.uid,
            "meterStart": reading.register_wh,
            "timestamp": stamp(at),
        }
        if session.reservation is not None:
            payload["reservationId"] = session.reservation
        return Said("StartTransaction", payload)

    def changed(
        self, session: Session, bay: Bay, at: datetime, *, why: str, offline: bool
    ) -> Said | None:
        # 1.6 has no words for it but the StatusNotification, which is sent anyway.
        return None

    def metered(
        self, session: Session, reading: Reading, at: datetime, *, why: str, offline: bool
    ) -> Said:
        context = "Trigger" if why == "Trigger" else "Sample.Periodic"
        values = [{"timestamp": stamp(at), "sampledValue": _samples(reading, context)}]

        def payload() -> Payload:
            numbered = {} if session.ref is None else {"transactionId": session.ref}
            return {"connectorId": session.evse, **numbered, "meterValue": values}

        return Said("MeterValues", payload)

    def ended(
        self, session: Session, reading: Reading, at: datetime, *, reason: str, offline: bool
    ) -> Said:
        uid = session.token.uid if session.token is not None else ""

        def payload() -> Payload:
            stopped: Payload = {
                # A start that was refused for good has no number. -1 matches nothing, and the
                # stop still tells the register.
                "transactionId": -1 if session.ref is None else session.ref,
                "meterStop": reading.register_wh,
                "timestamp": stamp(at),
                "reason": _REASON.get(reason, reason),
            }
            if reason == "Local" and uid:
                stopped["idTag"] = uid
            if reading.signed is not None:
                stopped["transactionData"] = [_sealed(reading.signed, at)]
            return stopped

        return Said("StopTransaction", payload)

    def reservation_over(self, number: int, why: str) -> Said | None:
        # §5.13: the StatusNotification, which is sent anyway, says that it is over.
        return None

    def take_start(self, session: Session, answer: Payload) -> None:
        session.status = self.token_status(answer) or session.status
        session.ref = answer.get("transactionId", session.ref)

    def obey(self, station: "Mechanism", action: str, payload: Any) -> Reply:
        return v16_orders.obey(station, action, payload)


def _status(connector: int, status: str, error: str, at: datetime) -> Said:
    payload = {
        "connectorId": connector,
        "errorCode": error,
        "status": status,
        "timestamp": stamp(at),
    }
    return Said("StatusNotification", payload)


def _sealed(signed: Signed, at: datetime) -> Payload:
    """Signed data beside the plain register (§7.42: ValueFormat SignedData)."""
    sample = {
        "value": signed.record,
        "format": "SignedData",
        "context": "Transaction.End",
        "measurand": "Energy.Active.Import.Register",
    }
    return {"timestamp": stamp(at), "sampledValue": [sample]}


def _samples(reading: Reading, context: str) -> list[Payload]:
    shown = (
        ("Energy.Active.Import.Register", reading.register_wh, "Wh"),
        ("Power.Active.Import", reading.power_w, "W"),
        ("Current.Import", reading.current_a, "A"),
        ("Voltage", reading.voltage_v, "V"),
        ("SoC", reading.soc, "Percent"),
    )
    return [
        {"value": str(value), "context": context, "measurand": measurand, "unit": unit}
        for measurand, value, unit in shown
        if value is not None
    ]
