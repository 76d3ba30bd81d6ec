"""The page of stations' own payment terminals."""

from tests.payments.scene import Scene
from tests.payments.test_terminals import a_card, paid, settled, told
from tests.web.browsers import Browser
from tests.web.conftest import sits_down
from voltway.kernel.ids import TokenUid
from voltway.parties.model import Role

PAGE = "/console/terminals"


async def test_a_terminal_shows_what_it_holds_what_it_took_and_what_does_not_fit(
    owner: Browser, scene: Scene
) -> None:
    empty = await owner.reads(PAGE)
    await paid(scene, a_card())
    await scene.starts(TokenUid("PSP-ONE"))
    held = await owner.reads(PAGE)
    await settled(scene, told("Settled", "5.50"))
    await settled(scene, told("Settled", "4.90", "psp-9"))
    await scene.ends(60_000)
    await scene.settles()
    over = await owner.reads(PAGE)

    assert "No station has told of a card" in empty
    assert scene.station.station.identity in held
    assert "€60.00" in held
    assert "Every charge that is over was settled." in held
    assert "€5.50" in over
    assert "took something else than the bill says" in over
    assert "no card of this reference was ever told of" in over
    assert f'href="{PAGE}"' in (await owner.opens("/console/money")).text


async def test_a_charge_that_is_over_and_was_not_settled_is_listed(
    owner: Browser, scene: Scene
) -> None:
    await paid(scene, a_card())
    await scene.starts(TokenUid("PSP-ONE"))
    await scene.ends(60_000)
    await scene.bus.catch_up()

    page = await owner.reads(PAGE)

    assert "psp-1" in page
    assert "Every charge that is over was settled." not in page


async def test_who_may_not_see_money_sees_no_terminals(scene: Scene, browser: Browser) -> None:
    await sits_down(browser, scene, Role.VIEWER)

    assert (await browser.opens(PAGE)).status_code == 403
