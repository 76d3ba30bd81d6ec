"""The page on which somebody says how much one card may do."""

import pytest

from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.parties.model import Role
from voltway.payments.model import PaymentState
from voltway.stations import actions as stations

PAGE = "/console/card-limits"


async def test_a_limit_is_set_holds_and_is_taken_away(owner: Browser, scene: Scene) -> None:
    async with scene.begin() as work:
        place = await stations.place_of(work, scene.station.evse())
    assert "A card may do anything." in await owner.reads(PAGE)

    await owner.sends(PAGE, place=str(place.location), open="1", day="", money="120,50")
    await owner.sends(PAGE, place="", open="", day="10", money="")
    first = await scene.pays(await scene.opens())
    visit = await scene.opens(bay=2)
    await scene.pays(visit)
    await scene.settles()
    page = await owner.reads(PAGE)
    driver = await owner.reads(f"/v/{visit.visit_key}")

    assert (first.state, (await scene.payment(visit)).state) == (
        PaymentState.HELD,
        PaymentState.RELEASED,
    )
    assert "€120.50" in page
    assert "1 hold was let go in 24 hours" in page
    assert "This card pays for as many charges at once as it may here." in driver
    async with scene.begin() as work:
        rules = await work.all("SELECT id FROM card_rule")
    for rule in rules:
        await owner.sends(f"{PAGE}/{rule['id']}/remove")
    assert "A card may do anything." in await owner.reads(PAGE)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"open": ""}, "Say at least one limit"),
        ({"open": "0"}, "Say at least one limit"),
        ({"open": "1.5"}, "Say at least one limit"),
        ({"money": "1.001"}, "Say at least one limit"),
        ({"day": "many"}, "many"),
        ({"place": "nowhere", "day": "3"}, "There is no such place."),
        ({"place": "019cae6b-6600-72a7-8573-6268f9386c8e", "day": "3"}, "There is no such place."),
    ],
)
async def test_what_is_no_limit_is_refused_in_a_sentence(
    owner: Browser, said: dict[str, str], answer: str
) -> None:
    refused = await owner.sends(PAGE, **said)

    assert 400 <= refused.status_code < 500
    assert answer in refused.text


async def test_who_only_looks_at_money_sets_no_limit(browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.SUPPORT)

    page = await browser.reads(PAGE)
    refused = await browser.sends(PAGE, day="3")

    assert "<form" not in page.split("</header>")[-1].split("</section>")[0]
    assert refused.status_code == 403
