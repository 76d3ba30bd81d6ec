"""The form of the editor: what its buttons make of it, and how it shows a tariff that is there."""

import json
from typing import Any

import pytest

from voltway.tariffs.rules_draft_form import (
    COMPONENTS_MAX,
    ELEMENTS_MAX,
    changed,
    components_of,
    elements_of,
    faults_shown,
    fields_of,
    new_fields,
)

ZONE = "Europe/Helsinki"

TWO = {
    **{"elements": "4,7", "e4-components": "0,3", "e7-components": "1", "fresh": "head"},
    **{"e4-c0-type": "ENERGY", "e4-c3-type": "TIME", "e7-c1-type": "FLAT"},
}


def test_a_new_form_has_one_price_per_kwh_and_nothing_that_anybody_has_looked_at() -> None:
    assert new_fields("SEK") == {
        **{"currency": "SEK", "tax": "net", "vat_from": "place", "power": "both"},
        **{"fresh": "head,e0,e0-c0", "elements": "0", "e0-components": "0"},
        **{"e0-c0-type": "ENERGY", "e0-c0-step": "1"},
    }


@pytest.mark.parametrize(
    ("do", "becomes"),
    [
        (
            "add-element",
            {
                **{"elements": "4,7,8", "e8-components": "0", "e8-c0-type": "ENERGY"},
                **{"e8-c0-step": "1", "fresh": "head,e8,e8-c0"},
            },
        ),
        (
            "add-component:4",
            {
                **{"e4-components": "0,3,4", "e4-c4-type": "PARKING_TIME", "e4-c4-step": "1"},
                "fresh": "head,e4-c4",
            },
        ),
        (
            "add-component:7",
            {
                **{"e7-components": "1,2", "e7-c2-type": "ENERGY", "e7-c2-step": "1"},
                "fresh": "head,e7-c2",
            },
        ),
        ("remove-component:4-0", {"e4-components": "3"}),
        ("remove-component:4-9", {}),
        ("remove-component:4", {}),
        ("up:7", {"elements": "7,4"}),
        ("down:4", {"elements": "7,4"}),
        ("up:4", {}),
        ("down:7", {}),
        ("down:5", {}),
        ("remove-element:5", {}),
        ("add-component:5", {}),
        ("sideways:4", {}),
        ("", {}),
    ],
)
def test_a_button_changes_its_part_and_nothing_else(do: str, becomes: dict[str, str]) -> None:
    assert changed(TWO, do) == {**TWO, **becomes}


def test_an_element_that_is_taken_away_takes_its_fields_with_it() -> None:
    left = {"elements": "7", "e7-components": "1", "fresh": "head", "e7-c1-type": "FLAT"}

    assert changed(TWO, "remove-element:4") == left


@pytest.mark.parametrize("do", ["save", "publish"])
def test_who_saves_has_looked_at_everything(do: str) -> None:
    assert changed(TWO, do) == {name: said for name, said in TWO.items() if name != "fresh"}


def test_the_first_part_of_an_empty_form_is_its_first() -> None:
    form = changed({}, "add-element")

    assert (form["elements"], form["fresh"]) == ("0", "e0,e0-c0")
    form = changed({"elements": "0"}, "add-component:0")
    assert (form["e0-components"], form["fresh"], form["e0-c0-type"]) == ("0", "e0-c0", "ENERGY")


def test_an_element_that_prices_everything_is_offered_energy_again() -> None:
    kinds = ("ENERGY", "TIME", "PARKING_TIME", "FLAT")
    form = {f"e0-c{nth}-type": kind for nth, kind in enumerate(kinds)}

    form = changed({**form, "elements": "0", "e0-components": "0,1,2,3"}, "add-component:0")

    assert form["e0-c4-type"] == "ENERGY"


def test_a_form_grows_no_longer_than_a_tariff_may_be() -> None:
    form: dict[str, str] = {}
    for _ in range(ELEMENTS_MAX + 1):
        form = changed(form, "add-element")
    for _ in range(COMPONENTS_MAX + 1):
        form = changed(form, "add-component:0")

    assert elements_of(form) == list(range(ELEMENTS_MAX))
    assert components_of(form, 0) == list(range(COMPONENTS_MAX))


def test_numbers_that_are_none_are_left_out() -> None:
    assert elements_of({"elements": "1,x,,2"}) == [1, 2]
    assert elements_of({}) == []
    assert components_of({"e3-components": "0,-1,5"}, 3) == [0, 5]
    assert components_of({}, 3) == []


@pytest.mark.parametrize(
    ("name", "typed", "is_shown"),
    [
        ("id", "", False),
        ("id", "  ", False),
        ("id", "?", True),
        ("e0-c0-price", "", False),
        ("e0-c0-price", "dear", True),
        ("e0-start_time", "", True),
        ("e10-c1-price", "", True),
    ],
)
def test_an_empty_field_that_nobody_has_looked_at_is_no_fault(
    name: str, typed: str, is_shown: bool
) -> None:
    shown = faults_shown({"fresh": "head,e0-c0,e1", name: typed}, {name: "Wrong."})

    assert shown == ({name: "Wrong."} if is_shown else {})


def document(**more: Any) -> str:
    price = {"type": "ENERGY", "price": 0.4, "step_size": 1}
    told = {"id": "D", "currency": "EUR", "elements": [{"price_components": [price]}], **more}
    return json.dumps(told)


BARE = {
    **{"id": "D", "currency": "EUR", "tax": "net", "vat_from": "stated", "power": "both"},
    **{"elements": "0", "e0-components": "0", "e0-from": "0", "e0-c0-from": "0"},
    **{"e0-c0-type": "ENERGY", "e0-c0-price": "0.4", "e0-c0-step": "1", "e0-c0-per": "h"},
}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ({}, {}),
        ({"type": "REGULAR"}, {"type": "REGULAR"}),
        ({"tax_included": "YES"}, {"tax": "gross"}),
        ({"tax_included": "NO"}, {"tax": "net"}),
        ({"tax_included": "N/A"}, {"tax": "none"}),
        ({"voltway_taxes": "by_place"}, {"vat_from": "place"}),
        ({"tariff_alt_text": [{"language": "fi", "text": "Hei"}]}, {"text": "Hei"}),
        ({"tariff_alt_text": []}, {}),
        ({"min_price": 1.5}, {"min_price-before": "1.5"}),
        (
            {"max_price": {"excl_vat": 20, "incl_vat": 24.5}},
            {"max_price-before": "20", "max_price-after": "24.5"},
        ),
        (
            {"min_price": {"before_taxes": 1, "after_taxes": 1.19}},
            {"min_price-before": "1", "min_price-after": "1.19"},
        ),
        ({"end_date_time": "2026-12-31T22:00:00Z"}, {"ends": "2027-01-01T00:00"}),
        ({"end_date_time": "2026-12-31T22:00:00"}, {"ends": "2027-01-01T00:00"}),
        ({"end_date_time": "2026-12-31T22:00:00+02:00"}, {"ends": "2026-12-31T22:00"}),
        ({"end_date_time": "some day"}, {}),
        ({"start_date_time": "2026-01-01T00:00:00Z"}, {}),
    ],
)
def test_the_form_shows_what_the_document_says(said: dict[str, Any], shown: dict[str, str]) -> None:
    assert fields_of(document(**said), ZONE) == {**BARE, **shown}


def test_a_document_in_its_envelope_is_shown_as_well() -> None:
    assert fields_of(json.dumps({"data": json.loads(document())}), ZONE) == BARE


def test_the_form_shows_each_element_with_its_limits_and_prices() -> None:
    parts = [
        {"type": "ENERGY", "price": 0.5, "vat": 25.5, "step_size": 100},
        {"type": "PARKING_TIME", "price": 6},
    ]
    limits = {
        **{"start_time": "22:00", "end_time": "06:00", "day_of_week": ["SUNDAY", "MONDAY"]},
        **{"min_kwh": 1, "max_kwh": 40, "min_power": 3.7, "max_power": 50},
        **{"min_current": 6, "max_current": 32, "min_duration": 90, "max_duration": 3600},
        **{"start_date": "2026-01-01", "end_date": "2026-02-01", "reservation": "RESERVATION"},
    }
    first = {"price_components": [{"type": "FLAT", "price": 100}]}
    second = {"price_components": parts, "restrictions": limits}

    shown = fields_of(document(elements=[first, second]), ZONE)

    assert {name: said for name, said in shown.items() if name[0] == "e"} == {
        **{"elements": "0,1", "e0-from": "0", "e0-components": "0", "e0-c0-from": "0"},
        **{"e0-c0-type": "FLAT", "e0-c0-price": "100", "e0-c0-step": "1", "e0-c0-per": "h"},
        **{"e1-from": "1", "e1-components": "0,1", "e1-start_time": "22:00"},
        **{"e1-end_time": "06:00", "e1-day-SUNDAY": "yes", "e1-day-MONDAY": "yes"},
        **{"e1-min_kwh": "1", "e1-max_kwh": "40", "e1-min_power": "3.7", "e1-max_power": "50"},
        **{"e1-min_current": "6", "e1-max_current": "32", "e1-min_minutes": "1.5"},
        **{"e1-max_minutes": "60", "e1-start_date": "2026-01-01", "e1-end_date": "2026-02-01"},
        **{"e1-reservation": "RESERVATION", "e1-c0-from": "0", "e1-c0-type": "ENERGY"},
        **{"e1-c0-price": "0.5", "e1-c0-vat": "25.5", "e1-c0-step": "100", "e1-c0-per": "h"},
        **{"e1-c1-from": "1", "e1-c1-type": "PARKING_TIME", "e1-c1-price": "6"},
        **{"e1-c1-step": "1", "e1-c1-per": "h"},
    }
