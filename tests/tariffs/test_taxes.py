"""Taxes by country and date: the table, what a party sets over it, and tariffs that ask for it."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from tests.network import a_party, a_station
from tests.tariffs.test_actions import ocpi
from voltway.kernel.ids import PartyId
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.tariffs import actions, taxes
from voltway.tariffs.documents import BadField
from voltway.tariffs.model_taxes import Supply, TaxDeclaration, TaxRule
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.ocpi_write import OcpiVersion, TariffBeyondVersion, document, written
from voltway.tariffs.rules import TaxesOpen, price
from voltway.tariffs.rules_taxes import NoTaxRate, completed, reduced_at, rule, standard_at
from voltway.tariffs.taxes import NoDeclaration, NoOverride

EU = {
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
}
HELSINKI = ZoneInfo("Europe/Helsinki")


def test_the_table_has_each_country_with_its_days_in_order() -> None:
    table = taxes.table()

    assert sorted(table.countries) == sorted([*EU, "GB", "NO", "CH"])
    assert len(table.sha256) == 64
    for code, country in table.countries.items():
        days = [each.since for each in country.standard]
        assert days == sorted(set(days)), code
        assert standard_at(country, date(2016, 1, 1)), f"{code} is known for ten years"
        for rate in country.standard:
            assert Decimal(5) < rate.rate < Decimal(30)
            assert rate.source in table.sources
        for low in country.charging:
            assert low.rate in reduced_at(country, low.since), f"{code} has no such reduced rate"
            assert low.basis.endswith(".")
            assert low.source in table.sources
        for reduced in country.reduced:
            standard = standard_at(country, reduced.since)
            assert standard is None or all(each < standard for each in reduced.rates), code


@pytest.mark.parametrize(
    ("country", "on", "rate"),
    [
        ("FI", "2024-08-31", "24"),
        ("FIN", "2024-09-01", "25.5"),
        ("DE", "2020-06-30", "19"),
        ("DE", "2020-07-01", "16"),
        ("DEU", "2020-12-31", "16"),
        ("DE", "2021-01-01", "19"),
        ("EE", "2025-07-01", "24"),
        ("RO", "2025-08-01", "21"),
        ("SK", "2024-12-31", "20"),
        ("CH", "2024-01-01", "8.1"),
        ("NO", "2026-11-26", "25"),
        ("GB", "2026-11-26", "20"),
    ],
)
def test_the_rate_is_that_of_the_day(country: str, on: str, rate: str) -> None:
    noon = datetime.fromisoformat(f"{on}T12:00:00+00:00")

    assert rule(taxes.table(), country, noon, ZoneInfo("UTC")).rate == Decimal(rate)


def test_the_day_is_that_of_the_place_s_own_clock() -> None:
    """Helsinki is three hours ahead: its first of September begins on the 31st by UTC."""
    table = taxes.table()
    midnight = datetime(2024, 8, 31, 21, tzinfo=UTC)

    before = rule(table, "FIN", midnight - timedelta(seconds=1), HELSINKI)
    after = rule(table, "FIN", midnight, HELSINKI)

    assert (before.rate, after.rate) == (Decimal(24), Decimal("25.5"))
    assert after.why == "25.5 % in Finland on 2024-09-01, table of 2026-11-26.2."


def test_reduced_rates_are_told_with_their_days() -> None:
    finland = taxes.table().countries["FI"]

    assert reduced_at(finland, date(2025, 12, 31)) == (Decimal(10), Decimal(14))
    assert reduced_at(finland, date(2026, 1, 1)) == (Decimal(10), Decimal("13.5"))
    assert reduced_at(finland, date(1950, 1, 1)) == ()


def test_a_component_that_states_its_vat_keeps_it_and_0_is_not_nothing() -> None:
    """OCPI 2.2.1, PriceComponent.vat: not providing it is different from 0."""
    text = (
        '{"id": "X", "currency": "EUR", "voltway_taxes": "by_place", "elements": '
        '[{"price_components": [{"type": "ENERGY", "price": 0.4}, '
        '{"type": "TIME", "price": 1, "vat": 0}, {"type": "FLAT", "price": 1, "vat": 10}]}]}'
    )
    tariff = read_tariff(text)
    chosen = rule(taxes.table(), "FI", datetime(2026, 3, 2, tzinfo=UTC), HELSINKI)

    done = completed(tariff, chosen)

    assert [each.vat for each in done.elements[0].price_components] == [
        Decimal("25.5"),
        Decimal(0),
        Decimal(10),
    ]
    assert tariff.taxes_by_place
    assert not done.taxes_by_place
    with pytest.raises(TariffBeyondVersion, match="depend on the place"):
        document(tariff, OcpiVersion.V230, plain=True)
    assert read_tariff(written(document(tariff, OcpiVersion.V230))) == tariff
    with pytest.raises(TaxesOpen):
        price(tariff, [], HELSINKI)
    assert document(done, OcpiVersion.V230)["elements"][0]["price_components"][0]["vat"]


def test_another_word_for_taxes_is_refused() -> None:
    with pytest.raises(BadField, match="voltway_taxes"):
        read_tariff(ocpi("0.40", voltway_taxes="by_mood"))


async def test_a_price_is_shown_with_the_tax_of_its_place_and_billed_so(begin: BeginWork) -> None:
    async with begin() as work:
        party = await a_party(work)
        at = await a_station(work, party)
        await actions.add_version(work, party.id, ocpi("0.40", voltway_taxes="by_place"))
        await actions.assign(work, party.id, "DAY")
        where = (party.id, at.location.id, at.station.id)
        shown = (await actions.tariff_for(work, [where], work.now))[where]
        supply = Supply(party.id, at.location.id, work.now)
        tariff, chosen = await taxes.taxed(
            work, await actions.version(work, shown.version_id), supply
        )

    assert chosen is not None
    assert (chosen.country, chosen.rate) == ("FI", Decimal("25.5"))
    assert chosen.table_sha256 == taxes.table().sha256
    assert tariff == shown.tariff
    assert tariff.elements[0].price_components[0].vat == Decimal("25.5")


async def test_an_operator_s_rate_goes_before_the_table_and_has_a_reason(
    begin: BeginWork, clock: JumpingClock
) -> None:
    async with begin() as work:
        party = await a_party(work)
        at = await a_station(work, party)
        made = await taxes.override(
            work,
            party.id,
            "FIN",
            Decimal(10),
            reason="Ruling 123/2026",
            by="Aino",
            until=work.now + timedelta(days=2),
        )
        supply = Supply(party.id, at.location.id, work.now)
        before = Supply(party.id, at.location.id, work.now - timedelta(days=1))
        after = Supply(party.id, at.location.id, work.now + timedelta(days=2))
        found = await taxes.rules_for(work, {supply, before, after})
    clock.jump(timedelta(days=1))
    async with begin() as work:
        await taxes.override(work, party.id, "FI", None, reason="Withdrawn", by="Aino")
        ended = Supply(party.id, at.location.id, work.now)
        back = (await taxes.rules_for(work, {ended}))[ended]
        with pytest.raises(Exception, match="never changed"):
            async with begin() as other:
                await other.run("DELETE FROM tax_override")

    chosen = found[supply]
    assert not isinstance(chosen, NoTaxRate)
    assert (chosen.rate, chosen.override) == (Decimal(10), made.id)
    assert chosen.why == "10 % in FI, set by Aino: Ruling 123/2026"
    rates = [
        each.rate for each in (found[before], found[after], back) if not isinstance(each, NoTaxRate)
    ]
    assert rates == [Decimal("25.5")] * 3


async def test_where_nobody_knows_the_tax_nothing_is_shown_and_nothing_billed(
    begin: BeginWork,
) -> None:
    async with begin() as work:
        party = await a_party(work)
        at = await a_station(work, party)
        await work.run("UPDATE location SET country = 'USA'")
        version = await actions.add_version(work, party.id, ocpi("0.40", voltway_taxes="by_place"))
        await actions.assign(work, party.id, "DAY")
        where = (party.id, at.location.id, at.station.id)
        assert await actions.tariff_for(work, [where], work.now) == {}
        with pytest.raises(NoTaxRate, match="in USA"):
            await taxes.taxed(work, version.tariff, Supply(party.id, at.location.id, work.now))
        await taxes.override(work, party.id, "USA", Decimal(0), reason="None there", by="Aino")
        shown = (await actions.tariff_for(work, [where], work.now))[where]
        assert shown.tariff.elements[0].price_components[0].vat == 0


@pytest.mark.parametrize(
    ("country", "rate", "reason"), [("F1", "10", "x"), ("FI", "101", "x"), ("FI", "10", " ")]
)
async def test_a_rate_that_cannot_be_is_refused(
    begin: BeginWork, country: str, rate: str, reason: str
) -> None:
    async with begin() as work:
        party = await a_party(work)
        with pytest.raises(NoOverride):
            await taxes.override(work, party.id, country, Decimal(rate), reason=reason, by="A")


@pytest.mark.parametrize(
    ("country", "on", "rate"),
    [
        ("GR", "2023-10-11", "24"),
        ("GR", "2023-10-12", "6"),
        ("HR", "2026-11-26", "13"),
        ("IE", "2020-06-30", "23"),
        ("IRL", "2020-07-01", "13.5"),
        ("IE", "2022-05-01", "9"),
        ("IE", "2030-12-31", "9"),
        ("IE", "2031-01-01", "13.5"),
        ("LU", "2023-06-01", "7"),
        ("LU", "2024-01-01", "8"),
        ("MT", "2026-11-26", "5"),
        ("PT", "2026-11-26", "23"),
        ("FI", "2026-11-26", "25.5"),
    ],
)
def test_a_declared_rate_is_electricity_s_of_the_day_where_charging_may_take_it(
    country: str, on: str, rate: str
) -> None:
    table = taxes.table()
    noon = datetime.fromisoformat(f"{on}T12:00:00+00:00")
    said = [declared(each) for each in table.countries]

    found = rule(table, country, noon, ZoneInfo("UTC"), (), said)
    without = rule(table, country, noon, ZoneInfo("UTC"))

    assert found.rate == Decimal(rate)
    assert without.declared is None, "the default is the standard rate"
    if found.declared is not None:
        assert found.rate < without.rate
        assert found.basis == "Law 1/2020"
        assert found.why.endswith("declared by Aino: Law 1/2020")


def declared(
    country: str, *, applies: bool = True, days: int = 0, until: int | None = None
) -> TaxDeclaration:
    """Since the beginning of 2015 and so many days."""
    begins = datetime(2015, 1, 1, tzinfo=UTC)
    return TaxDeclaration(
        id=uuid4(),
        party=PartyId(UUID(int=1)),
        country=country,
        applies=applies,
        since=begins + timedelta(days=days),
        until=None if until is None else begins + timedelta(days=until),
        legal_basis="Law 1/2020",
        made_by="Aino",
        created_at=begins,
    )


@pytest.mark.parametrize(
    ("said", "rate"),
    [
        pytest.param([], "25", id="nothing said: the standard rate"),
        pytest.param([declared("HR")], "13", id="declared"),
        pytest.param([declared("IE")], "25", id="declared for another country"),
        pytest.param([declared("HR"), declared("HR", applies=False)], "25", id="withdrawn at once"),
        pytest.param([declared("HR", applies=False), declared("HR")], "13", id="declared again"),
        pytest.param([declared("HR", days=1), declared("HR", applies=False)], "13", id="the later"),
        pytest.param([declared("HR", until=10)], "25", id="ended"),
        pytest.param([declared("HR", days=9000)], "25", id="to come"),
    ],
)
def test_of_declarations_the_last_that_holds_counts(said: list[TaxDeclaration], rate: str) -> None:
    noon = datetime(2026, 3, 2, 12, tzinfo=UTC)

    assert rule(taxes.table(), "HR", noon, ZoneInfo("UTC"), (), said).rate == Decimal(rate)


async def test_a_declaration_is_dated_goes_behind_a_set_rate_and_is_never_changed(
    begin: BeginWork, clock: JumpingClock
) -> None:
    async with begin() as work:
        party = await a_party(work)
        at = await a_station(work, party)
        await work.run("UPDATE location SET country = 'IRL', time_zone = 'Europe/Dublin'")
        before = Supply(party.id, at.location.id, work.now - timedelta(days=1))
        supply = Supply(party.id, at.location.id, work.now)
        made = await taxes.declare(
            work,
            party.id,
            "irl",
            applies=True,
            legal_basis=" Revenue, 16 June 2020 ",
            by="Aino",
            since=work.now - timedelta(days=30),
        )
        found = await taxes.rules_for(work, {supply, before})
        await taxes.override(work, party.id, "IE", Decimal(11), reason="Ruling", by="Aino")
        over = (await taxes.rules_for(work, {supply}))[supply]
        with pytest.raises(Exception, match="never changed"):
            async with begin() as other:
                await other.run("DELETE FROM tax_declaration")
    clock.jump(timedelta(days=1))
    async with begin() as work:
        await taxes.override(work, party.id, "IE", None, reason="Over", by="Aino")
        await taxes.declare(
            work, party.id, "IE", applies=False, legal_basis="Revenue, 2026", by="Aino"
        )
        now = Supply(party.id, at.location.id, work.now)
        withdrawn = (await taxes.rules_for(work, {now, supply}))[now]

    chosen = found[supply]
    assert isinstance(chosen, TaxRule)
    assert (chosen.rate, chosen.declared, chosen.basis) == (
        Decimal(9),
        made.id,
        "Revenue, 16 June 2020",
    )
    assert (made.country, made.since) == ("IE", supply.at), "prices do not change backwards"
    rates = [each.rate for each in (found[before], over, withdrawn) if isinstance(each, TaxRule)]
    assert rates == [Decimal(23), Decimal(11), Decimal(23)]


@pytest.mark.parametrize(
    ("country", "basis", "says"),
    [
        ("FI", "Law", "Finland has no reduced rate that charging could take."),
        ("PT", "Law", "charging posts are left out by name"),
        ("XX", "Law", "the table knows no country XX."),
        ("IE", " ", "it needs its legal basis"),
        ("IE", "x" * 501, "in 1 to 500 characters"),
    ],
)
async def test_what_cannot_be_declared_is_refused_with_the_reason(
    begin: BeginWork, country: str, basis: str, says: str
) -> None:
    async with begin() as work:
        party = await a_party(work)
        with pytest.raises(NoDeclaration, match=says):
            await taxes.declare(work, party.id, country, applies=True, legal_basis=basis, by="Aino")
