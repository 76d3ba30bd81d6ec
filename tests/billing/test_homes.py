"""Home charging paid back: what a driver is owed, by whom, on which documents, and in the books."""

import asyncio
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.billing.months import a_card, a_customer, charges, in_month, read
from tests.payments.scene import Scene
from voltway.billing import actions as billing
from voltway.billing import fleets, homes, homes_months, homes_paying, proof, proofs
from voltway.billing.model import CdrIssued
from voltway.billing.model_statements import Customer
from voltway.drivers import contracts
from voltway.drivers import homes as places
from voltway.drivers.model import Driver, Fleet, Token
from voltway.kernel.ids import InvoiceId
from voltway.kernel.money import Currency, Money
from voltway.sessions.model import SessionCorrected

EUR = Currency("EUR")
IBAN = "FI21 1234 5600 0007 85"


@dataclass(frozen=True, slots=True)
class Home:
    """A driver of a fleet with a card, whose home the scene's station is; their company pays."""

    scene: Scene
    company: Customer
    fleet: Fleet
    driver: Driver
    card: Token

    async def rate(self, per_kwh: str, day: str) -> None:
        async with self.scene.begin() as work:
            await homes.set_rate(
                work,
                self.fleet.party,
                self.fleet.id,
                Decimal(per_kwh),
                date.fromisoformat(day),
                by="Aino",
            )

    async def month(self, text: str) -> list[InvoiceId]:
        scene = self.scene
        if scene.now < in_month(scene, text).ends:
            scene.clock.jump_to(in_month(scene, text).ends)
        async with scene.begin() as work:
            return await homes_months.issue_home_statements(
                work, scene.station.party, in_month(scene, text), [self.company.id]
            )

    async def statements(self) -> list[Any]:
        async with self.scene.begin() as work:
            return list(await work.all("SELECT * FROM home_statement_view ORDER BY number"))

    async def books(self) -> dict[str, int]:
        """What the accounts of this stand at; those at nothing are left out."""
        named = {
            f"fleet:{self.fleet.id}:receivable": "fleet",
            f"driver:{self.driver.id}:payable": "driver",
            f"customer:{self.company.id}:receivable": "company",
            "bank": "bank",
        }
        async with self.scene.begin() as work:
            rows = await work.all("SELECT account, balance_minor FROM account_view")
        return {
            named[row["account"]]: row["balance_minor"]
            for row in rows
            if row["account"] in named and row["balance_minor"]
        }


@pytest.fixture
async def home(scene: Scene) -> Home:
    scene.bus.watch_many("billing.homes", [CdrIssued], homes.hears_cdrs_issued)
    scene.bus.watch_many("billing.later", [SessionCorrected], homes.hears_session_corrected)
    company, card = await a_customer(scene), await a_card(scene, "04AAAA01", "Van 7")
    party = scene.station.party.id
    async with scene.begin() as work:
        fleet = await contracts.add_fleet(work, party, "Vans")
        driver = await contracts.add_driver(work, party, "Aino Aalto", "aino@example.org")
        agreed = await contracts.add_contract(
            work, party, "FI-VLT-C1", driver=driver.id, fleet=fleet.id
        )
        await fleets.stands_for(work, card.id, agreed.id)
        await fleets.pays(work, party, fleet.id, company.id, by="Aino")
        await places.is_home(work, party, scene.station.station.id, driver.id, fleet.id, by="Aino")
    return Home(scene, company, fleet, driver, card)


async def test_a_charge_at_home_is_not_sold_and_is_owed_to_its_driver_once(home: Home) -> None:
    await home.rate("0.30", "2026-03-01")
    await charges(home.scene, home.card, "2026-03-04T20:00", wh=10_000)
    async with home.scene.begin() as work:
        [row] = await work.all("SELECT id, tariff_version_id FROM session_view")
        [cdr] = await work.all("SELECT total_minor, settlement_id FROM cdr")
        fact = CdrIssued(
            party=home.fleet.party,
            at=work.now,
            settlement=cdr["settlement_id"],
            session=row["id"],
            payment=None,
            cdr=row["id"],
            total_minor=0,
            currency=EUR,
        )
        await homes.hears_cdrs_issued(work, [fact, fact])

    assert (row["tariff_version_id"], cdr["total_minor"]) == (None, 0)
    assert await home.books() == {"fleet": 300, "driver": -300}


async def test_a_month_at_home_is_a_statement_of_the_driver_a_claim_on_the_company_and_is_paid_once(
    home: Home,
) -> None:
    await home.rate("0.30", "2026-03-01")
    await home.rate("0.35", "2026-03-10")
    for day in ("2026-03-04", "2026-03-12"):
        await charges(home.scene, home.card, f"{day}T20:00", wh=10_000)

    [claim] = await home.month("2026-03")
    assert await home.month("2026-03") == [claim]
    [stated] = await home.statements()
    invoice, made = await read(home.scene, claim)
    pdf = billing.statement_pdf(invoice.document, "en")

    assert (stated["driver"], stated["energy_wh"], stated["total_minor"]) == (
        "Aino Aalto",
        20_000,
        650,
    )
    assert (made.recipient.name, made.total_minor, made.tax_minor) == ("Posti Kuljetus Oy", 650, 0)
    assert {(line.vehicle, line.number) for line in made.charges} == {
        ("Aino Aalto", stated["number"])
    }
    assert pdf.startswith(b"%PDF")
    assert await home.books() == {"company": 650, "driver": -650}
    async with home.scene.begin() as work:
        document = await homes_paying.statement(work, home.fleet.party, stated["id"])
        with pytest.raises(proof.NothingToProve):
            await proofs.prove(work, None, claim)  # type: ignore[arg-type]
    assert [(line.energy_wh, line.per_kwh, line.amount_minor) for line in document.lines] == [
        (10_000, "0.3", 300),
        (10_000, "0.35", 350),
    ]
    first = document.lines[0]
    assert first.meter_begin_wh is not None
    assert first.meter_end_wh == first.meter_begin_wh + 10_000

    party, driver, due = home.fleet.party, home.driver.id, Money(650, EUR)
    async with home.scene.begin() as work:
        with pytest.raises(homes_paying.NoPayee, match="Aino Aalto"):
            await homes_paying.paid(work, party, driver, due, by="Aino")
        await homes.pay_to(work, party, driver, holder="Aino Aalto", iban=IBAN, by="Aino")
        with pytest.raises(homes_paying.AnotherAmount, match=r"6\.50 EUR by now, not 6\.49 EUR"):
            await homes_paying.paid(work, party, driver, Money(649, EUR), by="Aino")
        listed = homes_paying.payout_list(await homes_paying.due(work, party))
        await homes_paying.paid(work, party, driver, due, by="Aino")
    async with home.scene.begin() as work:
        with pytest.raises(homes_paying.NothingDue):
            await homes_paying.paid(work, party, driver, due, by="Aino")

    assert listed.splitlines()[1:] == [f"Aino Aalto,FI2112345600000785,6.50,EUR,{stated['number']}"]
    assert await home.books() == {"company": 650, "bank": -650}


async def test_two_who_note_a_payout_at_once_pay_it_once(home: Home) -> None:
    await home.rate("0.30", "2026-03-01")
    await charges(home.scene, home.card, "2026-03-04T20:00", wh=10_000)
    await home.month("2026-03")
    party, driver = home.fleet.party, home.driver.id
    async with home.scene.begin() as work:
        await homes.pay_to(work, party, driver, holder="Aino Aalto", iban=IBAN, by="Aino")

    async def notes() -> None:
        async with home.scene.begin() as work:
            await homes_paying.paid(work, party, driver, Money(300, EUR), by="Aino")

    came = await asyncio.gather(notes(), notes(), return_exceptions=True)

    assert sorted(type(each).__name__ for each in came) == ["NoneType", "NothingDue"]
    assert (await home.books())["bank"] == -300


async def test_a_company_may_have_a_statement_of_its_charges_beside_that_of_its_homes(
    home: Home,
) -> None:
    await home.rate("0.30", "2026-03-01")
    other = await a_card(home.scene, "04BBBB02")
    async with home.scene.begin() as work:
        await billing.give_cards(work, home.company.id, [other.uid])
    await charges(home.scene, home.card, "2026-03-04T20:00", wh=10_000)
    await charges(home.scene, other, "2026-03-05T20:00", wh=10_000)

    [claim] = await home.month("2026-03")
    async with home.scene.begin() as work:
        [sold] = await billing.issue_statements(
            work, home.scene.station.party, in_month(home.scene, "2026-03"), [home.company.id]
        )

    assert claim != sold
    assert [line.energy_wh for line in (await read(home.scene, sold))[1].charges] == [10_000]
    assert (await home.books())["driver"] == -300


@pytest.mark.parametrize(("begins_wh", "more_wh"), [(2_000, -2_000), (-1_000, 1_000)])
async def test_what_a_session_at_home_is_known_to_be_later_lands_on_the_next_month_once(
    home: Home, begins_wh: int, more_wh: int
) -> None:
    await home.rate("0.30", "2026-03-01")
    await charges(home.scene, await a_card(home.scene, "04BBBB02"), "2026-03-03T20:00")
    await charges(home.scene, home.card, "2026-03-04T20:00", wh=10_000)
    await home.month("2026-03")
    async with home.scene.begin() as work:  # it began otherwise than it said first
        [row] = await work.all(
            "SELECT id, energy_wh FROM session_view WHERE token_uid = '04AAAA01'"
        )
        await work.run(
            "UPDATE session SET begin_wh = begin_wh + $2 WHERE id = $1", row["id"], begins_wh
        )
    fact = SessionCorrected(
        party=home.fleet.party,
        at=home.scene.now,
        session=row["id"],
        energy_wh=row["energy_wh"],
        doubt="energy",
    )

    for _ in range(2):
        async with home.scene.begin() as work:
            await homes.hears_session_corrected(work, [fact, fact])
    await home.month("2026-04")

    first, second = await home.statements()
    assert (first["total_minor"], first["energy_wh"]) == (300, 10_000)
    assert (second["total_minor"], second["energy_wh"]) == (more_wh * 3 // 100, more_wh)
    whole = 300 + more_wh * 3 // 100
    assert await home.books() == {"company": whole, "driver": -whole}
    async with home.scene.begin() as work:
        [due] = await homes_paying.due(work, home.fleet.party)
    assert due.amount == Money(whole, EUR)


async def test_more_than_the_station_can_give_is_not_paid_back(home: Home) -> None:
    await home.rate("0.30", "2026-03-01")
    await charges(home.scene, await a_card(home.scene, "04BBBB02"), "2026-03-03T20:00")
    await charges(home.scene, home.card, "2026-03-04T20:00", wh=10_000)
    async with home.scene.begin() as work:
        [row] = await work.all(
            "SELECT id, energy_wh FROM session_view WHERE token_uid = $1", home.card.uid
        )
        await work.run("UPDATE session SET begin_wh = begin_wh - 900000 WHERE id = $1", row["id"])
        fact = SessionCorrected(
            party=home.fleet.party,
            at=home.scene.now,
            session=row["id"],
            energy_wh=row["energy_wh"],
            doubt="energy",
        )
        await homes.hears_session_corrected(work, [fact])

    assert await home.books() == {"fleet": 300, "driver": -300}


async def test_without_a_rate_nothing_is_owed_until_one_is_said_for_that_day(home: Home) -> None:
    await charges(home.scene, home.card, "2026-03-04T20:00", wh=10_000)
    before = await home.books()

    await home.rate("0.30", "2026-03-05")
    later = await home.books()
    await home.rate("0.28", "2026-03-01")

    assert (before, later) == ({}, {})
    assert await home.books() == {"fleet": 280, "driver": -280}


async def test_what_a_home_ends_with_is_sold_from_then_on(home: Home) -> None:
    await home.rate("0.30", "2026-03-01")
    async with home.scene.begin() as work:
        [row] = await work.all("SELECT id FROM home_station_view")
        await places.is_home_no_more(work, home.fleet.party, row["id"], by="Aino")
    async with home.scene.begin() as work:
        with pytest.raises(places.NoSuchHome):
            await places.is_home_no_more(work, home.fleet.party, row["id"], by="Aino")

    await charges(home.scene, home.card, "2026-03-04T20:00", wh=10_000)

    assert await home.books() == {}
    async with home.scene.begin() as work:
        [cdr] = await work.all("SELECT total_minor FROM cdr")
    assert cdr["total_minor"] > 0


async def test_a_station_is_one_drivers_home_and_only_of_a_fleet_that_they_drive_for(
    home: Home,
) -> None:
    party, station = home.fleet.party, home.scene.station.station.id
    async with home.scene.begin() as work:
        other = await contracts.add_driver(work, party, "Onni Oja")
        with pytest.raises(places.NotOfTheFleet, match="Onni Oja has no contract"):
            await places.is_home(work, party, station, other.id, home.fleet.id, by="Aino")
        await contracts.add_contract(work, party, "C2", driver=other.id, fleet=home.fleet.id)
        with pytest.raises(places.HomeOfAnother, match="Aino Aalto"):
            await places.is_home(work, party, station, other.id, home.fleet.id, by="Aino")
        with pytest.raises(places.NoStationSo):
            await places.station_named(work, party, "nowhere")


async def test_no_rate_is_below_nothing_and_no_account_without_check_digits(home: Home) -> None:
    for wrong in ("-0.1", "11", "NaN"):
        with pytest.raises(homes.NotARate):
            await home.rate(wrong, "2026-03-01")
    async with home.scene.begin() as work:
        with pytest.raises(homes.NotAnAccount):
            await homes.pay_to(
                work, home.fleet.party, home.driver.id, holder="Aino", iban="FI00", by="Aino"
            )
