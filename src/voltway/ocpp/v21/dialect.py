"""OCPP 2.1 in our words: 2.0.1 and what is new, of which we hear the payment terminals.

Where 2.1 differs from our model:
  - A card that the station's own terminal took is shown as a token of the type DirectPayment, whose
    text is the acquirer's reference (C18). No other kind of token may be taken for it, whatever the
    reference looks like, so its uid with us is made of a hash.
  - The station says itself what became of the money (C19 to C22).
"""

from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, ClassVar, Final

from msgspec import json

from voltway.kernel.ids import TokenUid, TransactionRef
from voltway.ocpp.dialect import HeardCall, known, moment, unreadable
from voltway.ocpp.faults import BrokenPayload, DoubledMember, Version
from voltway.ocpp.frame import Call, payload_of
from voltway.ocpp.reading import read
from voltway.ocpp.shapes import Action, Wire
from voltway.ocpp.times import write_time
from voltway.ocpp.v21 import wire
from voltway.ocpp.v201 import asking
from voltway.ocpp.v201 import dialect as before
from voltway.ocpp.writing import write
from voltway.stations.orders import Order
from voltway.stations.reports import (
    DIRECT,
    Decision,
    Deviation,
    LimitSet,
    PaidAtTerminal,
    Report,
    SettlementTold,
    TokenShown,
    VatAsked,
)


class Dialect21(before.Dialect201):
    """OCPP 2.1 edition 1. What it shares with 2.0.1 is written and read as there."""

    version: ClassVar[Version] = "2.1"
    subprotocol: ClassVar[str] = "ocpp2.1"
    actions: ClassVar[dict[str, Action]] = wire.ACTIONS

    def hear(self, call: Call) -> HeardCall:
        kind = known(wire.ACTIONS, call).request
        stand_in = call.action in before.TRANSACTIONS
        try:
            message, odd = read(kind, payload_of(call), stand_in=stand_in)
        except BrokenPayload as trouble:
            if stand_in and not isinstance(trouble, DoubledMember):
                return unreadable(call, trouble)
            raise
        deviations = [*call.tolerated, *odd]
        return HeardCall(_reports(call.action, message, deviations), deviations)

    def answer(self, call: Call, decision: Decision, now: datetime) -> bytes:
        if call.action == "NotifySettlement":
            # C21.FR.03: where the station has no receipt of its own, it shows where ours is.
            return write(wire.NotifySettlementResponse(receipt_url=decision.receipt_url))
        if call.action == "VatNumberValidation":
            return _vat_answer(call, decision)
        if decision.says and call.action == "Authorize":
            return _refused_answer(decision, decision.says)
        if decision.left is not None and call.action in ("Authorize", "TransactionEvent"):
            return _prepaid_answer(call.action, decision, decision.left, now)
        return super().answer(call, decision, now)

    def say(self, order: Order) -> tuple[str, bytes]:
        return asking.say(order, wire.ACTIONS, self.version)


def _reports(action: str, message: Wire, deviations: list[Deviation]) -> list[Report]:
    match message:
        case wire.AuthorizeRequest() if _is_direct(message.id_token):
            paid = _paid(message.id_token)
            return [paid, TokenShown(paid.token, message.id_token.type)]
        case wire.TransactionEventRequest():
            return _of_transaction(message, deviations)
        case wire.VatNumberValidationRequest():
            return [VatAsked(message.vat_number)]
        case wire.NotifySettlementRequest():
            return [_settlement(message, deviations)]
        case _:
            return before.reports(action, message, _LIKE, deviations)


def _of_transaction(
    message: wire.TransactionEventRequest, deviations: list[Deviation]
) -> list[Report]:
    told = before.event(message, deviations)
    info = message.transaction_info
    limit = info.transaction_limit.max_cost if info.transaction_limit else None
    ref = TransactionRef(info.transaction_id) if info.transaction_id else None
    if message.id_token is not None and _is_direct(message.id_token):
        paid = _paid(message.id_token, ref=ref, evse=told.evse, held=limit)
        return [paid, _with_token(told, paid.token)]
    if message.trigger_reason == "LimitSet" and limit is not None and ref is not None:
        return [LimitSet(ref, limit), told]
    return [told]


def _with_token(told: Any, token: TokenUid) -> Any:
    given = {name: getattr(told, name) for name in told.__struct_fields__}
    return type(told)(**given | {"token": token})


def _is_direct(shown: wire.IdToken) -> bool:
    return shown.type.lower() == DIRECT


def _paid(shown: wire.IdToken, **more: Any) -> PaidAtTerminal:
    """Of the card we take no more than its brand and its end, whatever else is told."""
    told = {each.type: each.additional_id_token for each in shown.additional_info or ()}
    last4 = told.get("CardLast4Digits", "")
    return PaidAtTerminal(
        psp_ref=shown.id_token,
        token=token_of(shown.id_token),
        brand=told.get("PaymentBrand", "")[:40].strip().lower() or None,
        last4=last4 if len(last4) == 4 and last4.isascii() and last4.isdigit() else None,
        **more,
    )


def token_of(psp_ref: str) -> TokenUid:
    """The token that stands for a payment at a terminal: 36 characters, as 2.0.1 allows."""
    return TokenUid(f"PSP-{sha256(psp_ref.encode()).hexdigest()[:32].upper()}")


def _prepaid_answer(action: str, decision: Decision, left: Decimal, now: datetime) -> bytes:
    """C17: a token that a balance pays for is kept in no cache, and what is left is its limit."""
    info = wire.IdTokenInfo(
        status=before.standing(decision), cache_expiry_date_time=write_time(now)
    )
    if action == "Authorize":
        return write(
            wire.AuthorizeResponse(id_token_info=info, certificate_status=decision.certificate)
        )
    limit = wire.TransactionLimit(max_cost=left) if left > 0 else None
    return write(wire.TransactionEventResponse(id_token_info=info, transaction_limit=limit))


def _refused_answer(decision: Decision, says: str) -> bytes:
    """A card that opens nothing, with what its driver reads on the station (IdTokenInfoType)."""
    told = wire.MessageContent(format="UTF8", content=says, language="en")
    info = wire.IdTokenInfo(status=before.standing(decision), personal_message=told)
    return write(wire.AuthorizeResponse(id_token_info=info))


def _vat_answer(call: Call, decision: Decision) -> bytes:
    """C18.FR.09 and 10: the number and the EVSE as they were asked. A register that cannot be asked
    is told as such, for that is no "no"."""
    asked, _ = read(wire.VatNumberValidationRequest, payload_of(call))
    silent = decision.vat != "valid" and decision.vat != "invalid"
    info = wire.StatusInfo(
        reason_code="InternalError", additional_info="The register of VAT numbers gave no answer."
    )
    return write(
        wire.VatNumberValidationResponse(
            vat_number=asked.vat_number,
            status="Accepted" if decision.vat == "valid" else "Rejected",
            status_info=info if silent else None,
            evse_id=asked.evse_id,
        )
    )


#: What we take of a company that a driver typed (AddressType).
COMPANY: Final = ("name", "address1", "address2", "postal_code", "city", "country")


def _settlement(
    message: wire.NotifySettlementRequest, deviations: list[Deviation]
) -> SettlementTold:
    company = message.vat_company
    typed = {name: getattr(company, name) or "" for name in COMPANY} if company else {}
    return SettlementTold(
        psp_ref=message.psp_ref,
        status=message.status,
        amount=message.settlement_amount,
        at=moment(message.settlement_time, deviations),
        ref=TransactionRef(message.transaction_id) if message.transaction_id else None,
        said=message.status_info or "",
        receipt_id=message.receipt_id or "",
        receipt_url=message.receipt_url or "",
        vat_number=message.vat_number or "",
        vat_company=json.encode(typed).decode() if typed else "",
    )


#: Messages that say the same as in 2.0.1, under the same names.
_LIKE: Final = before.heard_by(wire)
