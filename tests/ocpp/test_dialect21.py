"""OCPP 2.1: what is new beside 2.0.1."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from msgspec import Raw

from voltway.kernel.ids import StationId, TokenUid, TransactionRef, new_id
from voltway.ocpp.frame import Call
from voltway.ocpp.hearing import heard_again
from voltway.ocpp.v21.dialect import Dialect21, token_of
from voltway.stations.model import Direction, KeptFrame
from voltway.stations.reports import (
    Decision,
    LimitSet,
    Metered,
    PaidAtTerminal,
    Report,
    ReservationOver,
    SettlementTold,
    Started,
    TokenShown,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
CARD = {
    "idToken": "04A1B2C3",
    "type": "DirectPayment",
    "additionalInfo": [
        {"type": "PaymentBrand", "additionalIdToken": "VISA"},
        {"type": "CardLast4Digits", "additionalIdToken": "4242"},
        {"type": "CardBin", "additionalIdToken": "424242"},
        {"type": "HashedCardNr", "additionalIdToken": "secret-hash"},
    ],
}


def a_call(action: str, payload: Any) -> Call:
    return Call("1", action, Raw(json.dumps(payload).encode()))


def hear(action: str, payload: Any) -> list[Report]:
    return list(Dialect21().hear(a_call(action, payload)).reports)


def an_event(kind: str, trigger: str, **more: Any) -> dict[str, Any]:
    return {
        "eventType": kind,
        "timestamp": "2026-03-02T12:00:00Z",
        "triggerReason": trigger,
        "seqNo": 0,
        "transactionInfo": {"transactionId": "tx-1", "transactionLimit": {"maxCost": 60}},
        "evse": {"id": 1, "connectorId": 1},
        **more,
    }


def test_a_reservation_that_a_station_keeps_no_more_is_told_as_in_2_0_1() -> None:
    for why in ("Expired", "Removed", "NoTransaction"):
        payload = {"reservationId": 41, "reservationUpdateStatus": why}
        assert hear("ReservationStatusUpdate", payload) == [ReservationOver(41, why)]


def test_a_card_at_the_terminal_is_never_the_card_of_the_same_number() -> None:
    paid, shown = hear("Authorize", {"idToken": CARD})
    [rfid] = hear("Authorize", {"idToken": {"idToken": "04A1B2C3", "type": "ISO14443"}})

    assert paid == PaidAtTerminal("04A1B2C3", token_of("04A1B2C3"), brand="visa", last4="4242")
    assert shown == TokenShown(token_of("04A1B2C3"), "DirectPayment")
    [car] = hear("Authorize", {"idToken": {"idToken": "0123456789AB", "type": "MacAddress"}})
    assert car == TokenShown(TokenUid("VID:0123456789AB"), "MacAddress")
    assert isinstance(rfid, TokenShown)
    assert rfid.token == "04A1B2C3"
    assert token_of("04A1B2C3") != rfid.token
    assert "secret-hash" not in repr(paid)


def test_a_start_with_a_card_tells_what_is_held_for_it() -> None:
    paid, started = hear("TransactionEvent", an_event("Started", "Authorized", idToken=CARD))

    assert isinstance(paid, PaidAtTerminal)
    assert (paid.ref, paid.evse, paid.held) == ("tx-1", 1, Decimal(60))
    assert isinstance(started, Started)
    assert started.token == paid.token


def test_a_limit_that_was_set_is_what_the_terminal_holds_now() -> None:
    limit, metered = hear("TransactionEvent", an_event("Updated", "LimitSet"))

    assert limit == LimitSet(TransactionRef("tx-1"), Decimal(60))
    assert isinstance(metered, Metered)


def test_a_card_that_opens_nothing_is_answered_with_why() -> None:
    call = a_call("Authorize", {"idToken": CARD})
    says = "Cards cannot be taken at this terminal."
    answer = Dialect21().answer(call, Decision(token="unknown", says=says), NOW)

    assert json.loads(answer) == {
        "idTokenInfo": {
            "status": "Unknown",
            "personalMessage": {"format": "UTF8", "content": says, "language": "en"},
        }
    }


def test_a_settlement_is_heard_whole_and_answered_with_where_the_bill_is() -> None:
    payload = {
        "pspRef": "psp-1",
        "status": "Settled",
        "settlementAmount": 4.9,
        "settlementTime": "2026-03-02T13:00:00Z",
        "transactionId": "tx-1",
        "vatNumber": "FI12345678",
        "vatCompany": {"name": "Acme", "address1": "Street 1", "city": "Oulu", "country": "FI"},
    }
    [told] = hear("NotifySettlement", payload)
    answer = Dialect21().answer(
        a_call("NotifySettlement", payload), Decision(receipt_url="https://x/v/1"), NOW
    )

    assert isinstance(told, SettlementTold)
    assert (told.psp_ref, told.status, told.amount) == ("psp-1", "Settled", Decimal("4.9"))
    assert told.vat_number == "FI12345678"
    assert json.loads(told.vat_company) == {
        "name": "Acme",
        "address1": "Street 1",
        "address2": "",
        "postal_code": "",
        "city": "Oulu",
        "country": "FI",
    }
    assert json.loads(answer) == {"receiptUrl": "https://x/v/1"}


def test_frames_of_a_station_that_came_from_1_6_are_heard_again_in_the_version_they_have() -> None:
    station = StationId(new_id(NOW))
    calls = [
        ("StartTransaction", {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": "x"}),
        ("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Available"}),
        ("TransactionEvent", an_event("Started", "Authorized", idToken=CARD)),
        ("Heartbeat", {}),
        ("NotifySettlement", {}),
    ]
    frames = [
        KeptFrame(station, Direction.HEARD, NOW, json.dumps([2, str(n), action, payload]).encode())
        for n, (action, payload) in enumerate(calls)
    ]

    told = [[type(each).__name__ for each in one.call.reports] for one in heard_again(frames)]

    assert told == [["Started"], ["StatusChanged"], ["PaidAtTerminal", "Started"], ["Alive"]]
