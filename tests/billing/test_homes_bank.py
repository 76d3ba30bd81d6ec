"""The bank's file of drivers' payouts: to the cent, by the schema, and the same order only once."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.etree import ElementTree

import pytest
from sepaxml.validation import try_valid_xml

from tests.billing.test_cdrs_written import PARTY
from voltway.billing.homes_bank import (
    SCHEMA,
    NoAccountOfOurs,
    NoFileForThese,
    NothingToTransfer,
    transfers,
)
from voltway.billing.model_homes import Due
from voltway.kernel.ids import DriverId, new_id
from voltway.kernel.money import EUR, Currency, Money

DAY = date(2026, 4, 3)
OURS, THEIRS = "FI2112345600000785", "DE89370400440532013000"
OPERATOR = replace(PARTY, address={"iban": "fi21 1234 5600 0007 85"})
IN = {"iso": f"urn:iso:std:iso:20022:tech:xsd:{SCHEMA}"}


def due(minor: int, *numbers: str, iban: str | None = THEIRS, currency: Currency = EUR) -> Due:
    return Due(
        driver=DriverId(new_id(datetime(2026, 4, 1, tzinfo=UTC))),
        name="Aino Äalto",
        holder="Aino Äalto & Söhne <b>",
        iban=iban,
        amount=Money(minor, currency),
        numbers=numbers,
        statements=(),
    )


def texts(raw: bytes, path: str) -> list[str | None]:
    return [each.text for each in ElementTree.fromstring(raw).iterfind(path, IN)]


def test_each_driver_who_can_be_paid_is_a_transfer_to_the_cent() -> None:
    listed = [
        due(650, "VLT-D2026-000003"),
        due(1_234_567, "VLT-D2026-000001", "VLT-D2026-000004"),
        due(900, "VLT-D2026-000005", iban=None),
        due(-200, "VLT-D2026-000006"),
        due(500, "VLT-D2026-000007", currency=Currency("SEK")),
    ]

    raw = transfers(OPERATOR, listed, DAY)

    assert texts(raw, ".//iso:InstdAmt") == ["6.50", "12345.67"]
    assert texts(raw, ".//iso:GrpHdr/iso:CtrlSum") == ["12352.17"]
    assert texts(raw, ".//iso:GrpHdr/iso:NbOfTxs") == ["2"]
    assert texts(raw, ".//iso:Dbtr/iso:Nm") == [OPERATOR.legal_name]
    assert texts(raw, ".//iso:DbtrAcct//iso:IBAN") == [OURS]
    assert texts(raw, ".//iso:CdtrAcct//iso:IBAN") == [THEIRS, THEIRS]
    assert texts(raw, ".//iso:Cdtr/iso:Nm") == ["Aino Aalto & Sohne <b>"] * 2
    assert texts(raw, ".//iso:RmtInf/iso:Ustrd") == [
        "VLT-D2026-000003",
        "VLT-D2026-000001 VLT-D2026-000004",
    ]
    assert texts(raw, ".//iso:ReqdExctnDt/iso:Dt") == ["2026-04-03"]


def test_the_same_payouts_are_the_same_order_and_others_are_another() -> None:
    first, more = due(650, "VLT-D2026-000003"), due(700, "VLT-D2026-000004")

    [named] = texts(transfers(OPERATOR, [first], DAY), ".//iso:MsgId")
    [again] = texts(transfers(OPERATOR, [first], date(2026, 4, 4)), ".//iso:MsgId")
    [other] = texts(transfers(OPERATOR, [first, more], DAY), ".//iso:MsgId")

    assert named == again != other
    assert re.fullmatch("HOME-[0-9a-f]{24}", named or "")


@pytest.mark.parametrize(("said", "found"), [("nde afihh", ["NDEAFIHH"]), ("no bic", [])])
def test_the_operators_bank_is_named_where_its_bic_is_one(said: str, found: list[str]) -> None:
    operator = replace(OPERATOR, address={**OPERATOR.address, "bic": said})

    raw = transfers(operator, [due(1, "a")], DAY)

    assert texts(raw, ".//iso:DbtrAgt//iso:BICFI") == found
    assert texts(raw, ".//iso:DbtrAgt//iso:Othr/iso:Id") == ([] if found else ["NOTPROVIDED"])
    try_valid_xml(raw, SCHEMA)


def test_what_no_bank_takes_is_refused_with_what_to_do() -> None:
    paid = [due(650, "VLT-D2026-000003")]
    with pytest.raises(NoAccountOfOurs, match="voltway admin party change --iban"):
        transfers(replace(OPERATOR, address={"iban": "FI00"}), paid, DAY)
    with pytest.raises(NothingToTransfer):
        transfers(OPERATOR, [due(650, "a", iban=None)], DAY)
    with pytest.raises(NoFileForThese):
        transfers(OPERATOR, [replace(paid[0], holder="\U00020000")], DAY)
