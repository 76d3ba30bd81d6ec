"""Drafts: what was typed becomes a document, with every fault at its field."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from tests.network import a_party
from tests.tariffs.test_actions import ocpi
from voltway.runtime.work import BeginWork
from voltway.tariffs import actions, drafts
from voltway.tariffs.drafts import DraftMoved, NoSuchDraft, NotSound
from voltway.tariffs.lawful import LawForbids
from voltway.tariffs.model import Dimension, Reservation, TaxIncluded, Weekday
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.rules_draft import draft_of, forbidden
from voltway.tariffs.rules_draft_form import (
    changed,
    components_of,
    elements_of,
    fields_of,
    new_fields,
)

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ZONE = "Europe/Helsinki"

WHOLE = {
    **{"id": "DAY", "currency": "eur", "type": "REGULAR", "tax": "gross", "vat_from": "stated"},
    **{"power": "both", "ends": "2027-01-01T00:00", "text": "Ask at the desk."},
    **{"min_price-before": "1", "min_price-after": "1.255", "max_price-before": "40"},
    **{"elements": "3,1", "e3-components": "0,2", "e1-components": "0"},
    **{"e3-c0-type": "ENERGY", "e3-c0-price": "0,4900", "e3-c0-vat": "25.5", "e3-c0-step": "100"},
    **{"e3-c2-type": "PARKING_TIME", "e3-c2-price": "0.10", "e3-c2-per": "min", "e3-c2-vat": "0"},
    **{"e3-start_time": "22:00", "e3-end_time": "06:00", "e3-day-SUNDAY": "yes"},
    **{"e3-min_minutes": "1.5", "e3-max_kwh": "40", "e3-min_power": "3.7"},
    **{"e1-c0-type": "FLAT", "e1-c0-price": "2", "e1-c0-vat": "25.5"},
    **{"e1-reservation": "RESERVATION"},
}


def test_what_was_typed_becomes_a_tariff() -> None:
    draft = draft_of(WHOLE, None, ZONE, NOW)

    assert draft.wrong == {}
    assert draft.tariff is not None
    assert draft.tariff == read_tariff(draft.document)
    first, second = draft.tariff.elements
    energy, idle = first.price_components
    assert (energy.price, energy.step_size) == (Decimal("0.4900"), 100)
    assert (idle.dimension, idle.price, idle.vat) == (
        Dimension.PARKING_TIME,
        Decimal(6),
        Decimal(0),
    )
    assert first.restrictions.min_duration_s == 90
    assert first.restrictions.days == {Weekday.SUNDAY}
    assert first.restrictions.max_kwh == 40
    assert second.restrictions.reservation is Reservation.RESERVATION
    assert draft.tariff.tax_included is TaxIncluded.YES
    assert draft.tariff.currency == "EUR"
    assert draft.tariff.ends == datetime(2026, 12, 31, 22, tzinfo=UTC), "by the clock of Helsinki"
    assert draft.tariff.min_price is not None
    assert draft.tariff.min_price.after_taxes == Decimal("1.255")


def test_a_tariff_shown_in_the_form_and_read_from_it_is_the_same() -> None:
    first = draft_of(WHOLE, None, ZONE, NOW)

    again = draft_of(fields_of(first.document, ZONE), first.document, ZONE, NOW)

    assert again.wrong == {}
    assert again.tariff == first.tariff


def test_what_the_form_does_not_show_is_carried_over() -> None:
    base = ocpi(
        "0.40",
        country_code="FI",
        tariff_alt_url="https://example.org",
        tariff_alt_text=[{"language": "fi", "text": "Hei"}, {"language": "sv", "text": "Hej"}],
        energy_mix={"is_green_energy": True},
    )
    fields = {**fields_of(base, ZONE), "text": "Moi", "vat_from": "place"}

    tariff = draft_of(fields, base, ZONE, NOW).tariff

    assert tariff is not None
    assert (tariff.country_code, tariff.alt_url) == ("FI", "https://example.org")
    assert tariff.energy_mix == '{"is_green_energy": true}'
    assert [(each.language, each.text) for each in tariff.alt_text] == [
        ("fi", "Moi"),
        ("sv", "Hej"),
    ]


@pytest.mark.parametrize(
    ("fields", "at", "says"),
    [
        ({"id": ""}, "id", "1 to 36 characters"),
        ({"currency": "euro"}, "currency", "three capital letters"),
        ({"e3-c0-price": ""}, "e3-c0-price", "A price is needed"),
        ({"e3-c0-price": "-1"}, "e3-c0-price", "must not be negative"),
        ({"e3-c0-price": "1e999999999"}, "e3-c0-price", "is no number"),
        ({"e3-c0-price": "a lot"}, "e3-c0-price", "a lot is no number"),
        ({"e3-c0-vat": ""}, "e3-c0-vat", "Say the VAT"),
        ({"e3-c0-vat": "101"}, "e3-c0-vat", "percentage from 0 to 100"),
        ({"e3-c0-step": "1.5"}, "e3-c0-step", "whole number"),
        ({"e3-c0-type": "MOOD"}, "e3-c0-type", "none of ENERGY"),
        ({"e1-c0-type": "ENERGY"}, "e1-c0-type", "only FLAT and TIME"),
        ({"e3-start_time": "25:00"}, "e3-start_time", "no time of day"),
        ({"e3-start_date": "2026-02-30"}, "e3-start_date", "no date such as"),
        ({"e3-components": ""}, "e3-components", "at least one"),
        ({"elements": ""}, "elements", "There must be 1"),
        ({"ends": "never"}, "ends", "never is no date and time"),
        ({"starts": "2028-01-01T00:00"}, "ends", "must be after start_date_time"),
        ({"min_price-before": ""}, "min_price-before", "needed too"),
        ({"min_price-after": "0.50"}, "min_price-before", "less with tax than without"),
    ],
)
def test_a_fault_is_told_at_its_field(fields: dict[str, str], at: str, says: str) -> None:
    draft = draft_of({**WHOLE, **fields}, None, ZONE, NOW)

    assert draft.tariff is None
    assert says in draft.wrong[at]


def test_the_buttons_add_move_and_remove_parts() -> None:
    form = new_fields("EUR")
    form = changed(form, "add-component:0")
    form = changed(form, "add-element")
    form = changed(form, "up:1")
    moved = elements_of(form)
    form = changed(form, "remove-component:0-0")
    kept = components_of(form, 0)
    form = changed(form, "remove-element:1")

    assert moved == [1, 0]
    assert kept == [1]
    assert form["e0-c1-type"] == "TIME", "the first kind of price that was not there yet"
    assert elements_of(form) == [0]
    assert not any(name.startswith("e1-") for name in form)
    for nonsense in ("", "up:", "up:9", "remove-component:7", "add-component:x", "save"):
        assert elements_of(changed(form, nonsense)) == [0]


@pytest.mark.parametrize(
    ("fields", "power", "is_forbidden"),
    [
        ({"type": ""}, "both", True),
        ({"type": "AD_HOC_PAYMENT"}, "fast", True),
        ({"type": ""}, "slow", False),
        ({"type": "REGULAR"}, "both", False),
        ({"type": "", "e0-c1-price": "0"}, "fast", False),
    ],
)
def test_the_law_is_asked_for_the_powers_and_people_that_it_is_about(
    fields: dict[str, str], power: str, is_forbidden: bool
) -> None:
    flat = {
        **{"id": "D", "currency": "EUR", "vat_from": "place", "elements": "0"},
        **{"e0-components": "0,1", "e0-c0-type": "ENERGY", "e0-c0-price": "0.4"},
        **{"e0-c1-type": "FLAT", "e0-c1-price": "1"},
    }
    tariff = draft_of({**flat, **fields}, None, ZONE, NOW).tariff

    assert tariff is not None
    assert bool(forbidden(tariff, power)) is is_forbidden


async def test_publishing_makes_a_version_that_never_changes_and_the_draft_is_gone(
    begin: BeginWork,
) -> None:
    async with begin() as work:
        party = await a_party(work)
        id = await drafts.begin(work, party.id, WHOLE, None, "Aino")
        made = await drafts.publish(work, party.id, await drafts.draft(work, id), ZONE)
        with pytest.raises(NoSuchDraft):
            await drafts.draft(work, id)
        fields = {**fields_of(made.document, ZONE), "e0-c0-price": "0.5"}
        next_id = await drafts.begin(work, party.id, fields, made.document, "Aino")
        second = await drafts.publish(work, party.id, await drafts.draft(work, next_id), ZONE)

    assert (made.ident, made.version, second.version) == ("DAY", 1, 2)
    async with begin() as work:
        assert (await actions.version(work, made.id)).elements[0].price_components[
            0
        ].price == Decimal("0.49")


async def test_what_cannot_be_published_stays_a_draft(begin: BeginWork) -> None:
    async with begin() as work:
        party = await a_party(work)
        for fields, refusal in (
            ({**WHOLE, "id": ""}, NotSound),
            ({**WHOLE, "type": "", "e3-c2-type": "FLAT"}, LawForbids),
        ):
            id = await drafts.begin(work, party.id, fields, None, "Aino")
            with pytest.raises(refusal):
                await drafts.publish(work, party.id, await drafts.draft(work, id), ZONE)
            assert (await drafts.draft(work, id)).fields == fields
        assert await work.all("SELECT * FROM tariff_view") == []


async def test_two_who_write_at_once_do_not_write_over_each_other(begin: BeginWork) -> None:
    async with begin() as work:
        party = await a_party(work)
        id = await drafts.begin(work, party.id, WHOLE, None, "Aino")
        await drafts.save(work, id, {**WHOLE, "id": "A"}, 1, "Aino")
        with pytest.raises(DraftMoved):
            await drafts.save(work, id, {**WHOLE, "id": "B"}, 1, "Bo")
        kept = await drafts.draft(work, id)
        await drafts.discard(work, id)
        with pytest.raises(NoSuchDraft):
            await drafts.save(work, uuid4(), WHOLE, 1, "Bo")

    assert (kept.fields["id"], kept.revision, kept.saved_by) == ("A", 2, "Aino")
