"""What was typed into the editor, as the document that it becomes: field by field."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from voltway.tariffs.model import Dimension
from voltway.tariffs.rules_draft import draft_of, forbidden
from voltway.tariffs.rules_draft_form import ELEMENTS_MAX

ZONE = "Europe/Helsinki"
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TYPED = {
    **{"id": " D ", "currency": " eur ", "vat_from": "place", "elements": "2,5"},
    **{"e2-components": "0", "e2-c0-type": "TIME", "e2-c0-price": "0.10", "e2-c0-per": "min"},
    **{"e5-components": "1", "e5-c1-type": "ENERGY", "e5-c1-price": "0,5", "e5-c1-per": "min"},
}
BECOMES: dict[str, Any] = {
    **{"id": "D", "currency": "EUR", "tax_included": "NO", "voltway_taxes": "by_place"},
    "elements": [
        {"price_components": [{"type": "TIME", "price": Decimal(6), "step_size": 1}]},
        {"price_components": [{"type": "ENERGY", "price": Decimal("0.5"), "step_size": 1}]},
    ],
    "last_updated": "2026-03-02T12:00:00Z",
}


def made(typed: dict[str, str], base: str | None = None) -> dict[str, Any]:
    draft = draft_of({**TYPED, **typed}, base, ZONE, NOW)
    assert draft.wrong == {}
    assert draft.is_sound
    found: dict[str, Any] = json.loads(draft.document, parse_float=Decimal)
    return found


def wrong(typed: dict[str, str]) -> dict[str, str]:
    draft = draft_of({**TYPED, **typed}, None, ZONE, NOW)
    assert draft.tariff is None
    assert not draft.is_sound
    return dict(draft.wrong)


@pytest.mark.parametrize(
    ("typed", "more"),
    [
        ({}, {}),
        ({"type": "REGULAR"}, {"type": "REGULAR"}),
        ({"tax": "gross"}, {"tax_included": "YES"}),
        ({"tax": "net"}, {}),
        ({"text": " Ask. "}, {"tariff_alt_text": [{"language": "en", "text": "Ask."}]}),
        ({"text": "  "}, {}),
        ({"min_price-before": "1"}, {"min_price": {"before_taxes": 1}}),
        (
            {"max_price-before": "20", "max_price-after": "24.5"},
            {"max_price": {"before_taxes": 20, "after_taxes": Decimal("24.5")}},
        ),
        (
            {"starts": "2026-03-29T04:00", "ends": "2026-12-31 12:00Z"},
            {"start_date_time": "2026-03-29T01:00:00Z", "end_date_time": "2026-12-31T12:00:00Z"},
        ),
        ({"ends": "2026-12-31T12:00+05:00"}, {"end_date_time": "2026-12-31T07:00:00Z"}),
    ],
)
def test_what_was_typed_is_in_the_document_and_no_more(
    typed: dict[str, str], more: dict[str, Any]
) -> None:
    assert made(typed) == {**BECOMES, **more}


def test_where_no_tax_applies_none_is_taken_from_the_place() -> None:
    said = made({"tax": "none"})

    assert said["tax_included"] == "N/A"
    assert "voltway_taxes" not in said


def test_where_tax_is_stated_each_price_says_it_unless_none_applies() -> None:
    told = "Say the VAT in percent; 0 is one. Or leave the tax to the place."

    assert wrong({"vat_from": "stated", "e2-c0-vat": "0"}) == {"e5-c1-vat": told}
    free = made({"vat_from": "stated", "tax": "none"})
    assert "vat" not in free["elements"][0]["price_components"][0]
    stated = made({"vat_from": "stated", "e2-c0-vat": "0", "e5-c1-vat": "25,5"})
    assert [each["price_components"][0]["vat"] for each in stated["elements"]] == [
        0,
        Decimal("25.5"),
    ]


@pytest.mark.parametrize(
    ("typed", "limits"),
    [
        (
            {"e2-start_time": " 22:00 ", "e2-end_time": "06:00"},
            {"start_time": "22:00", "end_time": "06:00"},
        ),
        ({"e2-min_kwh": "1.5", "e2-max_kwh": "40"}, {"min_kwh": Decimal("1.5"), "max_kwh": 40}),
        (
            {"e2-min_power": "3.7", "e2-max_power": "50"},
            {"min_power": Decimal("3.7"), "max_power": 50},
        ),
        ({"e2-min_current": "6", "e2-max_current": "32"}, {"min_current": 6, "max_current": 32}),
        (
            {"e2-min_minutes": "1.5", "e2-max_minutes": "60"},
            {"min_duration": 90, "max_duration": 3600},
        ),
        ({"e2-day-SUNDAY": "yes", "e2-day-MONDAY": "no"}, {"day_of_week": ["SUNDAY"]}),
        ({"e2-start_date": "2026-01-01"}, {"start_date": "2026-01-01"}),
        ({"e2-end_date": "2026-01-01"}, {"end_date": "2026-01-01"}),
        ({"e2-reservation": "RESERVATION"}, {"reservation": "RESERVATION"}),
    ],
)
def test_the_limits_of_an_element_are_those_that_were_typed(
    typed: dict[str, str], limits: dict[str, Any]
) -> None:
    first, second = made(typed)["elements"]

    assert first["restrictions"] == limits
    assert "restrictions" not in second


@pytest.mark.parametrize("kind", list(Dimension))
def test_only_a_price_of_time_may_be_typed_by_the_minute(kind: Dimension) -> None:
    timed = kind in (Dimension.TIME, Dimension.PARKING_TIME)
    for per, price in (("min", 6 if timed else Decimal("0.1")), ("h", Decimal("0.1"))):
        [part] = made({"e2-c0-type": kind.value, "e2-c0-per": per})["elements"][0][
            "price_components"
        ]
        assert part["price"] == price


@pytest.mark.parametrize(
    ("typed", "read"),
    [("0", 0), ("0.490", Decimal("0.490")), ("1,25", Decimal("1.25")), ("9999999999", 9999999999)],
)
def test_a_number_is_read_with_a_point_or_a_comma(typed: str, read: object) -> None:
    [part] = made({"e5-c1-price": typed})["elements"][1]["price_components"]
    assert part["price"] == read


@pytest.mark.parametrize(
    "typed", ["1,000.50", "10000000000", "0.0000000000001", "NaN", "Infinity", "1e13", "x" * 50]
)
def test_what_is_no_number_is_told_with_its_first_letters(typed: str) -> None:
    assert wrong({"e5-c1-price": typed}) == {
        "e5-c1-price": f"{typed[:40]} is no number, such as 0.49."
    }


@pytest.mark.parametrize("typed", ["-0.01", "-5"])
def test_no_price_is_below_nothing(typed: str) -> None:
    assert wrong({"e5-c1-price": typed}) == {"e5-c1-price": "It must not be negative."}


@pytest.mark.parametrize("typed", ["31.12.2026", "2026-02-30T00:00", "9999-12-31T23:59-12:00"])
def test_what_is_no_moment_is_told(typed: str) -> None:
    assert wrong({"ends": typed}) == {
        "ends": f"{typed} is no date and time, such as 2026-03-02 06:30."
    }


def test_a_price_that_was_left_out_is_asked_for_once() -> None:
    assert wrong({"e5-c1-price": " "}) == {"e5-c1-price": "A price is needed; 0 is one."}
    assert wrong({"min_price-after": "2"}) == {
        "min_price-before": "The limit before tax is needed too."
    }


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ({"e5-c1-step": "1.5"}, "e5-c1-step"),
        ({"e5-c1-vat": "101"}, "e5-c1-vat"),
        ({"e5-min_minutes": "0.001"}, "e5-min_minutes"),
        ({"e5-max_minutes": "0.001"}, "e5-max_minutes"),
        ({"e5-start_time": "25:00"}, "e5-start_time"),
        ({"e5-reservation": "NEVER"}, "e5-reservation"),
        ({"e5-components": ""}, "e5-components"),
        ({"elements": ""}, "elements"),
        ({"id": ""}, "id"),
        ({"max_price-before": "2", "max_price-after": "1"}, "max_price-before"),
    ],
)
def test_a_fault_of_the_document_stands_at_the_field_it_stems_from(
    typed: dict[str, str], at: str
) -> None:
    [(field, why)] = wrong(typed).items()
    assert field == at
    assert why[0] == why[0].upper()
    assert why.endswith(".")


def test_what_the_form_has_no_field_for_stays_with_its_part() -> None:
    spot = {"series": "FI"}
    parts = [
        {"type": "FLAT", "price": 1, "voltway_kept": "no"},
        {"type": "ENERGY", "price": 1, "voltway_spot": spot, "odd": 1},
    ]
    base: dict[str, Any] = {
        "elements": [
            {"price_components": [{"type": "FLAT", "price": 1}]},
            {"price_components": parts},
        ],
        "tariff_alt_text": [{"language": "fi", "text": "Hei"}, {"language": "sv", "text": "Hej"}],
        **{"tariff_alt_url": "https://example.org", "type": "REGULAR", "min_price": 4},
    }
    base["elements"][1] |= {"voltway_idle": None, "restrictions": {"min_kwh": 1}}
    moved = {"e5-from": "1", "e5-c1-from": "1", "e2-from": "7", "e2-c0-from": "x"}

    said = json.loads(draft_of({**TYPED, **moved}, json.dumps(base), ZONE, NOW).document)

    assert said["elements"][0] == {
        "price_components": [{"type": "TIME", "price": 6, "step_size": 1}]
    }
    [part] = said["elements"][1]["price_components"]
    assert part == {"type": "ENERGY", "price": 0.5, "step_size": 1, "voltway_spot": spot}
    assert "restrictions" not in said["elements"][1]
    assert said["tariff_alt_text"] == [{"language": "sv", "text": "Hej"}], "the first was emptied"
    assert said["tariff_alt_url"] == "https://example.org"
    assert "type" not in said
    assert "min_price" not in said


def test_no_more_elements_are_read_than_a_tariff_may_have() -> None:
    many = ",".join(["2"] * (ELEMENTS_MAX + 1))

    assert len(made({"elements": many})["elements"]) == ELEMENTS_MAX


@pytest.mark.parametrize(
    ("typed", "power", "sentences"),
    [
        ({}, "slow", 0),
        ({}, "fast", 1),
        ({}, "both", 1),
        ({}, "any", 1),
        ({"type": "AD_HOC_PAYMENT"}, "both", 1),
        ({"type": "REGULAR"}, "both", 0),
    ],
)
def test_a_price_from_the_first_minute_is_told_for_fast_stations_and_guests_alone(
    typed: dict[str, str], power: str, sentences: int
) -> None:
    tariff = draft_of({**TYPED, **typed}, None, ZONE, NOW).tariff

    assert tariff is not None
    assert len(forbidden(tariff, power)) == sentences
