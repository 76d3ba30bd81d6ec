"""The pages of home charging: homes, rates, what drivers are to be paid, and their months."""

import re

from tests.billing.months import charges
from tests.billing.test_homes import IBAN, Home, home  # noqa: F401 - a fixture
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.parties import actions as parties
from voltway.parties.model import Actor, ActorKind, Role

PAGE = "/console/tariffs/homes"


async def test_a_home_gets_its_rate_and_its_driver_a_statement_and_is_paid(
    owner: Browser,
    home: Home,  # noqa: F811
) -> None:
    scene, fleet = home.scene, f"/console/tariffs/fleets/{home.fleet.id}"
    assert "Nothing is to be paid now" in await owner.reads(PAGE)
    assert "No rate yet" in await owner.reads(fleet)

    await owner.sends(f"{fleet}/home-rate", per_kwh="0.30", valid_from="2026-03-01")
    wrong = await owner.sends(f"{fleet}/home-rate", per_kwh="much", valid_from="2026-03-01")
    empty = await owner.sends(f"{fleet}/home-rate", per_kwh="", valid_from="")
    said = await owner.reads(fleet)
    await charges(scene, home.card, "2026-03-04T20:00", wh=10_000)
    await home.month("2026-03")
    await sits_down(owner, scene, Role.OWNER, email="later@example.org")
    due = await owner.reads(PAGE)
    bad = await owner.sends(f"{PAGE}/payee", driver=str(home.driver.id), holder="A", iban="FI00")
    await owner.sends(f"{PAGE}/payee", driver=str(home.driver.id), holder="Aino Aalto", iban=IBAN)
    listed = (await owner.opens(f"{PAGE}/payouts.csv")).text
    paid = {"driver": str(home.driver.id), "minor": "300", "currency": "EUR"}
    await owner.sends(f"{PAGE}/paid", **paid)
    again = await owner.sends(f"{PAGE}/paid", **paid)

    assert (wrong.status_code, empty.status_code, bad.status_code) == (422, 422, 422)
    assert "much is no number" in wrong.text
    assert "1 €0.30 1 March 2026" in said
    assert "€3.00" in due
    assert "say below where" in due
    assert "check digits do not fit" in bad.text
    assert "Aino Aalto,FI2112345600000785,3.00,EUR," in listed
    assert again.status_code == 409
    assert "Nothing is to be paid to this driver now" in again.text
    [path] = re.findall(rf'href="({PAGE}/[0-9a-f-]{{36}})"', (await owner.opens(PAGE)).text)
    month = await owner.reads(path)
    assert "10.000 kWh, €3.00" in month
    assert "Posti Kuljetus Oy" in month


async def test_the_banks_file_needs_an_account_of_ours_and_orders_what_is_due(
    owner: Browser,
    home: Home,  # noqa: F811
) -> None:
    scene, party = home.scene, home.fleet.party
    await home.rate("0.30", "2026-03-01")
    await charges(scene, home.card, "2026-03-04T20:00", wh=10_000)
    await home.month("2026-03")
    await sits_down(owner, scene, Role.OWNER, email="later@example.org")
    await owner.sends(f"{PAGE}/payee", driver=str(home.driver.id), holder="Aino Aalto", iban=IBAN)
    refused = await owner.opens(f"{PAGE}/payouts.xml")
    async with scene.begin() as work:
        actor = Actor(party, ActorKind.HOUSE, None, "the command line", Role.OWNER)
        await parties.change_party(work, actor, address={"iban": IBAN})
    answer = await owner.opens(f"{PAGE}/payouts.xml")

    assert refused.status_code == 409
    assert "Say first from which account" in refused.text
    assert answer.headers["content-type"].startswith("application/xml")
    assert '<InstdAmt Ccy="EUR">3.00</InstdAmt>' in answer.text


async def test_a_home_is_said_taken_off_the_map_and_ended(
    owner: Browser,
    home: Home,  # noqa: F811
) -> None:
    fleet = f"/console/tariffs/fleets/{home.fleet.id}"
    station = home.scene.station
    [end] = re.findall(r'name="end" value="([\w-]{36})"', (await owner.opens(fleet)).text)
    await owner.sends(f"{fleet}/home", end=end)
    assert "No home any more" not in await owner.reads(fleet)

    unknown = await owner.sends(f"{fleet}/home", driver=str(home.driver.id), station="nowhere")
    nobody = await owner.sends(f"{fleet}/home", driver="", station="x")
    await owner.sends(f"{fleet}/home", driver=str(home.driver.id), station=station.station.identity)

    assert "There is no station nowhere." in unknown.text
    assert "Choose a driver." in nobody.text
    async with home.scene.begin() as work:
        [place] = await work.all("SELECT published FROM location_view")
        rows = await work.all("SELECT until FROM home_station_view")
    assert place["published"] is False
    assert sorted(row["until"] is None for row in rows) == [False, True]


async def test_what_is_not_paid_back_is_shown_with_why_until_a_rate_is_said_for_it(
    owner: Browser,
    home: Home,  # noqa: F811
) -> None:
    await charges(home.scene, home.card, "2026-03-04T20:00", wh=10_000)
    await sits_down(owner, home.scene, Role.OWNER, email="later@example.org")
    before = await owner.reads(PAGE)
    await home.rate("0.30", "2026-03-01")

    assert "no rate held on that day" in before
    assert "not paid back" not in await owner.reads(PAGE)


async def test_who_may_not_move_money_pays_no_driver(
    browser: Browser,
    home: Home,  # noqa: F811
) -> None:
    await sits_down(browser, home.scene, Role.OPERATOR)

    assert "Home charging" in await browser.reads(PAGE)
    assert (await browser.opens(f"{PAGE}/payouts.xml")).status_code == 403
    for path in (f"{PAGE}/paid", f"{PAGE}/payee"):
        assert (await browser.sends(path, driver=str(home.driver.id))).status_code == 403
    assert (await browser.opens(f"{PAGE}/payouts.csv")).status_code == 403
    await sits_down(browser, home.scene, Role.VIEWER, email="viewer@example.org")
    assert (await browser.opens(PAGE)).status_code == 403
