"""Tariffs come in all or none, and go out as they came in."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from tests.tariffs.test_actions import ocpi
from tests.tariffs.test_properties import tariffs
from voltway.kernel.errors import Refusal
from voltway.kernel.ids import PartyId
from voltway.runtime.work import BeginWork
from voltway.tariffs import actions_exchange as exchange
from voltway.tariffs.actions import NoBooksIn
from voltway.tariffs.actions_exchange import BadTariff, OcpiVersion
from voltway.tariffs.model import Dimension, Tariff, TaxIncluded
from voltway.tariffs.ocpi_write import TariffBeyondVersion


@settings(deadline=None, max_examples=30)
@given(tariffs)
def test_what_is_exported_is_imported_as_the_same(drawn: Tariff) -> None:
    for version in (OcpiVersion.V221, OcpiVersion.V230):
        tariff = drawn
        try:
            text = exchange.exported([tariff], version)
        except TariffBeyondVersion:
            continue
        if not _is_sound(tariff):
            with pytest.raises(BadTariff, match="FLAT and TIME"):
                exchange.given(text)
            continue
        (back,) = exchange.given(text)
        untaxed = tariff.tax_included is TaxIncluded.NOT_APPLICABLE
        if version is OcpiVersion.V221 and untaxed:  # without a rate that is the same there
            tariff = replace(tariff, tax_included=TaxIncluded.NO)
        assert back.tariff == tariff
        assert exchange.exported([back.tariff], version) == text


def _is_sound(tariff: Tariff) -> bool:
    """Whether what is asked of reservations is what OCPI lets be asked."""
    return all(
        component.dimension in (Dimension.FLAT, Dimension.TIME)
        for element in tariff.elements
        if element.restrictions.reservation
        for component in element.price_components
    )


def test_a_list_and_ocpis_own_response_are_read_too() -> None:
    one = json.loads(ocpi("0.49"))
    for told in ([one, one], {"data": [one, one], "status_code": 1000}):
        assert len(exchange.given(json.dumps(told))) == 2
    (alone,) = exchange.given(json.dumps({"data": one, "status_code": 1000}))
    assert alone.tariff.id == "DAY"


def test_the_digits_of_a_list_are_kept() -> None:
    text = f"[{ocpi('0.4900000000')}]"
    (one,) = exchange.given(text)
    assert "0.4900000000" in one.text


async def test_one_bad_tariff_of_a_list_keeps_all_out(begin: BeginWork, party: PartyId) -> None:
    with pytest.raises(BadTariff, match=r"Tariff 2 of 2: .*elements\[0\].price_components\[0\]"):
        exchange.given(f"[{ocpi('0.49')}, {ocpi('-1', ident='BAD')}]")
    text = f"[{ocpi('0.49')}, {ocpi('0.5', ident='SEK').replace('EUR', 'SEK')}]"
    with pytest.raises(NoBooksIn, match="No books are kept in SEK, only in EUR"):
        async with begin() as work:
            await exchange.add_all(work, party, exchange.given(text))
    async with begin() as work:
        assert not await work.all("SELECT 1 FROM tariff_view")


async def test_a_list_is_kept_and_each_is_looked_over(begin: BeginWork, party: PartyId) -> None:
    text = f"[{ocpi('0.49')}, {ocpi('0.5', ident='NIGHT')}]"
    async with begin() as work:
        added = await exchange.add_all(work, party, exchange.given(text))
        again = await exchange.add_all(work, party, exchange.given(text))
        flaws = await exchange.looked_over(work, party, added[0].tariff)

    assert [(each.ident, each.version) for each in added] == [("DAY", 1), ("NIGHT", 1)]
    assert [each.id for each in again] == [each.id for each in added]
    assert flaws == ()


BAD: list[Any] = [
    ("", "not JSON"),
    ("[]", "1 to 200"),
    ("7", "its top"),
    ("[" * 100_000, "nested too deep"),
    ("[" + ",".join(["{}"] * 201) + "]", "1 to 200"),
    (ocpi("0.49").replace("ENERGY", "WIND"), "'WIND' is none of ENERGY"),
    (ocpi("-0.49"), "must not be negative"),
    (ocpi("0.49").replace("EUR", "Euro"), "three capital letters"),
    (ocpi("1e400"), "greater than any price"),
    ("\x00\xff", "not JSON"),
]


@pytest.mark.parametrize(("text", "why"), BAD, ids=range(len(BAD)))
def test_what_cannot_be_read_is_one_sentence(text: str, why: str) -> None:
    with pytest.raises(Refusal, match=why):
        exchange.given(text)


def test_a_rate_that_is_not_asked_cannot_be_told_before_2_3_0() -> None:
    untaxed = ocpi("0.49", tax_included="N/A").replace('"step_size"', '"vat": 19, "step_size"')
    (given_,) = exchange.given(untaxed)
    with pytest.raises(TariffBeyondVersion, match="no tax is asked"):
        exchange.exported([given_.tariff], OcpiVersion.V221)
    (back,) = exchange.given(exchange.exported([given_.tariff], OcpiVersion.V230))
    assert back.tariff == given_.tariff
