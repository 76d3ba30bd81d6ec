"""What is Ann's own: her account, her cards, her home, and what she owes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from tests.billing.months import a_card, a_customer
from tests.billing.test_debts import a_statement, goes_round
from tests.web.everywhere import ANN, Everywhere
from tests.web.test_account import saves
from tests.web.test_balance import tops_up
from voltway.alerts import bounces
from voltway.alerts.telling import wishes_of
from voltway.billing import (
    budgets,
    debts,
    fleets,
    homes,
    homes_months,
    homes_paying,
    rules_statements,
)
from voltway.billing.model import CdrIssued
from voltway.billing.rules_budgets import Period, Scope
from voltway.drivers import contracts, details, entry, when_where
from voltway.drivers import homes as places
from voltway.drivers.rules_when_where import Allowed

OWED: Final = "/p/{key:str}"
LEAVE: Final = "/alerts/leave/{key:str}"
HOME: Final = "/me/home"
IBAN: Final = "FI21 1234 5600 0007 85"


async def owes(world: Everywhere) -> None:
    """A statement of March that nobody has paid, and its page as it comes back from the bank."""
    _, _, statement = await a_statement(world.scene)
    await goes_round(world.scene)
    async with world.scene.begin() as work:
        path = f"/p/{(await debts.debt(work, statement)).pay_key}"
    world.shows(OWED, path, "owed")
    opened = await world.browser.sends(f"{path}/pay")
    async with world.scene.begin() as work:
        [row] = await work.all("SELECT id FROM collection ORDER BY id DESC LIMIT 1")
    world.shows(f"{OWED}/paid/{{collection:uuid}}", f"{path}/paid/{row['id']}", "not yet")
    assert opened.status_code == 303
    await world.browser.sends(f"{path}/card")
    async with world.scene.begin() as work:
        [row] = await work.all("SELECT id FROM method_saving ORDER BY id DESC LIMIT 1")
    world.shows(f"{OWED}/saved/{{saving:uuid}}", f"{path}/saved/{row['id']}", "not finished")
    world.shows(OWED, "/p/nobody-owes-this", "unknown", status=404)


async def charged_at_home(world: Everywhere) -> None:
    """Ann drives for a company, charged at home in April, and was paid for it."""
    scene = world.scene
    scene.bus.watch_many("billing.homes", [CdrIssued], homes.hears_cdrs_issued)
    home, party = await world.elsewhere(), scene.station.party
    company, card = await a_customer(scene, name="Vans Oy"), await a_card(scene, "04100001")
    async with scene.begin() as work:
        fleet = await contracts.add_fleet(work, party.id, "Vans")
        ann = await contracts.add_driver(work, party.id, "Ann Arbor", ANN)
        made = await contracts.add_contract(
            work, party.id, "FI-VLT-C1", driver=ann.id, fleet=fleet.id
        )
        await fleets.stands_for(work, card.id, made.id)
        await fleets.pays(work, party.id, fleet.id, company.id, by="Olga")
        station = home.station.station.id
        await places.is_home(work, party.id, station, ann.id, fleet.id, by="Olga")
        rate = Decimal("0.30")
        await homes.set_rate(work, party.id, fleet.id, rate, date(2026, 3, 1), by="Olga")
        await homes.pay_to(work, party.id, ann.id, holder="Ann Arbor", iban=IBAN, by="Olga")
    await home.starts(card.uid)
    await home.ends(60_000)
    await home.settles()
    april = rules_statements.month("2026-04", party.time_zone)
    scene.clock.jump_to(april.ends + timedelta(hours=1))
    async with scene.begin() as work:
        await homes_months.issue_home_statements(work, party, april, [company.id])
        [due] = await homes_paying.due(work, party.id)
        await homes_paying.paid(work, party.id, ann.id, due.amount, by="Olga")
        [row] = await work.all("SELECT id FROM home_statement_view")
    world.shows(HOME, HOME, own=True)
    world.shows("/me/home/{statement:uuid}", f"{HOME}/{row['id']}", own=True)


async def account(world: Everywhere) -> None:
    """All that an account may hold."""
    world.shows("/me", "/me", "the way in")
    await world.signs_in()
    await _ways_to_pay(world)
    await _cards(world)
    await _told(world)
    async with world.scene.begin() as work:
        company = {"name": "Vans Oy", "street": "-", "city": "-", "country": "DE"}
        await details.keep_company(work, ANN, company, always=True)
    for path in ("/me", "/me/delete", "/me/alerts", "/me/details", "/me/charges"):
        world.shows(path, path, own=True)
    world.shows("/me/charges", "/me/charges?year=2026", "a year", own=True)
    world.browser.client.cookies.clear()


async def _ways_to_pay(world: Everywhere) -> None:
    await saves(world.browser)
    await tops_up(world.browser, amount="25")
    await world.browser.sends("/me/methods")
    await world.browser.sends("/me/top-up", amount="20")
    async with world.scene.begin() as work:
        [saving] = await work.all("SELECT id FROM method_saving ORDER BY id DESC LIMIT 1")
        [top_up] = await work.all("SELECT id FROM collection ORDER BY id DESC LIMIT 1")
    world.shows("/me/saved/{saving:uuid}", f"/me/saved/{saving['id']}", own=True)
    world.shows("/me/top-up/{collection:uuid}", f"/me/top-up/{top_up['id']}", own=True)


async def _cards(world: Everywhere) -> None:
    """A card with hours, a budget and a place where it was turned away."""
    party = world.scene.station.party.id
    card = await a_card(world.scene, "04100002")
    async with world.scene.begin() as work:
        [ann] = await entry.drivers_of(work, ANN)
        made = await contracts.add_contract(work, party, "C-04100002", driver=ann.id)
        await contracts.stands_for(work, card.id, made.id)
        days = Allowed(days=frozenset({1, 7}), places=frozenset({world.scene.station.location.id}))
        await when_where.keep_to(work, party, when_where.Scope.TOKEN, card.id, days, by="Olga")
        await budgets.set_budget(
            work,
            party,
            Scope.TOKEN,
            card.id,
            Period.MONTH,
            amount_minor=5000,
            energy_wh=90_000,
            by="Olga",
        )
        away = {card.id: (party, world.scene.station.station.id, "not_at_this_time")}
        await when_where.note_turned_away(work, away)
    world.shows("/me/tokens", "/me/tokens", own=True)
    world.shows("/me/tokens/{token:uuid}/lost", f"/me/tokens/{card.id}/lost", own=True)
    await world.scene.starts(card.uid, ref="own")
    await world.scene.ends(55_000, ref="own")
    await world.scene.settles()


async def _told(world: Everywhere) -> None:
    async with world.scene.begin() as work:
        wishes = await wishes_of(work, ANN, "Europe/Helsinki")
        await bounces.came_back(work, world.scene.station.party.id, ANN, "550 5.1.1 no such user")
    path = f"/alerts/leave/{wishes.leave_key}"
    world.shows(LEAVE, f"{path}?event=stopped_early", "one")
    world.shows(LEAVE, path, "all")
    world.shows(LEAVE, "/alerts/leave/forged", "unknown", status=404)
