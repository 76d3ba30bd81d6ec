"""Every case with a known answer comes out, by the tariff and session as OCPI writes them."""

import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from voltway.tariffs import rules
from voltway.tariffs.model import Cost, CostLine, Dimension, LimitLine, TaxIncluded
from voltway.tariffs.ocpi import tariff_of
from voltway.tariffs.ocpi_sessions import periods_in

FILE = Path(__file__).parent.parent / "cases" / "tariffs.jsonl"
CASES = [json.loads(line, parse_float=Decimal) for line in FILE.read_text().splitlines()]

#: The derived figures of the source are written to six places.
WRITTEN = Decimal("0.000001")
CENT = Decimal("0.01")


def priced(case: dict[str, Any]) -> Cost:
    zone = ZoneInfo(case["time_zone"])
    return rules.price(tariff_of(case["tariff"]), periods_in(case["cdr"]), zone)


def agrees(found: Decimal, expected: Decimal | int, rounding: str | None) -> bool:
    if rounding == "cents":
        return found.quantize(CENT, ROUND_HALF_UP) == Decimal(expected)
    if -Decimal(expected).as_tuple().exponent >= 6:  # type: ignore[operator]
        return found.quantize(WRITTEN, ROUND_HALF_UP) == Decimal(expected)
    return found == Decimal(expected)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_total_is_as_published(case: dict[str, Any]) -> None:
    expected = (case.get("corrected") or case["expected"]).get("total_cost", {})
    cost = priced(case)
    compared = 0

    for name, found in (
        ("excl_vat", cost.before_taxes),
        ("before_taxes", cost.before_taxes),
        ("incl_vat", cost.after_taxes),
        ("after_taxes", cost.after_taxes),
    ):
        if name in expected:
            compared += 1
            assert agrees(found, expected[name], case.get("rounding")), f"{name}: {found}"
    for tax in expected.get("taxes", ()):
        compared += 1
        assert cost.tax == tax["amount"]

    assert compared or "billed_charging_time_min" in case["expected"]


PARTS = {
    "total_fixed_cost": (Dimension.FLAT, False),
    "total_energy_cost": (Dimension.ENERGY, False),
    "total_time_cost": (Dimension.TIME, False),
    "total_parking_cost": (Dimension.PARKING_TIME, False),
    "total_reservation_cost": (None, True),
}


@pytest.mark.parametrize(
    ("case", "part"),
    [
        pytest.param(case, part, id=f"{case['id']} {part}")
        for case in CASES
        if not case.get("known_erratum")
        for part in PARTS
        if part in case["expected"]
    ],
)
def test_each_part_is_as_published(case: dict[str, Any], part: str) -> None:
    dimension, reserved = PARTS[part]
    expected = case["expected"][part]
    lines = [
        line
        for line in priced(case).lines
        if bool(line.reservation) == reserved and dimension in (None, line.dimension)
    ]

    before = sum((line.before_taxes for line in lines), Decimal(0))
    net = expected["excl_vat"] if "excl_vat" in expected else expected["before_taxes"]
    assert agrees(before, net, case.get("rounding"))
    if "incl_vat" in expected:
        after = sum((line.after_taxes for line in lines), Decimal(0))
        assert agrees(after, expected["incl_vat"], case.get("rounding"))


BILLED = {
    "billed_energy": (Dimension.ENERGY, 1000),
    "billed_charging_time_min": (Dimension.TIME, 60),
    "billed_parking_time_min": (Dimension.PARKING_TIME, 60),
}


@pytest.mark.parametrize(
    ("case", "part"),
    [
        pytest.param(case, part, id=f"{case['id']} {part}")
        for case in CASES
        for part in BILLED
        if part in case["expected"]
    ],
)
def test_what_is_billed_is_as_published(case: dict[str, Any], part: str) -> None:
    dimension, units = BILLED[part]
    lines = [line for line in priced(case).lines if line.dimension is dimension]

    assert sum(line.billed for line in lines) == case["expected"][part] * units


def test_the_file_holds_every_case_and_each_is_named_once() -> None:
    assert len(CASES) == 36
    assert len({case["id"] for case in CASES}) == 36


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_the_lines_the_limits_and_the_taxes_sum_to_the_total(case: dict[str, Any]) -> None:
    cost = priced(case)
    parts: list[CostLine | LimitLine] = [*cost.lines, *cost.limits]
    close = Decimal("1e-12")

    assert abs(sum(part.before_taxes for part in parts) - cost.before_taxes) < close
    assert abs(sum(part.after_taxes for part in parts) - cost.after_taxes) < close
    assert abs(sum(tax.before_taxes for tax in cost.taxes) - cost.before_taxes) < close
    assert abs(sum(tax.tax for tax in cost.taxes) - cost.tax) < close
    if tariff_of(case["tariff"]).tax_included is TaxIncluded.NO:
        assert all(line.tax >= 0 for line in cost.lines)
