"""OCPI's tariffs and sessions of three versions are one model of ours, and written as they came."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from tests.tariffs.test_properties import tariffs
from voltway.tariffs import rules
from voltway.tariffs.documents import BadField, NotJson
from voltway.tariffs.model import Reservation, Tariff, TaxIncluded
from voltway.tariffs.ocpi import read_tariff, tariff_of
from voltway.tariffs.ocpi_sessions import periods_in, read_session
from voltway.tariffs.ocpi_write import OcpiVersion, TariffBeyondVersion, document, written

UTC_ZONE = ZoneInfo("UTC")
FILE = Path(__file__).parent.parent / "cases" / "tariffs.jsonl"
CASES = [json.loads(line, parse_float=Decimal) for line in FILE.read_text().splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
@pytest.mark.parametrize("version", [OcpiVersion.V221, OcpiVersion.V230])
def test_a_tariff_that_is_written_is_read_as_the_same(
    case: dict[str, Any], version: OcpiVersion
) -> None:
    tariff = tariff_of(case["tariff"])
    if version is OcpiVersion.V221 and tariff.tax_included is TaxIncluded.YES:
        with pytest.raises(TariffBeyondVersion, match="include tax"):
            document(tariff, version)
    else:
        assert read_tariff(written(document(tariff, version))) == tariff


@settings(deadline=None)
@given(tariffs)
def test_every_tariff_survives_the_way_there_and_back(tariff: Tariff) -> None:
    sound = all(
        component.dimension.value in ("FLAT", "TIME")
        for element in tariff.elements
        if element.restrictions.reservation
        for component in element.price_components
    )
    text = written(document(tariff, OcpiVersion.V230))
    if sound:
        assert read_tariff(text) == tariff
    else:
        with pytest.raises(BadField, match="FLAT and TIME"):
            read_tariff(text)


def test_what_2_1_1_cannot_say_is_refused() -> None:
    for case in CASES:
        tariff = tariff_of(case["tariff"])
        if tariff.min_price or tariff.max_price:
            with pytest.raises(TariffBeyondVersion, match="minimum or maximum"):
                document(tariff, OcpiVersion.V211)


def test_2_1_1_has_its_own_names_and_no_tax() -> None:
    tariff = read_tariff(
        '{"id": "1", "currency": "EUR", "elements": [{"price_components":'
        ' [{"type": "TIME", "price": 2, "step_size": 300}]}]}'
    )
    session = """{"id": "s", "start_date_time": "2015-06-29T21:00:00Z",
        "stop_date_time": "2015-06-29T22:00:00Z", "charging_periods": [
        {"start_date_time": "2015-06-29T21:00:00", "dimensions":
        [{"type": "TIME", "volume": 1.0}, {"type": "FLAT", "volume": 1}]}], "total_cost": 2}"""

    cost = rules.price(tariff, read_session(session), UTC_ZONE)

    assert cost.before_taxes == cost.after_taxes == 2
    assert cost.lines[0].vat is None


def test_whole_numbers_may_be_written_with_a_point() -> None:
    tariff = read_tariff(
        '{"id": "1", "currency": "EUR", "elements": [{"price_components":'
        ' [{"type": "TIME", "price": 2, "step_size": 60.0}],'
        ' "restrictions": {"min_duration": 1800.0}}]}'
    )

    assert tariff.elements[0].price_components[0].step_size == 60
    assert tariff.elements[0].restrictions.min_duration_s == 1800


def session(**fields: object) -> dict[str, Any]:
    return {"start_date_time": "2026-03-02T12:00:00Z"} | fields


def test_a_session_without_periods_is_one_period() -> None:
    (period,) = periods_in(session(end_date_time="2026-03-02T13:30:00Z", kwh=Decimal("7.5")))

    assert (period.energy_wh, period.charging_s, period.parking_s) == (7500, 5400, 0)


def test_a_cdr_without_periods_knows_its_parking_time() -> None:
    (period,) = periods_in(
        session(
            end_date_time="2026-03-02T13:30:00Z",
            total_energy=Decimal("7.5"),
            total_time=Decimal("1.5"),
            total_parking_time=Decimal("0.5"),
        )
    )

    assert (period.charging_s, period.parking_s) == (3600, 1800)


def dimension(kind: str, volume: str) -> dict[str, Any]:
    return {"type": kind, "volume": Decimal(volume)}


def period(*dimensions: dict[str, Any], at: str = "12:00") -> dict[str, Any]:
    return {"start_date_time": f"2026-03-02T{at}:00Z", "dimensions": list(dimensions)}


def test_a_running_session_ends_where_its_last_period_has_come_to() -> None:
    running = session(
        charging_periods=[
            period(dimension("TIME", "0.25"), at="12:30"),
            period(dimension("TIME", "0.5"), dimension("STATE_OF_CHARGE", "44")),
        ]
    )
    first, last = periods_in(running)

    assert (first.ends, last.begins) == (last.begins, datetime(2026, 3, 2, 12, 30, tzinfo=UTC))
    assert last.ends == datetime(2026, 3, 2, 12, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "seconds"),
    [
        ("0.6666666667", 2400),
        ("0.6667", 2400),
        ("0.6666666666666666", 2400),
        ("0.35", 1260),
        ("1.973", Decimal("7102.8")),
    ],
)
def test_rounded_hours_are_the_whole_seconds_that_they_were(
    hours: str, seconds: int | Decimal
) -> None:
    told = session(
        end_date_time="2026-03-02T14:00:00Z", charging_periods=[period(dimension("TIME", hours))]
    )

    assert periods_in(told)[0].charging_s == seconds


def test_a_period_that_reserves_and_charges_is_two() -> None:
    held, charged = periods_in(
        session(
            end_date_time="2026-03-02T13:00:00Z",
            charging_periods=[
                period(dimension("RESERVATION_TIME", "0.5"), dimension("ENERGY", "2"))
            ],
        )
    )

    assert (held.reservation, held.reserved_s) == (Reservation.RESERVATION, 1800)
    assert (charged.reservation, charged.energy_wh) == (None, 2000)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"total_energy": 0}, Reservation.EXPIRES),
        ({"total_energy": 0, "session_id": "s"}, Reservation.RESERVATION),
        ({"total_energy": 0, "reservation_expired": False}, Reservation.RESERVATION),
        ({"kwh": 0, "status": "RESERVATION"}, Reservation.RESERVATION),
    ],
)
def test_a_cdr_of_a_reservation_alone_is_of_one_that_expired(
    fields: dict[str, object], kind: Reservation
) -> None:
    told = session(
        end_date_time="2026-03-02T13:00:00Z",
        charging_periods=[period(dimension("RESERVATION_TIME", "1"))],
        **fields,
    )

    assert [each.reservation for each in periods_in(told)] == [kind]


def test_the_envelope_of_a_response_is_taken_off() -> None:
    tariff = CASES[0]["tariff"]

    assert tariff_of({"data": tariff, "status_code": 1000}) == tariff_of(tariff)


@pytest.mark.parametrize("raw", [b"\xff{}", b'{"a": 1e99}', b'{"a": 1e-99}', b"{"])
def test_what_cannot_be_read_is_refused(raw: bytes) -> None:
    with pytest.raises((BadField, NotJson)):
        read_tariff(raw)


def test_a_negative_volume_is_refused_where_it_would_be_billed() -> None:
    told = session(
        end_date_time="2026-03-02T13:00:00Z", charging_periods=[period(dimension("ENERGY", "-1"))]
    )

    with pytest.raises(BadField, match=r"charging_periods\[0\]\.dimensions\[0\]\.volume"):
        periods_in(told)
