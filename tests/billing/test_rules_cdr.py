"""From a bill to its CDR, figure by figure: parts, volumes, the place, the words of the remark."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec
import pytest

from tests.billing.sample import KAMPPI
from tests.billing.test_cdrs_written import (
    EVSE,
    LOCATION,
    NOON,
    SESSION,
    TOKEN,
    around,
    billed,
    hour,
    simple,
    uuid,
)
from voltway.billing import rules_cdr
from voltway.billing.documents import CdrDocument, Tax
from voltway.billing.documents_cdr import ChargeRecord, Part, Period, TaxPart
from voltway.drivers.model import TokenKind
from voltway.kernel.ids import PublicEvseId
from voltway.kernel.units import PowerW
from voltway.stations.model import Current
from voltway.tariffs.model import ChargingPeriod, Reservation, Tariff

BILLED = billed(simple(), hour())
Row = tuple[str, str | None, str | None, int, int]


def a_bill(*rows: Row) -> CdrDocument:
    """A bill of lines: kind, reservation, rate, gross and net."""
    lines = tuple(
        msgspec.structs.replace(
            KAMPPI.lines[0],
            kind=kind,
            reservation=reservation,
            rate=rate,
            gross_minor=gross,
            net_minor=net,
        )
        for kind, reservation, rate, gross, net in rows
    )
    gross = sum(each.gross_minor for each in lines)
    net = sum(each.net_minor for each in lines)
    tax = Tax(rate="25.5", gross_minor=gross, net_minor=net, tax_minor=gross - net)
    return msgspec.structs.replace(BILLED, lines=lines, taxes=(tax,), total_minor=gross)


def recorded(
    bill: CdrDocument = BILLED,
    periods: Sequence[ChargingPeriod] = (),
    tariff: Tariff | None = None,
    **more: object,
) -> ChargeRecord:
    return rules_cdr.record(
        str(uuid(8)),
        bill,
        "ab" * 32,
        periods or hour(),
        around(tariff, **more),
        cdr=str(uuid(9)),
        at=NOON + timedelta(milliseconds=5),
    )


def parts_of(record: ChargeRecord) -> dict[str, tuple[int, list[tuple[str | None, int]]]]:
    """The net of each part that is there, and its taxes."""
    named = {
        name: getattr(record, name)
        for name in ("fixed", "energy", "time", "parking", "reservation")
    }
    return {
        name: (part.net_minor, [(tax.rate, tax.minor) for tax in part.taxes])
        for name, part in named.items()
        if part is not None
    }


def test_each_line_goes_to_its_part_with_its_tax() -> None:
    record = recorded(
        a_bill(
            ("ENERGY", None, "25.5", 1255, 1000),
            ("ENERGY", None, "25.5", 251, 200),
            ("ENERGY", None, "10", 110, 100),
            ("TIME", None, "25.5", 502, 400),
            ("PARKING_TIME", None, "25.5", 753, 600),
            ("FLAT", None, "25.5", 125, 100),
            ("MIN_PRICE", None, None, 7, 7),
            ("TIME", "RESERVATION", "25.5", 63, 50),
        )
    )

    assert parts_of(record) == {
        "energy": (1300, [("25.5", 306), ("10", 10)]),
        "time": (400, [("25.5", 102)]),
        "parking": (600, [("25.5", 153)]),
        "fixed": (107, [("25.5", 25), (None, 0)]),
        "reservation": (50, [("25.5", 13)]),
    }


@pytest.mark.parametrize("kind", ["MAX_PRICE", "PROMOTION"])
def test_what_is_taken_off_is_taken_off_each_part_in_its_proportion(kind: str) -> None:
    record = recorded(
        a_bill(
            ("ENERGY", None, "25.5", 1255, 1000),
            ("TIME", None, "25.5", 2510, 2000),
            (kind, None, None, -1255, -1000),
        )
    )

    assert parts_of(record) == {"energy": (667, [("25.5", 170)]), "time": (1333, [("25.5", 340)])}
    assert record.total == Part(net_minor=2000, taxes=(TaxPart(rate="25.5", minor=510),))


def test_a_bill_of_nothing_has_no_parts() -> None:
    assert parts_of(recorded(a_bill())) == {}


def test_a_credit_turns_the_total_and_its_taxes_round() -> None:
    record = recorded(a_bill(("ENERGY", None, "25.5", 1255, 1000)))

    credit = rules_cdr.credited(record, NOON)

    assert credit.total == Part(net_minor=-1000, taxes=(TaxPart(rate="25.5", minor=-255),))
    assert (credit.id, credit.credits) == (f"{uuid(8)}-C", str(uuid(8)))
    assert credit.energy == record.energy


def second(nth: int, **used: object) -> ChargingPeriod:
    begins = NOON + timedelta(seconds=nth)
    return ChargingPeriod(begins=begins, ends=begins + timedelta(seconds=1), **used)  # type: ignore[arg-type]


def test_volumes_are_cut_so_that_together_they_are_the_sessions() -> None:
    """A second is 0.00027 hours without an end: three are 0.00083, and the ten-billionths that were
    cut off the first are in the others."""
    record = recorded(
        periods=[
            second(0, charging_s=1, energy_wh=1),
            second(1, charging_s=1, energy_wh=9_999),
            second(2, charging_s=1, parking_s=1, energy_wh=50_000),
            second(3, parking_s=1),
            second(4, reserved_s=3600, reservation=Reservation.RESERVATION),
        ]
    )

    told = [(e.energy_kwh, e.charging_h, e.parking_h, e.reserved_h) for e in record.periods]
    assert told == [
        ("0.001", "0.0002777777", None, None),
        ("9.999", "0.0002777778", None, None),
        ("50", "0.0002777778", "0.0002777777", None),
        ("0", None, "0.0002777778", None),
        ("0", None, None, "1"),
    ]
    assert (record.energy_kwh, record.lasted_h, record.parked_h) == (
        "60",
        "0.0013888888",
        "0.0005555555",
    )


def with_power() -> Tariff:
    price = {"price_components": [{"type": "ENERGY", "price": Decimal("0.49"), "step_size": 1}]}
    fast = {**price, "restrictions": {"min_power": Decimal(50)}}
    return simple(elements=[fast, price])


@pytest.mark.parametrize(
    ("tariff", "told"),
    [
        (with_power(), ("7.3333333333", "22")),
        (simple(), (None, None)),
        (None, (None, None)),
    ],
)
def test_the_power_is_told_where_a_price_asks_for_it(
    tariff: Tariff | None, told: tuple[str | None, str | None]
) -> None:
    [period] = recorded(
        periods=[second(0, min_power_kw=Fraction(22, 3), max_power_kw=22)], tariff=tariff
    ).periods
    [silent] = recorded(periods=[second(0)], tariff=tariff).periods

    assert (period.power_kw_min, period.power_kw_max) == told
    assert (silent.power_kw_min, silent.power_kw_max) == (None, None)


def test_a_record_names_its_bill_its_tariff_and_its_moments() -> None:
    record = recorded(tariff=simple())
    bare = recorded()

    assert (record.cdr, record.cdr_sha256) == (str(uuid(9)), "ab" * 32)
    assert (record.begins, record.ends) == ("2026-03-28T12:00:00Z", "2026-03-28T13:00:00Z")
    assert record.frozen_at == "2026-03-28T12:00:00.005Z"
    assert (record.tariff, record.tariff_updated) == ("DAY", "2026-03-28T12:00:00Z")
    assert record.tariff_document is not None
    assert (bare.tariff, bare.tariff_updated, bare.tariff_document) == (None, None, None)
    assert bare.periods == (Period(begins="2026-03-28T12:00:00Z", energy_kwh="10", charging_h="1"),)


@pytest.mark.parametrize(
    ("changed", "standard", "form", "power"),
    [
        ({}, "IEC_62196_T2", "SOCKET", "AC_3_PHASE"),
        ({"power_w": PowerW(7_400)}, "IEC_62196_T2", "SOCKET", "AC_1_PHASE"),
        ({"power_w": PowerW(7_401)}, "IEC_62196_T2", "SOCKET", "AC_3_PHASE"),
        ({"connector_type": "IEC_62196_T1"}, "IEC_62196_T1", "CABLE", "AC_3_PHASE"),
        ({"current": Current.DC, "power_w": PowerW(7_000)}, "IEC_62196_T2", "CABLE", "DC"),
    ],
)
def test_format_and_phases_follow_from_what_is_known_of_a_connector(
    changed: dict[str, object], standard: str, form: str, power: str
) -> None:
    found = rules_cdr.place(LOCATION, replace(EVSE, **changed))  # type: ignore[arg-type]

    assert found.connector_standard == standard
    assert (found.connector_format, found.connector_power_type) == (form, power)
    assert (found.evse_uid, found.evse_id, found.connector_id) == (
        str(EVSE.evse),
        "FI*VLT*E1042*3",
        "1",
    )


def test_of_a_place_whose_evse_is_not_known_the_rest_is_told() -> None:
    found = rules_cdr.place(replace(LOCATION, postal_code=""), None)

    assert (found.evse_uid, found.evse_id, found.connector_id) == ("#NA", "#NA", "#NA")
    assert (found.connector_standard, found.connector_format) == ("IEC_62196_T2", "SOCKET")
    assert (found.connector_power_type, found.postal_code) == ("AC_3_PHASE", None)
    assert (found.latitude, found.longitude, found.country) == ("60.167500", "24.952700", "FIN")


def test_words_are_cut_to_their_fields() -> None:
    long = "ä\n" + "x" * 300
    where = replace(LOCATION, name=long, address=long, city=long, postal_code=long)

    found = rules_cdr.place(where, replace(EVSE, public_id=PublicEvseId("ä~ \x7f" + "E" * 60)))

    plain = "ä " + "x" * 300
    assert (found.name, found.address, found.city) == (plain[:255], plain[:45], plain[:45])
    assert found.postal_code == plain[:10]
    assert found.evse_id == ("?~ ?" + "E" * 60)[:48]


@pytest.mark.parametrize(
    ("kind", "contract"),
    [
        (TokenKind.RFID, str(uuid(5))),
        (TokenKind.APP, str(uuid(5))),
        (TokenKind.CONTRACT, "04A1B2C3"),
        (None, "04A1B2C3"),
    ],
)
def test_a_token_is_shown_with_the_contract_it_belongs_to(
    kind: TokenKind | None, contract: str
) -> None:
    shown = recorded(token=None if kind is None else replace(TOKEN, kind=kind)).token

    assert (shown.uid, shown.kind, shown.contract_id) == ("04A1B2C3", kind, contract)
    assert (shown.country_code, shown.party_id) == ("FI", "VLT")


def test_where_nothing_was_shown_it_is_not_known() -> None:
    session = msgspec.structs.replace(SESSION, token=None)

    assert recorded(session=session, token=None).token.uid == "#NA"


@pytest.mark.parametrize(
    ("ended", "charged", "doubtful", "remark"),
    [
        ("Remote", True, (), "Ended: Remote."),
        (None, True, (), None),
        ("", True, ("A.", "B."), "A. B."),
        (
            "Local",
            False,
            ("It\nfell.",),
            "Ended: Local. Nothing is charged: less energy flowed than the least that is billed."
            " It fell.",
        ),
        (None, True, ("x" * 300,), "x" * 255),
    ],
)
def test_a_remark_says_how_it_ended_and_what_is_doubtful(
    ended: str | None, charged: bool, doubtful: tuple[str, ...], remark: str | None
) -> None:
    visit = msgspec.structs.replace(BILLED.visit, ended_because=ended, doubtful=doubtful)
    bill = msgspec.structs.replace(BILLED, visit=visit, charged=charged)

    assert recorded(bill).remark == remark
