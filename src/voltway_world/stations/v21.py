"""How a station says things in OCPP 2.1: as in 2.0.1, with a payment terminal of its own (C18 to
C22)."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from voltway_world.stations.bays import Bay, Reading, Session, Token
from voltway_world.stations.post import Payload, Said
from voltway_world.stations.speech import Reply, stamp
from voltway_world.stations.v201 import Speech201

if TYPE_CHECKING:
    from voltway_world.stations.mechanism import Mechanism

DIRECT = "DirectPayment"
#: What its terminal reserves for a charge (PaymentCtrlr.AuthorizationAmount).
HOLDS = 60.0


class Speech21(Speech201):
    protocol = "ocpp2.1"

    def authorize(self, token: Token) -> Said:
        payload = _payload(super().authorize(token))
        _add_card(payload, token)
        return Said("Authorize", payload)

    def started(
        self, session: Session, bay: Bay, reading: Reading, at: datetime, *, why: str, offline: bool
    ) -> Said:
        payload = _payload(super().started(session, bay, reading, at, why=why, offline=offline))
        _add_limit(payload, session.token)
        return Said("TransactionEvent", payload)

    def changed(
        self, session: Session, bay: Bay, at: datetime, *, why: str, offline: bool
    ) -> Said | None:
        said = super().changed(session, bay, at, why=why, offline=offline)
        if said is None:
            return None
        payload = _payload(said)
        if "idToken" in payload:
            _add_limit(payload, session.token)
        return Said("TransactionEvent", payload)

    def obey(self, station: "Mechanism", action: str, payload: Any) -> Reply:
        if action == "NotifyWebPaymentStarted":
            if payload["evseId"] not in station.forecourt.bays:
                raise ValueError(payload["evseId"])
            return Reply({})
        return super().obey(station, action, payload)


def settlement(
    psp_ref: str,
    status: str,
    amount: float,
    at: datetime,
    *,
    ref: object = None,
    receipt: tuple[str, str] | None = None,
) -> Said:
    """What the terminal made of a card that it held; ``receipt`` is its own, id and address."""
    payload: Payload = {
        "pspRef": psp_ref,
        "status": status,
        "settlementAmount": amount,
        "settlementTime": stamp(at),
    }
    if ref is not None:
        payload["transactionId"] = str(ref)
    if receipt is not None:
        payload["receiptId"], payload["receiptUrl"] = receipt
    return Said("NotifySettlement", payload)


def _payload(said: Said) -> Payload:
    """The content of what 2.0.1 says."""
    return said.payload() if callable(said.payload) else said.payload


def _add_limit(payload: Payload, token: Token | None) -> None:
    """C18.FR.06: with the card goes what is held on it."""
    if token is not None and token.kind == DIRECT:
        _add_card(payload, token)
        payload["transactionInfo"]["transactionLimit"] = {"maxCost": HOLDS}


def _add_card(payload: Payload, token: Token) -> None:
    if token.kind == DIRECT:
        payload["idToken"]["additionalInfo"] = [
            {"type": "PaymentBrand", "additionalIdToken": "VISA"},
            {"type": "CardLast4Digits", "additionalIdToken": "4242"},
            {"type": "ReadingMethod", "additionalIdToken": "Contactless"},
        ]
