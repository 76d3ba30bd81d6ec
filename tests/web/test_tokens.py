"""A driver's own cards and cars: named, paid by one method or another, lost; and the choice at a
bay."""

import re
from dataclasses import dataclass

import httpx
import pytest

from tests.billing.months import a_card
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from tests.web.test_account import ANN, bay, enters, saves
from tests.web.test_balance import provider, tops_up
from voltway.billing import budgets
from voltway.billing.rules_budgets import Period, Scope
from voltway.drivers import actions as drivers
from voltway.drivers import contracts, entry, when_where
from voltway.drivers.model import Bar, Token
from voltway.drivers.rules_when_where import Allowed
from voltway.kernel.ids import OnceKey, TokenUid
from voltway.kernel.money import EUR, Money
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.payments import methods, prepaid

__all__ = ["provider"]

PAGE = "/me/tokens"


@dataclass(frozen=True)
class Mine:
    card: Token
    by_name: dict[str, str]  # the ids of methods


async def a_drivers_card(scene: Scene, uid: str = "04A1B2C3", *, fleet: str = "") -> Token:
    """A card that stands for Ann, who has signed in."""
    party = scene.station.party.id
    card = await a_card(scene, uid)
    async with scene.begin() as work:
        ann = await entry.driver_at(work, party, ANN)
        of = await contracts.fleet_for(work, party, fleet) if fleet else None
        made = await contracts.add_contract(work, party, f"C-{uid}", driver=ann.id, fleet=of)
        await contracts.stands_for(work, card.id, made.id)
    return card


async def has(browser: Browser, scene: Scene) -> Mine:
    """Ann has signed in, saved a card, and has 25 EUR on her balance."""
    await enters(browser, scene)
    await saves(browser)
    await tops_up(browser, amount="25")
    card = await a_drivers_card(scene)
    async with scene.begin() as work:
        [ann] = await entry.drivers_of(work, ANN)
        known = await methods.methods_of(work, ann.party, ann.id)
    return Mine(card, {each.provider: str(each.id) for each in known})


async def token(scene: Scene, card: Token) -> Token:
    async with scene.begin() as work:
        key = (card.party, card.uid)
        return (await drivers.tokens_of(work, {key}))[key]


async def test_a_card_is_named_and_paid_by_the_balance_while_another_pays_usually(
    browser: Browser, scene: Scene
) -> None:
    mine = await has(browser, scene)
    path = f"{PAGE}/{mine.card.id}"

    await browser.sends(path, label=" My  old card ", pays=mine.by_name["balance"])
    page = (await browser.opens(PAGE)).text
    await scene.starts(mine.card.uid)
    await scene.settles()
    async with scene.begin() as work:
        [paid] = await work.all("SELECT provider FROM payment WHERE own_token")
    await browser.sends(path, label="My old card", pays="")
    after = (await browser.opens(PAGE)).text

    assert "My old card" in page
    assert f'value="{mine.by_name["balance"]}" selected' in page
    assert paid["provider"] == "balance"
    assert "selected" not in after


async def test_a_card_whose_balance_is_used_up_opens_again_when_another_way_pays(
    browser: Browser, scene: Scene
) -> None:
    mine = await has(browser, scene)
    path = f"{PAGE}/{mine.card.id}"
    await browser.sends(path, label="Card", pays=mine.by_name["balance"])
    async with scene.begin() as work:
        [ann] = await entry.drivers_of(work, ANN)
        less = Money(-2500, EUR)
        await prepaid.correct(
            work, ann.party, ann.id, less, reason="x", by="Aino", once=OnceKey("1")
        )
    barred = (await token(scene, mine.card)).bars

    await browser.sends(path, label="Card", pays="")
    await scene.settles()
    free = (await token(scene, mine.card)).bars
    await browser.sends(path, label="Card", pays=mine.by_name["balance"])
    await scene.settles()

    assert barred == (await token(scene, mine.card)).bars == {Bar.NO_CREDIT}
    assert free == frozenset()


async def test_a_lost_card_opens_nothing_until_an_operator_lets_it_in_again(
    browser: Browser, owner: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    card = await a_drivers_card(scene, fleet="Vans")  # a company's card too
    asked = await browser.reads(f"{PAGE}/{card.id}/lost")

    for _ in range(2):
        await browser.sends(f"{PAGE}/{card.id}/lost")
    lost = await token(scene, card)
    seen = (await owner.opens("/console/tariffs/drivers")).text
    page = await browser.reads(PAGE)
    await owner.sends(f"/console/tariffs/drivers/found/{card.id}")

    assert "It opens no station from this moment." in asked
    assert (lost.status, lost.lost_at) == ("blocked", scene.now)
    assert "You reported it lost" in page
    assert "Reported lost" in seen
    assert ANN in seen
    found = await token(scene, card)
    assert (found.status, found.lost_at) == ("active", None)
    assert "Reported lost" not in await owner.reads("/console/tariffs/drivers")


@pytest.mark.parametrize(("said", "stops"), [({}, 0), ({"stop": "yes"}, 1)])
async def test_what_a_lost_card_charges_now_is_stopped_where_that_is_not_its_driver(
    browser: Browser, scene: Scene, said: dict[str, str], stops: int
) -> None:
    await enters(browser, scene)
    card = await a_drivers_card(scene)
    await scene.starts(TokenUid(card.uid.lower()))  # as its reader writes it
    asked = await browser.reads(f"{PAGE}/{card.id}/lost")

    await browser.sends(f"{PAGE}/{card.id}/lost", **said)

    assert f"{scene.station.location.name}, bay 1, since" in asked
    assert await scene.count("order_view WHERE kind = 'StopCharging'") == stops


async def test_who_leaves_leaves_no_name_on_a_card_and_nothing_that_could_be_let_in_again(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    card, company = await a_drivers_card(scene), await a_drivers_card(scene, "B1B2", fleet="Vans")
    await browser.sends(f"{PAGE}/{card.id}", label="Ann at home")
    for each in (card, company):
        await browser.sends(f"{PAGE}/{each.id}/lost")
    async with scene.begin() as work:
        away = {card.id: (card.party, scene.station.station.id, "blocked")}
        await when_where.note_turned_away(work, away)

    await browser.sends("/me/delete")

    gone, kept = await token(scene, card), await token(scene, company)
    assert (gone.status, gone.label, gone.lost_at) == ("expired", "", None)
    assert kept.lost_at is not None
    async with scene.begin() as work:
        assert await when_where.last_turned_away(work, [card.id]) == {}
        seen = await work.all("SELECT * FROM token_view")
    assert "ann" not in str(seen).lower()


async def test_who_only_looks_lets_no_card_in_again(browser: Browser, scene: Scene) -> None:
    card = await a_card(scene, "04A1B2C3")
    await sits_down(browser, scene, Role.VIEWER)

    refused = await browser.sends(f"/console/tariffs/drivers/found/{card.id}")

    assert refused.status_code == httpx.codes.FORBIDDEN


async def test_a_driver_reads_when_and_where_a_card_may_charge_its_budget_and_why_it_was_refused(
    browser: Browser, scene: Scene
) -> None:
    await enters(browser, scene)
    card = await a_drivers_card(scene)
    station = scene.station
    async with scene.begin() as work:
        days = Allowed(days=frozenset({7}), places=frozenset({station.location.id}))
        await when_where.keep_to(work, card.party, when_where.Scope.TOKEN, card.id, days, by="Aino")
        await budgets.set_budget(
            work,
            card.party,
            Scope.TOKEN,
            card.id,
            Period.MONTH,
            amount_minor=5000,
            energy_wh=None,
            by="Aino",
        )
        away = {card.id: (card.party, station.station.id, "not_at_this_time")}
        await when_where.note_turned_away(work, away)

    page = await browser.reads(PAGE)

    assert f"It may charge Sun, at {station.location.name}." in page
    assert "€0.00 of €50.00 this month" in page
    assert f"{station.location.name}: outside its hours." in page


async def test_nobody_changes_what_is_anothers_or_their_companys(
    browser: Browser, scene: Scene
) -> None:
    mine = await has(browser, scene)
    company = await a_drivers_card(scene, "04A1B2C4", fleet="Vans")
    nobodys = await a_card(scene, "04A1B2C5")

    named = await browser.sends(f"{PAGE}/{company.id}", label="Mine", pays="")
    nameless = await browser.sends(f"{PAGE}/{mine.card.id}", label=" ", pays="")
    unpaid = await browser.sends(f"{PAGE}/{mine.card.id}", label="x", pays="cash")
    await enters(browser, scene, "eve@example.org")
    strange = [
        await browser.sends(f"{PAGE}/{id}{deed}", label="x", pays="")
        for id in (mine.card.id, nobodys.id)
        for deed in ("", "/lost")
    ]

    assert (named.status_code, "it says what it is called" in named.text) == (409, True)
    assert (nameless.status_code, "A name has 1 to 60" in nameless.text) == (422, True)
    assert (unpaid.status_code, "no such way to pay" in unpaid.text) == (404, True)
    assert {each.status_code for each in strange} == {404}
    assert (await token(scene, mine.card)).label == ""
    await browser.sends("/me/leave")
    assert (await browser.opens(PAGE)).headers["location"] == f"/me?back={PAGE}"


async def test_a_driver_chooses_at_the_bay_what_pays_for_this_charge(
    browser: Browser, scene: Scene
) -> None:
    mine = await has(browser, scene)
    page = (await browser.opens(bay(scene))).text
    offered = re.findall(r'type="radio" name="method" value="([^"]+)"', page)

    foreign = await browser.sends(f"{bay(scene)}/start", way="saved", method=str(mine.card.id))
    begun = await browser.sends(f"{bay(scene)}/start", way="saved", method=mine.by_name["balance"])
    async with scene.begin() as work:
        [paid] = await work.all("SELECT provider FROM payment WHERE method_id IS NOT NULL")

    assert "€25.00 left" in page
    assert set(offered) == set(mine.by_name.values())
    assert begun.headers["location"].startswith("/v/")
    assert paid["provider"] == "balance"
    assert foreign.headers["location"].startswith("/me?back=")


@pytest.mark.parametrize("company", ["", "Acme"])
async def test_a_contract_is_listed_with_whom_and_since_when_and_no_more_of_its_ident(
    browser: Browser, scene: Scene, company: str
) -> None:
    await enters(browser, scene)
    party = scene.station.party.id
    async with scene.begin() as work:
        ann = await entry.driver_at(work, party, ANN)
        of = await contracts.fleet_for(work, party, company) if company else None
        made = await contracts.add_contract(
            work, party, "NL-VOL-C00012345-7", driver=ann.id, fleet=of
        )
        name = (await parties.party(work, party)).name

    said = await browser.reads(PAGE)

    by = f", by {company}" if company else ""
    assert f"Contract ·· 45-7 With {name}{by} · since {made.created_at:%-d %B %Y}" in said
    assert "C00012345" not in said
    assert "No card and no car" not in said
    browser.client.cookies.clear()
    await enters(browser, scene, "ben@example.org")
    assert "Contract" not in await browser.reads(PAGE), "it is not Ben's"
