"""The pages and the API of fleets: their cards, their limits, what they used, and who pays."""

import re
from datetime import timedelta
from uuid import UUID

from tests.billing.months import a_card, a_customer
from tests.billing.test_fleets import a_fleet, joins
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.billing import fleets
from voltway.kernel.ids import FleetId
from voltway.parties.model import Role

PAGE = "/console/tariffs/fleets"


async def test_a_fleet_is_added_gets_who_pays_and_keeps_who_paid(
    owner: Browser, scene: Scene
) -> None:
    posti, other = await a_customer(scene), await a_customer(scene, name="Uusi Oy")
    assert "No fleet yet" in await owner.reads(PAGE)

    page = (await owner.sends(PAGE, name="Vans")).headers["location"]
    assert "Nobody pays for this fleet now" in await owner.reads(page)
    await owner.sends(f"{page}/payer", customer=str(posti.id))
    scene.clock.jump(timedelta(minutes=10))
    await owner.sends(f"{page}/payer", customer=str(other.id))

    said = await owner.reads(page)
    assert re.search(r"Uusi Oy \S+ \S+ .*? now .*? Posti Kuljetus Oy", said), said
    assert "Vans" in await owner.reads(PAGE)
    assert "Uusi Oy" in await owner.reads(PAGE)
    again = await owner.sends(f"{page}/payer", customer=str(other.id))
    assert again.status_code == 409
    assert "Uusi Oy pays for this fleet already." in again.text
    nobody = await owner.sends(f"{page}/payer", customer="")
    assert "Choose who pays." in nobody.text
    await owner.sends(f"{page}/payer", end="yes")
    assert "Nobody pays for this fleet now" in await owner.reads(page)


async def test_a_fleet_shows_its_cards_what_they_used_and_its_limits(
    owner: Browser, scene: Scene
) -> None:
    fleet, contract = await a_fleet(scene)
    card = await a_card(scene, "04A1B2C3", "Van 7")
    await joins(scene, card, contract)
    page = f"{PAGE}/{fleet.id}"
    await scene.starts(card.uid)
    scene.clock.jump(timedelta(hours=1))
    await scene.ends(60_000)
    await scene.settles()

    refused = await owner.sends(f"{page}/budget", period="month", amount="", kwh="")
    await owner.sends(f"{page}/budget", period="month", amount="9.80", kwh="")

    assert "Say how much money or how much energy" in refused.text
    said = await owner.reads(page)
    assert "1 card, 1 session" in said
    assert "Van 7 04A1B2C3" in said
    assert "€4.90 / €9.80" in said
    assert "A month: €9.80 1 10.0 €4.90" in await owner.reads(PAGE)
    [budget] = re.findall(r'name="remove" value="([\w-]+)"', (await owner.opens(page)).text)
    await owner.sends(f"{page}/budget", remove=budget)
    assert "No limit" in await owner.reads(page)


async def test_who_may_only_look_changes_nothing_and_sees_no_payer(
    browser: Browser, scene: Scene
) -> None:
    customer = await a_customer(scene)
    fleet, _ = await a_fleet(scene)
    async with scene.begin() as work:
        await fleets.pays(work, fleet.party, fleet.id, customer.id, by="Aino")
    await sits_down(browser, scene, Role.VIEWER)
    page = f"{PAGE}/{fleet.id}"

    assert "Posti Kuljetus Oy" not in await browser.reads(page)
    assert "Posti Kuljetus Oy" not in await browser.reads(PAGE)
    for path, typed in (
        (f"{page}/payer", {"end": "yes"}),
        (f"{page}/budget", {"period": "month", "kwh": "5"}),
        (PAGE, {"name": "Cars"}),
    ):
        assert (await browser.sends(path, **typed)).status_code == 403
    async with scene.begin() as work:
        assert await fleets.payer(work, FleetId(UUID(str(fleet.id)))) == customer.id
